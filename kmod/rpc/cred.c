// SPDX-License-Identifier: GPL-2.0
#include "cred.h"

/* The body of AUTH_SYS, RFC 5531 appendix A: stamp, machine name, uid, gid, gids. */
static bool parse_sys(struct kefs_rpc_cred *cred)
{
	struct kefs_xdr_in in;
	u32 i, len;

	kefs_xdr_in_init(&in, cred->body, cred->body_len);
	kefs_xdr_u32(&in);
	kefs_xdr_opaque(&in, KEFS_RPC_MACHINE_MAX, &len);
	cred->uid = kefs_xdr_u32(&in);
	cred->gid = kefs_xdr_u32(&in);
	cred->ngids = kefs_xdr_count(&in, KEFS_RPC_GIDS_MAX, 4);
	for (i = 0; i < cred->ngids; i++)
		cred->gids[i] = kefs_xdr_u32(&in);
	return !in.bad && !kefs_xdr_left(&in);
}

enum kefs_rpc_auth_stat kefs_cred_parse(struct kefs_xdr_in *in, struct kefs_rpc_cred *cred)
{
	cred->flavor = kefs_xdr_u32(in);
	cred->uid = 0;
	cred->gid = 0;
	cred->ngids = 0;
	cred->body = kefs_xdr_opaque(in, KEFS_RPC_CRED_MAX, &cred->body_len);
	if (!cred->body)
		return KEFS_RPC_AUTH_BADCRED;
	switch (cred->flavor) {
	case KEFS_RPC_AUTH_NONE:
		return cred->body_len ? KEFS_RPC_AUTH_BADCRED : KEFS_RPC_AUTH_OK;
	case KEFS_RPC_AUTH_SYS:
		return parse_sys(cred) ? KEFS_RPC_AUTH_OK : KEFS_RPC_AUTH_BADCRED;
	default:
		/* Also AUTH_TLS: RFC 9289 §4.1 wants a server without TLS to answer it like any unknown flavor. */
		return KEFS_RPC_AUTH_REJECTEDCRED;
	}
}

enum kefs_rpc_auth_stat kefs_cred_parse_verf(struct kefs_xdr_in *in)
{
	u32 flavor = kefs_xdr_u32(in);
	u32 len;

	if (!kefs_xdr_opaque(in, KEFS_RPC_CRED_MAX, &len))
		return KEFS_RPC_AUTH_BADVERF;
	return flavor == KEFS_RPC_AUTH_NONE && !len ? KEFS_RPC_AUTH_OK : KEFS_RPC_AUTH_BADVERF;
}

void kefs_cred_put_none(struct kefs_xdr_out *out)
{
	kefs_xdr_put_u32(out, KEFS_RPC_AUTH_NONE);
	kefs_xdr_put_u32(out, 0);
}

void kefs_cred_put_sys(struct kefs_xdr_out *out, const char *machine, u32 uid, u32 gid)
{
	u32 len = strnlen(machine, KEFS_RPC_MACHINE_MAX);

	kefs_xdr_put_u32(out, KEFS_RPC_AUTH_SYS);
	kefs_xdr_put_u32(out, 20 + KEFS_XDR_PAD(len));	/* stamp, length of the name, uid, gid, count of gids */
	kefs_xdr_put_u32(out, 0);
	kefs_xdr_put_opaque(out, machine, len);
	kefs_xdr_put_u32(out, uid);
	kefs_xdr_put_u32(out, gid);
	kefs_xdr_put_u32(out, 0);
}
