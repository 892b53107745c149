// SPDX-License-Identifier: GPL-2.0
/* READ, WRITE, COMMIT. READ's result is written where the data is (op_io.c). */
#include "xdr.h"

bool kefs_decode_read(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_read *a = &args->read;

	if (!kefs_xdr_stateid(in, &a->stateid))
		return false;
	a->offset = kefs_xdr_u64(in);
	a->count = kefs_xdr_u32(in);
	return !in->bad;
}

bool kefs_decode_write(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_write *a = &args->write;

	if (!kefs_xdr_stateid(in, &a->stateid))
		return false;
	a->offset = kefs_xdr_u64(in);
	a->stable = kefs_xdr_u32(in);
	if (a->stable > FILE_SYNC4)
		return false;
	return kefs_xdr_payload(in, KEFS_RECORD_MAX, &a->count, &a->body);
}

void kefs_encode_write(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_u32(out, res->write.count);
	kefs_xdr_put_u32(out, res->write.committed);
	kefs_xdr_put_u64(out, res->write.verifier);
}

bool kefs_decode_commit(struct kefs_xdr_in *in, union kefs_args *args)
{
	args->commit.offset = kefs_xdr_u64(in);
	args->commit.count = kefs_xdr_u32(in);
	return !in->bad;
}

void kefs_encode_commit(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_u64(out, res->commit.verifier);
}
