// SPDX-License-Identifier: GPL-2.0
/* LOCK, LOCKT, LOCKU. */
#include "xdr.h"

static bool lock_type(struct kefs_xdr_in *in, u32 *type)
{
	*type = kefs_xdr_u32(in);
	return !in->bad && *type >= READ_LT && *type <= WRITEW_LT;
}

bool kefs_decode_lock(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_lock *a = &args->lock;

	if (!lock_type(in, &a->type))
		return false;
	a->reclaim = kefs_xdr_bool(in);
	a->offset = kefs_xdr_u64(in);
	a->length = kefs_xdr_u64(in);
	a->new_owner = kefs_xdr_bool(in);
	if (in->bad)
		return false;
	if (!a->new_owner) {
		if (!kefs_xdr_stateid(in, &a->stateid))
			return false;
		kefs_xdr_u32(in);		/* lock_seqid: not used in 4.1 */
		return !in->bad;
	}
	kefs_xdr_u32(in);			/* open_seqid */
	if (!kefs_xdr_stateid(in, &a->stateid))
		return false;
	kefs_xdr_u32(in);			/* lock_seqid */
	a->clientid = kefs_xdr_u64(in);
	return kefs_xdr_str(in, KEFS_OPAQUE_MAX, &a->owner);
}

static void put_denied(struct kefs_xdr_out *out, const struct res_lock *r)
{
	kefs_xdr_put_u64(out, r->offset);
	kefs_xdr_put_u64(out, r->length);
	kefs_xdr_put_u32(out, r->type);
	kefs_xdr_put_u64(out, r->clientid);
	kefs_xdr_put_opaque(out, r->owner, r->owner_len);
}

void kefs_encode_lock(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	if (status == NFS4ERR_DENIED)
		put_denied(out, &res->lock);
	else if (!status)
		kefs_xdr_put_stateid(out, &res->lock.stateid);
}

bool kefs_decode_lockt(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_lockt *a = &args->lockt;

	if (!lock_type(in, &a->type))
		return false;
	a->offset = kefs_xdr_u64(in);
	a->length = kefs_xdr_u64(in);
	a->clientid = kefs_xdr_u64(in);
	return kefs_xdr_str(in, KEFS_OPAQUE_MAX, &a->owner);
}

void kefs_encode_lockt(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	if (status == NFS4ERR_DENIED)
		put_denied(out, &res->lock);
}

bool kefs_decode_locku(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_locku *a = &args->locku;

	if (!lock_type(in, &a->type))
		return false;
	kefs_xdr_u32(in);			/* seqid */
	if (!kefs_xdr_stateid(in, &a->stateid))
		return false;
	a->offset = kefs_xdr_u64(in);
	a->length = kefs_xdr_u64(in);
	return !in->bad;
}
