/* SPDX-License-Identifier: GPL-2.0 */
/* How long a grace period lasts. Pure. */
#ifndef KEFS_STATE_GRACE_H
#define KEFS_STATE_GRACE_H

#include <linux/types.h>

#define KEFS_GRACE_EXTEND_MS	5000	/* after the last reclaim; it was somebody in the middle of it */

/*
 * Milliseconds that grace still lasts, 0: it is over. It began @elapsed ms ago and lasts for @lease ms; as long as
 * somebody reclaims (last one @reclaim ms ago, U64_MAX: nobody yet) up to twice that.
 */
u64 kefs_grace_left(u64 elapsed, u64 lease, u64 reclaim);

#endif
