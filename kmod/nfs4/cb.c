// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include "../core/stats.h"
#include "cb.h"

#define CB_PROC_COMPOUND 1

static void encode(struct kefs_backcall *bc, struct kefs_xdr_out *out)
{
	struct kefs_cb *cb = container_of(bc, struct kefs_cb, bc);
	struct kefs_cb_sequence seq = {
		.session = cb->call.session->id, .seqid = cb->call.seqid, .slotid = cb->call.slotid,
		.highest = cb->call.highest,
	};

	if (cb->refer)
		cb->refer(cb, &seq);
	kefs_cb_put_head(out, cb->op ? 2 : 1);
	kefs_cb_put_sequence(out, &seq);
	if (cb->op)
		cb->put(cb, out);
}

/* What the answer to CB_SEQUENCE says of the way that it came, and of the slot. */
static void end_call(struct kefs_cb *cb, int err, u32 status)
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

static void done(struct kefs_backcall *bc, int err, struct kefs_xdr_in *res)
{
	struct kefs_cb *cb = container_of(bc, struct kefs_cb, bc);
	struct kefs_cb_results results = { .sequence = NFS4ERR_BADXDR, .op = NFS4ERR_BADXDR };

	if (!err)
		kefs_cb_take_results(res, cb->op, &results);
	cb->again = err || results.sequence == NFS4ERR_DELAY || results.sequence == NFS4ERR_RETRY_UNCACHED_REP ||
		    results.sequence == NFS4ERR_SEQ_FALSE_RETRY;
	end_call(cb, err, results.sequence);
	cb->done(cb, results.op, res);
}

void kefs_cb_send(struct kefs_cb *cb, unsigned int seconds)
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

static void probe_done(struct kefs_cb *cb, u32 status, struct kefs_xdr_in *res)
{
	kfree(cb);
}

void kefs_cb_probe(struct kefs_session *session)
{
	struct kefs_cb *cb;

	if (likely(READ_ONCE(session->cb_path) != KEFS_CB_UNKNOWN) || !(session->flags & KEFS_SESSION_BACK))
		return;
	cb = kzalloc(sizeof(*cb), GFP_KERNEL);
	if (!cb)
		return;
	cb->done = probe_done;
	if (kefs_cb_begin_probe(session, &cb->call))
		kfree(cb);
	else
		kefs_cb_send(cb, KEFS_CB_TIMEOUT_SEC);
}
