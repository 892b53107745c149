// SPDX-License-Identifier: GPL-2.0
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched.h>
#include <linux/splice.h>
#include "../core/kefs.h"
#include "io.h"

static struct file *reader(struct kefs_bfile *bf)
{
	return kefs_bfile_file(bf, FMODE_READ);
}

/* Bytes that the file could hold from @pos on. None: not a number to hand on as loff_t. */
static u64 room_at(const struct kefs_bfile *bf, u64 pos)
{
	u64 max = kefs_bfile_inode(bf)->i_sb->s_maxbytes;

	return pos < max ? max - pos : 0;
}

static bool at_eof(const struct kefs_bfile *bf, u64 end)
{
	return end >= (u64)i_size_read(kefs_bfile_inode(bf));
}

ssize_t kefs_io_read(struct kefs_bfile *bf, u64 pos, void *buf, size_t len, bool *eof)
{
	struct kvec vec = { .iov_base = buf };
	struct file *file = reader(bf);
	struct iov_iter iter;
	loff_t at = pos;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	len = min_t(u64, len, room_at(bf, pos));
	if (!len) {
		*eof = at_eof(bf, pos);
		return 0;
	}
	vec.iov_len = len;
	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	n = vfs_iter_read(file, &iter, &at, 0);
	if (n >= 0)
		*eof = at_eof(bf, pos + n);
	return n;
}

struct gather {
	struct bio_vec *bv;
	unsigned int nr, max;
};

/* False: no room. */
static bool gather_part(struct gather *g, struct page *page, size_t offset, size_t len)
{
	struct bio_vec *last = g->nr ? &g->bv[g->nr - 1] : NULL;

	/* The rest of a page that came in two parts; not the zero page, which stands for many. */
	if (last && last->bv_page == page && offset && last->bv_offset + last->bv_len == offset) {
		last->bv_len += len;
		return true;
	}
	if (g->nr == g->max)
		return false;
	get_page(page);
	bvec_set_page(&g->bv[g->nr++], page, len, offset);
	return true;
}

/* One pipe buffer; it may be a compound page, and may start behind its first page. */
static int gather_buffer(struct pipe_inode_info *pipe, struct pipe_buffer *buf, struct splice_desc *sd)
{
	struct gather *g = sd->u.data;
	struct page *page = buf->page + buf->offset / PAGE_SIZE;
	size_t offset = offset_in_page(buf->offset), left = sd->len, part;

	while (left) {
		part = min_t(size_t, left, PAGE_SIZE - offset);
		if (!gather_part(g, page, offset, part))
			break;
		left -= part;
		offset = 0;
		page++;
	}
	return left == sd->len ? -E2BIG : sd->len - left;
}

static int gather_pipe(struct pipe_inode_info *pipe, struct splice_desc *sd)
{
	return __splice_from_pipe(pipe, sd, gather_buffer);
}

/* Keeps the first @n bytes. */
static void trim(struct gather *g, size_t n)
{
	unsigned int i;

	for (i = 0; i < g->nr && n; i++) {
		g->bv[i].bv_len = min_t(size_t, g->bv[i].bv_len, n);
		n -= g->bv[i].bv_len;
	}
	while (g->nr > i)
		put_page(g->bv[--g->nr].bv_page);
}

/*
 * The struct file, and with it the readahead state, is shared by all readers of the file. Streams that alternate on
 * one file are told apart by the page cache's own marks only; one stream, or streams on different files, are not hurt.
 */
static ssize_t splice_pages(struct file *file, loff_t pos, size_t len, struct gather *g)
{
	struct splice_desc sd = { .total_len = len, .pos = pos, .u.data = g };
	ssize_t n;
	int err;

	err = rw_verify_area(READ, file, &pos, len);
	if (err < 0)
		return err;
	n = splice_direct_to_actor(file, &sd, gather_pipe);
	trim(g, n > 0 ? n : 0);		/* a round that broke off is not counted in n */
	return n;
}

static ssize_t read_pages(struct file *file, loff_t pos, size_t len, struct gather *g)
{
	struct iov_iter iter;
	size_t room = 0;
	struct page *page;
	ssize_t n;

	while (room < len && g->nr < g->max) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			break;
		bvec_set_page(&g->bv[g->nr++], page, min_t(size_t, len - room, PAGE_SIZE), 0);
		room += g->bv[g->nr - 1].bv_len;
	}
	if (!room && len)
		return -ENOMEM;
	iov_iter_bvec(&iter, ITER_DEST, g->bv, g->nr, room);
	n = vfs_iter_read(file, &iter, &pos, 0);
	trim(g, n > 0 ? n : 0);
	return n;
}

ssize_t kefs_io_splice(struct kefs_bfile *bf, u64 pos, size_t len, struct bio_vec *bv, unsigned int max,
		       unsigned int *nr, bool *eof)
{
	struct gather g = { .bv = bv, .max = max };
	struct file *file = reader(bf);
	ssize_t n;

	*nr = 0;
	if (IS_ERR(file))
		return PTR_ERR(file);
	len = min_t(u64, len, room_at(bf, pos));
	if (!len) {
		*eof = at_eof(bf, pos);
		return 0;
	}
	if (file->f_op->splice_read)
		n = splice_pages(file, pos, len, &g);
	else
		n = read_pages(file, pos, len, &g);
	if (n < 0)
		return n;
	*nr = g.nr;
	*eof = at_eof(bf, pos + n);
	return n;
}

/* An error that may mean that data which was accepted earlier is lost, and that this caller alone gets to see. */
static void lost_data(struct kefs_bfile *bf, int err)
{
	if (err != -EAGAIN && err != -ESTALE && err != -EINTR)
		kefs_volume_renew_verifier(kefs_bfile_volume(bf));
}

static ssize_t write_iter(struct kefs_bfile *bf, struct file *file, u64 pos, struct iov_iter *from,
			  enum kefs_stable stable)
{
	static const rwf_t sync[] = { [KEFS_DATA_SYNC] = RWF_DSYNC, [KEFS_FILE_SYNC] = RWF_SYNC };
	unsigned int throttle = current->flags & PF_LOCAL_THROTTLE;
	loff_t at = pos;
	ssize_t n;

	/* If a client on this very host writes back through us, throttling us like any writer would deadlock. */
	current->flags |= PF_LOCAL_THROTTLE;
	n = kefs_iter_write(file, from, &at, stable == KEFS_UNSTABLE ? 0 : sync[stable]);
	if (!throttle)
		current->flags &= ~PF_LOCAL_THROTTLE;
	/* Without sync only the bytes of this very call can have failed, and their sender is told. */
	if (n < 0 && stable != KEFS_UNSTABLE)
		lost_data(bf, n);
	return n;
}

ssize_t kefs_io_write(struct kefs_bfile *bf, u64 pos, struct iov_iter *from, enum kefs_stable stable,
		      struct kefs_write_result *ret)
{
	struct file *file = kefs_bfile_file(bf, FMODE_WRITE);
	errseq_t since;
	ssize_t n;
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (iov_iter_count(from) && !room_at(bf, pos))
		return -EFBIG;
	iov_iter_truncate(from, room_at(bf, pos));
	since = READ_ONCE(file->f_wb_err);
	ret->verifier = kefs_volume_verifier(kefs_bfile_volume(bf));
	ret->committed = stable;
	n = write_iter(bf, file, pos, from, stable);
	if (n < 0)
		return n;
	err = filemap_check_wb_err(file->f_mapping, since);
	return err ?: n;
}

int kefs_io_commit(struct kefs_bfile *bf, u64 pos, u64 len, u64 *ret_verifier)
{
	/* The one that writes went through knows their errors; without it all that was written is long on disk. */
	struct file *file = kefs_bfile_writer(bf) ?: reader(bf);
	loff_t start = 0, end = LLONG_MAX;
	errseq_t since;
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (room_at(bf, pos)) {
		start = pos;
		if (len && len - 1 < (u64)LLONG_MAX - pos)
			end = pos + len - 1;
	}
	since = READ_ONCE(file->f_wb_err);
	err = vfs_fsync_range(file, start, end, 0);
	if (!err)
		err = filemap_check_wb_err(file->f_mapping, since);
	if (err)
		lost_data(bf, err);
	else
		*ret_verifier = kefs_volume_verifier(kefs_bfile_volume(bf));
	return err;
}
