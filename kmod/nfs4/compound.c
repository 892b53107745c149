// SPDX-License-Identifier: GPL-2.0
/*
 * The COMPOUND procedure (RFC 8881 §16.2): reads each operation, checks where it stands, runs it, writes its result.
 *
 * A reply is changed by nobody once run() is done; so the order at the end is: flush what was changed, patch status and
 * count, leave the reply in the slot's cache and free the slot, and only then let rpc/ send it.
 */
#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "../core/stats.h"
#include "../core/trace.h"
#include "../files/grant.h"
#include "../state/session.h"
#include "compound.h"
#include "status.h"

#define OP_HEAD		8		/* operation number and status */
#define ERROR_ROOM	16		/* of the longest reply, kept for the head of an error */

static const struct kefs_compound_host *host;

struct dentry *kefs_compound_dentry(struct kefs_compound *c, struct kefs_cfh *fh)
{
	struct dentry *dentry = fh->dentry;

	if (dentry)
		return dentry;
	dentry = kefs_fh_resolve(c->env.grant, &fh->fid);
	if (!IS_ERR(dentry))
		fh->dentry = dentry;
	return dentry;
}

void kefs_compound_clear_fh(struct kefs_cfh *fh)
{
	dput(fh->dentry);
	fh->dentry = NULL;
	fh->set = false;
	fh->has_stateid = false;
	fh->at_door = false;
}

int kefs_compound_set_dentry(struct kefs_compound *c, struct dentry *dentry)
{
	struct kefs_fid fid;
	int err = kefs_fh_fid(c->env.grant, dentry, &fid);

	if (err) {
		dput(dentry);
		return err;
	}
	kefs_compound_clear_fh(&c->cur);
	c->cur.fid = fid;
	c->cur.dentry = dentry;
	c->cur.set = true;
	return 0;
}

int kefs_compound_stateid(struct kefs_compound *c, const struct kefs_stateid *arg, struct kefs_stateid *ret)
{
	static const u8 zeros[KEFS_STATEID_OTHER];

	if (arg->seqid == 1 && !memcmp(arg->other, zeros, sizeof(zeros))) {
		if (!c->cur.has_stateid)
			return -KEFS_ERR_BAD_STATEID;
		*ret = c->cur.stateid;
		return 0;
	}
	*ret = *arg;
	return 0;
}

void kefs_compound_set_stateid(struct kefs_compound *c, const struct kefs_stateid *stateid)
{
	c->cur.stateid = *stateid;
	c->cur.has_stateid = true;
}

static size_t limit(const struct kefs_compound *c)
{
	return c->cachethis ? min(c->max_response, c->max_cached) : c->max_response;
}

size_t kefs_compound_room(const struct kefs_compound *c)
{
	size_t used = kefs_xdr_used(&c->call.out) + c->call.pages_len;

	return used < limit(c) ? limit(c) - used : 0;
}

int kefs_compound_grow(struct kefs_compound *c, size_t len)
{
	if (kefs_xdr_used(&c->call.out) + len > KEFS_REPLY_LINEAR_MAX - ERROR_ROOM)
		return -KEFS_ERR_REP_TOO_BIG;
	return len <= kefs_xdr_room(&c->call.out) ? 0 : kefs_call_grow(&c->call, len);
}

int kefs_compound_reserve(struct kefs_compound *c, size_t len)
{
	size_t used = kefs_xdr_used(&c->call.out) + c->call.pages_len;

	if (used + len > c->max_response)
		return -KEFS_ERR_REP_TOO_BIG;
	if (used + len > limit(c))
		return -KEFS_ERR_REP_TOO_BIG_TO_CACHE;
	return kefs_compound_grow(c, len);
}

/* RFC 8881 §2.10.6.1.3, §18.46.3: SEQUENCE first, or one of a few alone. */
static int check_position(const struct kefs_compound *c)
{
	const struct kefs_op *op = c->op;

	if (c->index == 0) {
		if (c->opnum == OP_SEQUENCE)
			return 0;
		if (!(op->flags & KEFS_OPF_SOLO))
			return NFS4ERR_OP_NOT_IN_SESSION;
		return c->nops == 1 ? 0 : NFS4ERR_NOT_ONLY_OP;
	}
	if (c->uncached)
		return NFS4ERR_RETRY_UNCACHED_REP;
	if (c->opnum == OP_SEQUENCE)
		return NFS4ERR_SEQUENCE_POS;
	if (c->opnum == OP_BIND_CONN_TO_SESSION)	/* RFC 8881 §18.34.3 */
		return NFS4ERR_NOT_ONLY_OP;
	return 0;
}

/*
 * Who may not mount has a session (a client whose connection is dropped tries for ever) and what it needs to give state
 * back. It also learns that the root is a directory, and is refused with the next thing that it asks: a Linux client
 * that is refused earlier makes EPERM of it when it was not told which security flavour to use (nfs41_find_root_sec()),
 * and then mount(8) does not say "access denied by server", which people and amazon-efs-utils look for.
 */
static bool may_run(const struct kefs_compound *c)
{
	if (!(c->env.grant->flags & KEFS_GRANT_F_NO_ACCESS) || c->op->flags & (KEFS_OPF_NO_FH | KEFS_OPF_RELEASES))
		return true;
	return c->op->flags & KEFS_OPF_DOOR && c->cur.at_door;
}

/* Decode the next operation. Its status if it cannot be run, else 0. */
static u32 decode_op(struct kefs_compound *c)
{
	struct kefs_call *call = &c->call;
	int err;

	c->opnum = kefs_xdr_u32(&call->in);
	c->op = call->in.bad ? NULL : kefs_op_find(c->opnum);
	c->op_at = kefs_xdr_used(&call->out);
	if (!c->op) {
		c->opnum = OP_ILLEGAL;
		kefs_count(call->in.bad ? KEFS_CNT_BADXDR : KEFS_CNT_OP_ILLEGAL);
		return call->in.bad ? NFS4ERR_BADXDR : NFS4ERR_OP_ILLEGAL;
	}
	err = check_position(c);
	if (err)
		return (u32)err;
	if (!c->op->run)
		return NFS4ERR_NOTSUPP;
	if (c->op->decode && !c->op->decode(&call->in, &c->args)) {
		if (call->in.nomem)
			return NFS4ERR_DELAY;
		kefs_count(KEFS_CNT_BADXDR);
		return NFS4ERR_BADXDR;
	}
	if (!(c->op->flags & KEFS_OPF_NO_FH) && !c->cur.set)
		return NFS4ERR_NOFILEHANDLE;
	if (!may_run(c))
		return NFS4ERR_ACCESS;
	return kefs_status(kefs_compound_reserve(c, OP_HEAD + c->op->reply_max));
}

static void put_op_head(struct kefs_compound *c, u32 status)
{
	kefs_xdr_put_u32(&c->call.out, c->opnum);
	kefs_xdr_put_u32(&c->call.out, status);
}

/* Write the result; READ, READDIR and GETATTR wrote theirs already, behind a head with NFS4_OK. */
static void encode_op(struct kefs_compound *c, u32 status)
{
	struct kefs_xdr_out *out = &c->call.out;

	if (status) {			/* take back what run() may have written */
		out->p = out->start + c->op_at;
		out->full = false;
		put_op_head(c, status);
		if (c->op && c->op->encode && c->op->flags & KEFS_OPF_ENCODE_ERR)
			c->op->encode(out, &c->res, status);
		return;
	}
	if (c->op->encode)
		c->op->encode(out, &c->res, 0);
}

/* Of an operation that was not run, or whose results are no more: what the body of an error has to say is nothing. */
static void no_results(struct kefs_compound *c)
{
	memset(&c->res.setattr, 0, sizeof(c->res.setattr));
}

static void account_op(struct kefs_compound *c, u32 status)
{
	u64 now = ktime_get_ns();

	kefs_count_op(c->env.stats, c->opnum, status, now - c->op_start_ns, c->op_bytes);
	trace_kefs_op(c->opnum, status, now - c->op_start_ns);
	c->op_start_ns = now;
}

static void note_change(struct kefs_compound *c)
{
	if (c->changed_op || !(c->op->flags & KEFS_OPF_MODIFIES))
		return;
	c->changed_op = c->op;
	c->changed_opnum = c->opnum;
	c->changed_index = c->index;
	c->changed_at = c->op_at;
}

/* Room for the head of an error must be there even when the session's limit says no. */
static int make_room_for_error(struct kefs_compound *c)
{
	size_t need = OP_HEAD + 4;

	static_assert(OP_HEAD + 4 <= ERROR_ROOM);
	return kefs_xdr_room(&c->call.out) >= need ? 0 : kefs_call_grow(&c->call, need);
}

/*
 * A lease or delegation is in the way of the running operation, which has done nothing yet that may not be done again.
 * What it has written goes. On a connection that is closed nobody waits for the reply.
 */
static int wait_for_lease(struct kefs_compound *c)
{
	struct kefs_xdr_out *out = &c->call.out;

	if (!c->slot || !kefs_conn_alive(c->call.conn) || kefs_call_hoards(&c->call))
		return -KEFS_ERR_DELAY;
	out->p = out->start + c->op_at + OP_HEAD;
	out->full = false;
	return kefs_actor_wait(&c->actor);
}

/*
 * What has waited may have waited for long: another grant may have taken the place of its own, and there may be nobody
 * to answer. But for GUARDED4 nothing was done yet that may not be done again (see wait_for_lease()): so the client is
 * asked to do that.
 */
static bool outlived(const struct kefs_compound *c)
{
	return c->resumed && !c->once && (READ_ONCE(c->env.grant->replaced) || !kefs_conn_alive(c->call.conn));
}

/* Run one operation. 0, KEFS_PARKED, or -ENOMEM when not even its status can be written. c->status says how it went. */
static int step(struct kefs_compound *c)
{
	u32 status = 0;
	int ret;

	if (!c->decoded) {
		c->op_bytes = 0;
		status = decode_op(c);
		if (status) {
			if (make_room_for_error(c))
				return -ENOMEM;
			no_results(c);
			goto done;
		}
		c->decoded = true;
		put_op_head(c, NFS4_OK);
	}
	ret = outlived(c) ? -KEFS_ERR_DELAY : c->op->run(c);
	if (ret == -KEFS_ERR_LEASE)
		ret = wait_for_lease(c);
	if (ret == KEFS_PARKED) {
		c->resumed = true;
		return KEFS_PARKED;
	}
	if (c->replayed)
		return 0;
	status = kefs_status(ret);
	if (!status)
		note_change(c);
done:
	encode_op(c, status);
	account_op(c, status);
	c->status = status;
	c->decoded = false;
	c->resumed = false;
	c->found = false;
	c->once = false;
	c->probe_waits = 0;
	kefs_actor_next(&c->actor);
	if (!status && c->op->flags & KEFS_OPF_SET_FH)
		kefs_compound_no_stateid(c);
	return 0;
}

/* Changes that could not be made stable are errors of the operation that made the first of them: what comes behind it
 * in the reply goes. */
static void flush_changes(struct kefs_compound *c)
{
	u32 status = kefs_status(kefs_commit_flush(&c->commit));

	if (!status || !c->changed_op || c->replayed)
		return;
	if (c->call.page_at > c->changed_at) {
		c->call.pages_len = 0;
		c->call.nr_pages = 0;
	}
	c->op = c->changed_op;
	c->opnum = c->changed_opnum;
	c->index = c->changed_index;
	c->op_at = c->changed_at;
	c->status = status;
	no_results(c);
	encode_op(c, status);
}

static void end_slot(struct kefs_compound *c, const void *reply, size_t len)
{
	if (c->slot)
		kefs_slot_end(c->slot, reply, len);
	c->slot = NULL;
	c->session = NULL;
	c->client = NULL;
	c->actor.client = NULL;
}

static void finish(struct kefs_compound *c)
{
	struct kefs_xdr_out *out = &c->call.out;

	flush_changes(c);
	if (!c->replayed) {
		u32 count = c->status ? c->index + 1 : c->index;

		kefs_xdr_poke_u32(out->start + c->status_at, c->status);
		kefs_xdr_poke_u32(out->start + c->count_at, count);
	}
	if (c->cachethis && !c->replayed && !c->uncached)
		end_slot(c, out->start + KEFS_CALL_RESULTS, kefs_xdr_used(out) - KEFS_CALL_RESULTS);
	else
		end_slot(c, NULL, 0);
}

static void drop(struct kefs_compound *c)
{
	kefs_compound_clear_fh(&c->cur);
	kefs_compound_clear_fh(&c->saved);
	kfree(c->readlink);
	c->readlink = NULL;
	if (c->cred)
		put_cred(c->cred);
	c->cred = NULL;
	if (c->env.grant)
		host->put_env(&c->env);
	c->env.grant = NULL;
}

/* Arguments and results up to the first operation. 0, or what run() is to return. */
static int begin(struct kefs_compound *c)
{
	struct kefs_call *call = &c->call;
	struct kefs_rpc_cred *rc = &call->cred;
	const u8 *tag;
	u32 tag_len, minor;
	int err;

	memset((u8 *)c + sizeof(*call), 0, offsetof(struct kefs_compound, args) - sizeof(*call));
	kefs_commit_init(&c->commit);
	kefs_actor_init(&c->actor, &call->rq);
	c->max_response = KEFS_RECORD_MAX;
	c->max_cached = KEFS_RECORD_MAX;
	c->op_start_ns = ktime_get_ns();
	tag = kefs_xdr_opaque(&call->in, KEFS_TAG_MAX, &tag_len);
	minor = kefs_xdr_u32(&call->in);
	c->nops = kefs_xdr_u32(&call->in);
	if (call->in.bad)
		return call->in.nomem ? -KEFS_RPC_SYSTEM_ERR : -KEFS_RPC_GARBAGE_ARGS;
	err = kefs_xdr_room(&call->out) < 64 + tag_len ? kefs_call_grow(call, 64 + tag_len) : 0;
	if (!err)
		err = host->get_env(call->conn, &c->env);
	if (err)
		return -KEFS_RPC_SYSTEM_ERR;
	c->cred = kefs_grant_cred(c->env.grant, rc->flavor, rc->uid, rc->gid, rc->ngids, rc->gids);
	if (IS_ERR(c->cred)) {
		c->cred = NULL;
		return -KEFS_RPC_SYSTEM_ERR;
	}
	c->status_at = kefs_xdr_used(&call->out);
	kefs_xdr_put_u32(&call->out, 0);
	kefs_xdr_put_opaque(&call->out, tag, tag_len);
	c->count_at = kefs_xdr_used(&call->out);
	kefs_xdr_put_u32(&call->out, 0);
	if (minor != NFS4_MINOR) {
		kefs_xdr_poke_u32(call->out.start + c->status_at, NFS4ERR_MINOR_VERS_MISMATCH);
		c->nops = 0;
		c->replayed = true;	/* the reply stands as it is */
	}
	return 0;
}

static int run_ops(struct kefs_compound *c)
{
	const struct cred *old = override_creds(c->cred);
	int ret = 0;

	kefs_actor_enter(&c->actor);
	while (c->index < c->nops && !c->replayed) {
		ret = step(c);
		if (ret || c->status)
			break;
		c->index++;
	}
	if (!ret)
		finish(c);
	else if (ret != KEFS_PARKED)
		kefs_commit_flush(&c->commit);	/* there is no reply to tell how that went */
	kefs_actor_leave(&c->actor);
	revert_creds(old);
	return ret;
}

static int run(struct kefs_call *call)
{
	struct kefs_compound *c = container_of(call, struct kefs_compound, call);
	u64 start;
	int ret;

	if (call->proc == NFSPROC4_NULL) {
		if (!call->started)
			c->read_pages = NULL;
		host->count_null(call->conn);
		return 0;
	}
	if (call->proc != NFSPROC4_COMPOUND) {
		c->read_pages = NULL;
		return -KEFS_RPC_PROC_UNAVAIL;
	}
	start = ktime_get_ns();
	ret = call->started ? 0 : begin(c);
	if (call->started)
		c->op_start_ns = start;
	if (!ret) {
		ret = run_ops(c);
		if (ret == KEFS_PARKED)
			return ret;
		if (ret)
			ret = -KEFS_RPC_SYSTEM_ERR;
		kefs_count_op(c->env.stats, 1, c->status, ktime_get_ns() - start, 0);
	}
	end_slot(c, NULL, 0);
	drop(c);
	return ret;
}

static void release(struct kefs_call *call)
{
	struct kefs_compound *c = container_of(call, struct kefs_compound, call);
	unsigned int i;

	if (!c->read_pages)
		return;
	for (i = 0; i < c->nr_read_pages; i++)
		put_page(c->read_pages[i].bv_page);
	kvfree(c->read_pages);
}

struct kefs_program kefs_nfs4_program = {
	.number = NFS4_PROGRAM,
	.lo = NFS4_VERSION,
	.hi = NFS4_VERSION,
	.call_size = sizeof(struct kefs_compound),
	.name = "nfs4",
	.run = run,
	.release = release,
};

int __init kefs_compound_init(const struct kefs_compound_host *h)
{
	host = h;
	kefs_nfs4_program.cache = KMEM_CACHE(kefs_compound, SLAB_HWCACHE_ALIGN);
	return kefs_nfs4_program.cache ? 0 : -ENOMEM;
}

void kefs_compound_exit(void)
{
	kmem_cache_destroy(kefs_nfs4_program.cache);
}
