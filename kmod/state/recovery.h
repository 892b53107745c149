/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Grace and reclaim. A module start knows no earlier clients yet, so there is no grace period and nothing to reclaim;
 * the rules that a client sees of that are here.
 */
#ifndef KEFS_STATE_RECOVERY_H
#define KEFS_STATE_RECOVERY_H

#include <linux/types.h>

struct kefs_client;

/* RECLAIM_COMPLETE. @one_fs: accepted, nothing to do. -KEFS_ERR_COMPLETE_ALREADY. */
int kefs_recovery_complete(struct kefs_client *client, bool one_fs);

/*
 * May the client get locking state now? Reclaim: -KEFS_ERR_NO_GRACE. Otherwise -KEFS_ERR_GRACE before its
 * RECLAIM_COMPLETE (RFC 8881 §18.51.3).
 */
int kefs_recovery_may(const struct kefs_client *client, bool reclaim);

#endif
