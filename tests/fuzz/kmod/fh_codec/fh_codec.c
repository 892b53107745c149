// SPDX-License-Identifier: GPL-2.0
/* File handles and names as a client may send them. The first byte says whether the MAC is put right first. */
#include <stdlib.h>
#include <string.h>
#include <linux/unaligned.h>
#include "core/kefs.h"
#include "files/fh_codec.h"
#include "files/component.h"

static const siphash_key_t key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_handle(u8 *fh, size_t len, bool sign)
{
	u64 volume = len >= 12 ? get_unaligned_be64(fh + 4) : 0;
	struct kefs_fid fid;
	struct kefs_fh again;

	if (sign && len >= 8)
		put_unaligned_be64(siphash(fh, len - 8, &key), fh + len - 8);
	if (kefs_fh_decode(fh, len, volume, &key, &fid))
		return;
	/* What is accepted is what would be made. */
	kefs_fh_encode(&again, volume, &fid, &key);
	if (again.len != len || memcmp(again.data, fh, len))
		abort();
	(void)kefs_fid_hash(&fid, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 *copy;

	if (size < 2)
		return 0;
	copy = malloc(size - 1);	/* exactly, so that ASan sees a byte read too far */
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	(void)kefs_component_check((const char *)copy, size - 1);
	fuzz_handle(copy, size - 1, data[0] & 1);
	free(copy);
	return 0;
}
