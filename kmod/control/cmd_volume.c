// SPDX-License-Identifier: GPL-2.0
#include <linux/file.h>
#include "../files/volume.h"
#include "../server.h"
#include "../state/recovery.h"
#include "genl.h"

static int volume_params(struct genl_info *info, struct nlattr **tb, struct kefs_volume_params *params)
{
	struct nlattr *nest = info->attrs[KEFS_A_VOLUME];
	int err;

	err = kefs_genl_require(info->extack, nest, tb, KEFS_A_VOLUME_ID) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_VOLUME_NAME) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_VOLUME_ROOT_FD) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_VOLUME_KEY) ?:
	      kefs_genl_flags(info, tb[KEFS_A_VOLUME_FLAGS], KEFS_VOLUME_F_READ_ONLY | KEFS_VOLUME_F_ELASTIC,
			      &params->flags) ?:
	      kefs_genl_string(info, tb[KEFS_A_VOLUME_NAME], &params->name);
	if (err)
		return err;
	if (!*params->name) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[KEFS_A_VOLUME_NAME], "empty name");
		return -EINVAL;
	}
	params->id = nla_get_u64(tb[KEFS_A_VOLUME_ID]);
	params->key = nla_data(tb[KEFS_A_VOLUME_KEY]);
	return 0;
}

static void explain_add(struct genl_info *info, struct nlattr **tb, int err)
{
	switch (err) {
	case -EEXIST:
		NL_SET_ERR_MSG_ATTR(info->extack, tb[KEFS_A_VOLUME_ID], "the volume id is taken");
		break;
	case -EOPNOTSUPP:
		NL_SET_ERR_MSG_ATTR(info->extack, tb[KEFS_A_VOLUME_ROOT_FD],
				    "file system without file handles, or idmapped mount");
		break;
	}
}

/* What is to be remembered of the volume's clients; NULL if nothing. */
static struct kefs_recovery *open_recovery(struct genl_info *info, const struct nlattr *attr,
					   const struct kefs_volume_params *params)
{
	struct kefs_recovery *recovery;
	siphash_key_t key;
	struct file *file;

	if (!attr)
		return NULL;
	file = fget(nla_get_s32(attr));
	if (!file) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "no such file descriptor");
		return ERR_PTR(-EBADF);
	}
	if (!S_ISREG(file_inode(file)->i_mode) || (file->f_mode & (FMODE_READ | FMODE_WRITE)) != (FMODE_READ | FMODE_WRITE)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "not a regular file open for reading and writing");
		recovery = ERR_PTR(-EINVAL);
	} else {
		memcpy(&key, params->key, sizeof(key));
		recovery = kefs_recovery_open(file, &key, params->name);
		memzero_explicit(&key, sizeof(key));
		if (IS_ERR(recovery))
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "the recovery file cannot be read");
	}
	fput(file);
	return recovery;
}

/* The id is looked at first: reading the recovery file of a volume that is served would begin a new life in it. */
static int add_locked(struct genl_info *info, struct nlattr **tb, struct kefs_volume_params *params)
{
	struct kefs_volume *taken = kefs_volume_find(params->id);
	int err;

	lockdep_assert_held(&kefs_genl_lock);
	if (taken) {
		kefs_volume_put(taken);
		return -EEXIST;
	}
	params->recovery = open_recovery(info, tb[KEFS_A_VOLUME_RECOVERY_FD], params);
	if (IS_ERR(params->recovery))
		return PTR_ERR(params->recovery);
	err = kefs_volume_add(params);
	if (err)
		kefs_recovery_free(params->recovery);
	return err;
}

int kefs_cmd_volume_add(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEFS_A_VOLUME_MAX + 1] = {};
	struct kefs_volume_params params = {};
	struct file *dir;
	int err;

	err = kefs_genl_object(info, KEFS_A_VOLUME, tb, KEFS_A_VOLUME_MAX) ?:
	      volume_params(info, tb, &params) ?:
	      kefs_genl_dir(info, tb[KEFS_A_VOLUME_ROOT_FD], &dir);
	if (err)
		goto out_wipe;
	params.root = &dir->f_path;
	scoped_guard(mutex, &kefs_genl_lock)
		err = add_locked(info, tb, &params);
	explain_add(info, tb, err);
	fput(dir);
out_wipe:
	/* The message would be freed, or sent back with the error, with the secret in it. */
	if (tb[KEFS_A_VOLUME_KEY])
		memzero_explicit(nla_data(tb[KEFS_A_VOLUME_KEY]), KEFS_KEY_SIZE);
	return err;
}

static int volume_remove(struct genl_info *info, const struct nlattr *id_attr, bool force)
{
	struct kefs_recovery *recovery;
	struct kefs_volume *volume;
	u64 id = nla_get_u64(id_attr);
	unsigned int conns;

	lockdep_assert_held(&kefs_genl_lock);
	volume = kefs_volume_find(id);
	if (!volume) {
		NL_SET_ERR_MSG_ATTR(info->extack, id_attr, "no such volume");
		return -ENOENT;
	}
	conns = kefs_server_volume_conns(volume);
	kefs_volume_put(volume);
	/* No connection can be added meanwhile: that takes the lock. */
	if (conns && !force) {
		NL_SET_ERR_MSG_ATTR(info->extack, id_attr, "connections use the volume");
		return -EBUSY;
	}
	volume = kefs_volume_remove(id);
	if (IS_ERR(volume))
		return PTR_ERR(volume);
	recovery = volume->recovery;
	kefs_server_detach_volume(volume);
	kefs_volume_destroy(volume);
	kefs_recovery_free(recovery);
	return 0;
}

int kefs_cmd_volume_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEFS_A_VOLUME_MAX + 1];
	u32 flags;
	int err;

	err = kefs_genl_object(info, KEFS_A_VOLUME, tb, KEFS_A_VOLUME_MAX) ?:
	      kefs_genl_require(info->extack, info->attrs[KEFS_A_VOLUME], tb, KEFS_A_VOLUME_ID) ?:
	      kefs_genl_flags(info, tb[KEFS_A_VOLUME_FLAGS], KEFS_VOLUME_F_FORCE, &flags);
	if (err)
		return err;
	guard(mutex)(&kefs_genl_lock);
	return volume_remove(info, tb[KEFS_A_VOLUME_ID], flags & KEFS_VOLUME_F_FORCE);
}

int kefs_cmd_grace_end(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEFS_A_VOLUME_MAX + 1];
	struct kefs_volume *volume;
	int err;

	err = kefs_genl_object(info, KEFS_A_VOLUME, tb, KEFS_A_VOLUME_MAX) ?:
	      kefs_genl_require(info->extack, info->attrs[KEFS_A_VOLUME], tb, KEFS_A_VOLUME_ID);
	if (err)
		return err;
	guard(mutex)(&kefs_genl_lock);
	volume = kefs_volume_find(nla_get_u64(tb[KEFS_A_VOLUME_ID]));
	if (!volume) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[KEFS_A_VOLUME_ID], "no such volume");
		return -ENOENT;
	}
	err = volume->recovery ? kefs_recovery_end_grace(volume->recovery) : -ESRCH;
	if (err == -ESRCH)
		NL_SET_ERR_MSG_ATTR(info->extack, tb[KEFS_A_VOLUME_ID], "the volume is not in grace");
	kefs_volume_put(volume);
	return err;
}
