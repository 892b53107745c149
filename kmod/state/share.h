/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of what all clients share one of them may take. Pure: also built in user space.
 *
 * Somebody who has an address and time can make as many clients as he likes, so what a client may have says little. A
 * domain may hold twice what it leaves to the others, and an address of it what its domain then may take more; the last
 * part (KEFS_SHARE_KEPT) goes only to addresses that hold little. So one who takes all he can get is stopped at about a
 * half, the next one at a half of the rest: there is always something for one more.
 */
#ifndef KEFS_STATE_SHARE_H
#define KEFS_STATE_SHARE_H

#include <linux/types.h>

#define KEFS_SHARE_KEPT	16	/* 1/16 of it all is for who holds less than the assured amount */

struct kefs_share_held {
	u64 all, domain, address;	/* each counts in the ones before it */
};

/*
 * How much more the address may take of @limit. @assured: what it may come to as long as its domain may have more at
 * all.
 */
u64 kefs_share_room(u64 limit, u64 assured, const struct kefs_share_held *held);

#endif
