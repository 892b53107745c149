// SPDX-License-Identifier: GPL-2.0
/*
 * Records into calls, results into replies. A call owns its record until run() is done, then only its reply; the
 * transport's done() ends it.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "../core/stats.h"
#include "../core/trace.h"
#include "../transport/budget.h"
#include "dispatch.h"
#include "internal.h"

struct kefs_rpc_conn *kefs_rpc_conn(const struct kefs_conn *conn)
{
	return kefs_conn_private(conn);
}

void *kefs_rpc_private(const struct kefs_conn *conn)
{
	return kefs_rpc_conn(conn)->priv;
}

/* Replies of RPC itself: to what never became a call. */
struct error_reply {
	struct kefs_msg msg;
	struct kefs_xdr_out out;
	u8 buf[KEFS_RPC_ERROR_MAX];
};

static void error_done(struct kefs_msg *msg)
{
	kefs_budget_uncharge(sizeof(struct error_reply));
	kfree(container_of(msg, struct error_reply, msg));
}

/* NULL: no memory, the connection is closed. */
static struct error_reply *error_new(struct kefs_conn *conn)
{
	struct error_reply *reply = kzalloc(sizeof(*reply), GFP_KERNEL);

	if (!reply) {
		kefs_count(KEFS_CNT_NOMEM);
		kefs_conn_close(conn);
		return NULL;
	}
	kefs_budget_charge(sizeof(*reply));
	kefs_xdr_out_init(&reply->out, reply->buf, sizeof(reply->buf));
	reply->msg.done = error_done;
	return reply;
}

static void error_send(struct kefs_conn *conn, struct error_reply *reply)
{
	WARN_ON_ONCE(reply->out.full);
	reply->msg.head = reply->buf;
	reply->msg.head_len = kefs_xdr_used(&reply->out);
	kefs_conn_send(conn, &reply->msg);
}

static void send_accepted(struct kefs_conn *conn, u32 xid, enum kefs_rpc_accept stat)
{
	struct error_reply *reply = error_new(conn);

	trace_kefs_rpc_error(kefs_conn_id(conn), xid, "accepted", stat);
	if (!reply)
		return;
	kefs_msg_put_accepted(&reply->out, xid, stat);
	error_send(conn, reply);
}

static void send_prog_mismatch(struct kefs_conn *conn, u32 xid, const struct kefs_program *prog)
{
	struct error_reply *reply = error_new(conn);

	kefs_count(KEFS_CNT_PROG_MISMATCH);
	trace_kefs_rpc_error(kefs_conn_id(conn), xid, "accepted", KEFS_RPC_PROG_MISMATCH);
	if (!reply)
		return;
	kefs_msg_put_prog_mismatch(&reply->out, xid, prog->lo, prog->hi);
	error_send(conn, reply);
}

static void send_rpc_mismatch(struct kefs_conn *conn, u32 xid)
{
	struct error_reply *reply = error_new(conn);

	kefs_count(KEFS_CNT_RPC_MISMATCH);
	trace_kefs_rpc_error(kefs_conn_id(conn), xid, "version", 0);
	if (!reply)
		return;
	kefs_msg_put_rpc_mismatch(&reply->out, xid);
	error_send(conn, reply);
}

static void send_auth_error(struct kefs_conn *conn, u32 xid, enum kefs_rpc_auth_stat stat)
{
	struct error_reply *reply = error_new(conn);

	kefs_count(KEFS_CNT_AUTH_ERROR);
	trace_kefs_rpc_error(kefs_conn_id(conn), xid, "auth", stat);
	if (!reply)
		return;
	kefs_msg_put_auth_error(&reply->out, xid, stat);
	error_send(conn, reply);
}

/* Calls */

static void call_free(struct kefs_call *call)
{
	const struct kefs_program *prog = call->prog;
	struct kefs_conn *conn = call->conn;

	prog->release(call);
	kefs_request_destroy(&call->rq);
	kvfree(call->big);
	kefs_budget_uncharge(prog->call_size + call->big_len);
	kmem_cache_free(prog->cache, call);
	kefs_conn_put(conn);
}

static void call_sent(struct kefs_msg *msg)
{
	call_free(container_of(msg, struct kefs_call, msg));
}

/* An error of RPC in place of what run() may have written. */
static void reply_error(struct kefs_call *call, enum kefs_rpc_accept stat)
{
	if (stat == KEFS_RPC_GARBAGE_ARGS)
		kefs_count(KEFS_CNT_GARBAGE_ARGS);
	else if (stat == KEFS_RPC_PROC_UNAVAIL)
		kefs_count(KEFS_CNT_PROC_UNAVAIL);
	trace_kefs_rpc_error(kefs_conn_id(call->conn), call->xid, "run", stat);
	kefs_xdr_out_init(&call->out, call->head, sizeof(call->head));
	kefs_msg_put_accepted(&call->out, call->xid, stat);
	call->msg.head = call->head;
	call->msg.head_len = kefs_xdr_used(&call->out);
}

static void reply_results(struct kefs_call *call)
{
	struct kefs_msg *msg = &call->msg;
	size_t len = kefs_xdr_used(&call->out);

	msg->head = call->out.start;
	msg->head_len = len;
	if (!call->pages_len)
		return;
	if (WARN_ON_ONCE(call->page_at > len))
		call->page_at = len;
	msg->head_len = call->page_at;
	msg->tail = call->out.start + call->page_at;
	msg->tail_len = len - call->page_at;
	msg->pages = call->pages;
	msg->nr_pages = call->nr_pages;
	msg->pages_len = call->pages_len;
}

/* run() is done with @err: end the call. */
static void call_finish(struct kefs_call *call, int err)
{
	if (!err && call->out.full)
		err = -KEFS_RPC_SYSTEM_ERR;
	kefs_record_free(call->rec);
	call->rec = NULL;
	switch (err) {
	case 0:
		reply_results(call);
		break;
	case -KEFS_RPC_GARBAGE_ARGS:
	case -KEFS_RPC_PROC_UNAVAIL:
	case -KEFS_RPC_SYSTEM_ERR:
		reply_error(call, -err);
		break;
	default:
		kefs_conn_close(call->conn);
		call_free(call);
		return;
	}
	call->msg.done = call_sent;
	kefs_conn_send(call->conn, &call->msg);
}

static void call_run(struct kefs_call *call)
{
	int err;

	do {
		err = call->prog->run(call);
		call->started = true;
		if (err != KEFS_PARKED) {
			call_finish(call, err);
			return;
		}
	} while (!kefs_park_commit(&call->rq));
	/* Parked: it may run elsewhere by now. */
}

static void call_resume(struct kefs_work *work)
{
	call_run(container_of(work, struct kefs_call, rq.work));
}

static struct kefs_call *call_new(const struct kefs_program *prog, struct kefs_conn *conn, struct kefs_record *rec)
{
	struct kefs_call *call = kmem_cache_alloc(prog->cache, GFP_KERNEL);

	if (!call)
		return NULL;
	memset(call, 0, offsetof(struct kefs_call, head));
	kefs_budget_charge(prog->call_size);
	kefs_request_init(&call->rq, call_resume, kefs_conn_lane(conn));
	call->rec = rec;
	call->conn = kefs_conn_get(conn);
	call->prog = prog;
	call->start_ns = ktime_get_ns();
	return call;
}

/* A well-formed call. Takes over @rec. */
static void accept(struct kefs_conn *conn, struct kefs_record *rec, const struct kefs_rpc_header *hdr,
		   const struct kefs_xdr_in *in)
{
	const struct kefs_program *prog = kefs_rpc_conn(conn)->ops->program;
	struct kefs_call *call;

	if (hdr->prog != prog->number) {
		kefs_count(KEFS_CNT_PROG_UNAVAIL);
		send_accepted(conn, hdr->xid, KEFS_RPC_PROG_UNAVAIL);
		kefs_record_free(rec);
		return;
	}
	if (hdr->vers < prog->lo || hdr->vers > prog->hi) {
		send_prog_mismatch(conn, hdr->xid, prog);
		kefs_record_free(rec);
		return;
	}
	call = call_new(prog, conn, rec);
	if (!call) {
		kefs_count(KEFS_CNT_NOMEM);
		send_accepted(conn, hdr->xid, KEFS_RPC_SYSTEM_ERR);
		kefs_record_free(rec);
		return;
	}
	call->xid = hdr->xid;
	call->vers = hdr->vers;
	call->proc = hdr->proc;
	call->cred = hdr->cred;
	call->in = *in;
	kefs_xdr_out_init(&call->out, call->head, sizeof(call->head));
	kefs_msg_put_accepted(&call->out, call->xid, KEFS_RPC_SUCCESS);
	call_run(call);
}

static const u8 *pull_rest(void *arg, size_t len)
{
	struct kefs_record *rec = arg;

	return kefs_record_pull(rec, rec->len - len, len);
}

static void broken(struct kefs_conn *conn, const char *what)
{
	kefs_count(KEFS_CNT_BAD_RPC);
	trace_kefs_conn_error(kefs_conn_id(conn), what, -EBADMSG);
}

static void received(struct kefs_conn *conn, struct kefs_record *rec)
{
	struct kefs_rpc_header hdr;
	struct kefs_xdr_in in;

	kefs_xdr_in_init(&in, rec->head, rec->head_len);
	in.beyond = rec->len - rec->head_len;
	in.pull = pull_rest;
	in.arg = rec;
	switch (kefs_msg_parse(&in, &hdr)) {
	case KEFS_RPC_V_CALL:
		accept(conn, rec, &hdr, &in);
		return;
	case KEFS_RPC_V_REPLY:
		if (!kefs_backcall_reply(kefs_rpc_conn(conn), hdr.xid, &in))
			broken(conn, "reply without a call");
		break;
	case KEFS_RPC_V_MISMATCH:
		send_rpc_mismatch(conn, hdr.xid);
		break;
	case KEFS_RPC_V_AUTH:
		send_auth_error(conn, hdr.xid, hdr.auth);
		break;
	case KEFS_RPC_V_GARBAGE:
		kefs_count(KEFS_CNT_GARBAGE_ARGS);
		send_accepted(conn, hdr.xid, KEFS_RPC_GARBAGE_ARGS);
		break;
	case KEFS_RPC_V_BROKEN:
		broken(conn, "no RPC header");
		kefs_conn_close(conn);
		break;
	}
	kefs_record_free(rec);
}

bool kefs_call_hoards(const struct kefs_call *call)
{
	return call->rec->held > KEFS_WAIT_HELD && kefs_budget_low();
}

int kefs_call_grow(struct kefs_call *call, size_t room)
{
	size_t used = kefs_xdr_used(&call->out);
	size_t len;
	void *buf;

	if (room > KEFS_REPLY_LINEAR_MAX - used)
		return -E2BIG;
	len = round_up(used + room, 1024);
	if (len > (size_t)(call->out.end - call->out.start)) {
		buf = kvmalloc(len, GFP_KERNEL);
		if (!buf) {
			kefs_count(KEFS_CNT_NOMEM);
			return -ENOMEM;
		}
		memcpy(buf, call->out.start, used);
		kefs_budget_charge(len);
		kvfree(call->big);
		kefs_budget_uncharge(call->big_len);
		call->big = buf;
		call->big_len = len;
		call->out.start = buf;
		call->out.p = call->out.start + used;
		call->out.end = call->out.start + len;
	}
	call->out.full = false;
	return 0;
}

/* Connections */

static void closed(struct kefs_conn *conn)
{
	struct kefs_rpc_conn *rpc = kefs_rpc_conn(conn);

	/* Told first: whose calls fail then looks for another connection */
	rpc->ops->closed(conn);
	kefs_backcall_close(rpc);
}

static void released(struct kefs_conn *conn)
{
	struct kefs_rpc_conn *rpc = kefs_rpc_conn(conn);

	rpc->ops->released(conn);
	kefs_backcall_destroy(rpc);
	kfree(rpc);
}

static const struct kefs_conn_ops conn_ops = {
	.received = received,
	.closed = closed,
	.released = released,
};

struct kefs_conn *kefs_rpc_adopt(int fd, const struct kefs_conn_ends *ends, struct kefs_lane *lane,
				 struct kefs_traffic __percpu *traffic, const struct kefs_rpc_ops *ops, void *priv)
{
	struct kefs_rpc_conn *rpc = kzalloc(sizeof(*rpc), GFP_KERNEL);
	struct kefs_conn *conn;

	if (!rpc)
		return ERR_PTR(-ENOMEM);
	rpc->ops = ops;
	rpc->priv = priv;
	kefs_backcall_init(rpc);
	conn = kefs_conn_adopt(fd, ends, lane, traffic, &conn_ops, rpc);
	if (IS_ERR(conn)) {
		kefs_backcall_destroy(rpc);
		kfree(rpc);
		return conn;
	}
	rpc->conn = conn;	/* nobody makes a back call before the caller has the connection */
	return conn;
}
