// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include "msg.h"

enum {	/* reply_stat */
	MSG_ACCEPTED = 0,
	MSG_DENIED = 1,
};

enum {	/* reject_stat */
	RPC_MISMATCH = 0,
	AUTH_ERROR = 1,
};

enum kefs_rpc_verdict kefs_msg_parse(struct kefs_xdr_in *in, struct kefs_rpc_header *hdr)
{
	u32 type, rpcvers;

	memset(hdr, 0, sizeof(*hdr));
	hdr->xid = kefs_xdr_u32(in);
	type = kefs_xdr_u32(in);
	if (in->bad)
		return KEFS_RPC_V_BROKEN;
	if (type == KEFS_RPC_REPLY)
		return KEFS_RPC_V_REPLY;
	if (type != KEFS_RPC_CALL)
		return KEFS_RPC_V_BROKEN;
	rpcvers = kefs_xdr_u32(in);
	if (!in->bad && rpcvers != KEFS_RPC_VERSION)
		return KEFS_RPC_V_MISMATCH;
	hdr->prog = kefs_xdr_u32(in);
	hdr->vers = kefs_xdr_u32(in);
	hdr->proc = kefs_xdr_u32(in);
	if (kefs_xdr_left(in) < 16)	/* two opaque_auth at their shortest; also if the above was cut off */
		return KEFS_RPC_V_GARBAGE;
	hdr->auth = kefs_cred_parse(in, &hdr->cred);
	if (hdr->auth == KEFS_RPC_AUTH_OK)
		hdr->auth = kefs_cred_parse_verf(in);
	return hdr->auth == KEFS_RPC_AUTH_OK ? KEFS_RPC_V_CALL : KEFS_RPC_V_AUTH;
}

static int accept_error(u32 stat)
{
	switch (stat) {
	case KEFS_RPC_SUCCESS:
		return 0;
	case KEFS_RPC_PROG_UNAVAIL:
	case KEFS_RPC_PROG_MISMATCH:
	case KEFS_RPC_PROC_UNAVAIL:
		return -EOPNOTSUPP;
	default:
		return -EPROTO;
	}
}

int kefs_msg_parse_reply(struct kefs_xdr_in *in)
{
	u32 stat, len;

	stat = kefs_xdr_u32(in);
	if (in->bad)
		return -EPROTO;
	if (stat == MSG_DENIED) {
		stat = kefs_xdr_u32(in);
		return !in->bad && stat == AUTH_ERROR ? -EACCES : -EPROTO;
	}
	if (stat != MSG_ACCEPTED)
		return -EPROTO;
	kefs_xdr_u32(in);	/* the verifier: nothing is verified with AUTH_SYS */
	kefs_xdr_opaque(in, KEFS_RPC_CRED_MAX, &len);
	stat = kefs_xdr_u32(in);
	return in->bad ? -EPROTO : accept_error(stat);
}

void kefs_msg_put_accepted(struct kefs_xdr_out *out, u32 xid, enum kefs_rpc_accept stat)
{
	kefs_xdr_put_u32(out, xid);
	kefs_xdr_put_u32(out, KEFS_RPC_REPLY);
	kefs_xdr_put_u32(out, MSG_ACCEPTED);
	kefs_cred_put_none(out);
	kefs_xdr_put_u32(out, stat);
}

void kefs_msg_put_prog_mismatch(struct kefs_xdr_out *out, u32 xid, u32 lo, u32 hi)
{
	kefs_msg_put_accepted(out, xid, KEFS_RPC_PROG_MISMATCH);
	kefs_xdr_put_u32(out, lo);
	kefs_xdr_put_u32(out, hi);
}

void kefs_msg_put_rpc_mismatch(struct kefs_xdr_out *out, u32 xid)
{
	kefs_xdr_put_u32(out, xid);
	kefs_xdr_put_u32(out, KEFS_RPC_REPLY);
	kefs_xdr_put_u32(out, MSG_DENIED);
	kefs_xdr_put_u32(out, RPC_MISMATCH);
	kefs_xdr_put_u32(out, KEFS_RPC_VERSION);
	kefs_xdr_put_u32(out, KEFS_RPC_VERSION);
}

void kefs_msg_put_auth_error(struct kefs_xdr_out *out, u32 xid, enum kefs_rpc_auth_stat stat)
{
	kefs_xdr_put_u32(out, xid);
	kefs_xdr_put_u32(out, KEFS_RPC_REPLY);
	kefs_xdr_put_u32(out, MSG_DENIED);
	kefs_xdr_put_u32(out, AUTH_ERROR);
	kefs_xdr_put_u32(out, stat);
}

void kefs_msg_put_call(struct kefs_xdr_out *out, u32 xid, u32 prog, u32 vers, u32 proc)
{
	kefs_xdr_put_u32(out, xid);
	kefs_xdr_put_u32(out, KEFS_RPC_CALL);
	kefs_xdr_put_u32(out, KEFS_RPC_VERSION);
	kefs_xdr_put_u32(out, prog);
	kefs_xdr_put_u32(out, vers);
	kefs_xdr_put_u32(out, proc);
}
