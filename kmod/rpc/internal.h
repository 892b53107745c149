/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of rpc/ share: the private part of a connection. */
#ifndef KEFS_RPC_INTERNAL_H
#define KEFS_RPC_INTERNAL_H

#include <linux/timer.h>
#include <linux/xarray.h>
#include "../core/pool.h"
#include "../transport/conn.h"
#include "../xdr/cursor.h"

struct kefs_rpc_conn {
	const struct kefs_rpc_ops *ops;
	void *priv;
	/* Back calls that wait for a reply, by xid. Who takes one out calls its done(). */
	struct xarray calls;
	u32 next_xid;			/* lock of calls */
	bool closed;			/* lock of calls: none is added any more */
	/* Time-outs. conn: a reference while the timer is pending or expire_work is queued. */
	struct kefs_conn *conn;
	struct timer_list timer;
	unsigned long expire_queued;	/* bit 0 */
	struct kefs_work expire_work;
};

struct kefs_rpc_conn *kefs_rpc_conn(const struct kefs_conn *conn);

void kefs_backcall_init(struct kefs_rpc_conn *rpc);
/* A reply came; @in stands behind the message type. False: nobody waits for it. */
bool kefs_backcall_reply(struct kefs_rpc_conn *rpc, u32 xid, struct kefs_xdr_in *in);
/* The connection is dead: fail all. */
void kefs_backcall_close(struct kefs_rpc_conn *rpc);
/* Before the memory goes. May sleep. */
void kefs_backcall_destroy(struct kefs_rpc_conn *rpc);

#endif
