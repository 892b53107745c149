// SPDX-License-Identifier: GPL-2.0
/* OPEN, OPEN_DOWNGRADE, CLOSE and stateids alone. */
#include "fattr.h"
#include "xdr.h"

#define NAME_READ_MAX KEFS_RECORD_HEAD

static bool openhow(struct kefs_xdr_in *in, struct args_open *a)
{
	memset(&a->attrs, 0, sizeof(a->attrs));
	a->opentype = kefs_xdr_u32(in);
	if (a->opentype == OPEN4_NOCREATE)
		return !in->bad;
	if (a->opentype != OPEN4_CREATE)
		return false;
	a->createmode = kefs_xdr_u32(in);
	switch (a->createmode) {
	case UNCHECKED4:
	case GUARDED4:
		return kefs_fattr_decode(in, &a->attrs);
	case EXCLUSIVE4:
		return kefs_xdr_copy(in, a->verifier, KEFS_VERIFIER_SIZE);
	case EXCLUSIVE4_1:
		return kefs_xdr_copy(in, a->verifier, KEFS_VERIFIER_SIZE) && kefs_fattr_decode(in, &a->attrs);
	default:
		return false;
	}
}

static bool open_claim(struct kefs_xdr_in *in, struct args_open *a)
{
	a->claim = kefs_xdr_u32(in);
	switch (a->claim) {
	case CLAIM_NULL:
	case CLAIM_DELEGATE_PREV:
		return kefs_xdr_str(in, NAME_READ_MAX, &a->name);
	case CLAIM_PREVIOUS:
		a->delegate_type = kefs_xdr_u32(in);
		return !in->bad;
	case CLAIM_DELEGATE_CUR:
		return kefs_xdr_stateid(in, &a->delegate_stateid) && kefs_xdr_str(in, NAME_READ_MAX, &a->name);
	case CLAIM_FH:
	case CLAIM_DELEG_PREV_FH:
		return !in->bad;
	case CLAIM_DELEG_CUR_FH:
		return kefs_xdr_stateid(in, &a->delegate_stateid);
	default:
		return false;
	}
}

bool kefs_decode_open(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_open *a = &args->open;
	u32 access;

	kefs_xdr_u32(in);			/* seqid: not used in 4.1 */
	access = kefs_xdr_u32(in);
	a->access = access & ~(OPEN4_SHARE_ACCESS_WANT_MASK | OPEN4_SHARE_ACCESS_WHEN_MASK);
	a->want = access & (OPEN4_SHARE_ACCESS_WANT_MASK | OPEN4_SHARE_ACCESS_WHEN_MASK);
	a->deny = kefs_xdr_u32(in);
	a->clientid = kefs_xdr_u64(in);
	return kefs_xdr_str(in, KEFS_OPAQUE_MAX, &a->owner) && openhow(in, a) && open_claim(in, a);
}

/* open_delegation4 (RFC 8881 §18.16.2). */
static void put_delegation(struct kefs_xdr_out *out, const struct res_open *r)
{
	kefs_xdr_put_u32(out, r->deleg_type);
	if (r->deleg_type == OPEN_DELEGATE_NONE)
		return;
	if (r->deleg_type == OPEN_DELEGATE_NONE_EXT) {
		kefs_xdr_put_u32(out, r->why_no_deleg);
		if (r->why_no_deleg == WND4_RESOURCE || r->why_no_deleg == WND4_CONTENTION)
			kefs_xdr_put_u32(out, 0);	/* the server will not signal when it could, nor push one */
		return;
	}
	kefs_xdr_put_stateid(out, &r->deleg_stateid);
	kefs_xdr_put_u32(out, r->deleg_recall);
	if (r->deleg_type == OPEN_DELEGATE_WRITE) {
		kefs_xdr_put_u32(out, NFS_LIMIT_BLOCKS);
		kefs_xdr_put_u32(out, r->limit_blocks);
		kefs_xdr_put_u32(out, r->limit_block_size);
	}
	/* nfsace4 that allows nobody anything: the client asks by ACCESS (RFC 8881 §10.4.3). */
	kefs_xdr_put_u32(out, ACE4_ACCESS_ALLOWED_ACE_TYPE);
	kefs_xdr_put_u32(out, 0);
	kefs_xdr_put_u32(out, 0);
	kefs_xdr_put_u32(out, 0);
}

void kefs_encode_open(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	const struct res_open *r = &res->open;

	kefs_xdr_put_stateid(out, &r->stateid);
	kefs_xdr_put_cinfo(out, &r->cinfo);
	kefs_xdr_put_u32(out, r->rflags);
	kefs_xdr_put_attr_bitmap(out, &r->attrset);
	put_delegation(out, r);
}

bool kefs_decode_open_downgrade(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_open_downgrade *a = &args->open_downgrade;

	if (!kefs_xdr_stateid(in, &a->stateid))
		return false;
	kefs_xdr_u32(in);			/* seqid */
	a->access = kefs_xdr_u32(in);
	a->deny = kefs_xdr_u32(in);
	return !in->bad;
}

bool kefs_decode_close(struct kefs_xdr_in *in, union kefs_args *args)
{
	kefs_xdr_u32(in);			/* seqid */
	return kefs_xdr_stateid(in, &args->close.stateid);
}

bool kefs_decode_stateid(struct kefs_xdr_in *in, union kefs_args *args)
{
	return kefs_xdr_stateid(in, &args->stateid.stateid);
}

void kefs_encode_stateid(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_stateid(out, &res->stateid.stateid);
}
