// SPDX-License-Identifier: GPL-2.0
/* CB_COMPOUND and its operations (RFC 8881 §20). */
#include "xdr_cb.h"

void kefs_cb_put_head(struct kefs_xdr_out *out, u32 nops)
{
	kefs_xdr_put_u32(out, 0);		/* tag */
	kefs_xdr_put_u32(out, NFS4_MINOR);
	kefs_xdr_put_u32(out, 0);		/* callback_ident: 0 in 4.1 */
	kefs_xdr_put_u32(out, nops);
}

void kefs_cb_put_sequence(struct kefs_xdr_out *out, const struct kefs_cb_sequence *seq)
{
	kefs_xdr_put_u32(out, OP_CB_SEQUENCE);
	kefs_xdr_put_fixed(out, seq->session, KEFS_SESSIONID_SIZE);
	kefs_xdr_put_u32(out, seq->seqid);
	kefs_xdr_put_u32(out, seq->slotid);
	kefs_xdr_put_u32(out, seq->highest);
	kefs_xdr_put_u32(out, 0);		/* csa_cachethis */
	kefs_xdr_put_u32(out, seq->ref_session ? 1 : 0);
	if (!seq->ref_session)
		return;
	kefs_xdr_put_fixed(out, seq->ref_session, KEFS_SESSIONID_SIZE);
	kefs_xdr_put_u32(out, 1);
	kefs_xdr_put_u32(out, seq->ref_seqid);
	kefs_xdr_put_u32(out, seq->ref_slotid);
}

void kefs_cb_put_recall(struct kefs_xdr_out *out, const struct kefs_stateid *stateid, const struct kefs_str *fh)
{
	kefs_xdr_put_u32(out, OP_CB_RECALL);
	kefs_xdr_put_stateid(out, stateid);
	kefs_xdr_put_u32(out, 0);		/* truncate: nothing is known of why it is recalled */
	kefs_xdr_put_opaque(out, fh->data, fh->len);
}

void kefs_cb_put_getattr(struct kefs_xdr_out *out, const struct kefs_str *fh)
{
	static const struct kefs_bitmap want = { .w = { 1u << FATTR4_CHANGE | 1u << FATTR4_SIZE } };

	kefs_xdr_put_u32(out, OP_CB_GETATTR);
	kefs_xdr_put_opaque(out, fh->data, fh->len);
	kefs_xdr_put_attr_bitmap(out, &want);
}

void kefs_cb_put_notify_lock(struct kefs_xdr_out *out, const struct kefs_str *fh, u64 clientid,
			     const struct kefs_str *owner)
{
	kefs_xdr_put_u32(out, OP_CB_NOTIFY_LOCK);
	kefs_xdr_put_opaque(out, fh->data, fh->len);
	kefs_xdr_put_u64(out, clientid);
	kefs_xdr_put_opaque(out, owner->data, owner->len);
}

/* The next result's head: its status if it is @op's. NFS4ERR_BADXDR if it is not there. */
static u32 result(struct kefs_xdr_in *in, u32 op)
{
	u32 got = kefs_xdr_u32(in), status = kefs_xdr_u32(in);

	return in->bad || got != op ? NFS4ERR_BADXDR : status;
}

void kefs_cb_take_results(struct kefs_xdr_in *in, u32 op, struct kefs_cb_results *ret)
{
	u32 len, nops;

	kefs_xdr_u32(in);			/* status: of the last result */
	kefs_xdr_opaque(in, KEFS_OPAQUE_MAX, &len);
	nops = kefs_xdr_u32(in);
	ret->op = NFS4ERR_BADXDR;
	ret->sequence = !in->bad && nops ? result(in, OP_CB_SEQUENCE) : NFS4ERR_BADXDR;
	if (ret->sequence)
		return;
	kefs_xdr_take(in, KEFS_SESSIONID_SIZE + 4 * 4);
	if (!op)
		ret->op = in->bad ? NFS4ERR_BADXDR : NFS4_OK;
	else if (!in->bad && nops >= 2)
		ret->op = result(in, op);
}

bool kefs_cb_take_attrs(struct kefs_xdr_in *in, u64 *ret_change, u64 *ret_size)
{
	struct kefs_bitmap got;
	u32 len;

	if (!kefs_xdr_attr_bitmap(in, &got))
		return false;
	len = kefs_xdr_u32(in);
	if (got.high || got.w[0] != (1u << FATTR4_CHANGE | 1u << FATTR4_SIZE) || got.w[1] || got.w[2] || len != 16)
		return false;
	*ret_change = kefs_xdr_u64(in);
	*ret_size = kefs_xdr_u64(in);
	return !in->bad;
}
