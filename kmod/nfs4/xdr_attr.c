// SPDX-License-Identifier: GPL-2.0
/* ACCESS, GETATTR, SETATTR, VERIFY, NVERIFY; their attributes are fattr.c's. */
#include "fattr.h"
#include "xdr.h"

bool kefs_decode_access(struct kefs_xdr_in *in, union kefs_args *args)
{
	args->access.access = kefs_xdr_u32(in);
	return !in->bad;
}

void kefs_encode_access(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_u32(out, res->access.supported);
	kefs_xdr_put_u32(out, res->access.access);
}

bool kefs_decode_getattr(struct kefs_xdr_in *in, union kefs_args *args)
{
	return kefs_xdr_attr_bitmap(in, &args->getattr.want);
}

bool kefs_decode_setattr(struct kefs_xdr_in *in, union kefs_args *args)
{
	return kefs_xdr_stateid(in, &args->setattr.stateid) && kefs_fattr_decode(in, &args->setattr.attrs);
}

/* The bitmap is there whatever the status is (RFC 8881 §18.30.2): what was set before something could not be. */
void kefs_encode_setattr(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_attr_bitmap(out, &res->setattr.attrset);
}

bool kefs_decode_verify(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_verify *a = &args->verify;

	if (!kefs_xdr_attr_bitmap(in, &a->mask))
		return false;
	a->vals = kefs_xdr_opaque(in, KEFS_RECORD_MAX, &a->vals_len);
	return a->vals;
}
