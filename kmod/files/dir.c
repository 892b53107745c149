// SPDX-License-Identifier: GPL-2.0
/*
 * The file system fills a buffer with the directory locked; the entries are handed on with it unlocked. An entry's
 * cookie is the position of the one behind it, so the last of a buffer gets where the file system stopped.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include "../core/kefs.h"
#include "dir.h"
#include "opencache.h"

#define BUFFER_SIZE	(2 * PAGE_SIZE)	/* some 250 names */
#define COOKIES_RESERVED 3		/* RFC 8881 §18.23.3: 1 and 2 for "." and ".." of other versions */

struct entry {
	u64 ino;
	loff_t pos;
	u32 len;
	u8 type;
	char name[];
};

struct fill {
	struct dir_context ctx;
	char *buf;
	size_t used;
	bool seen, full;
};

static bool is_dots(const char *name, int len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

static bool fill_one(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	struct fill *f = container_of(ctx, struct fill, ctx);
	struct entry *entry = (struct entry *)(f->buf + f->used);
	size_t size = ALIGN(sizeof(*entry) + len, sizeof(u64));

	f->seen = true;
	if (is_dots(name, len))
		return true;
	if (f->used + size > BUFFER_SIZE) {
		f->full = true;
		return false;
	}
	entry->ino = ino;
	entry->pos = pos;
	entry->len = len;
	entry->type = type;
	memcpy(entry->name, name, len);
	f->used += size;
	return true;
}

static int emit_all(const struct fill *f, u64 next, kefs_dir_emit_t emit, void *arg)
{
	struct kefs_dir_entry out;
	size_t at = 0;
	int ret;

	while (at < f->used) {
		const struct entry *entry = (const struct entry *)(f->buf + at);

		at += ALIGN(sizeof(*entry) + entry->len, sizeof(u64));
		out.name = entry->name;
		out.len = entry->len;
		out.ino = entry->ino;
		out.type = entry->type;
		out.cookie = at < f->used ? (u64)((const struct entry *)(f->buf + at))->pos : next;
		ret = emit(arg, &out);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_all(struct file *file, char *buf, kefs_dir_emit_t emit, void *arg, bool *eof)
{
	int ret;

	for (;;) {
		struct fill f = { .ctx.actor = fill_one, .buf = buf };

		ret = iterate_dir(file, &f.ctx);
		if (ret < 0 && !f.used)
			return ret;
		if (!f.seen) {
			*eof = true;
			return 0;
		}
		if (!f.used && f.full)	/* a name longer than the buffer */
			return -EIO;
		ret = emit_all(&f, file->f_pos, emit, arg);
		if (ret)
			return ret < 0 ? ret : 0;
	}
}

static struct file *open_at(const struct kefs_grant *grant, struct dentry *dir, u64 cookie)
{
	const struct path path = { .mnt = grant->root.mnt, .dentry = dir };
	struct file *file;

	file = dentry_open(&path, O_RDONLY | O_DIRECTORY | O_LARGEFILE, current_cred());
	if (IS_ERR(file))
		return file;
	file->f_mode |= FMODE_64BITHASH;	/* ext4: wide cookies, so that no two names share one */
	if (cookie && vfs_llseek(file, cookie, SEEK_SET) < 0) {
		kefs_file_close(file);
		return ERR_PTR(-KEFS_ERR_BAD_COOKIE);
	}
	return file;
}

int kefs_dir_read(const struct kefs_grant *grant, struct dentry *dir, u64 cookie, kefs_dir_emit_t emit, void *arg,
		  bool *eof)
{
	struct file *file;
	char *buf;
	int err;

	*eof = false;
	if (!d_is_dir(dir))
		return -ENOTDIR;
	if ((cookie && cookie < COOKIES_RESERVED) || cookie > LLONG_MAX)
		return -KEFS_ERR_BAD_COOKIE;
	err = inode_permission(&nop_mnt_idmap, d_inode(dir), MAY_READ);
	if (err)
		return err;
	buf = kmalloc(BUFFER_SIZE, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	file = open_at(grant, dir, cookie);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto out_free;
	}
	err = read_all(file, buf, emit, arg, eof);
	kefs_file_close(file);
out_free:
	kfree(buf);
	return err;
}
