/* SPDX-License-Identifier: GPL-2.0 */
/* RPC credentials: AUTH_NONE and AUTH_SYS (RFC 5531 §8.1, §14, appendix A). Pure. */
#ifndef KEFS_RPC_CRED_H
#define KEFS_RPC_CRED_H

#include <linux/types.h>
#include "../xdr/cursor.h"

#define KEFS_RPC_CRED_MAX	400	/* RFC 5531 §8.2: bytes of an opaque_auth body */
#define KEFS_RPC_MACHINE_MAX	255
#define KEFS_RPC_GIDS_MAX	16

enum kefs_rpc_flavor {
	KEFS_RPC_AUTH_NONE	= 0,
	KEFS_RPC_AUTH_SYS	= 1,
	KEFS_RPC_AUTH_GSS	= 6,
	KEFS_RPC_AUTH_TLS	= 7,	/* RFC 9289 */
};

enum kefs_rpc_auth_stat {
	KEFS_RPC_AUTH_OK		= 0,
	KEFS_RPC_AUTH_BADCRED		= 1,
	KEFS_RPC_AUTH_REJECTEDCRED	= 2,
	KEFS_RPC_AUTH_BADVERF		= 3,
	KEFS_RPC_AUTH_TOOWEAK		= 5,
};

struct kefs_rpc_cred {
	u32 flavor;		/* AUTH_NONE or AUTH_SYS once parsed with success */
	u32 uid, gid;		/* as the caller says; 0 and meaningless for AUTH_NONE */
	u32 ngids;
	u32 gids[KEFS_RPC_GIDS_MAX];
	const u8 *body;		/* the raw body, in the record: dies with it. For comparing with the last one seen */
	u32 body_len;
};

/*
 * Read one opaque_auth as credentials. KEFS_RPC_AUTH_OK, or what to answer (then only flavor and body are set). A body
 * that runs over the record's end, or longer than KEFS_RPC_CRED_MAX, is BADCRED and leaves @in bad: what follows it
 * cannot be found.
 */
enum kefs_rpc_auth_stat kefs_cred_parse(struct kefs_xdr_in *in, struct kefs_rpc_cred *cred);

/* Read the verifier: AUTH_NONE with an empty body, else BADVERF. */
enum kefs_rpc_auth_stat kefs_cred_parse_verf(struct kefs_xdr_in *in);

/* Write an opaque_auth of AUTH_NONE (credentials and verifiers of ours). */
void kefs_cred_put_none(struct kefs_xdr_out *out);
/* Write AUTH_SYS credentials of @uid and @gid without further groups, machine name @machine, stamp 0. */
void kefs_cred_put_sys(struct kefs_xdr_out *out, const char *machine, u32 uid, u32 gid);

#endif
