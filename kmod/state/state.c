// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/rcupdate.h>
#include "client.h"
#include "deleg.h"
#include "expiry.h"
#include "fileobj.h"
#include "taker.h"
#include "lock.h"
#include "lockwait.h"
#include "open.h"
#include "owner.h"
#include "reaper.h"
#include "recall.h"
#include "session.h"
#include "state.h"

#define LEASE_MIN 10
#define LEASE_MAX 3600

static unsigned int lease = KEFS_LEASE_SEC_DEFAULT;

void kefs_state_counts(struct kefs_state_counts *counts)
{
	*counts = (struct kefs_state_counts){
		.clients = kefs_client_count(),
		.sessions = kefs_session_count(),
		.opens = kefs_stateid_opens(),
		.locks = kefs_stateid_locks(),
		.delegs = kefs_deleg_count(),
		.courteous = kefs_client_courteous(),
		.reply_cache_bytes = kefs_taker_all(KEFS_SHARE_REPLIES),
	};
}

int kefs_state_set_lease(unsigned int seconds)
{
	if (seconds < LEASE_MIN || seconds > LEASE_MAX)
		return -ERANGE;
	WRITE_ONCE(lease, seconds);
	return 0;
}

unsigned int kefs_state_lease(void)
{
	return READ_ONCE(lease);
}

int __init kefs_state_init(const struct kefs_state_ops *ops)
{
	int err;

	kefs_bindings_set_ops(ops);
	kefs_recall_set_ops(ops);
	kefs_lockwait_set_ops(ops);
	err = kefs_client_init();
	if (err)
		return err;
	err = kefs_owner_init();
	if (err)
		goto err_client;
	err = kefs_fileobj_init();
	if (err)
		goto err_owner;
	err = kefs_stateid_init();
	if (err)
		goto err_fileobj;
	err = kefs_open_init();
	if (err)
		goto err_stateid;
	err = kefs_lock_init();
	if (err)
		goto err_open;
	err = kefs_deleg_init();
	if (err)
		goto err_lock;
	err = kefs_recall_init();
	if (err)
		goto err_deleg;
	err = kefs_reaper_init();
	if (err)
		goto err_recall;
	return 0;

err_recall:
	kefs_recall_exit();
err_deleg:
	kefs_deleg_exit();
err_lock:
	kefs_lock_exit();
err_open:
	kefs_open_exit();
err_stateid:
	kefs_stateid_exit();
err_fileobj:
	kefs_fileobj_exit();
err_owner:
	kefs_owner_exit();
err_client:
	kefs_client_exit();
	return err;
}

void kefs_state_exit(void)
{
	kefs_reaper_exit();
	kefs_recall_exit();
	kefs_deleg_exit();
	kefs_lockwait_exit();
	kefs_lock_exit();
	kefs_open_exit();
	kefs_stateid_exit();
	kefs_fileobj_exit();
	kefs_owner_exit();
	kefs_client_exit();
	/* All gone but for memory that the kernel's own code frees after a grace period. */
	WARN_ON(kefs_client_count() || kefs_session_count());
}
