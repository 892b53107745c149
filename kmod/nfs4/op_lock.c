// SPDX-License-Identifier: GPL-2.0
/* LOCK, LOCKT, LOCKU (RFC 8881 §18.10 to §18.12). */
#include "../files/grant.h"
#include "../files/volume.h"
#include "../state/lock.h"
#include "ops.h"

#define DENIED_HEAD (8 + 8 + 4 + 8 + 4)

static bool is_write(u32 type)
{
	return type == WRITE_LT || type == WRITEW_LT;
}

/* LOCK4denied; an owner that does not fit the reply is cut (RFC 8881 §18.10.3). */
static void fill_denied(struct kefs_compound *c, struct kefs_lock_denied *d)
{
	struct res_lock *r = &c->res.lock;

	r->offset = d->offset;
	r->length = d->length;
	r->type = d->write ? WRITE_LT : READ_LT;
	r->clientid = d->clientid;
	r->owner_len = min_t(u32, d->owner_len, KEFS_OPAQUE_MAX);
	if (r->owner_len)
		memcpy(r->owner, d->owner, r->owner_len);
	kefs_lock_denied_put(d);
	if (kefs_compound_reserve(c, DENIED_HEAD + KEFS_XDR_PAD(r->owner_len)))
		r->owner_len = 0;
}

int kefs_run_lock(struct kefs_compound *c)
{
	const struct args_lock *a = &c->args.lock;
	struct kefs_lock_args args = {
		.new_owner = a->new_owner, .owner = a->owner.data, .owner_len = a->owner.len,
		.write = is_write(a->type), .reclaim = a->reclaim, .offset = a->offset, .length = a->length,
		.volume = c->env.grant->volume, .fid = &c->cur.fid,
	};
	struct kefs_lock_denied denied;
	struct kefs_fh fh;
	int err;

	if (a->type >= READW_LT) {
		kefs_fh_encode(&fh, c->env.grant->volume->id, &c->cur.fid, &c->env.grant->fh_key);
		args.fh = &fh;
	}

	err = kefs_compound_stateid(c, &a->stateid, &args.stateid);
	if (err)
		return err;
	err = kefs_lock_do(c->client, &args, &c->res.lock.stateid, &denied);
	if (err == -KEFS_ERR_DENIED)
		fill_denied(c, &denied);
	else if (!err)
		kefs_compound_set_stateid(c, &c->res.lock.stateid);
	return err;
}

int kefs_run_lockt(struct kefs_compound *c)
{
	const struct args_lockt *a = &c->args.lockt;
	struct kefs_lock_args args = {
		.owner = a->owner.data, .owner_len = a->owner.len, .write = is_write(a->type),
		.offset = a->offset, .length = a->length, .volume = c->env.grant->volume, .fid = &c->cur.fid,
		.dentry = kefs_compound_dentry(c, &c->cur),
	};
	struct kefs_lock_denied denied;
	int err;

	if (IS_ERR(args.dentry))
		return PTR_ERR(args.dentry);
	err = kefs_lock_test(c->client, &args, &denied);
	if (err == -KEFS_ERR_DENIED)
		fill_denied(c, &denied);
	return err;
}

int kefs_run_locku(struct kefs_compound *c)
{
	const struct args_locku *a = &c->args.locku;
	struct kefs_lock_args args = {
		.offset = a->offset, .length = a->length, .volume = c->env.grant->volume, .fid = &c->cur.fid,
	};
	int err = kefs_compound_stateid(c, &a->stateid, &args.stateid);

	if (!err)
		err = kefs_lock_undo(c->client, &args, &c->res.stateid.stateid);
	if (!err)
		kefs_compound_set_stateid(c, &c->res.stateid.stateid);
	return err;
}
