// SPDX-License-Identifier: GPL-2.0
/* Every layer's init in order, and exit in reverse. */
#include <linux/module.h>
#include "control/genl.h"
#include "core/pool.h"
#include "files/fh.h"
#include "files/grant.h"
#include "files/opencache.h"
#include "files/volume.h"
#include "nfs4/cb.h"
#include "server.h"
#include "state/recovery.h"
#include "state/state.h"
#include "transport/conn.h"

static void get_conn(struct kefs_conn *conn)
{
	kefs_conn_get(conn);
}

static const struct kefs_state_ops state_ops = {
	.conn_get = get_conn,
	.conn_put = kefs_conn_put,
	.recall = kefs_cb_recall,
	.getattr = kefs_cb_getattr,
	.notify_lock = kefs_cb_notify_lock,
};

/* Volumes outlive the family: nobody can add one any more, so these are the last. */
static void drop_volumes(void)
{
	struct kefs_volume *next, *volume;
	struct kefs_recovery *recovery;

	while ((next = kefs_volume_next(0))) {
		volume = kefs_volume_remove(next->id);
		kefs_volume_put(next);
		recovery = volume->recovery;
		kefs_server_detach_volume(volume);
		kefs_volume_destroy(volume);
		kefs_recovery_free(recovery);
	}
}

static int __init kefs_init(void)
{
	int err;

	err = kefs_pool_init();
	if (err)
		return err;
	err = kefs_conn_init();
	if (err)
		goto err_pool;
	err = kefs_grant_init();
	if (err)
		goto err_conn;
	err = kefs_fh_init();
	if (err)
		goto err_grant;
	err = kefs_opencache_init();
	if (err)
		goto err_fh;
	err = kefs_state_init(&state_ops);
	if (err)
		goto err_opencache;
	err = kefs_server_init();
	if (err)
		goto err_state;
	err = kefs_genl_init();
	if (err)
		goto err_server;
	return 0;

err_server:
	kefs_server_exit();
err_state:
	kefs_state_exit();
err_opencache:
	kefs_opencache_exit();
err_fh:
	kefs_fh_exit();
err_grant:
	kefs_grant_exit();
err_conn:
	kefs_conn_exit();
err_pool:
	kefs_pool_exit();
	return err;
}

static void __exit kefs_exit(void)
{
	kefs_genl_exit();
	drop_volumes();
	kefs_conn_exit();
	kefs_server_exit();
	kefs_state_exit();
	kefs_opencache_exit();
	kefs_fh_exit();
	kefs_grant_exit();
	kefs_pool_exit();
}

module_init(kefs_init);
module_exit(kefs_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Kefs: NFSv4.1 server of an elastic file service");
