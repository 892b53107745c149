// SPDX-License-Identifier: GPL-2.0
#include "../core/kefs.h"
#include "client.h"
#include "recovery.h"

int kefs_recovery_complete(struct kefs_client *client, bool one_fs)
{
	if (one_fs)
		return 0;
	return cmpxchg(&client->reclaim_complete, 0, 1) ? -KEFS_ERR_COMPLETE_ALREADY : 0;
}

int kefs_recovery_may(const struct kefs_client *client, bool reclaim)
{
	if (reclaim)
		return -KEFS_ERR_NO_GRACE;
	return READ_ONCE(client->reclaim_complete) ? 0 : -KEFS_ERR_GRACE;
}
