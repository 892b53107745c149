/* SPDX-License-Identifier: GPL-2.0 */
/* Files that are open: share modes of all clients of a volume, and the backing file. For state/ only. */
#ifndef KEFS_STATE_FILEOBJ_H
#define KEFS_STATE_FILEOBJ_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include "../files/fh_codec.h"

struct dentry;
struct kefs_bfile;
struct kefs_volume;

struct kefs_fileobj_key {
	struct kefs_volume *volume;	/* a reference */
	struct kefs_fid fid;
};

struct kefs_fileobj {
	struct rhash_head node;		/* while ref > 0; its bucket lock */
	struct kefs_fileobj_key key;
	refcount_t ref;			/* kefs_state; look-ups */
	struct kefs_bfile *bf;		/* a reference */
	struct mutex lock;		/* what follows; see state.h */
	struct list_head opens;		/* kefs_open.on_file */
	struct list_head delegs;	/* kefs_deleg.on_file: several for reading or one for writing */
	unsigned int nr_delegs;
	/* How many opens have access, deny: of READ and of WRITE. Read without the lock by I/O of special stateids. */
	unsigned int access[2], deny[2];
	struct list_head waits;		/* kefs_lock_wait.on_file, oldest first */
	unsigned int nr_waits;		/* read without the lock */
	struct list_head waits_node;	/* while there are waits: lockwait.c's, as the next */
	unsigned long waits_due;	/* jiffies */
	struct rcu_head rcu;
};

/* Found or made; @dentry as for kefs_bfile_get(). ERR_PTR of kefs_bfile_get(), or -KEFS_ERR_DELAY. */
struct kefs_fileobj *kefs_fileobj_get(struct kefs_volume *volume, const struct kefs_fid *fid, struct dentry *dentry);
/* Found, or NULL. */
struct kefs_fileobj *kefs_fileobj_find(struct kefs_volume *volume, const struct kefs_fid *fid);
void kefs_fileobj_put(struct kefs_fileobj *file);	/* process context */

static inline bool kefs_fileobj_is(const struct kefs_fileobj *file, const struct kefs_volume *volume,
				   const struct kefs_fid *fid)
{
	return file->key.volume == volume && kefs_fid_equal(&file->key.fid, fid);
}

/* Some open denies @want. Lock-free. */
bool kefs_fileobj_denies(const struct kefs_fileobj *file, u32 want);

int __init kefs_fileobj_init(void);
void kefs_fileobj_exit(void);

#endif
