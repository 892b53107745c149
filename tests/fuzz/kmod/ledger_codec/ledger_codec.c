// SPDX-License-Identifier: GPL-2.0
/* Blocks of a ledger as a bad disk may give them back. The first byte says whether the MAC is put right first. */
#include <stdlib.h>
#include <string.h>
#include <linux/unaligned.h>
#include "core/limits.h"
#include "state/ledger_codec.h"

static const siphash_key_t key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where a sender of such lengths would put the MAC, if that is inside. */
static void sign(u8 *block)
{
	u32 lens = get_unaligned_be32(block + 28);
	size_t len = 32 + (lens >> 16) + (lens & 0xffff);

	if (len + 8 <= KEFS_LEDGER_BLOCK)
		put_unaligned_be64(siphash(block, len, &key), block + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kefs_ledger_entry entry;
	struct kefs_ledger_head head;
	u8 *block, again[KEFS_LEDGER_BLOCK];

	if (size < 2)
		return 0;
	block = calloc(1, KEFS_LEDGER_BLOCK);
	if (!block)
		return 0;
	memcpy(block, data + 1, size - 1 < KEFS_LEDGER_BLOCK ? size - 1 : KEFS_LEDGER_BLOCK);
	if (data[0] & 1) {
		memcpy(block, "kecl\0\0\0\2", 8);
		sign(block);
	}
	(void)kefs_ledger_get_head(block, &head, &key);
	if (!kefs_ledger_get_entry(block, &entry, &key)) {
		/* What is accepted is what would be made, but for what lies behind it. */
		kefs_ledger_put_entry(again, &entry, &key);
		if (memcmp(again, block, 32 + entry.domain_len + entry.owner_len + 8))
			abort();
	}
	free(block);
	return 0;
}
