// SPDX-License-Identifier: GPL-2.0
#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "fh.h"
#include "fhcache.h"
#include "opencache.h"
#include "space.h"
#include "volume.h"

static struct rb_root volumes = RB_ROOT;	/* by id */
static unsigned int nr_volumes;
static DEFINE_MUTEX(volumes_lock);	/* protects both */

static int check_root(const struct path *root)
{
	const struct export_operations *ops = root->mnt->mnt_sb->s_export_op;

	if (!d_is_dir(root->dentry))
		return -ENOTDIR;
	if (!ops || !ops->fh_to_dentry)
		return -EOPNOTSUPP;
	/* Ids on the wire are those on disk; a mapping in between would have to be applied everywhere. */
	if (is_idmapped_mnt(root->mnt))
		return -EOPNOTSUPP;
	return 0;
}

static struct kefs_volume *volume_create(const struct kefs_volume_params *params)
{
	struct kefs_volume *volume;
	int err;

	BUILD_BUG_ON(sizeof(volume->key) != KEFS_KEY_SIZE);
	volume = kzalloc(sizeof(*volume), GFP_KERNEL);
	if (!volume)
		return ERR_PTR(-ENOMEM);
	err = kefs_fid_of(params->root->dentry, &volume->root_fid);
	if (err)
		goto err_free;
	volume->stats = alloc_percpu(struct kefs_op_stats);
	err = -ENOMEM;
	if (!volume->stats)
		goto err_free;
	volume->id = params->id;
	kefs_lane_init(&volume->lane);
	volume->flags = params->flags;
	volume->project = kefs_space_project(params->root);
	volume->recovery = params->recovery;
	strscpy(volume->name, params->name, sizeof(volume->name));
	memcpy(&volume->key, params->key, KEFS_KEY_SIZE);
	volume->root = *params->root;
	path_get(&volume->root);
	kefs_volume_renew_verifier(volume);
	RB_CLEAR_NODE(&volume->node);
	refcount_set(&volume->refs, 1);
	init_completion(&volume->gone);
	return volume;

err_free:
	kfree(volume);
	return ERR_PTR(err);
}

static void volume_free(struct kefs_volume *volume)
{
	path_put(&volume->root);
	free_percpu(volume->stats);
	kfree_sensitive(volume);
}

static int table_insert(struct kefs_volume *volume)
{
	struct rb_node **link = &volumes.rb_node, *parent = NULL;

	lockdep_assert_held(&volumes_lock);
	while (*link) {
		struct kefs_volume *v = rb_entry(*link, struct kefs_volume, node);

		if (v->id == volume->id)
			return -EEXIST;
		parent = *link;
		link = v->id > volume->id ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&volume->node, parent, link);
	rb_insert_color(&volume->node, &volumes);
	nr_volumes++;
	return 0;
}

/* The one with the smallest id of those above, or NULL. */
static struct kefs_volume *table_next(u64 after)
{
	struct rb_node *node = volumes.rb_node;
	struct kefs_volume *next = NULL;

	lockdep_assert_held(&volumes_lock);
	while (node) {
		struct kefs_volume *v = rb_entry(node, struct kefs_volume, node);

		if (v->id > after) {
			next = v;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return next;
}

int kefs_volume_add(const struct kefs_volume_params *params)
{
	struct kefs_volume *volume;
	int err;

	if (!params->id || !params->name[0] || strlen(params->name) > KEFS_NAME_MAX)
		return -EINVAL;
	err = check_root(params->root);
	if (err)
		return err;
	volume = volume_create(params);
	if (IS_ERR(volume))
		return PTR_ERR(volume);
	mutex_lock(&volumes_lock);
	err = table_insert(volume);
	mutex_unlock(&volumes_lock);
	if (err)
		volume_free(volume);
	return err;
}

struct kefs_volume *kefs_volume_remove(u64 id)
{
	struct kefs_volume *v;

	mutex_lock(&volumes_lock);
	v = table_next(id - 1);		/* no volume has id 0 */
	if (!v || v->id != id) {
		mutex_unlock(&volumes_lock);
		return ERR_PTR(-ENOENT);
	}
	rb_erase(&v->node, &volumes);
	RB_CLEAR_NODE(&v->node);
	nr_volumes--;
	mutex_unlock(&volumes_lock);
	return v;
}

void kefs_volume_destroy(struct kefs_volume *volume)
{
	WARN_ON_ONCE(!RB_EMPTY_NODE(&volume->node));
	kefs_volume_put(volume);
	wait_for_completion(&volume->gone);
	kefs_lane_drain(&volume->lane);
	kefs_fhcache_sweep(volume, false);
	kefs_bfile_evict_volume(volume);
	volume_free(volume);
}

struct kefs_volume *kefs_volume_find(u64 id)
{
	struct kefs_volume *v = kefs_volume_next(id - 1);	/* no volume has id 0 */

	if (!v || v->id == id)
		return v;
	kefs_volume_put(v);
	return NULL;
}

struct kefs_volume *kefs_volume_next(u64 after)
{
	struct kefs_volume *v;

	mutex_lock(&volumes_lock);
	v = table_next(after);
	if (v)
		kefs_volume_get(v);
	mutex_unlock(&volumes_lock);
	return v;
}

void kefs_volume_get(struct kefs_volume *volume)
{
	refcount_inc(&volume->refs);
}

void kefs_volume_put(struct kefs_volume *volume)
{
	if (volume && refcount_dec_and_test(&volume->refs))
		complete(&volume->gone);
}

unsigned int kefs_volume_count(void)
{
	return READ_ONCE(nr_volumes);
}

void kefs_volume_renew_verifier(struct kefs_volume *volume)
{
	atomic64_set(&volume->verifier, get_random_u64());
}
