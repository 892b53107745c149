/* SPDX-License-Identifier: GPL-2.0 */
/* What callbacks look like (RFC 8881 §20). Pure. Encoders fail by want of room alone, which the cursor remembers. */
#ifndef KEFS_NFS4_XDR_CB_H
#define KEFS_NFS4_XDR_CB_H

#include "xdr.h"

struct kefs_cb_sequence {
	const u8 *session;
	u32 seqid, slotid, highest;
	/* The request that the callback is about, whose reply may be on its way still; or NULL (RFC 8881 §2.10.6.3). */
	const u8 *ref_session;
	u32 ref_seqid, ref_slotid;
};

/* CB_COMPOUND4args up to the first of @nops operations. */
void kefs_cb_put_head(struct kefs_xdr_out *out, u32 nops);
void kefs_cb_put_sequence(struct kefs_xdr_out *out, const struct kefs_cb_sequence *seq);
void kefs_cb_put_recall(struct kefs_xdr_out *out, const struct kefs_stateid *stateid, const struct kefs_str *fh);
/* Of change and size. */
void kefs_cb_put_getattr(struct kefs_xdr_out *out, const struct kefs_str *fh);
void kefs_cb_put_notify_lock(struct kefs_xdr_out *out, const struct kefs_str *fh, u64 clientid,
			     const struct kefs_str *owner);

struct kefs_cb_results {
	u32 sequence, op;		/* nfsstat4; NFS4ERR_BADXDR also stands for a result that is not there */
};

/* CB_COMPOUND4res of CB_SEQUENCE and then @op, or alone if that is 0; up to the result's body behind @op's status. */
void kefs_cb_take_results(struct kefs_xdr_in *in, u32 op, struct kefs_cb_results *ret);
/* CB_GETATTR4resok: false unless it is what was asked for. */
bool kefs_cb_take_attrs(struct kefs_xdr_in *in, u64 *ret_change, u64 *ret_size);

#endif
