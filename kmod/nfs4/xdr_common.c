// SPDX-License-Identifier: GPL-2.0
#include "xdr.h"

bool kefs_xdr_copy(struct kefs_xdr_in *in, u8 *to, size_t len)
{
	const u8 *p = kefs_xdr_take(in, len);

	if (!p)
		return false;
	memcpy(to, p, len);
	return true;
}

bool kefs_xdr_stateid(struct kefs_xdr_in *in, struct kefs_stateid *stateid)
{
	stateid->seqid = kefs_xdr_u32(in);
	return kefs_xdr_copy(in, stateid->other, KEFS_STATEID_OTHER);
}

void kefs_xdr_put_stateid(struct kefs_xdr_out *out, const struct kefs_stateid *stateid)
{
	kefs_xdr_put_u32(out, stateid->seqid);
	kefs_xdr_put_fixed(out, stateid->other, KEFS_STATEID_OTHER);
}

bool kefs_xdr_str(struct kefs_xdr_in *in, u32 max, struct kefs_str *str)
{
	str->data = kefs_xdr_opaque(in, max, &str->len);
	return str->data;
}

bool kefs_xdr_attr_bitmap(struct kefs_xdr_in *in, struct kefs_bitmap *bitmap)
{
	return kefs_xdr_bitmap(in, bitmap->w, KEFS_BITMAP_WORDS, &bitmap->high);
}

void kefs_xdr_put_attr_bitmap(struct kefs_xdr_out *out, const struct kefs_bitmap *bitmap)
{
	kefs_xdr_put_bitmap(out, bitmap->w, KEFS_BITMAP_WORDS);
}

void kefs_xdr_put_cinfo(struct kefs_xdr_out *out, const struct kefs_change_info *cinfo)
{
	kefs_xdr_put_u32(out, cinfo->atomic);
	kefs_xdr_put_u64(out, cinfo->before);
	kefs_xdr_put_u64(out, cinfo->after);
}
