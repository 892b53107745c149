// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include "../core/stats.h"
#include "../rpc/backcall.h"
#include "../state/session.h"
#include "cb.h"
#include "proto.h"

#define CB_PROC_COMPOUND 1

struct cb {
	struct kefs_backcall bc;
	struct kefs_cb_call call;
};

/* Tag, minor version, callback_ident (0 in 4.1), operations. */
void kefs_cb_put_begin(struct kefs_xdr_out *out, const struct kefs_cb_call *call, u32 more)
{
	kefs_xdr_put_u32(out, 0);
	kefs_xdr_put_u32(out, NFS4_MINOR);
	kefs_xdr_put_u32(out, 0);
	kefs_xdr_put_u32(out, 1 + more);
	kefs_xdr_put_u32(out, OP_CB_SEQUENCE);
	kefs_xdr_put_fixed(out, call->session->id, KEFS_SESSION_ID_SIZE);
	kefs_xdr_put_u32(out, call->seqid);
	kefs_xdr_put_u32(out, call->slotid);
	kefs_xdr_put_u32(out, call->highest);
	kefs_xdr_put_u32(out, 0);		/* csa_cachethis */
	kefs_xdr_put_u32(out, 0);		/* no referring calls */
}

static void encode_probe(struct kefs_backcall *bc, struct kefs_xdr_out *out)
{
	kefs_cb_put_begin(out, &container_of(bc, struct cb, bc)->call, 0);
}

bool kefs_cb_sequence_ok(struct kefs_xdr_in *res)
{
	u32 len, nops, op, status;

	kefs_xdr_u32(res);
	kefs_xdr_opaque(res, KEFS_OPAQUE_MAX, &len);
	nops = kefs_xdr_u32(res);
	op = kefs_xdr_u32(res);
	status = kefs_xdr_u32(res);
	if (res->bad || nops < 1 || op != OP_CB_SEQUENCE || status != NFS4_OK)
		return false;
	return kefs_xdr_take(res, KEFS_SESSION_ID_SIZE + 4 * 4);
}

static void probe_done(struct kefs_backcall *bc, int err, struct kefs_xdr_in *res)
{
	struct cb *cb = container_of(bc, struct cb, bc);
	bool ok = !err && kefs_cb_sequence_ok(res);

	if (!ok)
		kefs_count(KEFS_CNT_CB_FAILED);
	kefs_cb_end(&cb->call, ok, ok ? KEFS_CB_UP : KEFS_CB_DOWN);
	kfree(cb);
}

void kefs_cb_probe(struct kefs_session *session)
{
	struct cb *cb;
	int err;

	if (likely(READ_ONCE(session->cb_path) != KEFS_CB_UNKNOWN) || !(session->flags & KEFS_SESSION_BACK))
		return;
	cb = kzalloc(sizeof(*cb), GFP_KERNEL);
	if (!cb)
		return;
	if (kefs_cb_begin_probe(session, &cb->call)) {
		kfree(cb);
		return;
	}
	cb->bc = (struct kefs_backcall){
		.prog = cb->call.program, .vers = NFS4_CALLBACK_VERSION, .proc = CB_PROC_COMPOUND,
		.auth_sys = cb->call.sec.flavor == AUTH_FLAVOR_SYS, .timeout = KEFS_CB_TIMEOUT_SEC * HZ,
		.encode = encode_probe, .done = probe_done,
	};
	kefs_count(KEFS_CNT_CB_SENT);
	err = kefs_backcall_send(cb->call.conn, &cb->bc);
	if (err)
		probe_done(&cb->bc, err, NULL);
}
