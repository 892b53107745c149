// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include "../core/limits.h"
#include "ledger_codec.h"

#define MAGIC_HEAD	0x6b656673u	/* "kefs" */
#define MAGIC_ENTRY	0x6b65636cu	/* "kecl" */
#define VERSION		2u
#define HEAD_SIGNED	32
#define ENTRY_FIXED	32

void kefs_ledger_put_head(u8 *block, const struct kefs_ledger_head *head, const siphash_key_t *key)
{
	memset(block, 0, KEFS_LEDGER_BLOCK);
	put_unaligned_be32(MAGIC_HEAD, block);
	put_unaligned_be32(VERSION, block + 4);
	put_unaligned_be64(head->serial, block + 8);
	put_unaligned_be64(head->epoch, block + 16);
	put_unaligned_be64(head->floor, block + 24);
	put_unaligned_be64(siphash(block, HEAD_SIGNED, key), block + HEAD_SIGNED);
}

static int check_start(const u8 *block, u32 magic)
{
	if (!get_unaligned_be32(block))
		return -ENOENT;
	if (get_unaligned_be32(block) != magic || get_unaligned_be32(block + 4) != VERSION)
		return -EUCLEAN;
	return 0;
}

int kefs_ledger_get_head(const u8 *block, struct kefs_ledger_head *ret, const siphash_key_t *key)
{
	int err = check_start(block, MAGIC_HEAD);

	if (err)
		return err;
	if (siphash(block, HEAD_SIGNED, key) != get_unaligned_be64(block + HEAD_SIGNED))
		return -EUCLEAN;
	ret->serial = get_unaligned_be64(block + 8);
	ret->epoch = get_unaligned_be64(block + 16);
	ret->floor = get_unaligned_be64(block + 24);
	return 0;
}

void kefs_ledger_put_entry(u8 *block, const struct kefs_ledger_entry *entry, const siphash_key_t *key)
{
	u32 len = ENTRY_FIXED + entry->domain_len + entry->owner_len;

	memset(block, 0, KEFS_LEDGER_BLOCK);
	put_unaligned_be32(MAGIC_ENTRY, block);
	put_unaligned_be32(VERSION, block + 4);
	put_unaligned_be64(entry->epoch, block + 8);
	put_unaligned_be32(entry->flavor, block + 16);
	put_unaligned_be32(entry->uid, block + 20);
	put_unaligned_be32(entry->line, block + 24);
	put_unaligned_be32(entry->domain_len << 16 | entry->owner_len, block + 28);
	memcpy(block + ENTRY_FIXED, entry->domain, entry->domain_len);
	memcpy(block + ENTRY_FIXED + entry->domain_len, entry->owner, entry->owner_len);
	put_unaligned_be64(siphash(block, len, key), block + len);
}

int kefs_ledger_get_entry(const u8 *block, struct kefs_ledger_entry *ret, const siphash_key_t *key)
{
	u32 lens, domain_len, owner_len, len;
	int err = check_start(block, MAGIC_ENTRY);

	if (err)
		return err;
	lens = get_unaligned_be32(block + 28);
	domain_len = lens >> 16;
	owner_len = lens & 0xffff;
	if (!domain_len || domain_len > KEFS_LEDGER_DOMAIN_MAX || !owner_len || owner_len > KEFS_OPAQUE_MAX)
		return -EUCLEAN;
	len = ENTRY_FIXED + domain_len + owner_len;
	if (siphash(block, len, key) != get_unaligned_be64(block + len))
		return -EUCLEAN;
	*ret = (struct kefs_ledger_entry){
		.epoch = get_unaligned_be64(block + 8),
		.flavor = get_unaligned_be32(block + 16),
		.uid = get_unaligned_be32(block + 20),
		.line = get_unaligned_be32(block + 24),
		.domain_len = domain_len,
		.owner_len = owner_len,
		.domain = block + ENTRY_FIXED,
		.owner = block + ENTRY_FIXED + domain_len,
	};
	return 0;
}
