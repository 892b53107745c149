/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a compound changed in metadata and must have on stable storage before its answer leaves. Operations add inodes;
 * one flush at the end of the compound. (Journalling file systems join concurrent flushes into one transaction.)
 *
 * Lives in the compound; not shared between threads.
 */
#ifndef KEFS_FILES_COMMIT_H
#define KEFS_FILES_COMMIT_H

#include <linux/types.h>

struct inode;

#define KEFS_COMMIT_INODES 4

struct kefs_commit {
	struct inode *inode[KEFS_COMMIT_INODES];	/* references */
	unsigned int n;
	int err;			/* of a flush that had to come early */
};

static inline void kefs_commit_init(struct kefs_commit *commit)
{
	commit->n = 0;
	commit->err = 0;
}

/* May sleep (a full set is flushed). Never call it with an inode locked. */
void kefs_commit_add(struct kefs_commit *commit, struct inode *inode);
/* 0 or -errno; empties the set, so that it can be used again. Cheap when nothing was added. */
int kefs_commit_flush(struct kefs_commit *commit);

#endif
