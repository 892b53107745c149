/* SPDX-License-Identifier: GPL-2.0 */
/* ONC RPC version 2 message headers (RFC 5531 §9). Pure. */
#ifndef KEFS_RPC_MSG_H
#define KEFS_RPC_MSG_H

#include <linux/types.h>
#include "../xdr/cursor.h"
#include "cred.h"

#define KEFS_RPC_VERSION 2

enum kefs_rpc_type {
	KEFS_RPC_CALL	= 0,
	KEFS_RPC_REPLY	= 1,
};

/* accept_stat. A program's run() returns them negated. */
enum kefs_rpc_accept {
	KEFS_RPC_SUCCESS	= 0,
	KEFS_RPC_PROG_UNAVAIL	= 1,
	KEFS_RPC_PROG_MISMATCH	= 2,
	KEFS_RPC_PROC_UNAVAIL	= 3,
	KEFS_RPC_GARBAGE_ARGS	= 4,
	KEFS_RPC_SYSTEM_ERR	= 5,
};

/* What a message's header says it is, and what it calls for. */
enum kefs_rpc_verdict {
	KEFS_RPC_V_CALL,	/* a call; the cursor stands at the arguments */
	KEFS_RPC_V_REPLY,	/* a reply; the cursor stands behind the message type */
	KEFS_RPC_V_MISMATCH,	/* answer RPC_MISMATCH */
	KEFS_RPC_V_AUTH,	/* answer AUTH_ERROR with hdr->auth */
	KEFS_RPC_V_GARBAGE,	/* a call cut off behind the xid: answer GARBAGE_ARGS */
	KEFS_RPC_V_BROKEN,	/* no xid or no message type: close */
};

struct kefs_rpc_header {
	u32 xid;
	u32 prog, vers, proc;
	struct kefs_rpc_cred cred;
	enum kefs_rpc_auth_stat auth;
};

/* Read a message up to the arguments (call) or behind the message type (reply). */
enum kefs_rpc_verdict kefs_msg_parse(struct kefs_xdr_in *in, struct kefs_rpc_header *hdr);

/*
 * Read a reply from behind the message type: 0 with the cursor at the results, -EACCES (rejected: authentication),
 * -EOPNOTSUPP (program, version or procedure unknown to the peer), -EPROTO (malformed or any other refusal).
 */
int kefs_msg_parse_reply(struct kefs_xdr_in *in);

/* An accepted reply with an AUTH_NONE verifier; results, or the versions of PROG_MISMATCH, follow. */
void kefs_msg_put_accepted(struct kefs_xdr_out *out, u32 xid, enum kefs_rpc_accept stat);
void kefs_msg_put_prog_mismatch(struct kefs_xdr_out *out, u32 xid, u32 lo, u32 hi);
/* Denied replies. */
void kefs_msg_put_rpc_mismatch(struct kefs_xdr_out *out, u32 xid);
void kefs_msg_put_auth_error(struct kefs_xdr_out *out, u32 xid, enum kefs_rpc_auth_stat stat);
/* Head of a call up to the procedure; credentials and verifier follow. */
void kefs_msg_put_call(struct kefs_xdr_out *out, u32 xid, u32 prog, u32 vers, u32 proc);

#define KEFS_RPC_ACCEPTED_LEN	24	/* bytes that kefs_msg_put_accepted() writes */
#define KEFS_RPC_ERROR_MAX	32	/* of the longest error reply */

#endif
