/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Open backing files. One kefs_bfile per regular file in use and volume, shared by all who use it; it opens up to two
 * struct files on demand, one to read and one to read and write. The level of indirection "which struct file holds
 * the bytes" is kefs_bfile_file(): nobody else opens backing files.
 *
 * References: one per user. Without users it stays cached for KEFS_BFILE_IDLE, or less under memory pressure, or
 * longer while it has dirty pages (the struct file remembers whether a write-back error was seen); it goes at once
 * when the file's last link goes or with its volume. Users hold the volume in another way (grant or state).
 *
 * Found without locks: RCU and refcount_inc_not_zero(). refs == 0 means dead, the cache itself holds one.
 */
#ifndef KEFS_FILES_OPENCACHE_H
#define KEFS_FILES_OPENCACHE_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include "volume.h"

#define KEFS_BFILE_IDLE		(2 * HZ)

struct kefs_bfile_key {
	struct kefs_volume *volume;	/* not a reference, see above */
	struct kefs_fid fid;
};

struct kefs_bfile {
	struct rhash_head node;
	struct kefs_bfile_key key;
	struct dentry *dentry;		/* a reference; positive and regular; maybe disconnected */
	struct file *file[2];		/* read-only, read-write: set once by cmpxchg, closed with the bfile */
	refcount_t refs;		/* users, and one of the cache while it is hashed */
	u32 flags;			/* opencache.c */
	unsigned long idle_since;	/* jiffies of the last put */
	struct list_head all;		/* every hashed bfile; protected by the cache's lock */
	union {				/* once dead: to be closed, then to be freed */
		struct llist_node closing;
		struct rcu_head rcu;
	};
};

static inline struct inode *kefs_bfile_inode(const struct kefs_bfile *bf)
{
	return d_inode(bf->dentry);
}

static inline struct kefs_volume *kefs_bfile_volume(const struct kefs_bfile *bf)
{
	return bf->key.volume;
}

/* The cached bfile of @fid, or NULL. A reference; lock-free. */
struct kefs_bfile *kefs_bfile_find(struct kefs_volume *volume, const struct kefs_fid *fid);
/*
 * Finds or makes it. @dentry (which is @fid's; not consumed) must be regular: else -EISDIR, -KEFS_ERR_SYMLINK,
 * -KEFS_ERR_WRONG_TYPE. Opens nothing yet and checks no permission. ERR_PTR.
 */
struct kefs_bfile *kefs_bfile_get(struct kefs_volume *volume, const struct kefs_fid *fid, struct dentry *dentry);
/* One more reference to a bfile that the caller holds. */
static inline struct kefs_bfile *kefs_bfile_ref(struct kefs_bfile *bf)
{
	refcount_inc(&bf->refs);
	return bf;
}

/* Never sleeps, never closes here. NULL is fine. */
void kefs_bfile_put(struct kefs_bfile *bf);
/*
 * The open file for @mode (FMODE_READ, FMODE_WRITE or both), opened now if need be with the caller's credentials but
 * without a check of permissions. Borrowed: valid while the reference to @bf is held. ERR_PTR: what open gives, -EROFS,
 * -ETXTBSY, -KEFS_ERR_LEASE (one is being broken) ...
 */
struct file *kefs_bfile_file(struct kefs_bfile *bf, fmode_t mode);
/* Break the leases and delegations that do not go with reading or @write: 0, or -KEFS_ERR_LEASE while that lasts. */
int kefs_bfile_break(struct kefs_bfile *bf, bool write);
/* Somebody else than this bfile has the file open to write, as far as the VFS tells; or runs it (*ret_runs). */
bool kefs_bfile_written_elsewhere(struct kefs_bfile *bf, bool *ret_runs);
/* The file that writes go through, if it is open; or NULL. Borrowed likewise. */
struct file *kefs_bfile_writer(struct kefs_bfile *bf);

/* Call when a file has lost its last link: it is forgotten as soon as nobody uses it. */
void kefs_bfile_evict(struct kefs_volume *volume, const struct kefs_fid *fid);
/* Closes every file of the volume; all must be unused. Waits until they are closed. For kefs_volume_destroy(). */
void kefs_bfile_evict_volume(struct kefs_volume *volume);
/* struct files open now. */
unsigned int kefs_bfile_open_files(void);

/* Closes @file now where the kernel lets this thread, else soon. */
void kefs_file_close(struct file *file);

int __init kefs_opencache_init(void);
/* All volumes are destroyed. */
void kefs_opencache_exit(void);

#endif
