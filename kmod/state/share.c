// SPDX-License-Identifier: GPL-2.0
#include "share.h"

static u64 less(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

static u64 least(u64 a, u64 b)
{
	return a < b ? a : b;
}

u64 kefs_share_room(u64 limit, u64 assured, const struct kefs_share_held *held)
{
	u64 left = less(limit, held->all);
	u64 fair = less(2 * left, held->domain);
	u64 much = less(fair, limit / KEFS_SHARE_KEPT + held->address);
	u64 little = least(fair, less(assured, held->address));

	return least(left, much > little ? much : little);
}
