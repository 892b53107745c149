// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <kefs.h>
#include "../core/limits.h"
#include "ledger.h"

#define BLOCKS_MAX	(KEFS_LEDGER_HEADS + KEFS_LEDGER_CLIENTS_MAX)
#define READ_BLOCKS	32

struct kefs_ledger {
	struct file *file;
	siphash_key_t key;
	struct kefs_ledger_head head;	/* head_lock */
	bool begun;			/* head is on disk; head_lock */
	struct mutex head_lock;
	u8 head_block[KEFS_LEDGER_BLOCK]; /* head_lock */
	spinlock_t lock;		/* used, writes */
	unsigned long *used;		/* bit per block */
	struct list_head writes;	/* struct write.node */
	struct work_struct work;
};

/* On its caller's stack, who waits for it. */
struct write {
	struct list_head node;
	const u8 *data;			/* KEFS_LEDGER_BLOCK bytes */
	u32 block;
	bool begun;			/* it may come to the disk, also when it failed */
	int err;
	struct completion done;
};

static const u8 free_block[KEFS_LEDGER_BLOCK];

static int write_block(struct kefs_ledger *ledger, struct write *w)
{
	loff_t pos = (loff_t)w->block * KEFS_LEDGER_BLOCK;
	ssize_t n = kernel_write(ledger->file, w->data, KEFS_LEDGER_BLOCK, &pos);

	/* Where there is no room nothing has begun; all else may be on its way */
	w->begun = n != -ENOSPC && n != -EDQUOT;
	if (n < 0)
		return n;
	return n == KEFS_LEDGER_BLOCK ? 0 : -EIO;
}

/*
 * A worker, because callers may be any process of this host (whose limits, signals and rights are not ours) and because
 * it gathers what comes while a flush is under way.
 */
static void do_writes(struct work_struct *work)
{
	struct kefs_ledger *ledger = container_of(work, struct kefs_ledger, work);
	struct write *w, *next;
	LIST_HEAD(batch);
	int err;

	spin_lock(&ledger->lock);
	list_splice_init(&ledger->writes, &batch);
	spin_unlock(&ledger->lock);
	list_for_each_entry(w, &batch, node)
		w->err = write_block(ledger, w);
	err = vfs_fsync(ledger->file, 0);
	list_for_each_entry_safe(w, next, &batch, node) {
		w->err = w->err ?: err;
		complete(&w->done);	/* and it is gone */
	}
}

/* The caller sets data and block of @w. */
static int write_stable(struct kefs_ledger *ledger, struct write *w)
{
	init_completion(&w->done);
	spin_lock(&ledger->lock);
	list_add_tail(&w->node, &ledger->writes);
	spin_unlock(&ledger->lock);
	/* Running already, it is queued once more: what was added above is never missed. */
	queue_work(system_unbound_wq, &ledger->work);
	wait_for_completion(&w->done);
	return w->err;
}

/* To the copy that is the older one; if it fails, the other one still counts. */
static int write_head_locked(struct kefs_ledger *ledger, u64 epoch, u64 floor)
{
	struct kefs_ledger_head head = { .serial = ledger->head.serial + 1, .epoch = epoch, .floor = floor };
	struct write w = { .data = ledger->head_block, .block = head.serial % KEFS_LEDGER_HEADS };
	int err;

	lockdep_assert_held(&ledger->head_lock);
	kefs_ledger_put_head(ledger->head_block, &head, &ledger->key);
	err = write_stable(ledger, &w);
	if (!err) {
		ledger->head = head;
		ledger->begun = true;
	}
	return err;
}

/* Before the first record of an epoch: one that the head does not know of would not count. */
static int begin_epoch(struct kefs_ledger *ledger, u64 *ret_epoch)
{
	int err = 0;

	mutex_lock(&ledger->head_lock);
	if (!ledger->begun)
		err = write_head_locked(ledger, ledger->head.epoch, ledger->head.floor);
	*ret_epoch = ledger->head.epoch;
	mutex_unlock(&ledger->head_lock);
	return err;
}

int kefs_ledger_raise_floor(struct kefs_ledger *ledger)
{
	int err;

	mutex_lock(&ledger->head_lock);
	err = write_head_locked(ledger, ledger->head.epoch, ledger->head.epoch);
	mutex_unlock(&ledger->head_lock);
	return err;
}

int kefs_ledger_void(struct kefs_ledger *ledger)
{
	int err;

	mutex_lock(&ledger->head_lock);
	err = write_head_locked(ledger, ledger->head.epoch + 1, ledger->head.epoch + 1);
	mutex_unlock(&ledger->head_lock);
	return err;
}

void kefs_ledger_release(struct kefs_ledger *ledger, u32 block)
{
	spin_lock(&ledger->lock);
	clear_bit(block, ledger->used);
	spin_unlock(&ledger->lock);
}

/* 0: all are used. */
static u32 take_block(struct kefs_ledger *ledger)
{
	unsigned long block;

	spin_lock(&ledger->lock);
	block = find_first_zero_bit(ledger->used, BLOCKS_MAX);
	if (block < BLOCKS_MAX)
		set_bit(block, ledger->used);
	spin_unlock(&ledger->lock);
	return block < BLOCKS_MAX ? block : 0;
}

static int add_to(struct kefs_ledger *ledger, const struct kefs_ledger_entry *entry, struct write *w)
{
	struct kefs_ledger_entry ours = *entry;
	int err = begin_epoch(ledger, &ours.epoch);
	u8 *data;

	if (err)
		return err;
	data = kmalloc(KEFS_LEDGER_BLOCK, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	kefs_ledger_put_entry(data, &ours, &ledger->key);
	w->data = data;
	err = write_stable(ledger, w);
	kfree(data);
	return err;
}

int kefs_ledger_add(struct kefs_ledger *ledger, const struct kefs_ledger_entry *entry, u32 *block)
{
	struct write w = { .block = *block ?: take_block(ledger) };
	int err;

	if (!w.block)
		return -EUSERS;
	err = add_to(ledger, entry, &w);
	if (!err || w.begun)
		*block = w.block;
	else if (!*block)
		kefs_ledger_release(ledger, w.block);
	return err;
}

int kefs_ledger_remove(struct kefs_ledger *ledger, u32 block)
{
	struct write w = { .data = free_block, .block = block };
	int err = write_stable(ledger, &w);

	if (!err)
		kefs_ledger_release(ledger, block);
	return err;
}

/* --- opening --- */

struct reading {
	struct kefs_ledger *ledger;
	int (*known)(void *ctx, const struct kefs_ledger_entry *entry, u32 block);
	void *ctx;
	struct kefs_ledger_head head;
	unsigned int heads, known_nr, damaged;
	bool bad_head;
	u64 top;			/* the latest epoch that was seen */
};

static void read_head(struct reading *r, const u8 *block)
{
	struct kefs_ledger_head head;
	int err = kefs_ledger_get_head(block, &head, &r->ledger->key);

	/*
	 * A head lies in one sector, so that no power cut leaves half of one. A bad one may have been the later of the two,
	 * and have said that records are void which the other one counts: none is to be believed then.
	 */
	if (err == -EUCLEAN) {
		r->damaged++;
		r->bad_head = true;
	}
	if (err)
		return;
	if (!r->heads++ || head.serial > r->head.serial)
		r->head = head;
}

static int read_entry(struct reading *r, const u8 *data, u32 block)
{
	struct kefs_ledger_entry entry;
	int err = kefs_ledger_get_entry(data, &entry, &r->ledger->key);

	if (err) {
		r->damaged += err == -EUCLEAN;
		return 0;
	}
	r->top = max(r->top, entry.epoch);
	if (!r->heads || r->bad_head || !kefs_ledger_counts(&r->head, entry.epoch))
		return 0;
	set_bit(block, r->ledger->used);
	r->known_nr++;
	return r->known(r->ctx, &entry, block);
}

static int read_span(struct reading *r, u8 *buf, u32 block, u32 n)
{
	loff_t pos = (loff_t)block * KEFS_LEDGER_BLOCK;
	ssize_t got = kernel_read(r->ledger->file, buf, (size_t)n * KEFS_LEDGER_BLOCK, &pos);
	int err = 0;
	u32 i;

	if (got < 0)
		return got;
	if (got != (ssize_t)n * KEFS_LEDGER_BLOCK)
		return -EIO;
	for (i = 0; i < n && !err; i++) {
		if (block + i < KEFS_LEDGER_HEADS)
			read_head(r, buf + (size_t)i * KEFS_LEDGER_BLOCK);
		else
			err = read_entry(r, buf + (size_t)i * KEFS_LEDGER_BLOCK, block + i);
	}
	return err;
}

/* The last block may have been cut by a crash while the file grew: then it was not acknowledged. */
static int read_all(struct reading *r)
{
	u32 block, n, blocks = min_t(u64, i_size_read(file_inode(r->ledger->file)) / KEFS_LEDGER_BLOCK, BLOCKS_MAX);
	u8 *buf = kvmalloc_array(READ_BLOCKS, KEFS_LEDGER_BLOCK, GFP_KERNEL);
	int err = 0;

	if (!buf)
		return -ENOMEM;
	for (block = 0; block < blocks && !err; block += n) {
		n = min_t(u32, blocks - block, READ_BLOCKS);
		err = read_span(r, buf, block, n);
	}
	kvfree(buf);
	return err;
}

/* The next epoch; nothing is written yet. */
static void choose_epoch(struct reading *r)
{
	struct kefs_ledger_head *head = &r->ledger->head;
	u64 epoch = max(r->top, r->heads ? r->head.epoch : 0) + 1;

	*head = (struct kefs_ledger_head){
		.serial = r->heads ? r->head.serial : 0, .epoch = epoch, .floor = r->known_nr ? r->head.floor : epoch,
	};
}

static struct kefs_ledger *ledger_alloc(struct file *file, const siphash_key_t *key)
{
	struct kefs_ledger *ledger = kzalloc(sizeof(*ledger), GFP_KERNEL);

	if (!ledger)
		return NULL;
	ledger->used = bitmap_zalloc(BLOCKS_MAX, GFP_KERNEL);
	if (!ledger->used) {
		kfree(ledger);
		return NULL;
	}
	bitmap_set(ledger->used, 0, KEFS_LEDGER_HEADS);
	ledger->file = get_file(file);
	ledger->key = *key;
	mutex_init(&ledger->head_lock);
	spin_lock_init(&ledger->lock);
	INIT_LIST_HEAD(&ledger->writes);
	INIT_WORK(&ledger->work, do_writes);
	return ledger;
}

struct kefs_ledger *kefs_ledger_open(struct file *file, const siphash_key_t *key, const char *name,
				     int (*known)(void *ctx, const struct kefs_ledger_entry *entry, u32 block), void *ctx)
{
	struct kefs_ledger *ledger = ledger_alloc(file, key);
	struct reading r = { .ledger = ledger, .known = known, .ctx = ctx };
	u64 epoch;
	int err;

	BUILD_BUG_ON(KEFS_LEDGER_DOMAIN_MAX != KEFS_DOMAIN_MAX);
	if (!ledger)
		return ERR_PTR(-ENOMEM);
	err = read_all(&r);
	choose_epoch(&r);
	/* It was not believed, and must not be when it can be read again after all. */
	if (!err && r.bad_head)
		err = begin_epoch(ledger, &epoch);
	if (err) {
		kefs_ledger_free(ledger);
		return ERR_PTR(err);
	}
	if (r.damaged)
		pr_warn_ratelimited("%s: %u damaged records of clients are ignored: they cannot reclaim their locks\n",
				    name, r.damaged);
	return ledger;
}

void kefs_ledger_free(struct kefs_ledger *ledger)
{
	if (!ledger)
		return;
	cancel_work_sync(&ledger->work);	/* at most a last run with nothing to do */
	fput(ledger->file);
	bitmap_free(ledger->used);
	kfree_sensitive(ledger);
}
