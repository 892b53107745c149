// SPDX-License-Identifier: GPL-2.0
/* READ, WRITE, COMMIT (RFC 8881 §18.22, §18.32, §18.3). */
#include <linux/mm.h>
#include <linux/uio.h>
#include "../files/attr.h"
#include "../files/io.h"
#include "../state/stateid.h"
#include "ops.h"

#define READ_HEAD 8		/* eof, length */

/* The open file that the stateid allows @want on; special stateids are checked against the file's permissions. */
static int pin_file(struct kefs_compound *c, const struct kefs_stateid *arg, u32 want, struct kefs_io_pin *pin)
{
	struct dentry *dentry = NULL;
	struct kefs_stateid id;
	int err;

	err = kefs_compound_stateid(c, arg, &id);
	if (err)
		return err;
	if (kefs_stateid_special(&id)) {
		dentry = kefs_compound_dentry(c, &c->cur);
		if (IS_ERR(dentry))
			return PTR_ERR(dentry);
	}
	err = kefs_stateid_io(c->client, &id, c->env.grant->volume, &c->cur.fid, dentry, want, pin);
	if (err || pin->st)
		return err;
	err = kefs_access_io(c->env.grant, dentry, want & KEFS_SHARE_READ, want & KEFS_SHARE_WRITE);
	if (err)
		kefs_stateid_io_end(pin);
	return err;
}

static void put_read_head(struct kefs_compound *c, bool eof, u32 count)
{
	kefs_xdr_put_u32(&c->call.out, eof);
	kefs_xdr_put_u32(&c->call.out, count);
}

static int read_linear(struct kefs_compound *c, struct kefs_bfile *bf, u64 offset, u32 count)
{
	struct kefs_xdr_out *out = &c->call.out;
	ssize_t n;
	bool eof;
	int err;
	u8 *head;

	err = kefs_compound_reserve(c, READ_HEAD + KEFS_XDR_PAD(count));
	if (err)
		return err;
	head = kefs_xdr_reserve(out, READ_HEAD);
	n = kefs_io_read(bf, offset, out->p, count, &eof);
	if (n < 0)
		return (int)n;
	kefs_xdr_poke_u32(head, eof);
	kefs_xdr_poke_u32(head + 4, (u32)n);
	out->p += n;
	while (n++ & 3)
		*out->p++ = 0;
	c->op_bytes = (u64)(out->p - head - READ_HEAD);
	return 0;
}

/* The reply carries the page cache's own pages; padding and what follows goes behind them. */
static int read_pages(struct kefs_compound *c, struct kefs_bfile *bf, u64 offset, u32 count)
{
	unsigned int max = count / PAGE_SIZE + 2;
	struct kefs_call *call = &c->call;
	size_t pad;
	ssize_t n;
	bool eof;
	int err;

	err = kefs_compound_reserve(c, READ_HEAD + 4);
	if (err)
		return err;
	c->read_pages = kvmalloc_array(max, sizeof(*c->read_pages), GFP_KERNEL);
	if (!c->read_pages)
		return -ENOMEM;
	c->nr_read_pages = 0;
	n = kefs_io_splice(bf, offset, count, c->read_pages, max, &c->nr_read_pages, &eof);
	if (n < 0)
		return (int)n;
	put_read_head(c, eof, (u32)n);
	call->page_at = kefs_xdr_used(&call->out);
	call->pages = c->read_pages;
	call->nr_pages = c->nr_read_pages;
	call->pages_len = (size_t)n;
	c->op_bytes = (u64)n;
	pad = KEFS_XDR_PAD((size_t)n) - (size_t)n;
	memset(kefs_xdr_reserve(&call->out, pad), 0, pad);	/* reserved above */
	return 0;
}

int kefs_run_read(struct kefs_compound *c)
{
	const struct args_read *a = &c->args.read;
	struct kefs_io_pin pin;
	size_t room;
	u32 count;
	int err;

	err = pin_file(c, &a->stateid, KEFS_SHARE_READ, &pin);
	if (err)
		return err;
	room = kefs_compound_room(c);
	count = min_t(size_t, min_t(u32, a->count, KEFS_IO_MAX), room > READ_HEAD + 4 ? room - READ_HEAD - 4 : 0);
	if (count > KEFS_SMALL_READ && !c->cachethis && !c->read_pages)
		err = read_pages(c, pin.bf, a->offset, count);
	else
		err = read_linear(c, pin.bf, a->offset, min_t(u32, count, KEFS_REPLY_LINEAR_MAX / 2));
	kefs_stateid_io_end(&pin);
	return err;
}

static ssize_t write_payload(struct kefs_compound *c, struct kefs_bfile *bf, struct kefs_write_result *res)
{
	const struct args_write *a = &c->args.write;
	struct kvec linear = { (void *)a->body.head, a->body.head_len };
	struct kefs_record *rec = c->call.rec;
	struct iov_iter iter;

	/* What goes on behind the linear memory began in the record's own head, never in a piece made linear later. */
	if (a->body.rest_len)
		kefs_record_iter(rec, rec->len - a->body.rest_from_end - a->body.head_len, a->count, &iter);
	else
		iov_iter_kvec(&iter, ITER_SOURCE, &linear, 1, linear.iov_len);
	return kefs_io_write(bf, a->offset, &iter, (enum kefs_stable)a->stable, res);
}

int kefs_run_write(struct kefs_compound *c)
{
	const struct args_write *a = &c->args.write;
	struct res_write *r = &c->res.write;
	struct kefs_write_result res = { .committed = (enum kefs_stable)a->stable };
	struct kefs_io_pin pin;
	ssize_t n = 0;
	int err;

	err = kefs_grant_writable(c->env.grant);
	if (err)
		return err;
	err = pin_file(c, &a->stateid, KEFS_SHARE_WRITE, &pin);
	if (err)
		return err;
	if (a->count)
		n = write_payload(c, pin.bf, &res);
	else
		res.verifier = kefs_volume_verifier(c->env.grant->volume);
	kefs_stateid_io_end(&pin);
	if (n < 0)
		return (int)n;
	r->count = (u32)n;
	r->committed = (u32)res.committed;
	r->verifier = res.verifier;
	c->op_bytes = (u64)n;
	return 0;
}

int kefs_run_commit(struct kefs_compound *c)
{
	const struct args_commit *a = &c->args.commit;
	struct kefs_volume *volume = c->env.grant->volume;
	struct kefs_bfile *bf = kefs_bfile_find(volume, &c->cur.fid);
	int err;

	if (!bf) {
		struct dentry *dentry = kefs_compound_dentry(c, &c->cur);

		if (IS_ERR(dentry))
			return PTR_ERR(dentry);
		bf = kefs_bfile_get(volume, &c->cur.fid, dentry);
		if (IS_ERR(bf))
			return PTR_ERR(bf);
	}
	err = kefs_io_commit(bf, a->offset, a->count, &c->res.commit.verifier);
	kefs_bfile_put(bf);
	return err;
}
