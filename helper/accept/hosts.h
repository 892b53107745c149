/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many connections each host has: a bounded hash table, keyed so that a stranger cannot choose collisions. Pure but
 * for the key.
 *
 * Of IPv6 one host may have a whole /64, and a whole LAN may be in one. So both are counted, the address and its /64,
 * and what is in a /64 is taken for that of KEFS_HOSTS_SITE hosts: a count is the address's, or the /64's divided by so
 * many, whichever is more.
 */
#ifndef KEFS_ACCEPT_HOSTS_H
#define KEFS_ACCEPT_HOSTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define KEFS_HOSTS_MAX	65536	/* addresses and /64s with a count; more are refused */
#define KEFS_HOSTS_SITE	8

struct kefs_hosts;

/* An empty table: 0 or -errno. */
int kefs_hosts_new(struct kefs_hosts **ret_hosts);

/* Frees it. NULL is fine. */
void kefs_hosts_free(struct kefs_hosts *hosts);

/* One more for the host: the new count, or -ENOMEM, -ENOSPC (table full). */
int64_t kefs_hosts_add(struct kefs_hosts *hosts, const struct kefs_addr *addr);

/* One less; nothing if it has none. */
void kefs_hosts_sub(struct kefs_hosts *hosts, const struct kefs_addr *addr);

/* The host's count. */
uint32_t kefs_hosts_get(const struct kefs_hosts *hosts, const struct kefs_addr *addr);

/* Addresses and /64s with a count. */
size_t kefs_hosts_size(const struct kefs_hosts *hosts);

/* Forgets all. */
void kefs_hosts_clear(struct kefs_hosts *hosts);

#endif
