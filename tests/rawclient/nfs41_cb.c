// SPDX-License-Identifier: GPL-2.0
/* The back channel's other end: CB_COMPOUND taken apart and answered. */
#include <errno.h>
#include <string.h>

#include "nfs41_cb.h"

static void cb_sequence(struct rpc4_in *in, struct rpc4_out *out)
{
	const uint8_t *id = rpc4_get_fixed(in, 16);
	uint32_t seq = rpc4_get_u32(in), slot = rpc4_get_u32(in), lists;

	rpc4_get_u32(in);
	rpc4_get_u32(in);
	lists = rpc4_get_u32(in);
	for (uint32_t i = 0; i < lists && !in->bad; i++) {
		rpc4_get_fixed(in, 16);
		rpc4_get_fixed(in, (size_t)rpc4_get_u32(in) * 8);
	}
	if (!id)
		return;
	rpc4_put_raw(out, id, 16);
	rpc4_put_u32(out, seq);
	rpc4_put_u32(out, slot);
	rpc4_put_u32(out, 3);
	rpc4_put_u32(out, 3);
}

static uint32_t cb_op(struct rpc4_in *in, uint32_t op, struct nfs41_cb *ret)
{
	uint32_t len;

	switch (op) {
	case 4:			/* CB_RECALL */
		nfs41_get_stateid(in, &ret->id);
		rpc4_get_u32(in);
		rpc4_get_opaque(in, &len);
		ret->recalled = true;
		return S_OK;
	case 13:		/* CB_NOTIFY_LOCK */
		rpc4_get_opaque(in, &len);
		rpc4_get_u64(in);
		rpc4_get_opaque(in, &len);
		ret->notified = true;
		return S_OK;
	case 8:			/* CB_RECALL_ANY */
		rpc4_get_u32(in);
		rpc4_get_fixed(in, (size_t)rpc4_get_u32(in) * 4);
		return S_OK;
	default:		/* CB_GETATTR too: the server must live with a client that cannot say */
		return S_NOTSUPP;
	}
}

int nfs41_callback(struct rpc4_in *in, struct rpc4_out *out, struct nfs41_cb *ret)
{
	uint32_t xid = rpc4_get_u32(in), len, n, done = 0, status = S_OK;
	size_t status_at, count_at;

	memset(ret, 0, sizeof(*ret));
	rpc4_get_fixed(in, 20);		/* CALL, version, program, version, procedure */
	for (int i = 0; i < 2; i++) {
		rpc4_get_u32(in);
		rpc4_get_opaque(in, &len);
	}
	rpc4_get_opaque(in, &len);
	rpc4_get_fixed(in, 8);		/* minor version, ident */
	n = rpc4_get_u32(in);
	rpc4_put_u32(out, xid);
	rpc4_put_u32(out, RPC4_REPLY);
	for (int i = 0; i < 4; i++)
		rpc4_put_u32(out, 0);	/* accepted, no verifier, success */
	status_at = out->len;
	rpc4_put_u32(out, 0);
	rpc4_put_u32(out, 0);
	count_at = out->len;
	rpc4_put_u32(out, 0);
	while (n-- && !in->bad && !status) {
		uint32_t op = rpc4_get_u32(in);

		rpc4_put_u32(out, op);
		if (op != 11)
			status = cb_op(in, op, ret);
		rpc4_put_u32(out, status);
		if (op == 11)
			cb_sequence(in, out);
		done++;
	}
	rpc4_poke_u32(out, status_at, status);
	rpc4_poke_u32(out, count_at, done);
	ret->nops = done;
	return in->bad ? -EBADMSG : 0;
}
