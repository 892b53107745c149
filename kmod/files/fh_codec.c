// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include "../core/kefs.h"
#include "fh_codec.h"

#define FH_VERSION 1

enum {				/* offsets; see the header */
	POS_VERSION = 0,
	POS_TYPE = 1,
	POS_FLAGS = 2,
	POS_WORDS = 3,
	POS_VOLUME = 4,
	POS_FID = 12,
	MAC_SIZE = 8,
};

void kefs_fh_encode(struct kefs_fh *fh, u64 volume, const struct kefs_fid *fid, const siphash_key_t *key)
{
	size_t signed_len = POS_FID + 4 * fid->len;

	fh->data[POS_VERSION] = FH_VERSION;
	fh->data[POS_TYPE] = fid->type;
	fh->data[POS_FLAGS] = 0;
	fh->data[POS_WORDS] = fid->len;
	put_unaligned_be64(volume, fh->data + POS_VOLUME);
	memcpy(fh->data + POS_FID, fid->w, 4 * fid->len);
	put_unaligned_be64(siphash(fh->data, signed_len, key), fh->data + signed_len);
	fh->len = signed_len + MAC_SIZE;
}

int kefs_fh_decode(const void *data, size_t len, u64 volume, const siphash_key_t *key, struct kefs_fid *fid)
{
	const u8 *p = data;
	size_t signed_len;

	if (len < KEFS_FH_MIN || p[POS_VERSION] != FH_VERSION || p[POS_FLAGS] || p[POS_WORDS] > KEFS_FID_WORDS)
		return -KEFS_ERR_BADHANDLE;
	signed_len = POS_FID + 4 * p[POS_WORDS];
	if (len != signed_len + MAC_SIZE)
		return -KEFS_ERR_BADHANDLE;
	if (get_unaligned_be64(p + POS_VOLUME) != volume)
		return -ESTALE;
	if (siphash(p, signed_len, key) != get_unaligned_be64(p + signed_len))
		return -KEFS_ERR_BADHANDLE;
	memset(fid, 0, sizeof(*fid));
	fid->type = p[POS_TYPE];
	fid->len = p[POS_WORDS];
	memcpy(fid->w, p + POS_FID, 4 * fid->len);
	return 0;
}

/* Mixes few words in few cycles. Clients cannot choose fids (handles are signed), so the seed need not be strong. */
u32 kefs_fid_hash(const struct kefs_fid *fid, u32 seed)
{
	u64 h = seed ^ ((u64)fid->type << 32);
	unsigned int i;

	for (i = 0; i < fid->len; i++) {
		h = (h ^ fid->w[i]) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
	}
	return (u32)h;
}
