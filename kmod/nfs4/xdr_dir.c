// SPDX-License-Identifier: GPL-2.0
/* READDIR's arguments; its entries are written one by one while the directory is read (op_dir.c). */
#include "xdr.h"

bool kefs_decode_readdir(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_readdir *a = &args->readdir;

	a->cookie = kefs_xdr_u64(in);
	if (!kefs_xdr_copy(in, a->verifier, KEFS_VERIFIER_SIZE))
		return false;
	a->dircount = kefs_xdr_u32(in);
	a->maxcount = kefs_xdr_u32(in);
	return kefs_xdr_attr_bitmap(in, &a->want);
}
