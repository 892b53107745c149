// SPDX-License-Identifier: GPL-2.0
/* File handles and names: PUTFH, GETFH, LOOKUP, CREATE, REMOVE, RENAME, LINK, READLINK, SECINFO. */
#include "fattr.h"
#include "xdr.h"

/* A longer name is read whole, so that the answer is NFS4ERR_NAMETOOLONG and not NFS4ERR_BADXDR. */
#define NAME_READ_MAX KEFS_RECORD_HEAD

bool kefs_decode_name(struct kefs_xdr_in *in, union kefs_args *args)
{
	return kefs_xdr_str(in, NAME_READ_MAX, &args->name.name);
}

bool kefs_decode_putfh(struct kefs_xdr_in *in, union kefs_args *args)
{
	return kefs_xdr_str(in, KEFS_FH_MAX, &args->putfh.fh);
}

void kefs_encode_getfh(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_opaque(out, res->getfh.data, res->getfh.len);
}

bool kefs_decode_create(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_create *a = &args->create;

	a->type = kefs_xdr_u32(in);
	a->linkdata = (struct kefs_str){ NULL, 0 };
	switch (a->type) {
	case NF4LNK:
		if (!kefs_xdr_str(in, KEFS_RECORD_MAX, &a->linkdata))
			return false;
		break;
	case NF4BLK:
	case NF4CHR:
		a->major = kefs_xdr_u32(in);
		a->minor = kefs_xdr_u32(in);
		break;
	default:				/* no body; a type that cannot be created is refused when run */
		break;
	}
	return kefs_xdr_str(in, NAME_READ_MAX, &a->name) && kefs_fattr_decode(in, &a->attrs);
}

void kefs_encode_create(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_cinfo(out, &res->create.cinfo);
	kefs_xdr_put_attr_bitmap(out, &res->create.attrset);
}

void kefs_encode_cinfo(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_cinfo(out, &res->cinfo.cinfo);
}

bool kefs_decode_rename(struct kefs_xdr_in *in, union kefs_args *args)
{
	return kefs_xdr_str(in, NAME_READ_MAX, &args->rename.oldname) &&
	       kefs_xdr_str(in, NAME_READ_MAX, &args->rename.newname);
}

void kefs_encode_rename(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_cinfo(out, &res->rename.source);
	kefs_xdr_put_cinfo(out, &res->rename.target);
}

void kefs_encode_readlink(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_opaque(out, res->readlink.data, res->readlink.len);
}
