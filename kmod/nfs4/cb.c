// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include "../core/stats.h"
#include "../rpc/backcall.h"
#include "../state/deleg.h"
#include "../state/recall.h"
#include "../state/session.h"
#include "cb.h"
#include "xdr_cb.h"

#define CB_PROC_COMPOUND 1

struct cb {
	struct kefs_backcall bc;
	struct kefs_cb_call call;
	struct kefs_deleg *deleg;	/* a reference; NULL: a probe */
	u32 op;				/* behind CB_SEQUENCE; 0: none */
};

static void encode(struct kefs_backcall *bc, struct kefs_xdr_out *out)
{
	struct cb *cb = container_of(bc, struct cb, bc);
	const struct kefs_deleg *deleg = cb->deleg;
	struct kefs_cb_sequence seq = {
		.session = cb->call.session->id, .seqid = cb->call.seqid, .slotid = cb->call.slotid,
		.highest = cb->call.highest,
	};
	struct kefs_stateid stateid;
	struct kefs_str fh;

	if (deleg) {
		seq.ref_session = deleg->session;
		seq.ref_seqid = deleg->slot_seqid;
		seq.ref_slotid = deleg->slotid;
		fh = (struct kefs_str){ .data = deleg->fh.data, .len = deleg->fh.len };
		kefs_stateid_fill(&deleg->st, &stateid);
	}
	kefs_cb_put_head(out, cb->op ? 2 : 1);
	kefs_cb_put_sequence(out, &seq);
	if (cb->op == OP_CB_RECALL)
		kefs_cb_put_recall(out, &stateid, &fh);
	else if (cb->op == OP_CB_GETATTR)
		kefs_cb_put_getattr(out, &fh);
}

/* What the answer to CB_SEQUENCE says of the way that it came, and of the slot. */
static void end_call(struct cb *cb, int err, u32 status)
{
	if (err)
		status = NFS4ERR_BADXDR;
	switch (status) {
	case NFS4_OK:
		kefs_cb_end(&cb->call, true, KEFS_CB_UP);
		break;
	case NFS4ERR_DELAY:		/* not now, as Linux says when it has just made the session: the slot is as it was */
		kefs_cb_end(&cb->call, false, KEFS_CB_UNKNOWN);
		break;
	case NFS4ERR_RETRY_UNCACHED_REP:	/* it had come the last time, when we saw no answer: */
	case NFS4ERR_SEQ_FALSE_RETRY:	/* go on with the next number */
		kefs_cb_end(&cb->call, true, KEFS_CB_UNKNOWN);
		break;
	case NFS4ERR_SEQ_MISORDERED:	/* client and server do not mean the same session any more (RFC 8881 §18.46.3) */
	case NFS4ERR_BADSESSION:
	case NFS4ERR_BADSLOT:
		kefs_count(KEFS_CNT_CB_FAILED);
		kefs_cb_end(&cb->call, false, KEFS_CB_FAULT);
		break;
	default:
		if (!err)		/* else rpc/ has counted it */
			kefs_count(KEFS_CNT_CB_FAILED);
		kefs_cb_end(&cb->call, false, KEFS_CB_DOWN);
		break;
	}
}

static void take_attrs(struct cb *cb, struct kefs_xdr_in *res, u32 status)
{
	u64 change = 0, size = 0;
	bool ok = status == NFS4_OK && kefs_cb_take_attrs(res, &change, &size);

	kefs_recall_attrs(cb->deleg, ok ? 0 : -EIO, change, size);
}

static void done(struct kefs_backcall *bc, int err, struct kefs_xdr_in *res)
{
	struct cb *cb = container_of(bc, struct cb, bc);
	struct kefs_cb_results results = { .sequence = NFS4ERR_BADXDR, .op = NFS4ERR_BADXDR };

	if (!err)
		kefs_cb_take_results(res, cb->op, &results);
	end_call(cb, err, results.sequence);
	if (cb->op == OP_CB_RECALL)
		kefs_recall_answered(cb->deleg, results.op == NFS4_OK);
	else if (cb->op == OP_CB_GETATTR)
		take_attrs(cb, res, results.op);
	kfree(cb);
}

/* cb->call has begun. */
static void send(struct cb *cb, unsigned int seconds)
{
	const struct kefs_cb_sec *sec = &cb->call.sec;
	int err;

	cb->bc = (struct kefs_backcall){
		.prog = cb->call.program, .vers = NFS4_CALLBACK_VERSION, .proc = CB_PROC_COMPOUND,
		.auth_sys = sec->flavor == AUTH_FLAVOR_SYS, .uid = sec->uid, .gid = sec->gid,
		.timeout = seconds * HZ, .encode = encode, .done = done,
	};
	err = kefs_backcall_send(cb->call.conn, &cb->bc);
	if (err)
		done(&cb->bc, err, NULL);
}

void kefs_cb_probe(struct kefs_session *session)
{
	struct cb *cb;

	if (likely(READ_ONCE(session->cb_path) != KEFS_CB_UNKNOWN) || !(session->flags & KEFS_SESSION_BACK))
		return;
	cb = kzalloc(sizeof(*cb), GFP_KERNEL);
	if (!cb)
		return;
	if (kefs_cb_begin_probe(session, &cb->call))
		kfree(cb);
	else
		send(cb, KEFS_CB_TIMEOUT_SEC);
}

/* NULL: there is no way to the client now. */
static struct cb *begin(struct kefs_deleg *deleg, u32 op)
{
	struct cb *cb = kzalloc(sizeof(*cb), GFP_KERNEL);

	if (!cb)
		return NULL;
	cb->deleg = deleg;
	cb->op = op;
	if (!kefs_cb_begin(deleg->st.client, &cb->call))
		return cb;
	kfree(cb);
	return NULL;
}

void kefs_cb_recall(struct kefs_deleg *deleg)
{
	struct cb *cb = begin(deleg, OP_CB_RECALL);

	if (cb)
		send(cb, KEFS_CB_RECALL_SEC);
	else
		kefs_recall_answered(deleg, false);
}

void kefs_cb_getattr(struct kefs_deleg *deleg)
{
	struct cb *cb = begin(deleg, OP_CB_GETATTR);

	kefs_count(KEFS_CNT_CB_GETATTR);
	if (cb)
		send(cb, KEFS_CB_GETATTR_SEC);
	else
		kefs_recall_attrs(deleg, -ENOTCONN, 0, 0);
}
