// SPDX-License-Identifier: GPL-2.0
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CB_PROGRAM 0x40000000u

/* --- requests --- */

static void put_mode_0666(struct rpc4_out *o, bool truncate)
{
	rpc4_put_u32(o, 2);
	rpc4_put_u32(o, truncate ? 1u << 4 : 0);
	rpc4_put_u32(o, 1u << 1);
	rpc4_put_u32(o, truncate ? 12 : 4);
	if (truncate)
		rpc4_put_u64(o, 0);
	rpc4_put_u32(o, 0666);
}

static void put_file_name(struct rpc4_out *o, unsigned int name)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "f%u", name);
	rpc4_put_string(o, buf);
}

static void put_owner(struct rpc4_out *o, const char *kind, unsigned int n)
{
	char buf[64];

	rpc4_put_opaque(o, buf, m_owner_name(buf, sizeof(buf), kind, n));
}

static void put_open(struct nfs41_req *q, const struct m_op *op)
{
	struct rpc4_out *o = &q->out;

	nfs41_op(q, OP_OPEN);
	rpc4_put_u32(o, 0);
	rpc4_put_u32(o, op->access | op->want);
	rpc4_put_u32(o, op->deny);
	rpc4_put_u64(o, 0);		/* clientid: ignored in 4.1 */
	put_owner(o, "open", op->owner);
	rpc4_put_u32(o, op->create != M_NOCREATE);
	if (op->create != M_NOCREATE) {
		rpc4_put_u32(o, op->create);
		if (op->create == M_EXCLUSIVE)
			rpc4_put_u64(o, op->verifier);
		put_mode_0666(o, op->truncate);
	}
	rpc4_put_u32(o, op->claim);
	if (op->claim == M_CLAIM_NULL)
		put_file_name(o, op->name);
	else if (op->claim == M_CLAIM_PREVIOUS)
		rpc4_put_u32(o, 0);	/* no delegation was held */
	nfs41_op(q, OP_GETFH);
}

static void put_range(struct rpc4_out *o, const struct m_op *op)
{
	uint64_t start = m_cell_start(op->first), length = UINT64_MAX;

	if (op->last < M_CELLS - 1)
		length = m_cell_last(op->last) - start + 1;
	if (op->bad_range && op->first & 1) {
		start = UINT64_MAX - 3;
		length = 10;
	} else if (op->bad_range) {
		length = 0;
	}
	rpc4_put_u64(o, start);
	rpc4_put_u64(o, length);
}

static void put_lock(struct nfs41_req *q, const struct m_op *op)
{
	struct rpc4_out *o = &q->out;

	nfs41_op(q, op->op);
	rpc4_put_u32(o, op->type);
	if (op->op == OP_LOCK)
		rpc4_put_u32(o, op->reclaim);
	if (op->op == OP_LOCKU) {
		rpc4_put_u32(o, 0);
		nfs41_put_stateid(q, &op->id);
	}
	put_range(o, op);
	if (op->op == OP_LOCKT) {
		rpc4_put_u64(o, 0);
		put_owner(o, "lock", op->owner);
	}
	if (op->op != OP_LOCK)
		return;
	rpc4_put_u32(o, op->new_owner);
	if (op->new_owner)
		rpc4_put_u32(o, 0);
	nfs41_put_stateid(q, &op->id);
	rpc4_put_u32(o, 0);
	if (op->new_owner) {
		rpc4_put_u64(o, 0);
		put_owner(o, "lock", op->owner);
	}
}

static void put_exchange_id(struct nfs41_req *q, const struct wire *w, const struct m_op *op)
{
	char name[96];

	snprintf(name, sizeof(name), "adversary %s name %u", w->nonce, op->name);
	nfs41_put_exchange_id(q, name, op->verifier, op->flags);
}

static void put_create_session(struct nfs41_req *q, const struct m_op *op)
{
	const uint32_t fore[] = { 0, 65536, 65536, 2048, 16, M_SLOTS, 0 }, back[] = { 0, 4096, 4096, 0, 8, 4, 0 };
	struct rpc4_out *o = &q->out;

	nfs41_op(q, OP_CREATE_SESSION);
	rpc4_put_u64(o, op->clientid);
	rpc4_put_u32(o, op->seq);
	rpc4_put_u32(o, op->flags);
	for (size_t i = 0; i < 7; i++)
		rpc4_put_u32(o, fore[i]);
	for (size_t i = 0; i < 7; i++)
		rpc4_put_u32(o, back[i]);
	rpc4_put_u32(o, CB_PROGRAM);
	rpc4_put_u32(o, 1);
	rpc4_put_u32(o, 0);
}

static void put_client_op(struct nfs41_req *q, const struct wire *w, const struct m_op *op)
{
	switch (op->op) {
	case OP_EXCHANGE_ID:
		put_exchange_id(q, w, op);
		break;
	case OP_CREATE_SESSION:
		put_create_session(q, op);
		break;
	case OP_DESTROY_SESSION:
		nfs41_op(q, op->op);
		rpc4_put_raw(&q->out, op->session, 16);
		break;
	case OP_BIND_CONN:
		nfs41_op(q, op->op);
		rpc4_put_raw(&q->out, op->session, 16);
		rpc4_put_u32(&q->out, op->seq);
		rpc4_put_u32(&q->out, 0);
		break;
	case OP_DESTROY_CLIENTID:
		nfs41_op(q, op->op);
		rpc4_put_u64(&q->out, op->clientid);
		break;
	default:
		nfs41_op(q, OP_RECLAIM_COMPLETE);
		rpc4_put_u32(&q->out, 0);
		break;
	}
}

static void put_io(struct nfs41_req *q, const struct m_op *op)
{
	uint8_t data[M_DATA];

	memset(data, op->fill, sizeof(data));
	if (op->op == OP_READ)
		nfs41_put_read(q, &op->id, op->offset, op->length);
	else
		nfs41_put_write(q, &op->id, op->offset, data, op->length, 2);
}

static void put_op(struct nfs41_req *q, const struct wire *w, const struct m_op *op)
{
	switch (op->op) {
	case OP_OPEN:
		put_open(q, op);
		break;
	case OP_LOCK:
	case OP_LOCKT:
	case OP_LOCKU:
		put_lock(q, op);
		break;
	case OP_READ:
	case OP_WRITE:
		put_io(q, op);
		break;
	case OP_REMOVE:
		nfs41_op(q, op->op);
		put_file_name(&q->out, op->name);
		break;
	case OP_TEST_STATEID:
		nfs41_op(q, op->op);
		rpc4_put_u32(&q->out, 1);
		nfs41_put_stateid(q, &op->id);
		break;
	case OP_CLOSE:
		nfs41_put_close(q, &op->id);
		break;
	case OP_OPEN_DOWNGRADE:
		nfs41_op(q, op->op);
		nfs41_put_stateid(q, &op->id);
		rpc4_put_u32(&q->out, 0);
		rpc4_put_u32(&q->out, op->access);
		rpc4_put_u32(&q->out, op->deny);
		break;
	case OP_FREE_STATEID:
	case OP_DELEGRETURN:
		nfs41_op(q, op->op);
		nfs41_put_stateid(q, &op->id);
		break;
	default:
		put_client_op(q, w, op);
		break;
	}
}

static void put_putfh(struct nfs41_req *q, const struct wire *w, const struct model *m, const struct m_req *r)
{
	struct nfs41_fh fh = r->file < 0 ? w->dir : r->handle.len ? r->handle : m->file[r->file].fh;

	if (r->fh == M_FH_FORGED && fh.len)
		fh.data[r->seqid % fh.len] ^= 0x41;
	nfs41_put_putfh(q, &fh);
}

void wire_put(struct nfs41_req *q, struct rpc4_conn *c, const struct wire *w, const struct model *m,
	      const struct m_req *r)
{
	struct rpc4_cred cred = { .flavor = 1, .uid = r->uid, .gid = r->uid };
	struct nfs41_session s = { 0 };

	nfs41_begin(q, c, &cred, "");
	if (r->sequence) {
		memcpy(s.id, r->session, 16);
		s.slots = r->highest + 1;
		nfs41_put_sequence(q, &s, r->slot, r->seqid, r->cache);
	}
	if (r->file != -2)
		put_putfh(q, w, m, r);
	for (unsigned int i = 0; i < r->nops; i++)
		put_op(q, w, &r->op[i]);
}

/* --- answers --- */

static void get_bitmap(struct rpc4_in *in)
{
	rpc4_get_fixed(in, (size_t)rpc4_get_u32(in) * 4);
}

static void get_ace(struct rpc4_in *in)
{
	uint32_t len;

	rpc4_get_fixed(in, 12);
	rpc4_get_opaque(in, &len);
}

static void get_delegation(struct rpc4_in *in, struct m_res *res)
{
	uint32_t why;

	res->deleg_type = rpc4_get_u32(in);
	switch (res->deleg_type) {
	case 1:
	case 2:
		nfs41_get_stateid(in, &res->deleg);
		rpc4_get_u32(in);
		if (res->deleg_type == 2)
			rpc4_get_fixed(in, 12);		/* a size, or blocks */
		get_ace(in);
		break;
	case 3:
		why = rpc4_get_u32(in);
		if (why == 1 || why == 2)
			rpc4_get_u32(in);
		break;
	default:
		in->bad |= res->deleg_type != 0;
		break;
	}
}

static void get_open(struct rpc4_in *in, struct m_res *res)
{
	nfs41_get_stateid(in, &res->id);
	rpc4_get_fixed(in, 20);
	res->rflags = rpc4_get_u32(in);
	get_bitmap(in);
	get_delegation(in, res);
}

static void get_denied(struct rpc4_in *in, struct m_denied *d)
{
	const uint8_t *owner;

	d->offset = rpc4_get_u64(in);
	d->length = rpc4_get_u64(in);
	d->type = rpc4_get_u32(in);
	d->clientid = rpc4_get_u64(in);
	owner = rpc4_get_opaque(in, &d->owner_len);
	if (d->owner_len > sizeof(d->owner))
		in->bad = true;
	else if (owner)
		memcpy(d->owner, owner, d->owner_len);
}

static void get_session_id(struct rpc4_in *in, struct m_res *res)
{
	const uint8_t *id = rpc4_get_fixed(in, 16);

	if (id)
		memcpy(res->session, id, 16);
}

static void get_create_session(struct rpc4_in *in, struct m_res *res)
{
	get_session_id(in, res);
	res->seq = rpc4_get_u32(in);
	res->flags = rpc4_get_u32(in);
	rpc4_get_fixed(in, 16);
	res->max_ops = rpc4_get_u32(in);
	res->slots = rpc4_get_u32(in);
	rpc4_get_fixed(in, (size_t)rpc4_get_u32(in) * 4);
	rpc4_get_fixed(in, 24);
	rpc4_get_fixed(in, (size_t)rpc4_get_u32(in) * 4);
}

static void get_exchange_id(struct rpc4_in *in, struct m_res *res)
{
	uint32_t len;

	res->clientid = rpc4_get_u64(in);
	res->seq = rpc4_get_u32(in);
	res->flags = rpc4_get_u32(in);
	rpc4_get_fixed(in, 12);		/* SP4_NONE, so_minor_id */
	rpc4_get_opaque(in, &len);
	rpc4_get_opaque(in, &len);
	if (rpc4_get_u32(in)) {		/* who made the server */
		rpc4_get_opaque(in, &len);
		rpc4_get_opaque(in, &len);
		rpc4_get_fixed(in, 12);
	}
}

static void get_read(struct rpc4_in *in, struct m_res *res)
{
	const uint8_t *data;

	res->eof = rpc4_get_u32(in);
	data = rpc4_get_opaque(in, &res->len);
	if (res->len > sizeof(res->data))
		in->bad = true;
	else if (data)
		memcpy(res->data, data, res->len);
}

static void get_body(struct rpc4_in *in, struct m_res *res)
{
	switch (res->op) {
	case OP_OPEN:
		get_open(in, res);
		break;
	case OP_CLOSE:
	case OP_LOCK:
	case OP_LOCKU:
	case OP_OPEN_DOWNGRADE:
		nfs41_get_stateid(in, &res->id);
		break;
	case OP_REMOVE:
		rpc4_get_fixed(in, 20);
		break;
	case OP_READ:
		get_read(in, res);
		break;
	case OP_WRITE:
		res->len = rpc4_get_u32(in);
		rpc4_get_fixed(in, 12);
		break;
	case OP_TEST_STATEID:
		in->bad |= rpc4_get_u32(in) != 1;
		res->tested = rpc4_get_u32(in);
		break;
	case OP_EXCHANGE_ID:
		get_exchange_id(in, res);
		break;
	case OP_CREATE_SESSION:
		get_create_session(in, res);
		break;
	case OP_BIND_CONN:
		get_session_id(in, res);
		res->seq = rpc4_get_u32(in);
		rpc4_get_u32(in);
		break;
	default:
		break;		/* no body */
	}
}

static void get_sequence(struct rpc4_in *in, struct m_ans *ret)
{
	rpc4_get_fixed(in, 16);
	ret->sr_seqid = rpc4_get_u32(in);
	ret->sr_slot = rpc4_get_u32(in);
	ret->sr_highest = rpc4_get_u32(in);
	ret->sr_target = rpc4_get_u32(in);
	ret->sr_flags = rpc4_get_u32(in);
}

static void get_fh(struct rpc4_in *in, struct m_ans *ret)
{
	struct nfs41_fh *fh = &ret->res[ret->nres ? ret->nres - 1 : 0].fh;
	const uint8_t *p = rpc4_get_opaque(in, &fh->len);

	if (fh->len > sizeof(fh->data))
		in->bad = true;
	else if (p)
		memcpy(fh->data, p, fh->len);
}

static void get_result(struct rpc4_in *in, struct m_ans *ret)
{
	uint32_t op = rpc4_get_u32(in), status = rpc4_get_u32(in);
	struct m_res *res;

	switch (op) {
	case OP_SEQUENCE:
		ret->seq_status = status;
		if (!status)
			get_sequence(in, ret);
		return;
	case OP_PUTFH:
		ret->putfh_status = status;
		return;
	case OP_GETFH:
		if (!status)
			get_fh(in, ret);
		return;
	default:
		break;
	}
	if (ret->nres == M_OPS) {
		in->bad = true;
		return;
	}
	res = &ret->res[ret->nres++];
	res->op = op;
	res->status = status;
	if (status == S_DENIED)
		get_denied(in, &res->denied);
	else if (!status)
		get_body(in, res);
}

int wire_get(struct rpc4_in *in, const struct m_req *r, struct m_ans *ret)
{
	const uint8_t *p = in->p;
	uint32_t n, len;

	memset(ret, 0, sizeof(*ret));
	ret->hash = 0xcbf29ce484222325;
	while (p < in->end)
		ret->hash = (ret->hash ^ *p++) * 0x100000001b3;
	ret->status = rpc4_get_u32(in);
	rpc4_get_opaque(in, &len);
	n = rpc4_get_u32(in);
	if (n > 2 + 2 * M_OPS)
		return -EBADMSG;
	/* An answer without any result: SEQUENCE's own, as far as the model goes */
	if (!n && r->sequence)
		ret->seq_status = ret->status;
	while (n-- && !in->bad)
		get_result(in, ret);
	return in->bad || in->p != in->end ? -EBADMSG : 0;
}

/* --- words --- */

const char *wire_op_name(uint32_t op)
{
	static const struct { uint32_t op; const char *name; } names[] = {
		{ OP_CLOSE, "CLOSE" }, { OP_DELEGRETURN, "DELEGRETURN" }, { OP_LOCK, "LOCK" }, { OP_LOCKT, "LOCKT" },
		{ OP_LOCKU, "LOCKU" }, { OP_OPEN, "OPEN" }, { OP_OPEN_DOWNGRADE, "OPEN_DOWNGRADE" }, { OP_READ, "READ" },
		{ OP_REMOVE, "REMOVE" }, { OP_WRITE, "WRITE" }, { OP_BIND_CONN, "BIND_CONN_TO_SESSION" },
		{ OP_EXCHANGE_ID, "EXCHANGE_ID" }, { OP_CREATE_SESSION, "CREATE_SESSION" },
		{ OP_DESTROY_SESSION, "DESTROY_SESSION" }, { OP_FREE_STATEID, "FREE_STATEID" },
		{ OP_TEST_STATEID, "TEST_STATEID" }, { OP_DESTROY_CLIENTID, "DESTROY_CLIENTID" },
		{ OP_RECLAIM_COMPLETE, "RECLAIM_COMPLETE" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].op == op)
			return names[i].name;
	return "?";
}

static int describe_op(char *buf, size_t len, const struct m_op *op)
{
	const char *name = wire_op_name(op->op);

	switch (op->op) {
	case OP_OPEN:
		return snprintf(buf, len, " %s(f%u owner %u access %u deny %u want %x create %u claim %u%s verf %u)", name,
				op->name, op->owner, op->access, op->deny, op->want, op->create, op->claim,
				op->truncate ? " truncate" : "", (unsigned int)op->verifier);
	case OP_LOCK:
	case OP_LOCKT:
	case OP_LOCKU:
		return snprintf(buf, len, " %s(type %u cells %u-%u%s owner %u%s%s id %u/%02x%02x)", name, op->type, op->first,
				op->last, op->bad_range ? " BAD" : "", op->owner, op->new_owner ? " new" : "",
				op->reclaim ? " reclaim" : "", op->id.seq, op->id.other[10], op->id.other[11]);
	case OP_EXCHANGE_ID:
		return snprintf(buf, len, " %s(name %u verf %u flags %x)", name, op->name, (unsigned int)op->verifier,
				op->flags);
	case OP_CREATE_SESSION:
	case OP_DESTROY_CLIENTID:
		return snprintf(buf, len, " %s(%llx seq %u flags %x)", name, (unsigned long long)op->clientid, op->seq,
				op->flags);
	case OP_READ:
	case OP_WRITE:
		return snprintf(buf, len, " %s(%u+%u id %u/%02x%02x)", name, (unsigned int)op->offset, op->length, op->id.seq,
				op->id.other[10], op->id.other[11]);
	case OP_OPEN_DOWNGRADE:
		return snprintf(buf, len, " %s(access %u deny %u id %u/%02x%02x)", name, op->access, op->deny, op->id.seq,
				op->id.other[10], op->id.other[11]);
	case OP_REMOVE:
		return snprintf(buf, len, " %s(f%u)", name, op->name);
	default:
		return snprintf(buf, len, " %s(id %u/%02x%02x session …%02x%02x%02x)", name, op->id.seq, op->id.other[10],
				op->id.other[11], op->session[11], op->session[14], op->session[15]);
	}
}

void wire_describe(char *buf, size_t len, const struct m_req *r)
{
	int at;

	if (r->sequence)
		at = snprintf(buf, len, "uid %u session …%02x%02x%02x slot %u seqid %u highest %u%s file %d%s:", r->uid,
			      r->session[11], r->session[14], r->session[15], r->slot, r->seqid, r->highest,
			      r->cache ? " cache" : "", r->file, r->fh ? " FORGED" : "");
	else
		at = snprintf(buf, len, "uid %u:", r->uid);
	for (unsigned int i = 0; i < r->nops && at > 0 && (size_t)at < len; i++)
		at += describe_op(buf + at, len - (size_t)at, &r->op[i]);
}
