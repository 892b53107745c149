// SPDX-License-Identifier: GPL-2.0
/*
 * Stateids, byte ranges, SECINFO: RFC 8881 §8.2, §16.2.3.1.2, §18.10 to §18.12, §18.18, §18.29, §18.38, §18.45, §18.48.
 */
#include "rules.h"

#include <stdio.h>
#include <string.h>

#define ENDLESS	UINT64_MAX	/* length: to the end of the file */
#define TOP	(1ull << 63)	/* the first offset that the VFS does not have */

static const struct nfs41_stateid anonymous, current = { .seq = 1 }, invalid = { .seq = ~0u };

static struct nfs41_stateid with_seq(struct nfs41_stateid id, uint32_t seq)
{
	id.seq = seq;
	return id;
}

static struct nfs41_stateid ones(uint32_t seq)
{
	struct nfs41_stateid id = { .seq = seq };

	memset(id.other, 0xff, sizeof(id.other));
	return id;
}

static int read_with(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid id)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_put_putfh(&q, fh);
	nfs41_put_read(&q, &id, 0, 10);
	return ask(p, &q, &res, 0);
}

static int close_with(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid id, struct nfs41_stateid *ret)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_put_putfh(&q, fh);
	nfs41_put_close(&q, &id);
	r = ask(p, &q, &res, OP_CLOSE);
	if (!r)
		nfs41_get_stateid(&res.in, ret);
	return r;
}

/* What TEST_STATEID says of it. */
static int test_stateid(struct peer *p, struct nfs41_stateid id)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_op(&q, OP_TEST_STATEID);
	rpc4_put_u32(&q.out, 1);
	nfs41_put_stateid(&q, &id);
	r = ask(p, &q, &res, OP_TEST_STATEID);
	if (r || rpc4_get_u32(&res.in) != 1)
		return r ? r : -1;
	return (int)rpc4_get_u32(&res.in);
}

static int free_stateid(struct peer *p, struct nfs41_stateid id)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_op(&q, OP_FREE_STATEID);
	nfs41_put_stateid(&q, &id);
	return ask(p, &q, &res, 0);
}

static int special_stateids(struct peer *p, const struct nfs41_fh *fh)
{
	return said("anonymous", read_with(p, fh, anonymous), S_OK) || said("bypass", read_with(p, fh, ones(~0u)), S_OK) ||
	       said("current, without one", read_with(p, fh, current), S_BAD_STATEID) ||
	       said("invalid", read_with(p, fh, invalid), S_BAD_STATEID) ||
	       said("reserved, zeros", read_with(p, fh, with_seq(anonymous, 2)), S_BAD_STATEID) ||
	       said("reserved, ones", read_with(p, fh, ones(0)), S_BAD_STATEID) ||
	       said("TEST_STATEID, anonymous", test_stateid(p, anonymous), S_BAD_STATEID) ||
	       said("TEST_STATEID, current", test_stateid(p, current), S_BAD_STATEID) ||
	       said("TEST_STATEID, invalid", test_stateid(p, invalid), S_BAD_STATEID) ||
	       said("TEST_STATEID, bypass", test_stateid(p, ones(~0u)), S_BAD_STATEID);
}

static int downgrade(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid *id, uint32_t access,
		     uint32_t deny)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_put_putfh(&q, fh);
	nfs41_op(&q, OP_OPEN_DOWNGRADE);
	nfs41_put_stateid(&q, id);
	rpc4_put_u32(&q.out, 0);
	rpc4_put_u32(&q.out, access);
	rpc4_put_u32(&q.out, deny);
	r = ask(p, &q, &res, OP_OPEN_DOWNGRADE);
	if (!r)
		nfs41_get_stateid(&res.in, id);
	return r;
}

/* seqid: the last one, 0 for it, older, not there yet; and whose it is */
static int seqid_uses(struct pair *t, const struct nfs41_fh *fh, struct nfs41_stateid first, struct nfs41_stateid last)
{
	struct nfs41_stateid other;
	struct peer *p = &t->a;
	struct nfs41_fh fh2;

	return said("OPEN of another", nfs41_open(&t->b.ses, "rules-state2", &fh2, &other), S_OK) ||
	       said("the last", read_with(p, fh, last), S_OK) || said("0", read_with(p, fh, with_seq(last, 0)), S_OK) ||
	       said("an older", read_with(p, fh, first), S_OLD_STATEID) ||
	       said("a later", read_with(p, fh, with_seq(last, 3)), S_BAD_STATEID) ||
	       said("TEST_STATEID, an older", test_stateid(p, first), S_OLD_STATEID) ||
	       said("TEST_STATEID, the last", test_stateid(p, last), S_OK) ||
	       said("TEST_STATEID, 0", test_stateid(p, with_seq(last, 0)), S_OK) ||
	       said("of another file", read_with(p, &fh2, last), S_BAD_STATEID) ||
	       said("of another client", read_with(p, &fh2, other), S_BAD_STATEID) ||
	       said("FREE_STATEID of an open", free_stateid(p, last), S_LOCKS_HELD);
}

static int less_and_closed(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid first,
			   struct nfs41_stateid id)
{
	struct nfs41_stateid closed;

	return said("OPEN_DOWNGRADE to what was not opened", downgrade(p, fh, &id, 1, 1), S_INVAL) ||
	       said("OPEN_DOWNGRADE to nothing", downgrade(p, fh, &id, 0, 0), S_INVAL) ||
	       said("OPEN_DOWNGRADE", downgrade(p, fh, &id, 1, 0), S_OK) || said("its seqid", (int)id.seq, 3) ||
	       said("OPEN_DOWNGRADE up again", downgrade(p, fh, &id, 3, 0), S_INVAL) ||
	       said("CLOSE, an older", close_with(p, fh, first, &closed), S_OLD_STATEID) ||
	       said("CLOSE, 0", close_with(p, fh, with_seq(id, 0), &closed), S_OK) ||
	       said("what CLOSE gives is invalid (§18.2.4)", memcmp(&closed, &invalid, sizeof(closed)), 0) ||
	       said("closed", read_with(p, fh, id), S_BAD_STATEID) ||
	       said("TEST_STATEID, closed", test_stateid(p, id), S_BAD_STATEID);
}

static int seqids(struct pair *t)
{
	struct nfs41_open_args args = { .owner = "o", .name = "rules-state", .access = 1, .create = true };
	struct nfs41_stateid id, up;
	struct nfs41_fh fh;
	struct peer *p = &t->a;

	if (said("OPEN", open_file(p, &args, &id), S_OK) || said("GETFH", nfs41_getfh(&p->ses, args.name, &fh), S_OK) ||
	    said("the first", (int)id.seq, 1))
		return 1;
	args.access = 2;
	return said("upgrade", open_file(p, &args, &up), S_OK) || said("its seqid", (int)up.seq, 2) ||
	       said("the same stateid", memcmp(up.other, id.other, 12), 0) || seqid_uses(t, &fh, id, up) ||
	       less_and_closed(p, &fh, id, up);
}

/* §16.2.3.1.2: what operations leave the current stateid to those that follow. Letters below. */
static int chain(struct peer *p, const struct nfs41_fh *fh, const char *steps)
{
	struct nfs41_open_args args = { .owner = "c", .name = "rules-state", .access = 3 };
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	for (; *steps; steps++) {
		switch (*steps) {
		case '/':
			nfs41_op(&q, OP_PUTROOTFH);
			break;
		case 'F':
			nfs41_put_putfh(&q, fh);
			break;
		case 'O':
			nfs41_put_open_args(&q, &args);
			break;
		case 'R':
			nfs41_put_read(&q, &current, 0, 10);
			break;
		case 'L':
			nfs41_put_lock(&q, &current, "chain", 2, 0, 10);
			break;
		case 'U':
			nfs41_put_locku(&q, &current, 0, 10);
			break;
		case 'C':
			nfs41_put_close(&q, &current);
			break;
		case 'S':
			nfs41_op(&q, OP_SAVEFH);
			break;
		case 'B':
			nfs41_op(&q, OP_RESTOREFH);
			break;
		}
	}
	return ask(p, &q, &res, 0);
}

/* TEST_STATEID does not take the current one: "Special stateids are always considered invalid" (§18.48.3) */
static int test_current(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid id)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_put_putfh(&q, fh);
	nfs41_op(&q, OP_OPEN_DOWNGRADE);
	nfs41_put_stateid(&q, &id);
	rpc4_put_u32(&q.out, 0);
	rpc4_put_u32(&q.out, 3);
	rpc4_put_u32(&q.out, 0);
	nfs41_op(&q, OP_TEST_STATEID);
	rpc4_put_u32(&q.out, 1);
	nfs41_put_stateid(&q, &current);
	return said("TEST_STATEID", ask(p, &q, &res, OP_TEST_STATEID), S_OK) ||
	       said("one result", (int)rpc4_get_u32(&res.in), 1) ||
	       said("the current one", (int)rpc4_get_u32(&res.in), S_BAD_STATEID);
}

static int current_stateid(struct pair *t)
{
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	struct peer *p = &t->a;

	return said("OPEN", nfs41_open(&p->ses, "rules-state", &fh, &id), S_OK) ||
	       said("specials", special_stateids(p, &fh), 0) || said("of OPEN", chain(p, &fh, "/OR"), S_OK) ||
	       said("gone with another file handle", chain(p, &fh, "/OFR"), S_BAD_STATEID) ||
	       said("saved and restored", chain(p, &fh, "/OS/BR"), S_OK) ||
	       said("restored, of none", chain(p, &fh, "FS/OBR"), S_BAD_STATEID) ||
	       said("of LOCK, of LOCKU", chain(p, &fh, "/OLRUR"), S_OK) ||
	       said("of CLOSE", chain(p, &fh, "/OCR"), S_BAD_STATEID) || test_current(p, &fh, id);
}

/* --- byte ranges --- */

struct range {
	uint64_t off, len;
};

/* Of @owner by the open @id; @id becomes the lock's stateid. Without @owner @id is that already. */
static int lock(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid *id, const char *owner, uint32_t type,
		struct range r)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int got;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_put_putfh(&q, fh);
	nfs41_put_lock(&q, id, owner, type, r.off, r.len);
	got = ask(p, &q, &res, OP_LOCK);
	if (!got)
		nfs41_get_stateid(&res.in, id);
	return got;
}

static int unlock(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid *id, struct range r)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int got;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_put_putfh(&q, fh);
	nfs41_put_locku(&q, id, r.off, r.len);
	got = ask(p, &q, &res, OP_LOCKU);
	if (!got)
		nfs41_get_stateid(&res.in, id);
	return got;
}

/* LOCKT; *@ret is whom it meets. */
static int lockt(struct peer *p, const struct nfs41_fh *fh, uint32_t type, struct range r, struct range *ret)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int got;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_put_putfh(&q, fh);
	nfs41_op(&q, OP_LOCKT);
	rpc4_put_u32(&q.out, type);
	rpc4_put_u64(&q.out, r.off);
	rpc4_put_u64(&q.out, r.len);
	rpc4_put_u64(&q.out, 0);
	rpc4_put_string(&q.out, "tester");
	got = nfs41_call(&q, &p->conn, &res);
	if (got || !nfs41_until(&res, OP_LOCKT))
		return got ? got : -1;
	if (res.status == S_DENIED) {
		ret->off = rpc4_get_u64(&res.in);
		ret->len = rpc4_get_u64(&res.in);
	}
	return (int)res.status;
}

/* The whole file as another client sees it: "w0+10 r20+5" and so on; nothing else is locked. */
static int map_is(struct peer *p, const struct nfs41_fh *fh, const char *what, const char *wanted)
{
	struct range met = { 0, 0 };
	uint64_t at = 0;
	char map[256] = "";
	int r;

	while ((r = lockt(p, fh, 2, (struct range){ at, ENDLESS }, &met)) == S_DENIED && strlen(map) < 200) {
		struct range none;
		int reads = lockt(p, fh, 1, met, &none);

		sprintf(map + strlen(map), "%s%c%llu+%llu", *map ? " " : "", reads == S_OK ? 'r' : 'w',
			(unsigned long long)met.off, (unsigned long long)met.len);
		if (met.len == ENDLESS)
			break;
		at = met.off + met.len;
	}
	if (r != S_DENIED && said(what, r, S_OK))
		return 1;
	if (!strcmp(map, wanted))
		return 0;
	printf("  %s: %s, wanted %s\n", what, map, wanted);
	return 1;
}

static int ranges_change(struct pair *t, const struct nfs41_fh *fh, struct nfs41_stateid *id)
{
	struct peer *p = &t->a;

	return said("LOCK", lock(p, fh, id, "l", 2, (struct range){ 0, 100 }), S_OK) ||
	       said("a hole", unlock(p, fh, id, (struct range){ 40, 20 }), S_OK) ||
	       map_is(&t->b, fh, "split", "w0+40 w60+40") ||
	       said("less in part", lock(p, fh, id, NULL, 1, (struct range){ 30, 40 }), S_OK) ||
	       map_is(&t->b, fh, "downgraded in part", "w0+30 r30+40 w70+30") ||
	       said("more", lock(p, fh, id, NULL, 2, (struct range){ 30, 40 }), S_OK) ||
	       map_is(&t->b, fh, "merged", "w0+100") ||
	       said("of all", unlock(p, fh, id, (struct range){ 0, ENDLESS }), S_OK) ||
	       map_is(&t->b, fh, "nothing", "") ||
	       said("of nothing", unlock(p, fh, id, (struct range){ 7, 7 }), S_OK);
}

/* Upgrades, against another's, and the lock stateid's end */
static int ranges_meet(struct pair *t, const struct nfs41_fh *fh, struct nfs41_stateid id, struct nfs41_stateid open_b)
{
	struct peer *p = &t->a;

	return said("READ_LT", lock(p, fh, &id, NULL, 1, (struct range){ 0, 10 }), S_OK) ||
	       said("READ_LT of another", lock(&t->b, fh, &open_b, "l", 1, (struct range){ 5, 10 }), S_OK) ||
	       said("no upgrade over it", lock(p, fh, &id, NULL, 2, (struct range){ 0, 10 }), S_DENIED) ||
	       said("where it is not", lock(p, fh, &id, NULL, 2, (struct range){ 0, 5 }), S_OK) ||
	       said("FREE_STATEID with locks", free_stateid(p, id), S_LOCKS_HELD) ||
	       said("the end", unlock(p, fh, &id, (struct range){ 0, ENDLESS }), S_OK) ||
	       said("FREE_STATEID", free_stateid(p, id), S_OK) ||
	       said("it is gone", unlock(p, fh, &id, (struct range){ 0, 1 }), S_BAD_STATEID) ||
	       said("the other's end", unlock(&t->b, fh, &open_b, (struct range){ 0, ENDLESS }), S_OK);
}

/* An operation's answer to a range that cannot be; the lock @id survives. */
static int bad_range(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid *id, struct range r, int wanted)
{
	struct range met;

	return said("LOCK", lock(p, fh, id, NULL, 2, r), wanted) || said("LOCKU", unlock(p, fh, id, r), wanted) ||
	       said("LOCKT", lockt(p, fh, 2, r, &met), wanted);
}

/*
 * §18.10.3 of servers of 32 bits, and the VFS has 63: "If the client specifies a range that includes a byte beyond the
 * last byte offset ..., but does not include the last byte offset ... and all of the byte offsets beyond it, up to the
 * end of the valid 64-bit range, ... MUST return the error NFS4ERR_BAD_RANGE."
 */
static int range_ends(struct pair *t, const struct nfs41_fh *fh, struct nfs41_stateid id)
{
	static const struct {
		struct range r;
		int status;
	} bad[] = {
		{ { 0, 0 }, S_INVAL }, { { 5, 0 }, S_INVAL }, { { 2, ENDLESS - 1 }, S_INVAL }, { { ENDLESS, 1 }, S_INVAL },
		{ { TOP, 1 }, S_BAD_RANGE }, { { TOP + 10, 5 }, S_BAD_RANGE }, { { TOP - 1, 2 }, S_BAD_RANGE },
		{ { 0, TOP + 1 }, S_BAD_RANGE }, { { TOP, ENDLESS }, S_BAD_RANGE },
	};

	if (said("LOCK", lock(&t->a, fh, &id, "ends", 2, (struct range){ 0, 1 }), S_OK))
		return 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (bad_range(&t->a, fh, &id, bad[i].r, bad[i].status)) {
			printf("  range %llx+%llx\n", (unsigned long long)bad[i].r.off, (unsigned long long)bad[i].r.len);
			return 1;
		}
	}
	return said("the last byte", lock(&t->a, fh, &id, NULL, 2, (struct range){ TOP - 1, 1 }), S_OK) ||
	       map_is(&t->b, fh, "the last byte", "w0+1 w9223372036854775807+18446744073709551615") ||
	       said("to the end", lock(&t->a, fh, &id, NULL, 2, (struct range){ 10, ENDLESS - 10 }), S_OK) ||
	       map_is(&t->b, fh, "to the end", "w0+1 w10+18446744073709551615") ||
	       said("the end", unlock(&t->a, fh, &id, (struct range){ 0, ENDLESS }), S_OK) || map_is(&t->b, fh, "end", "");
}

/* No fixed limit on ranges */
static int many(struct pair *t, const struct nfs41_fh *fh, struct nfs41_stateid id)
{
	struct range met;

	for (uint64_t i = 0; i < 3000; i++)
		if (said("one of many", lock(&t->a, fh, &id, i ? NULL : "many", 2, (struct range){ 2 * i, 1 }), S_OK))
			return 1;
	return said("the last", lockt(&t->b, fh, 2, (struct range){ 5997, 10 }, &met), S_DENIED) ||
	       said("where it is", (int)met.off, 5998) ||
	       said("the end", unlock(&t->a, fh, &id, (struct range){ 0, ENDLESS }), S_OK) || map_is(&t->b, fh, "end", "");
}

static int ranges(struct pair *t)
{
	struct nfs41_stateid id, b, lock_id;
	struct nfs41_fh fh;

	if (said("OPEN", nfs41_open(&t->b.ses, "rules-ranges", &fh, &b), S_OK) ||
	    said("OPEN", nfs41_open(&t->a.ses, "rules-ranges", &fh, &id), S_OK))
		return 1;
	lock_id = id;
	return ranges_change(t, &fh, &lock_id) ||
	       ranges_meet(t, &fh, lock_id, b) ||
	       range_ends(t, &fh, id) || many(t, &fh, id);
}

/* --- SECINFO, SECINFO_NO_NAME --- */

/* With GETFH behind it: both leave no current filehandle (§2.6.3.1.1.8). */
static int secinfo(struct peer *p, const char *name, uint32_t style, bool getfh)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_op(&q, name ? OP_SECINFO : OP_SECINFO_NO_NAME);
	if (name)
		rpc4_put_string(&q.out, name);
	else
		rpc4_put_u32(&q.out, style);
	if (getfh)
		nfs41_op(&q, OP_GETFH);
	return ask(p, &q, &res, 0);
}

static int secinfos(struct pair *t)
{
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	struct peer *p = &t->a;

	return said("OPEN", nfs41_open(&p->ses, "rules-sec", &fh, &id), S_OK) ||
	       said("SECINFO", secinfo(p, "rules-sec", 0, false), S_OK) ||
	       said("SECINFO, then GETFH", secinfo(p, "rules-sec", 0, true), S_NOFILEHANDLE) ||
	       said("SECINFO of nothing", secinfo(p, "rules-none", 0, false), S_NOENT) ||
	       said("SECINFO_NO_NAME", secinfo(p, NULL, 0, false), S_OK) ||
	       said("SECINFO_NO_NAME, then GETFH", secinfo(p, NULL, 0, true), S_NOFILEHANDLE) ||
	       said("SECINFO_NO_NAME of the root's parent", secinfo(p, NULL, 1, false), S_NOENT) ||
	       said("SECINFO_NO_NAME, bad style", secinfo(p, NULL, 2, false), S_BADXDR);
}

const struct rules_test rules_state_tests[] = {
	{ "seqids", seqids },
	{ "current-stateid", current_stateid },
	{ "ranges", ranges },
	{ "secinfo", secinfos },
	{ NULL, NULL },
};
