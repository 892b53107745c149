// SPDX-License-Identifier: GPL-2.0
/*
 * Life of a kefs_bfile:
 *
 *	kefs_bfile_get()	hashed, on the list, refs = 1 (cache) + users
 *	last user puts		refs = 1: idle, still found
 *	retire()		refs 1 -> 0: dead. Whoever does this step, and only he, unhashes it
 *	close_work		closes the files (in a kworker: that may sleep and do I/O), frees it
 *
 * cache_lock (bh-safe: kefs_bfile_put() may run in softirq) is a leaf but for the hash's own bucket locks.
 */
#include <linux/exportfs.h>
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/llist.h>
#include <linux/pagemap.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "../core/kefs.h"
#include "fhcache.h"
#include "opencache.h"

#define GC_INTERVAL	HZ
#define GC_BATCH	64	/* looked at under the lock at once */

enum { READ_ONLY, READ_WRITE };	/* kefs_bfile.file[] */
enum { BF_EVICT };		/* kefs_bfile.flags: no caching after the last user */

static struct rhashtable bfiles;
static LIST_HEAD(all);			/* cache_lock; roughly the one looked at longest ago first */
static unsigned int nr_all;		/* cache_lock; read without for estimates */
static DEFINE_SPINLOCK(cache_lock);
static LLIST_HEAD(closing);
static atomic_t nr_open = ATOMIC_INIT(0);
static struct kmem_cache *slab;
static struct workqueue_struct *wq;
static struct shrinker *shrinker;
static bool pressure_seen;		/* the shrinker ran since gc_run() did */

static void gc_run(struct work_struct *work);
static void close_run(struct work_struct *work);
static DECLARE_DELAYED_WORK(gc_work, gc_run);
static DECLARE_WORK(close_work, close_run);

static u32 key_hash(const void *data, u32 len, u32 seed)
{
	const struct kefs_bfile_key *key = data;

	return kefs_fid_hash(&key->fid, seed ^ (u32)key->volume->id);
}

static u32 obj_hash(const void *data, u32 len, u32 seed)
{
	return key_hash(&((const struct kefs_bfile *)data)->key, len, seed);
}

static int obj_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct kefs_bfile_key *key = arg->key;
	const struct kefs_bfile *bf = obj;

	return bf->key.volume != key->volume || !kefs_fid_equal(&bf->key.fid, &key->fid);
}

static const struct rhashtable_params bfile_params = {
	.key_len = sizeof(struct kefs_bfile_key),
	.key_offset = offsetof(struct kefs_bfile, key),
	.head_offset = offsetof(struct kefs_bfile, node),
	.hashfn = key_hash,
	.obj_hashfn = obj_hash,
	.obj_cmpfn = obj_cmp,
	.automatic_shrinking = true,
};

static void bfile_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(slab, container_of(rcu, struct kefs_bfile, rcu));
}

void kefs_file_close(struct file *file)
{
	if (current->flags & PF_KTHREAD)
		__fput_sync(file);
	else
		fput(file);
}

/* A write-back error that nobody asked for must not be forgotten with the struct file that would have told it. */
static void close_file(struct kefs_bfile *bf, struct file *file)
{
	if (!file)
		return;
	if (file->f_mode & FMODE_WRITE && filemap_check_wb_err(file->f_mapping, READ_ONCE(file->f_wb_err)))
		kefs_volume_renew_verifier(bf->key.volume);
	kefs_file_close(file);
	atomic_dec(&nr_open);
}

static void close_run(struct work_struct *work)
{
	struct kefs_bfile *bf, *next;

	llist_for_each_entry_safe(bf, next, llist_del_all(&closing), closing) {
		close_file(bf, bf->file[READ_WRITE]);
		close_file(bf, bf->file[READ_ONLY]);
		dput(bf->dentry);
		call_rcu(&bf->rcu, bfile_free_rcu);
		cond_resched();
	}
}

/* Ends @bf if nobody uses it. True if this call ended it. */
static bool retire_locked(struct kefs_bfile *bf)
{
	lockdep_assert_held(&cache_lock);
	if (!refcount_dec_if_one(&bf->refs))
		return false;
	list_del(&bf->all);
	nr_all--;
	rhashtable_remove_fast(&bfiles, &bf->node, bfile_params);
	if (llist_add(&bf->closing, &closing))
		queue_work(wq, &close_work);
	return true;
}

static void retire(struct kefs_bfile *bf)
{
	spin_lock_bh(&cache_lock);
	retire_locked(bf);
	spin_unlock_bh(&cache_lock);
}

static struct kefs_bfile *find(const struct kefs_bfile_key *key)
{
	struct kefs_bfile *bf = rhashtable_lookup(&bfiles, key, bfile_params);

	return bf && refcount_inc_not_zero(&bf->refs) ? bf : NULL;
}

struct kefs_bfile *kefs_bfile_find(struct kefs_volume *volume, const struct kefs_fid *fid)
{
	struct kefs_bfile_key key = { .volume = volume, .fid = *fid };
	struct kefs_bfile *bf;

	rcu_read_lock();
	bf = find(&key);
	rcu_read_unlock();
	return bf;
}

static int check_type(const struct dentry *dentry)
{
	umode_t mode = d_inode(dentry)->i_mode;

	if (S_ISREG(mode))
		return 0;
	if (S_ISDIR(mode))
		return -EISDIR;
	return S_ISLNK(mode) ? -KEFS_ERR_SYMLINK : -KEFS_ERR_WRONG_TYPE;
}

static struct kefs_bfile *bfile_alloc(const struct kefs_bfile_key *key)
{
	struct kefs_bfile *bf = kmem_cache_zalloc(slab, GFP_KERNEL);

	if (!bf)
		return NULL;
	bf->key = *key;
	refcount_set(&bf->refs, 2);	/* the cache's and the caller's */
	bf->idle_since = jiffies;
	INIT_LIST_HEAD(&bf->all);
	return bf;
}

/* Hashes @bf, or returns the one that is there already (referenced). ERR_PTR(-EAGAIN): a dead one is in the way. */
static struct kefs_bfile *publish(struct kefs_bfile *bf)
{
	struct kefs_bfile *other;

	rcu_read_lock();
	other = rhashtable_lookup_get_insert_key(&bfiles, &bf->key, &bf->node, bfile_params);
	if (other && !IS_ERR(other) && !refcount_inc_not_zero(&other->refs))
		other = ERR_PTR(-EAGAIN);
	rcu_read_unlock();
	if (other)
		return other;
	spin_lock_bh(&cache_lock);
	list_add_tail(&bf->all, &all);
	nr_all++;
	spin_unlock_bh(&cache_lock);
	return bf;
}

struct kefs_bfile *kefs_bfile_get(struct kefs_volume *volume, const struct kefs_fid *fid, struct dentry *dentry)
{
	struct kefs_bfile *bf = kefs_bfile_find(volume, fid), *got;
	int err;

	if (bf)
		return bf;
	err = check_type(dentry);
	if (err)
		return ERR_PTR(err);
	bf = bfile_alloc(&(struct kefs_bfile_key){ .volume = volume, .fid = *fid });
	if (!bf)
		return ERR_PTR(-ENOMEM);
	bf->dentry = dget(dentry);
	for (;;) {
		got = publish(bf);
		if (got == bf)
			return bf;
		if (PTR_ERR_OR_ZERO(got) != -EAGAIN && PTR_ERR_OR_ZERO(got) != -EBUSY)
			break;
		cond_resched();		/* its retire() is about to unhash it; or the table is being resized */
	}
	dput(bf->dentry);
	kmem_cache_free(slab, bf);
	return PTR_ERR_OR_ZERO(got) == -E2BIG ? ERR_PTR(-ENOMEM) : got;
}

void kefs_bfile_put(struct kefs_bfile *bf)
{
	if (!bf)
		return;
	WRITE_ONCE(bf->idle_since, jiffies);
	rcu_read_lock();	/* past refcount_dec() somebody else may end it */
	refcount_dec(&bf->refs);
	smp_mb__after_atomic();	/* pairs with kefs_bfile_evict(): one of the two sees the other's write */
	if (unlikely(READ_ONCE(bf->flags) & BIT(BF_EVICT)))
		retire(bf);
	rcu_read_unlock();
}

int kefs_bfile_break(struct kefs_bfile *bf, bool write)
{
	int err = break_lease(d_inode(bf->dentry), (write ? O_WRONLY : O_RDONLY) | O_NONBLOCK);

	return err == -EWOULDBLOCK ? -KEFS_ERR_LEASE : err;
}

bool kefs_bfile_written_elsewhere(struct kefs_bfile *bf, bool *ret_runs)
{
	int writers = atomic_read(&d_inode(bf->dentry)->i_writecount);

	*ret_runs = writers < 0;
	return writers > (kefs_bfile_writer(bf) ? 1 : 0);
}

static struct file *open_file(struct kefs_bfile *bf, bool write)
{
	struct path path = { .mnt = bf->key.volume->root.mnt, .dentry = bf->dentry };
	struct file *file, *other, **slot = &bf->file[write ? READ_WRITE : READ_ONLY];
	int err;

	/* Not to wait for a lease: regular files have no other use for the flag. */
	file = dentry_open(&path, (write ? O_RDWR : O_RDONLY) | O_LARGEFILE | O_NONBLOCK, current_cred());
	if (IS_ERR(file))
		return file == ERR_PTR(-EWOULDBLOCK) ? ERR_PTR(-KEFS_ERR_LEASE) : file;
	spin_lock(&file->f_lock);
	file->f_flags &= ~O_NONBLOCK;
	spin_unlock(&file->f_lock);
	err = kefs_post_open(file, write ? MAY_READ | MAY_WRITE : MAY_READ);
	if (err) {
		kefs_file_close(file);
		return ERR_PTR(err);
	}
	other = cmpxchg(slot, NULL, file);
	if (other) {
		kefs_file_close(file);
		return other;
	}
	atomic_inc(&nr_open);
	return file;
}

struct file *kefs_bfile_writer(struct kefs_bfile *bf)
{
	return smp_load_acquire(&bf->file[READ_WRITE]);	/* pairs with cmpxchg() in open_file() */
}

struct file *kefs_bfile_file(struct kefs_bfile *bf, fmode_t mode)
{
	bool write = mode & FMODE_WRITE;
	struct file *file;

	/* Readers keep to the read-only one, if there is: its readahead state is not disturbed by writers. */
	file = write ? NULL : smp_load_acquire(&bf->file[READ_ONLY]);	/* pairs with cmpxchg() in open_file() */
	if (!file)
		file = kefs_bfile_writer(bf);
	return file ?: open_file(bf, write);
}

void kefs_bfile_evict(struct kefs_volume *volume, const struct kefs_fid *fid)
{
	struct kefs_bfile *bf = kefs_bfile_find(volume, fid);

	if (!bf)
		return;
	WRITE_ONCE(bf->flags, BIT(BF_EVICT));
	smp_mb();		/* pairs with kefs_bfile_put() */
	kefs_bfile_put(bf);
}

static bool has_dirty_pages(struct kefs_bfile *bf)
{
	const struct file *file = kefs_bfile_writer(bf);

	return file && (mapping_tagged(file->f_mapping, PAGECACHE_TAG_DIRTY) ||
			mapping_tagged(file->f_mapping, PAGECACHE_TAG_WRITEBACK));
}

static bool may_go(struct kefs_bfile *bf, bool pressure)
{
	if (refcount_read(&bf->refs) != 1)
		return false;
	if (!pressure && time_before(jiffies, READ_ONCE(bf->idle_since) + KEFS_BFILE_IDLE))
		return false;
	return !has_dirty_pages(bf);
}

/* Looks at the next @nr of the list; returns how many it ended. */
static unsigned long sweep(unsigned long nr, bool pressure)
{
	unsigned long ended = 0, i;
	struct kefs_bfile *bf;

	while (nr) {
		spin_lock_bh(&cache_lock);
		for (i = min_t(unsigned long, nr, GC_BATCH); i; i--, nr--) {
			bf = list_first_entry_or_null(&all, struct kefs_bfile, all);
			if (!bf)
				break;
			if (may_go(bf, pressure) && retire_locked(bf))
				ended++;
			else
				list_move_tail(&bf->all, &all);
		}
		spin_unlock_bh(&cache_lock);
		if (i)
			break;
	}
	return ended;
}

/* Half of them each time: everything is looked at within two intervals, also when most are in use. */
static void gc_run(struct work_struct *work)
{
	kefs_fhcache_sweep(NULL, xchg(&pressure_seen, false));
	sweep(READ_ONCE(nr_all) / 2 + GC_BATCH, false);
	queue_delayed_work(wq, &gc_work, GC_INTERVAL);
}

static unsigned long shrink_count(struct shrinker *sh, struct shrink_control *sc)
{
	return READ_ONCE(nr_all) ?: SHRINK_EMPTY;
}

static unsigned long shrink_scan(struct shrinker *sh, struct shrink_control *sc)
{
	WRITE_ONCE(pressure_seen, true);	/* dput() is not for reclaim's context: gc_run() does it */
	return sweep(sc->nr_to_scan, true);
}

static bool evict_volume_once(struct kefs_volume *volume)
{
	struct kefs_bfile *bf, *next;
	bool busy = false;

	spin_lock_bh(&cache_lock);
	list_for_each_entry_safe(bf, next, &all, all)
		if (bf->key.volume == volume && !retire_locked(bf))
			busy = true;
	spin_unlock_bh(&cache_lock);
	return busy;
}

void kefs_bfile_evict_volume(struct kefs_volume *volume)
{
	while (WARN_ON_ONCE(evict_volume_once(volume)))
		schedule_timeout_uninterruptible(HZ / 10);
	flush_work(&gc_work.work);	/* it may be about to let go of a dentry */
	flush_work(&close_work);
}

unsigned int kefs_bfile_open_files(void)
{
	return atomic_read(&nr_open);
}

static int __init shrinker_init(void)
{
	shrinker = shrinker_alloc(0, "kefs-bfiles");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = shrink_count;
	shrinker->scan_objects = shrink_scan;
	shrinker_register(shrinker);
	return 0;
}

int __init kefs_opencache_init(void)
{
	int err = -ENOMEM;

	slab = KMEM_CACHE(kefs_bfile, SLAB_RECLAIM_ACCOUNT);
	if (!slab)
		return err;
	wq = alloc_workqueue("kefs_close", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!wq)
		goto err_slab;
	err = rhashtable_init(&bfiles, &bfile_params);
	if (err)
		goto err_wq;
	err = shrinker_init();
	if (err)
		goto err_hash;
	queue_delayed_work(wq, &gc_work, GC_INTERVAL);
	return 0;

err_hash:
	rhashtable_destroy(&bfiles);
err_wq:
	destroy_workqueue(wq);
err_slab:
	kmem_cache_destroy(slab);
	return err;
}

void kefs_opencache_exit(void)
{
	cancel_delayed_work_sync(&gc_work);
	kefs_fhcache_sweep(NULL, true);
	shrinker_free(shrinker);
	destroy_workqueue(wq);
	rhashtable_destroy(&bfiles);
	rcu_barrier();		/* bfile_free_rcu() is module code and uses the slab */
	kmem_cache_destroy(slab);
}
