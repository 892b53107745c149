// SPDX-License-Identifier: GPL-2.0
#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/writeback.h>
#include "commit.h"

static int flush_inode(struct inode *inode)
{
	const struct export_operations *ops = inode->i_sb->s_export_op;

	if (ops && ops->commit_metadata)
		return ops->commit_metadata(inode);
	return sync_inode_metadata(inode, 1);
}

void kefs_commit_add(struct kefs_commit *commit, struct inode *inode)
{
	unsigned int i;
	int err;

	for (i = 0; i < commit->n; i++)
		if (commit->inode[i] == inode)
			return;
	if (commit->n == KEFS_COMMIT_INODES) {
		err = kefs_commit_flush(commit);
		commit->err = err;
	}
	ihold(inode);
	commit->inode[commit->n++] = inode;
}

int kefs_commit_flush(struct kefs_commit *commit)
{
	int ret = commit->err, err;

	/* The last one first: what the earlier ones wait for is then mostly done by the same journal commit. */
	while (commit->n) {
		struct inode *inode = commit->inode[--commit->n];

		err = flush_inode(inode);
		iput(inode);
		ret = ret ?: err;
	}
	commit->err = 0;
	return ret;
}
