/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a volume's ledger of clients looks like on disk. Pure: also built in user space. ledger.h says how it is used.
 *
 * A file of blocks of KEFS_LEDGER_BLOCK bytes: two copies of the head, written in turn, then one client a block. Each
 * is checked by a MAC with the volume's key, so that a block that is torn, damaged or of another volume is seen and
 * never believed. Numbers are big-endian. A block whose first word is zero is free.
 *
 *	head	u32 magic, u32 version, u64 serial, u64 epoch, u64 floor, u64 MAC of what precedes
 *	client	u32 magic, u32 version, u64 epoch, u32 flavor, u32 uid, u32 line, u16 domain_len, u16 owner_len, domain,
 *		owner, u64 MAC of what precedes
 */
#ifndef KEFS_STATE_LEDGER_CODEC_H
#define KEFS_STATE_LEDGER_CODEC_H

#include <linux/siphash.h>
#include <linux/types.h>

#define KEFS_LEDGER_BLOCK	2048	/* of which a client takes at most 1128 */
#define KEFS_LEDGER_HEADS	2	/* blocks before the first client's */
#define KEFS_LEDGER_DOMAIN_MAX	64	/* KEFS_DOMAIN_MAX */

struct kefs_ledger_head {
	u64 serial;			/* of two good copies the greater one counts */
	u64 epoch;			/* this start of the server; records are made with it */
	u64 floor;			/* records of earlier epochs are void */
};

struct kefs_ledger_entry {
	u64 epoch;
	u32 flavor, uid;		/* the client's principal */
	u32 line;			/* which of its owner's; see client.h */
	u32 domain_len, owner_len;	/* 1..KEFS_LEDGER_DOMAIN_MAX, 1..KEFS_OPAQUE_MAX */
	const u8 *domain, *owner;
};

/* Both fill all of @block. The entry's lengths are in range. */
void kefs_ledger_put_head(u8 *block, const struct kefs_ledger_head *head, const siphash_key_t *key);
void kefs_ledger_put_entry(u8 *block, const struct kefs_ledger_entry *entry, const siphash_key_t *key);

/* 0; -ENOENT a free block; -EUCLEAN not to be believed. The entry points into @block. */
int kefs_ledger_get_head(const u8 *block, struct kefs_ledger_head *ret, const siphash_key_t *key);
int kefs_ledger_get_entry(const u8 *block, struct kefs_ledger_entry *ret, const siphash_key_t *key);

/* May the client of a record still reclaim, when the server that wrote @head is gone? */
static inline bool kefs_ledger_counts(const struct kefs_ledger_head *head, u64 epoch)
{
	return epoch >= head->floor && epoch <= head->epoch;
}

#endif
