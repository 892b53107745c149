/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A volume's ledger: the clients that may reclaim after a restart, in a file that the helper made beside (never inside)
 * what is exported. For recovery.c only.
 *
 * Epochs. Each start of the server has a number, the head's epoch; records made during it bear it. The head's floor is
 * the first epoch that counts. A start raises the epoch and leaves the floor, so that a crash during grace loses
 * nobody: then records of two or more epochs count. The end of grace is one write of one block: floor becomes epoch.
 * Whatever moment the power goes, either all earlier records count or none.
 *
 * The epoch is written with what first needs it, a record or the end of grace: a start that ends before has changed
 * nothing, and volumes that nobody uses cost no flush when a server with thousands of them starts.
 *
 * Changes are made by a worker in the kernel's own name, many callers' by one flush, and are on stable storage when the
 * call returns. All calls sleep, for as long as the backing store takes; none needs the helper.
 */
#ifndef KEFS_STATE_LEDGER_H
#define KEFS_STATE_LEDGER_H

#include "ledger_codec.h"

struct file;
struct kefs_ledger;

/*
 * Reads the file; a new epoch begins. @known is called for each record that counts, with its block number; if it
 * never was, no earlier epoch counts any more. What is damaged is left out, with one line in the log, and its place
 * used again. @name is for the log. Takes its own reference to @file. ERR_PTR: -ENOMEM, or what reading the file gave,
 * or replacing a damaged head.
 */
struct kefs_ledger *kefs_ledger_open(struct file *file, const siphash_key_t *key, const char *name,
				     int (*known)(void *ctx, const struct kefs_ledger_entry *entry, u32 block), void *ctx);
/* Nobody uses it any more. NULL is fine. */
void kefs_ledger_free(struct kefs_ledger *ledger);

/*
 * A new record of this epoch (entry->epoch is not looked at). *block is 0, or what an attempt that failed has left
 * there. -EUSERS: there are KEFS_LEDGER_CLIENTS_MAX; -ENOSPC, -EDQUOT: the file cannot grow. After an error with *block
 * set the record may be there all the same, until it is removed or a later attempt succeeds.
 */
int kefs_ledger_add(struct kefs_ledger *ledger, const struct kefs_ledger_entry *entry, u32 *block);
/* The record is no more. */
int kefs_ledger_remove(struct kefs_ledger *ledger, u32 block);
/* Records of earlier epochs are void from now on; their blocks wait for kefs_ledger_release(). */
int kefs_ledger_raise_floor(struct kefs_ledger *ledger);
/* All records are void; those to come are not. For when one cannot be removed. */
int kefs_ledger_void(struct kefs_ledger *ledger);
/* The block of a void record may be used again. Does not sleep. */
void kefs_ledger_release(struct kefs_ledger *ledger, u32 block);

#endif
