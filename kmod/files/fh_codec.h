/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes of a file handle. Pure: also built in user space.
 *
 *	0	version (1)
 *	1	type of the backing file system's handle
 *	2	flags (0)
 *	3	words of it
 *	4	volume id, big-endian
 *	12	the words, as the file system gave them
 *	…	siphash of all before with the grant's key, big-endian
 *
 * A handle is only ever read by the host that made it or one of its kind, so the words need no byte order.
 */
#ifndef KEFS_FILES_FH_CODEC_H
#define KEFS_FILES_FH_CODEC_H

#include <linux/types.h>
#include <linux/siphash.h>
#include <linux/string.h>

#define KEFS_FID_WORDS	7	/* enough for ext4 2, tmpfs 3, xfs 3, btrfs 5 */
#define KEFS_FH_MIN	20
#define KEFS_FH_SIZE	(KEFS_FH_MIN + 4 * KEFS_FID_WORDS)

/* What names a file inside its volume. Words behind len are 0 and so is pad: compared and hashed as a whole. */
struct kefs_fid {
	u8 type;
	u8 len;
	u16 pad;
	u32 w[KEFS_FID_WORDS];
};

struct kefs_fh {
	u8 len;
	u8 data[KEFS_FH_SIZE];
};

static inline bool kefs_fid_equal(const struct kefs_fid *a, const struct kefs_fid *b)
{
	return !memcmp(a, b, sizeof(*a));
}

void kefs_fh_encode(struct kefs_fh *fh, u64 volume, const struct kefs_fid *fid, const siphash_key_t *key);
/*
 * 0 and the whole of @fid, or -KEFS_ERR_BADHANDLE (malformed, another version, MAC wrong), or -ESTALE (well formed,
 * of another volume). @fid is untouched unless 0.
 */
int kefs_fh_decode(const void *data, size_t len, u64 volume, const siphash_key_t *key, struct kefs_fid *fid);
u32 kefs_fid_hash(const struct kefs_fid *fid, u32 seed);

#endif
