// SPDX-License-Identifier: GPL-2.0
/* OPEN, OPEN_DOWNGRADE, CLOSE and the care of stateids (RFC 8881 §18.2, §18.16, §18.18, §18.38, §18.48). */
#include "../files/name.h"
#include "../state/deleg.h"
#include "../state/open.h"
#include "../state/session.h"
#include "op_attr.h"
#include "op_deleg.h"
#include "ops.h"
#include "status.h"

static_assert((int)KEFS_OPEN_EXCLUSIVE == EXCLUSIVE4 && (int)KEFS_OPEN_EXCLUSIVE4_1 == EXCLUSIVE4_1);

static bool wants(const struct args_open *a, u32 access)
{
	return a->access & access;
}

/* Which claims there are (RFC 8881 §18.16.3), and whether they can be meant here. */
static int check_claim(struct kefs_compound *c)
{
	const struct args_open *a = &c->args.open;

	switch (a->claim) {
	case CLAIM_NULL:
		break;
	case CLAIM_FH:
	case CLAIM_DELEGATE_CUR:
	case CLAIM_DELEG_CUR_FH:
		if (a->opentype == OPEN4_CREATE)
			return -EINVAL;
		break;
	case CLAIM_PREVIOUS:
		if (a->opentype == OPEN4_CREATE)
			return -EINVAL;
		return kefs_open_may(c->client, true);
	default:
		return -EOPNOTSUPP;
	}
	return kefs_open_may(c->client, false);
}

static int check_args(struct kefs_compound *c)
{
	const struct args_open *a = &c->args.open;

	if (!a->access || a->access & ~OPEN4_SHARE_ACCESS_BOTH || a->deny & ~OPEN4_SHARE_ACCESS_BOTH)
		return -EINVAL;
	if ((a->want & OPEN4_SHARE_ACCESS_WANT_MASK) > OPEN4_SHARE_ACCESS_WANT_CANCEL)
		return -EINVAL;
	if (a->opentype == OPEN4_CREATE) {
		if (a->attrs.error)
			return a->attrs.error;
		if (kefs_fattr_only_later(&a->attrs.mask))
			return -EINVAL;
		if (a->createmode == EXCLUSIVE4_1 && (a->attrs.mask.w[0] & ~kefs_fattr_exclcreat.w[0] ||
						      a->attrs.mask.w[1] & ~kefs_fattr_exclcreat.w[1]))
			return -EINVAL;
	}
	return check_claim(c);
}

static void state_args(struct kefs_compound *c, struct dentry *dentry, const struct kefs_fid *fid,
		       struct kefs_open_args *args)
{
	const struct args_open *a = &c->args.open;

	*args = (struct kefs_open_args){
		.owner = a->owner.data, .owner_len = a->owner.len, .access = a->access, .deny = a->deny,
		.reclaim = a->claim == CLAIM_PREVIOUS, .volume = c->env.grant->volume, .fid = fid, .dentry = dentry,
	};
}

/* UNCHECKED4 on a file that was there: of the attributes only a size of 0 counts (RFC 8881 §18.16.3). */
static int truncate_existing(struct kefs_compound *c, struct dentry *dentry)
{
	struct kefs_setattr set = { .mask = KEFS_SET_SIZE };
	u32 done;
	struct kefs_open_args args;
	struct kefs_fid fid;
	int err;

	err = kefs_access_open(c->env.grant, dentry, wants(&c->args.open, OPEN4_SHARE_ACCESS_READ), true, false);
	if (!err)
		err = kefs_fh_fid(c->env.grant, dentry, &fid);
	if (err)
		return err;
	state_args(c, dentry, &fid, &args);
	args.access |= KEFS_SHARE_WRITE;	/* it writes now, whatever it asks to do later (RFC 8881 §9.7) */
	err = kefs_open_would_share(c->client, &args);
	if (!err)
		err = kefs_attr_set(c->env.grant, dentry, &set, &done, &c->commit);
	if (!err)
		kefs_bitmap_set(&c->res.open.attrset, FATTR4_SIZE);
	return err;
}

static int check_access(struct kefs_compound *c, struct dentry *dentry, bool created)
{
	const struct args_open *a = &c->args.open;

	return kefs_access_open(c->env.grant, dentry, wants(a, OPEN4_SHARE_ACCESS_READ),
				wants(a, OPEN4_SHARE_ACCESS_WRITE), created);
}

static int create_file(struct kefs_compound *c, struct dentry *dir)
{
	const struct args_open *a = &c->args.open;
	struct res_open *r = &c->res.open;
	struct kefs_open_create create = {
		.how = (enum kefs_open_how)a->createmode, .name = (const char *)a->name.data, .name_len = a->name.len,
	};
	struct kefs_cinfo cinfo;
	struct dentry *dentry;
	int err;

	kefs_attr_to_set(&a->attrs, &create.attr);
	memcpy(create.verifier, a->verifier, sizeof(create.verifier));
	dentry = kefs_name_open_create(c->env.grant, dir, &create, &cinfo, &c->commit);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	c->once = a->createmode == GUARDED4 && create.ret_created;
	r->cinfo = (struct kefs_change_info){ cinfo.atomic, cinfo.before, cinfo.after };
	kefs_attr_set_bits(create.ret_set, &r->attrset);
	if (a->createmode >= EXCLUSIVE4) {		/* the verifier is kept there (RFC 8881 §18.16.4) */
		kefs_bitmap_set(&r->attrset, FATTR4_TIME_ACCESS);
		kefs_bitmap_set(&r->attrset, FATTR4_TIME_MODIFY);
	}
	err = check_access(c, dentry, create.ret_created);
	if (!err && !create.ret_created && create.attr.mask & KEFS_SET_SIZE && !create.attr.size)
		err = truncate_existing(c, dentry);
	if (err) {
		dput(dentry);
		return err;
	}
	return kefs_compound_set_dentry(c, dentry);
}

static int find_file(struct kefs_compound *c, struct dentry *dir)
{
	const struct kefs_str *name = &c->args.open.name;
	struct kefs_change_info *cinfo = &c->res.open.cinfo;
	struct dentry *dentry;
	int err;

	dentry = kefs_name_lookup(c->env.grant, dir, (const char *)name->data, name->len);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = check_access(c, dentry, c->args.open.claim == CLAIM_DELEGATE_CUR);
	if (err) {
		dput(dentry);
		return err;
	}
	cinfo->before = kefs_attr_change(c->env.grant, dir);
	cinfo->after = cinfo->before;
	return kefs_compound_set_dentry(c, dentry);
}

/* Make the file that OPEN names the current object, checked for the access it asks. */
static int find_target(struct kefs_compound *c)
{
	struct dentry *dentry = kefs_compound_dentry(c, &c->cur);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	/* What was open stays so, whatever became of the file's mode meanwhile; by a delegation it was open, too. */
	if (c->args.open.claim != CLAIM_NULL && c->args.open.claim != CLAIM_DELEGATE_CUR)
		return check_access(c, dentry, c->args.open.claim != CLAIM_FH);
	dget(dentry);
	if (c->args.open.opentype == OPEN4_CREATE)
		err = create_file(c, dentry);
	else
		err = find_file(c, dentry);
	dput(dentry);
	return err;
}

/* From the arguments to a target that may be opened; once, however often the operation parks behind it. */
static int prepare(struct kefs_compound *c)
{
	int err;

	if (c->found)
		return 0;
	memset(&c->res.open, 0, sizeof(c->res.open));
	err = check_args(c);
	if (!err)
		err = find_target(c);
	c->found = !err;
	return err;
}

int kefs_run_open(struct kefs_compound *c)
{
	struct res_open *r = &c->res.open;
	struct kefs_stateid deleg;
	struct kefs_deleg_give give;
	struct kefs_deleg_ask ask;
	struct kefs_open_args args;
	struct dentry *dentry;
	int err;

	err = prepare(c);
	if (err)
		return err;
	dentry = kefs_compound_dentry(c, &c->cur);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	state_args(c, dentry, &c->cur.fid, &args);
	err = kefs_open_deleg_ask(c, dentry, &ask, &deleg);
	if (err)
		return err;
	args.ask = &ask;
	args.deleg = kefs_open_claims_deleg(&c->args.open) ? &deleg : NULL;
	err = kefs_open_do(c->client, &args, &r->stateid, &give);
	if (err)
		return err;
	r->rflags = OPEN4_RESULT_LOCKTYPE_POSIX;
	kefs_open_deleg_res(c, dentry, &give);
	if (kefs_session_has_back(c->session))
		r->rflags |= OPEN4_RESULT_MAY_NOTIFY_LOCK;
	kefs_compound_set_stateid(c, &r->stateid);
	return 0;
}

int kefs_run_open_downgrade(struct kefs_compound *c)
{
	const struct args_open_downgrade *a = &c->args.open_downgrade;
	struct kefs_stateid *id = &c->res.stateid.stateid;
	int err = kefs_compound_stateid(c, &a->stateid, id);

	if (!err)
		err = kefs_open_downgrade(c->client, id, c->env.grant->volume, &c->cur.fid,
					  a->access & ~OPEN4_SHARE_ACCESS_WANT_MASK, a->deny);
	if (!err)
		kefs_compound_set_stateid(c, id);
	return err;
}

int kefs_run_close(struct kefs_compound *c)
{
	struct kefs_stateid *id = &c->res.stateid.stateid;
	int err = kefs_compound_stateid(c, &c->args.close.stateid, id);

	if (!err)
		err = kefs_open_close(c->client, id, c->env.grant->volume, &c->cur.fid);
	if (!err)
		kefs_compound_set_stateid(c, id);
	return err;
}

int kefs_run_test_stateid(struct kefs_compound *c)
{
	const struct args_test_stateid *a = &c->args.test_stateid;
	struct res_test_stateid *r = &c->res.test_stateid;
	struct kefs_stateid id;
	struct kefs_xdr_in in;
	u32 i;

	kefs_xdr_in_init(&in, a->ids, 16 * (size_t)a->count);
	r->count = a->count;
	for (i = 0; i < a->count; i++) {
		/* Special ones, the current one among them, are never good (RFC 8881 §18.48.3): no look at what they mean. */
		kefs_xdr_stateid(&in, &id);
		r->status[i] = kefs_status(kefs_stateid_test(c->client, &id));
	}
	return kefs_compound_reserve(c, 4 + 4 * (size_t)a->count);
}

int kefs_run_free_stateid(struct kefs_compound *c)
{
	struct kefs_stateid id;
	int err = kefs_compound_stateid(c, &c->args.stateid.stateid, &id);

	return err ?: kefs_stateid_free(c->client, &id);
}
