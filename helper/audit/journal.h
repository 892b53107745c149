/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines into a file that is rotated by size: FILE, FILE.1 (the one before), … FILE.<keep>. Lines are taken in the
 * loop's thread and written in a thread of the journal's own, so that a slow disk holds nobody up; those that cannot be
 * written are counted. Whole lines only: what a full disk has cut is taken away again.
 */
#ifndef KEFS_AUDIT_JOURNAL_H
#define KEFS_AUDIT_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "common/err.h"

#define KEFS_JOURNAL_WAITING	((size_t)4 * 1024 * 1024)	/* bytes at most that wait for the disk */

struct kefs_journal;

struct kefs_journal_parts {
	struct kefs_loop *loop;
	const char *path;	/* copied */
	uint64_t size;		/* bytes of a file; a line that is longer has a file of its own */
	unsigned int keep;	/* old files, from 1 */
	/*
	 * In the loop's thread: rc < 0: lines can no longer be written, for this reason; 0: now they can, lost were left out
	 * meanwhile. May call kefs_journal_add().
	 */
	void (*state)(void *ctx, int rc, uint64_t lost);
	void *ctx;
};

struct kefs_journal_stats {
	uint64_t written, lost;	/* lines */
};

/* 0 or -errno with err; a file that cannot be opened is no error here, but one of the first line's. */
int kefs_journal_open(const struct kefs_journal_parts *parts, struct kefs_journal **ret_journal, struct kefs_err *err);

/* Writes what waits and frees the journal; state() is not called any more. NULL is fine. */
void kefs_journal_free(struct kefs_journal *journal);

/* Takes a line of len bytes, without its newline and with none in it. */
void kefs_journal_add(struct kefs_journal *journal, const char *line, size_t len);

void kefs_journal_get_stats(const struct kefs_journal *journal, struct kefs_journal_stats *ret_stats);

#endif
