/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lease, courtesy and the end of a client by time or because somebody else wants what it holds. See state.h, "Expiry".
 * For state/ only.
 */
#ifndef KEFS_STATE_EXPIRY_H
#define KEFS_STATE_EXPIRY_H

#include <linux/types.h>

struct kefs_client;

/* The lease goes on. False: the client is doomed, its sessions are as good as gone. */
bool kefs_client_renew(struct kefs_client *client);

/*
 * Ends courtesy, and a lease that is over (any context but interrupts): true if the client is doomed, by whomever. The
 * caller must then call kefs_client_expire() or, where it may not sleep, see to it that kefs_client_expire_doomed() is
 * called.
 */
bool kefs_client_doom(struct kefs_client *client);
/* Drop a doomed client with all its state, or wait until whoever is at it has done so. */
void kefs_client_expire(struct kefs_client *client);
/* All doomed ones. */
void kefs_client_expire_doomed(void);
/* Off the list of doomed clients; part of kefs_client_finish(). */
void kefs_client_undoom(struct kefs_client *client);

/*
 * What time does to one client: an unconfirmed record dies after a lease, a confirmed client becomes courteous, a
 * courteous one dies after @courtesy jiffies without a renewal.
 */
void kefs_client_age(struct kefs_client *client, unsigned long courtesy);

unsigned int kefs_client_courteous(void);

#endif
