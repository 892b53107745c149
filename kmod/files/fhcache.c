// SPDX-License-Identifier: GPL-2.0
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "fhcache.h"

#define SLOTS 4096	/* with what they pin, at most some 8 MiB */

struct entry {
	struct kefs_volume *volume;	/* not a reference: destroying it drops its entries */
	struct kefs_fid fid;
	struct dentry *dentry;		/* a reference, as long as the entry is in its slot */
	struct rcu_head rcu;
};

static struct entry __rcu *slots[SLOTS];

static struct entry __rcu **slot_of(const struct kefs_volume *volume, const struct kefs_fid *fid)
{
	return &slots[kefs_fid_hash(fid, (u32)volume->id) % SLOTS];
}

static bool matches(const struct entry *e, const struct kefs_volume *volume, const struct kefs_fid *fid)
{
	return e && e->volume == volume && kefs_fid_equal(&e->fid, fid);
}

/* Of an entry that this thread took out of its slot. */
static void drop(struct entry *e)
{
	if (!e)
		return;
	dput(e->dentry);
	kfree_rcu(e, rcu);
}

/*
 * The dentry's memory lasts a grace period, as the entry's does. If the entry still has its slot once we have our own
 * reference, its reference was there all along and the dentry has been what it says; else it may be anything by now.
 */
struct dentry *kefs_fhcache_get(struct kefs_volume *volume, const struct kefs_fid *fid)
{
	struct entry __rcu **slot = slot_of(volume, fid);
	struct dentry *dentry = NULL;
	struct entry *e;
	bool good = false;

	rcu_read_lock();
	e = rcu_dereference(*slot);
	if (matches(e, volume, fid) && lockref_get_not_dead(&e->dentry->d_lockref)) {
		dentry = e->dentry;
		smp_mb();	/* pairs with the cmpxchg() or xchg() that empties a slot, before its dput() */
		good = rcu_access_pointer(*slot) == e;
	}
	rcu_read_unlock();
	if (!dentry)
		return NULL;
	if (good && d_inode(dentry)->i_nlink)
		return dentry;
	dput(dentry);
	return NULL;
}

void kefs_fhcache_put(struct kefs_volume *volume, const struct kefs_fid *fid, struct dentry *dentry)
{
	struct entry *e = kmalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return;
	e->volume = volume;
	e->fid = *fid;
	e->dentry = dget(dentry);
	drop(unrcu_pointer(xchg(slot_of(volume, fid), RCU_INITIALIZER(e))));
}

static struct entry *take(struct entry __rcu **slot, struct entry *e)
{
	return unrcu_pointer(cmpxchg(slot, RCU_INITIALIZER(e), NULL)) == e ? e : NULL;
}

void kefs_fhcache_forget(struct kefs_volume *volume, const struct kefs_fid *fid)
{
	struct entry __rcu **slot = slot_of(volume, fid);
	struct entry *e, *mine = NULL;

	rcu_read_lock();	/* keeps e from being another one at the same address */
	e = rcu_dereference(*slot);
	if (matches(e, volume, fid))
		mine = take(slot, e);
	rcu_read_unlock();
	drop(mine);
}

void kefs_fhcache_sweep(const struct kefs_volume *volume, bool all)
{
	struct entry *e, *mine;
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		if (!rcu_access_pointer(slots[i]))
			continue;
		mine = NULL;
		rcu_read_lock();
		e = rcu_dereference(slots[i]);
		if (e && (all || e->volume == volume || !d_inode_rcu(e->dentry) || !d_inode_rcu(e->dentry)->i_nlink))
			mine = take(&slots[i], e);
		rcu_read_unlock();
		drop(mine);
		cond_resched();
	}
}
