// SPDX-License-Identifier: GPL-2.0
/* Input: a message, as a call and as a reply. */
#include <stdlib.h>
#include "rpc/msg.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define check(cond) do { if (!(cond)) abort(); } while (0)

static volatile u8 sink;

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 *copy = malloc(size ? size : 1);
	struct kefs_rpc_header hdr;
	enum kefs_rpc_verdict v;
	struct kefs_xdr_in in;
	u32 i;

	memcpy(copy, data, size);
	kefs_xdr_in_init(&in, copy, size);
	v = kefs_msg_parse(&in, &hdr);
	check(size >= 8 || v == KEFS_RPC_V_BROKEN);
	if (v == KEFS_RPC_V_CALL) {
		check(!in.bad && hdr.auth == KEFS_RPC_AUTH_OK);
		check(hdr.cred.flavor <= KEFS_RPC_AUTH_SYS && hdr.cred.ngids <= KEFS_RPC_GIDS_MAX);
		check(hdr.cred.body_len <= KEFS_RPC_CRED_MAX);
		for (i = 0; i < hdr.cred.body_len; i++)
			sink = hdr.cred.body[i];
		check(in.p >= copy && in.p <= copy + size);
	} else if (v == KEFS_RPC_V_AUTH) {
		check(hdr.auth != KEFS_RPC_AUTH_OK);
	} else if (v == KEFS_RPC_V_REPLY) {
		if (kefs_msg_parse_reply(&in) == 0)
			check(!in.bad);
	}
	free(copy);
	return 0;
}
