// SPDX-License-Identifier: GPL-2.0
/* DELEGRETURN, and the delegations of OPEN and GETATTR (RFC 8881 §10.4, §18.6, §18.16). */
#include "op_attr.h"
#include "op_deleg.h"
#include "ops.h"

/*
 * What a client with a delegation for writing may keep in its cache when the application closes the file must fit when
 * it comes (RFC 8881 §10.4.1). Nothing is set aside for it: so it is a small part of what is free, and never much.
 */
#define UNWRITTEN_SHARE	1024
#define UNWRITTEN_BLOCK	4096
#define UNWRITTEN_MAX	(4 * 1024 * 1024 / UNWRITTEN_BLOCK)

/* A client that asks for a delegation at once may be faster than the first call on its back channel. */
#define PROBE_WAIT	max(HZ / 50, 1)
#define PROBE_WAITS	25

static_assert((int)KEFS_DELEG_READ == OPEN_DELEGATE_READ && (int)KEFS_DELEG_WRITE == OPEN_DELEGATE_WRITE);
static_assert((int)KEFS_DELEG_CONTENTION == WND4_CONTENTION && (int)KEFS_DELEG_NO_UPGRADE == WND4_NOT_SUPP_UPGRADE);

/* RFC 8881 §18.16.3: of the two groups of bits the second, when to signal, is for who waits; we never do. */
static void ask_by_want(const struct args_open *a, struct kefs_deleg_ask *ask)
{
	switch (a->want & OPEN4_SHARE_ACCESS_WANT_MASK) {
	case 0:
		ask->most = KEFS_DELEG_WRITE;
		break;
	case OPEN4_SHARE_ACCESS_WANT_READ_DELEG:
		ask->most = KEFS_DELEG_READ;
		ask->wanted = true;
		break;
	case OPEN4_SHARE_ACCESS_WANT_WRITE_DELEG:
	case OPEN4_SHARE_ACCESS_WANT_ANY_DELEG:
		ask->most = KEFS_DELEG_WRITE;
		ask->wanted = true;
		break;
	}
}

static void ask_again(const struct args_open *a, struct kefs_deleg_ask *ask)
{
	if (a->delegate_type != OPEN_DELEGATE_READ && a->delegate_type != OPEN_DELEGATE_WRITE)
		return;
	ask->most = (enum kefs_deleg_type)a->delegate_type;
	ask->reclaim = true;
}

int kefs_open_deleg_ask(struct kefs_compound *c, struct dentry *dentry, struct kefs_deleg_ask *ask,
			struct kefs_stateid *ret_claimed)
{
	const struct args_open *a = &c->args.open;

	*ask = (struct kefs_deleg_ask){ .grant = c->env.grant, .slot = c->slot };
	if (kefs_open_claims_deleg(a))
		return kefs_compound_stateid(c, &a->delegate_stateid, ret_claimed);
	if (a->claim == CLAIM_PREVIOUS)
		ask_again(a, ask);
	else
		ask_by_want(a, ask);
	if (ask->most == KEFS_DELEG_WRITE && a->access == OPEN4_SHARE_ACCESS_WRITE)
		ask->may_read = !kefs_access_open(c->env.grant, dentry, true, false, false);
	if (!ask->wanted || c->probe_waits == PROBE_WAITS || !kefs_cb_probing(c->client))
		return 0;
	c->probe_waits++;
	kefs_park_for(&c->call.rq, PROBE_WAIT);
	return KEFS_PARKED;
}

static void fill_limit(struct kefs_compound *c, struct dentry *dentry, struct res_open *r)
{
	struct kefs_attrs attrs;
	u64 blocks;

	r->limit_block_size = UNWRITTEN_BLOCK;
	r->limit_blocks = 0;
	if (kefs_attr_get(c->env.grant, dentry, true, &attrs))
		return;
	blocks = attrs.fs.f_bavail * (u64)attrs.fs.f_bsize / UNWRITTEN_SHARE / UNWRITTEN_BLOCK;
	r->limit_blocks = (u32)min_t(u64, blocks, UNWRITTEN_MAX);
}

static void fill_none(const struct args_open *a, struct res_open *r, const struct kefs_deleg_give *give)
{
	u32 want = a->want & OPEN4_SHARE_ACCESS_WANT_MASK;

	/* Who says nothing of delegations need not know the longer form. */
	r->deleg_type = want ? OPEN_DELEGATE_NONE_EXT : OPEN_DELEGATE_NONE;
	r->why_no_deleg = want == OPEN4_SHARE_ACCESS_WANT_CANCEL ? WND4_CANCELLED : (u32)give->why;
}

void kefs_open_deleg_res(struct kefs_compound *c, struct dentry *dentry, const struct kefs_deleg_give *give)
{
	struct res_open *r = &c->res.open;

	if (!give->type) {
		fill_none(&c->args.open, r, give);
		return;
	}
	r->deleg_type = (u32)give->type;
	r->deleg_stateid = give->stateid;
	r->deleg_recall = give->recall;
	if (give->type != KEFS_DELEG_WRITE)
		return;
	fill_limit(c, dentry, r);
	kefs_deleg_set_change(c->client, &give->stateid, kefs_attr_change(c->env.grant, dentry));
}

int kefs_run_delegreturn(struct kefs_compound *c)
{
	struct kefs_stateid id;
	int err = kefs_compound_stateid(c, &c->args.stateid.stateid, &id);

	return err ?: kefs_deleg_return(c->client, &id, c->env.grant->volume, &c->cur.fid);
}

static bool may_have_changed(const struct kefs_bitmap *want)
{
	static const u8 attrs[] = { FATTR4_CHANGE, FATTR4_SIZE, FATTR4_SPACE_USED, FATTR4_TIME_ACCESS,
				    FATTR4_TIME_METADATA, FATTR4_TIME_MODIFY };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		if (kefs_bitmap_test(want, attrs[i]))
			return true;
	return false;
}

int kefs_holder_attrs(struct kefs_compound *c, struct dentry *dentry, const struct kefs_bitmap *want, u64 *ret_size)
{
	struct kefs_holder holder;
	int err;

	if (!d_is_reg(dentry) || !may_have_changed(want))
		return 0;
	err = kefs_holder_ask(&c->actor, c->env.grant->volume, &c->cur.fid, &holder);
	if (err || !holder.deleg)
		return err;
	if (holder.modified || holder.size != (u64)i_size_read(d_inode(dentry))) {
		/* Each answer shows a newer file than the one before (RFC 8881 §10.4.3). If that cannot be made so, for
		 * want of room, say, this one is right all the same. */
		kefs_holder_swap(&c->actor, &holder);
		kefs_attr_touch(c->env.grant, dentry);
		kefs_holder_swap(&c->actor, &holder);
		*ret_size = holder.size;
		err = 1;
	}
	kefs_holder_put(&holder);
	return err;
}
