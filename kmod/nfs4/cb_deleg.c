// SPDX-License-Identifier: GPL-2.0
/* CB_RECALL, CB_GETATTR (RFC 8881 §20.2, §20.1). */
#include <linux/slab.h>
#include "../core/stats.h"
#include "../state/deleg.h"
#include "../state/recall.h"
#include "cb.h"

struct deleg_cb {
	struct kefs_cb cb;
	struct kefs_deleg *deleg;	/* a reference */
};

static struct kefs_deleg *deleg_of(struct kefs_cb *cb)
{
	return container_of(cb, struct deleg_cb, cb)->deleg;
}

/* The reply that told the client of the delegation may be on its way still. */
static void refer(struct kefs_cb *cb, struct kefs_cb_sequence *seq)
{
	const struct kefs_deleg *deleg = deleg_of(cb);

	seq->ref_session = deleg->session;
	seq->ref_seqid = deleg->slot_seqid;
	seq->ref_slotid = deleg->slotid;
}

static void put(struct kefs_cb *cb, struct kefs_xdr_out *out)
{
	const struct kefs_deleg *deleg = deleg_of(cb);
	struct kefs_str fh = { .data = deleg->fh.data, .len = deleg->fh.len };
	struct kefs_stateid stateid;

	if (cb->op == OP_CB_GETATTR) {
		kefs_cb_put_getattr(out, &fh);
		return;
	}
	kefs_stateid_fill(&deleg->st, &stateid);
	kefs_cb_put_recall(out, &stateid, &fh);
}

static void recall_done(struct kefs_cb *cb, u32 status, struct kefs_xdr_in *res)
{
	kefs_recall_answered(deleg_of(cb), status == NFS4_OK);
	kfree(container_of(cb, struct deleg_cb, cb));
}

static void getattr_done(struct kefs_cb *cb, u32 status, struct kefs_xdr_in *res)
{
	u64 change = 0, size = 0;
	bool ok = status == NFS4_OK && kefs_cb_take_attrs(res, &change, &size);

	kefs_recall_attrs(deleg_of(cb), ok ? 0 : -EIO, change, size);
	kfree(container_of(cb, struct deleg_cb, cb));
}

/* -EBUSY: not just now; another error: there is no way to the client. */
static struct kefs_cb *begin(struct kefs_deleg *deleg, u32 op,
			     void (*done)(struct kefs_cb *cb, u32 status, struct kefs_xdr_in *res))
{
	struct deleg_cb *dcb = kzalloc(sizeof(*dcb), GFP_KERNEL);
	int err;

	if (!dcb)
		return ERR_PTR(-EBUSY);
	dcb->deleg = deleg;
	dcb->cb.op = op;
	dcb->cb.refer = refer;
	dcb->cb.put = put;
	dcb->cb.done = done;
	err = kefs_cb_begin(deleg->st.client, &dcb->cb.call);
	if (!err)
		return &dcb->cb;
	kfree(dcb);
	return ERR_PTR(err);
}

void kefs_cb_recall(struct kefs_deleg *deleg)
{
	struct kefs_cb *cb = begin(deleg, OP_CB_RECALL, recall_done);

	if (!IS_ERR(cb))
		kefs_cb_send(cb, KEFS_CB_RECALL_SEC);
	else
		kefs_recall_answered(deleg, false);
}

void kefs_cb_getattr(struct kefs_deleg *deleg)
{
	struct kefs_cb *cb = begin(deleg, OP_CB_GETATTR, getattr_done);

	kefs_count(KEFS_CNT_CB_GETATTR);
	if (!IS_ERR(cb))
		kefs_cb_send(cb, KEFS_CB_GETATTR_SEC);
	else
		kefs_recall_attrs(deleg, PTR_ERR(cb), 0, 0);
}
