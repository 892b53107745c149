// SPDX-License-Identifier: GPL-2.0
/*
 * Every field that a decoder promises, fed into a hash. Fields of arms that were not taken are left alone: they hold
 * what was there before.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include "nfs4/fattr.h"
#include "record.h"

struct sink {
	const struct record *rec;
	u64 hash;
};

static void feed(struct sink *s, const void *data, size_t len)
{
	const u8 *p = data;

	while (len--)
		s->hash = (s->hash ^ *p++) * 0x100000001b3ULL;
}

static void feed_u64(struct sink *s, u64 v)
{
	feed(s, &v, sizeof(v));
}

static void feed_str(struct sink *s, const struct kefs_str *str, u32 max)
{
	CHECK(str->data && str->len <= max);
	CHECK(record_has(s->rec, str->data, str->len));
	feed_u64(s, str->len);
	feed(s, str->data, str->len);
}

static void feed_stateid(struct sink *s, const struct kefs_stateid *id)
{
	feed_u64(s, id->seqid);
	feed(s, id->other, sizeof(id->other));
}

static void feed_bitmap(struct sink *s, const struct kefs_bitmap *b)
{
	feed(s, b->w, sizeof(b->w));
	feed_u64(s, b->high);
}

static void feed_time(struct sink *s, bool now, const struct kefs_nfstime *t)
{
	CHECK(now || t->nsec < 1000000000);
	feed_u64(s, now);
	if (!now) {
		feed_u64(s, (u64)t->sec);
		feed_u64(s, t->nsec);
	}
}

static void feed_settable(struct sink *s, const struct kefs_settable *a)
{
	feed_bitmap(s, &a->mask);
	feed_u64(s, (u64)a->error);
	if (a->error) {
		CHECK(a->error == -EINVAL || a->error == -KEFS_ERR_ATTRNOTSUPP || a->error == -KEFS_ERR_BADOWNER);
		return;
	}
	CHECK(!a->mask.high && !(a->mask.w[0] & ~0x10u) && !(a->mask.w[1] & ~0x00410032u) && !(a->mask.w[2] & ~0x400u));
	if (kefs_bitmap_test(&a->mask, FATTR4_SIZE))
		feed_u64(s, a->size);
	if (kefs_bitmap_test(&a->mask, FATTR4_MODE)) {
		CHECK(a->mode <= 07777);
		feed_u64(s, a->mode);
	}
	if (kefs_bitmap_test(&a->mask, FATTR4_OWNER)) {
		CHECK(a->uid != ~0u);
		feed_u64(s, a->uid);
	}
	if (kefs_bitmap_test(&a->mask, FATTR4_OWNER_GROUP)) {
		CHECK(a->gid != ~0u);
		feed_u64(s, a->gid);
	}
	if (kefs_bitmap_test(&a->mask, FATTR4_TIME_ACCESS_SET))
		feed_time(s, a->atime_now, &a->atime);
	if (kefs_bitmap_test(&a->mask, FATTR4_TIME_MODIFY_SET))
		feed_time(s, a->mtime_now, &a->mtime);
	if (kefs_bitmap_test(&a->mask, FATTR4_MODE_SET_MASKED)) {
		CHECK((a->masked_mode | a->mode_mask) <= 07777);
		feed_u64(s, a->masked_mode);
		feed_u64(s, a->mode_mask);
	}
}

static void feed_channel(struct sink *s, const struct kefs_channel_attrs *ca)
{
	feed(s, ca, sizeof(*ca));
}

static void feed_sec(struct sink *s, const struct kefs_callback_sec *sec)
{
	CHECK(sec->flavor == AUTH_FLAVOR_NONE || sec->flavor == AUTH_FLAVOR_SYS);
	CHECK(sec->known || (!sec->flavor && !sec->uid && !sec->gid));
	feed_u64(s, sec->known);
	feed_u64(s, sec->flavor);
	feed_u64(s, sec->uid);
	feed_u64(s, sec->gid);
}

static void on_access(struct sink *s, const union kefs_args *a)
{
	feed_u64(s, a->access.access);
}

static void on_close(struct sink *s, const union kefs_args *a)
{
	feed_stateid(s, &a->close.stateid);
}

static void on_commit(struct sink *s, const union kefs_args *a)
{
	feed_u64(s, a->commit.offset);
	feed_u64(s, a->commit.count);
}

static void on_create(struct sink *s, const union kefs_args *a)
{
	feed_u64(s, a->create.type);
	if (a->create.type == NF4LNK)
		feed_str(s, &a->create.linkdata, KEFS_RECORD_MAX);
	else
		CHECK(!a->create.linkdata.data && !a->create.linkdata.len);
	if (a->create.type == NF4BLK || a->create.type == NF4CHR) {
		feed_u64(s, a->create.major);
		feed_u64(s, a->create.minor);
	}
	feed_str(s, &a->create.name, KEFS_RECORD_MAX);
	feed_settable(s, &a->create.attrs);
}

static void on_getattr(struct sink *s, const union kefs_args *a)
{
	feed_bitmap(s, &a->getattr.want);
}

static void on_name(struct sink *s, const union kefs_args *a)
{
	feed_str(s, &a->name.name, KEFS_RECORD_MAX);
}

static void on_lock(struct sink *s, const union kefs_args *a)
{
	CHECK(a->lock.type >= READ_LT && a->lock.type <= WRITEW_LT);
	feed_u64(s, a->lock.type);
	feed_u64(s, a->lock.reclaim);
	feed_u64(s, a->lock.new_owner);
	feed_u64(s, a->lock.offset);
	feed_u64(s, a->lock.length);
	feed_stateid(s, &a->lock.stateid);
	if (a->lock.new_owner) {
		feed_u64(s, a->lock.clientid);
		feed_str(s, &a->lock.owner, KEFS_OPAQUE_MAX);
	}
}

static void on_lockt(struct sink *s, const union kefs_args *a)
{
	CHECK(a->lockt.type >= READ_LT && a->lockt.type <= WRITEW_LT);
	feed_u64(s, a->lockt.type);
	feed_u64(s, a->lockt.offset);
	feed_u64(s, a->lockt.length);
	feed_u64(s, a->lockt.clientid);
	feed_str(s, &a->lockt.owner, KEFS_OPAQUE_MAX);
}

static void on_locku(struct sink *s, const union kefs_args *a)
{
	CHECK(a->locku.type >= READ_LT && a->locku.type <= WRITEW_LT);
	feed_u64(s, a->locku.type);
	feed_stateid(s, &a->locku.stateid);
	feed_u64(s, a->locku.offset);
	feed_u64(s, a->locku.length);
}

static void on_verify(struct sink *s, const union kefs_args *a)
{
	feed_bitmap(s, &a->verify.mask);
	CHECK(a->verify.vals && record_has(s->rec, a->verify.vals, a->verify.vals_len));
	feed_u64(s, a->verify.vals_len);
	feed(s, a->verify.vals, a->verify.vals_len);
	feed_u64(s, (u64)kefs_fattr_comparable(&a->verify.mask));
}

static void on_openhow(struct sink *s, const struct args_open *a)
{
	CHECK(a->opentype <= OPEN4_CREATE);
	feed_u64(s, a->opentype);
	feed_settable(s, &a->attrs);
	if (a->opentype != OPEN4_CREATE)
		return;
	CHECK(a->createmode <= EXCLUSIVE4_1);
	feed_u64(s, a->createmode);
	if (a->createmode >= EXCLUSIVE4)
		feed(s, a->verifier, sizeof(a->verifier));
}

static void on_open(struct sink *s, const union kefs_args *args)
{
	const struct args_open *a = &args->open;

	CHECK(!(a->access & a->want));
	feed_u64(s, a->access);
	feed_u64(s, a->deny);
	feed_u64(s, a->want);
	feed_u64(s, a->clientid);
	feed_str(s, &a->owner, KEFS_OPAQUE_MAX);
	on_openhow(s, a);
	CHECK(a->claim <= CLAIM_DELEG_PREV_FH);
	feed_u64(s, a->claim);
	if (a->claim == CLAIM_NULL || a->claim == CLAIM_DELEGATE_CUR || a->claim == CLAIM_DELEGATE_PREV)
		feed_str(s, &a->name, KEFS_RECORD_MAX);
	if (a->claim == CLAIM_DELEGATE_CUR || a->claim == CLAIM_DELEG_CUR_FH)
		feed_stateid(s, &a->delegate_stateid);
	if (a->claim == CLAIM_PREVIOUS)
		feed_u64(s, a->delegate_type);
}

static void on_open_downgrade(struct sink *s, const union kefs_args *a)
{
	feed_stateid(s, &a->open_downgrade.stateid);
	feed_u64(s, a->open_downgrade.access);
	feed_u64(s, a->open_downgrade.deny);
}

static void on_putfh(struct sink *s, const union kefs_args *a)
{
	feed_str(s, &a->putfh.fh, KEFS_FH_MAX);
}

static void on_read(struct sink *s, const union kefs_args *a)
{
	feed_stateid(s, &a->read.stateid);
	feed_u64(s, a->read.offset);
	feed_u64(s, a->read.count);
}

static void on_readdir(struct sink *s, const union kefs_args *a)
{
	feed_u64(s, a->readdir.cookie);
	feed(s, a->readdir.verifier, sizeof(a->readdir.verifier));
	feed_u64(s, a->readdir.dircount);
	feed_u64(s, a->readdir.maxcount);
	feed_bitmap(s, &a->readdir.want);
}

static void on_rename(struct sink *s, const union kefs_args *a)
{
	feed_str(s, &a->rename.oldname, KEFS_RECORD_MAX);
	feed_str(s, &a->rename.newname, KEFS_RECORD_MAX);
}

static void on_setattr(struct sink *s, const union kefs_args *a)
{
	feed_stateid(s, &a->setattr.stateid);
	feed_settable(s, &a->setattr.attrs);
}

/* The body is left where it is: what the linear memory has of it, then from the rest. */
static void on_write(struct sink *s, const union kefs_args *args)
{
	const struct args_write *a = &args->write;
	const struct kefs_xdr_opaque *b = &a->body;
	const struct record *rec = s->rec;

	CHECK(a->stable <= FILE_SYNC4);
	feed_stateid(s, &a->stateid);
	feed_u64(s, a->offset);
	feed_u64(s, a->stable);
	feed_u64(s, a->count);
	CHECK(b->head_len <= a->count && b->rest_len == a->count - b->head_len);
	CHECK(record_has(rec, b->head, b->head_len));
	feed(s, b->head, b->head_len);
	if (!b->rest_len)
		return;
	CHECK(!rec->pulled && b->head + b->head_len == rec->head + rec->head_len);
	CHECK(b->rest_from_end <= rec->rest_len && b->rest_len <= b->rest_from_end);
	feed(s, rec->rest + rec->rest_len - b->rest_from_end, b->rest_len);
}

static void on_backchannel_ctl(struct sink *s, const union kefs_args *a)
{
	feed_u64(s, a->backchannel_ctl.program);
	feed_sec(s, &a->backchannel_ctl.sec);
}

static void on_bind_conn(struct sink *s, const union kefs_args *a)
{
	feed(s, a->bind_conn.sessionid, sizeof(a->bind_conn.sessionid));
	feed_u64(s, a->bind_conn.dir);
	feed_u64(s, a->bind_conn.rdma);
}

static void on_exchange_id(struct sink *s, const union kefs_args *a)
{
	CHECK(a->exchange_id.protect <= SP4_SSV);
	feed(s, a->exchange_id.verifier, sizeof(a->exchange_id.verifier));
	feed_str(s, &a->exchange_id.owner, KEFS_OPAQUE_MAX);
	feed_u64(s, a->exchange_id.flags);
	feed_u64(s, a->exchange_id.protect);
}

static void on_create_session(struct sink *s, const union kefs_args *a)
{
	feed_u64(s, a->create_session.clientid);
	feed_u64(s, a->create_session.seqid);
	feed_u64(s, a->create_session.flags);
	feed_channel(s, &a->create_session.fore);
	feed_channel(s, &a->create_session.back);
	feed_u64(s, a->create_session.cb_program);
	feed_sec(s, &a->create_session.sec);
}

static void on_sessionid(struct sink *s, const union kefs_args *a)
{
	feed(s, a->sessionid.sessionid, sizeof(a->sessionid.sessionid));
}

static void on_stateid(struct sink *s, const union kefs_args *a)
{
	feed_stateid(s, &a->stateid.stateid);
}

static void on_clientid(struct sink *s, const union kefs_args *a)
{
	feed_u64(s, a->clientid.clientid);
}

static void on_reclaim_complete(struct sink *s, const union kefs_args *a)
{
	feed_u64(s, a->reclaim_complete.one_fs);
}

static void on_secinfo_no_name(struct sink *s, const union kefs_args *a)
{
	CHECK(a->secinfo_no_name.style <= SECINFO_STYLE4_PARENT);
	feed_u64(s, a->secinfo_no_name.style);
}

static void on_sequence(struct sink *s, const union kefs_args *a)
{
	feed(s, a->sequence.sessionid, sizeof(a->sequence.sessionid));
	feed_u64(s, a->sequence.seqid);
	feed_u64(s, a->sequence.slotid);
	feed_u64(s, a->sequence.highest_slotid);
	feed_u64(s, a->sequence.cachethis);
}

static void on_test_stateid(struct sink *s, const union kefs_args *a)
{
	size_t len = 16 * (size_t)a->test_stateid.count;

	CHECK(a->test_stateid.count <= KEFS_TEST_STATEIDS_MAX);
	CHECK(record_has(s->rec, a->test_stateid.ids, len));
	feed_u64(s, a->test_stateid.count);
	feed(s, a->test_stateid.ids, len);
}

static void (*const on_op[KEFS_OP_LAST + 1])(struct sink *s, const union kefs_args *a) = {
	[OP_ACCESS] = on_access, [OP_CLOSE] = on_close, [OP_COMMIT] = on_commit, [OP_CREATE] = on_create,
	[OP_DELEGRETURN] = on_stateid,
	[OP_GETATTR] = on_getattr, [OP_LINK] = on_name, [OP_LOCK] = on_lock, [OP_LOCKT] = on_lockt,
	[OP_LOCKU] = on_locku, [OP_LOOKUP] = on_name, [OP_NVERIFY] = on_verify, [OP_OPEN] = on_open,
	[OP_OPEN_DOWNGRADE] = on_open_downgrade, [OP_PUTFH] = on_putfh, [OP_READ] = on_read,
	[OP_READDIR] = on_readdir, [OP_REMOVE] = on_name, [OP_RENAME] = on_rename, [OP_SECINFO] = on_name,
	[OP_SETATTR] = on_setattr, [OP_VERIFY] = on_verify, [OP_WRITE] = on_write,
	[OP_BACKCHANNEL_CTL] = on_backchannel_ctl, [OP_BIND_CONN_TO_SESSION] = on_bind_conn,
	[OP_EXCHANGE_ID] = on_exchange_id, [OP_CREATE_SESSION] = on_create_session,
	[OP_DESTROY_SESSION] = on_sessionid, [OP_FREE_STATEID] = on_stateid,
	[OP_SECINFO_NO_NAME] = on_secinfo_no_name, [OP_SEQUENCE] = on_sequence,
	[OP_TEST_STATEID] = on_test_stateid, [OP_DESTROY_CLIENTID] = on_clientid,
	[OP_RECLAIM_COMPLETE] = on_reclaim_complete,
};

u64 describe(const struct record *rec, u32 opnum, const union kefs_args *args)
{
	struct sink s = { rec, 0xcbf29ce484222325ULL };

	CHECK(opnum < ARRAY_SIZE(on_op) && on_op[opnum]);
	on_op[opnum](&s, args);
	return s.hash;
}
