/* SPDX-License-Identifier: GPL-2.0 */
/* Calls from server to client on a client's own connection (RFC 8881 §2.10.3: the backchannel). */
#ifndef KEFS_RPC_BACKCALL_H
#define KEFS_RPC_BACKCALL_H

#include <linux/types.h>
#include "../transport/conn.h"
#include "../xdr/cursor.h"

#define KEFS_BACKCALL_MAX 1536	/* bytes of a call with its header: a notice with the longest lock owner fits */

struct kefs_backcall {
	u32 prog, vers, proc;
	bool auth_sys;			/* AUTH_SYS with the next two; else AUTH_NONE */
	u32 uid, gid;
	unsigned long timeout;		/* jiffies */
	/* Write the arguments; called from kefs_backcall_send(). */
	void (*encode)(struct kefs_backcall *bc, struct kefs_xdr_out *out);
	/*
	 * Called once if kefs_backcall_send() gave 0, in process context without locks; afterwards @bc is the caller's again.
	 * 0: @res stands at the results (valid during the call). Else @res is NULL: -ETIMEDOUT, -ENOTCONN, or what
	 * kefs_msg_parse_reply() says.
	 */
	void (*done)(struct kefs_backcall *bc, int err, struct kefs_xdr_in *res);
	u32 xid;			/* rpc's */
	unsigned long deadline;		/* rpc's */
};

/* Send @bc on @conn, which must come from kefs_rpc_adopt(); does not wait. -ENOTCONN, -ENOMEM, -EMSGSIZE. */
int kefs_backcall_send(struct kefs_conn *conn, struct kefs_backcall *bc);

#endif
