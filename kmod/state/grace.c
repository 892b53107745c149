// SPDX-License-Identifier: GPL-2.0
#include "grace.h"

u64 kefs_grace_left(u64 elapsed, u64 lease, u64 reclaim)
{
	u64 end = lease;

	if (reclaim <= elapsed && elapsed - reclaim + KEFS_GRACE_EXTEND_MS > end)
		end = elapsed - reclaim + KEFS_GRACE_EXTEND_MS;
	if (end > 2 * lease)
		end = 2 * lease;
	return end > elapsed ? end - elapsed : 0;
}
