// SPDX-License-Identifier: GPL-2.0
/* Client ids and sessions (RFC 8881 §18.33 to §18.37, §18.46, §18.47, §18.50, §18.51). */
#include <linux/in6.h>
#include <linux/jhash.h>
#include "../core/stats.h"
#include "../state/recovery.h"
#include "../state/session.h"
#include "cb.h"
#include "ops.h"

#define RETRY_WAIT	(30 * HZ)	/* for the original of a retry; then DELAY */
#define RETRY_NAP_MAX	(HZ / 10)

static_assert(KEFS_SESSION_ID_SIZE == KEFS_SESSIONID_SIZE);

static struct kefs_principal principal(const struct kefs_compound *c)
{
	return (struct kefs_principal){ .flavor = c->call.cred.flavor, .uid = c->call.cred.uid };
}

int kefs_run_exchange_id(struct kefs_compound *c)
{
	const struct args_exchange_id *a = &c->args.exchange_id;
	struct res_exchange_id *r = &c->res.exchange_id;
	struct kefs_exchange_args args = {
		.owner = a->owner.data, .owner_len = a->owner.len, .verifier = a->verifier, .flags = a->flags,
		.principal = principal(c), .bound = c->env.bound,
	};
	struct kefs_exchange_res res;
	struct kefs_conn_info info;
	int err;

	if (a->protect == SP4_SSV)
		return -KEFS_ERR_ENCR_ALG_UNSUPP;
	if (a->protect == SP4_MACH_CRED)		/* needs RPCSEC_GSS */
		return -EINVAL;
	kefs_conn_info(c->call.conn, &info);
	args.peer = &info.peer;
	args.peer_len = info.peer.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	err = kefs_client_exchange_id(c->env.domain, &args, &res);
	if (err)
		return err;
	r->clientid = res.clientid;
	r->seqid = res.seqid;
	r->flags = res.flags;
	r->scope.data = (const u8 *)kefs_domain_scope(c->env.domain, &r->scope.len);
	r->owner.data = (const u8 *)r->major;
	r->owner.len = kefs_domain_major(c->env.domain, res.line, r->major);
	return 0;
}

static struct kefs_channel channel_from(const struct kefs_channel_attrs *a)
{
	return (struct kefs_channel){ .headerpad = a->headerpad, .max_request = a->max_request,
		.max_response = a->max_response, .max_cached = a->max_response_cached, .max_ops = a->max_ops,
		.max_slots = a->max_requests };
}

static struct kefs_channel_attrs channel_to(const struct kefs_channel *ch)
{
	return (struct kefs_channel_attrs){ .headerpad = ch->headerpad, .max_request = ch->max_request,
		.max_response = ch->max_response, .max_response_cached = ch->max_cached, .max_ops = ch->max_ops,
		.max_requests = ch->max_slots };
}

static struct kefs_cb_sec cb_sec(const struct kefs_callback_sec *sec)
{
	return (struct kefs_cb_sec){ .flavor = sec->flavor, .uid = sec->uid, .gid = sec->gid };
}

int kefs_run_create_session(struct kefs_compound *c)
{
	const struct args_create_session *a = &c->args.create_session;
	struct res_create_session *r = &c->res.create_session;
	struct kefs_session_args args = {
		.clientid = a->clientid, .seqid = a->seqid, .flags = a->flags, .principal = principal(c),
		.fore = channel_from(&a->fore), .back = channel_from(&a->back), .cb_program = a->cb_program,
		.cb_sec = cb_sec(&a->sec),
	};
	struct kefs_session_res res;
	int err;

	/* Callbacks that we could not sign are as good as none. */
	if (!a->sec.known)
		args.flags &= ~CREATE_SESSION4_FLAG_CONN_BACK_CHAN;
	err = kefs_session_create(c->env.domain, &args, c->env.bound, &res);
	if (err)
		return err;
	memcpy(r->sessionid, res.id, KEFS_SESSIONID_SIZE);
	r->seqid = res.seqid;
	r->flags = res.flags;
	r->fore = channel_to(&res.fore);
	r->back = channel_to(&res.back);
	return 0;
}

int kefs_run_destroy_session(struct kefs_compound *c)
{
	const u8 *id = c->args.sessionid.sessionid;
	bool own = c->session && !memcmp(c->session->id, id, KEFS_SESSIONID_SIZE);

	if (own && c->index + 1 != c->nops)		/* RFC 8881 §18.37.3 */
		return -KEFS_ERR_NOT_ONLY_OP;
	return kefs_session_destroy(c->env.domain, id, c->slot, c->env.bound);
}

int kefs_run_destroy_clientid(struct kefs_compound *c)
{
	return kefs_client_destroy_id(c->env.domain, c->args.clientid.clientid);
}

int kefs_run_bind_conn_to_session(struct kefs_compound *c)
{
	const struct args_bind_conn *a = &c->args.bind_conn;
	struct res_bind_conn *r = &c->res.bind_conn;
	int err = kefs_session_bind_conn(c->env.domain, a->sessionid, c->env.bound, a->dir, &r->dir);

	memcpy(r->sessionid, a->sessionid, KEFS_SESSIONID_SIZE);
	return err;
}

int kefs_run_backchannel_ctl(struct kefs_compound *c)
{
	const struct args_backchannel_ctl *a = &c->args.backchannel_ctl;
	struct kefs_cb_sec sec = cb_sec(&a->sec);

	if (!a->sec.known)
		return -EINVAL;
	kefs_session_backchannel_ctl(c->session, a->program, &sec);
	return 0;
}

/* The cached results, behind the RPC header of this reply (RFC 8881 §2.10.6.1). */
static int put_replay(struct kefs_compound *c, const struct kefs_slot *slot)
{
	struct kefs_xdr_out *out = &c->call.out;
	u8 *p;
	int err;

	kefs_count(KEFS_CNT_REPLAYED);
	out->p = out->start + KEFS_CALL_RESULTS;
	err = kefs_compound_grow(c, slot->reply_len);
	if (err)
		return err;
	p = kefs_xdr_reserve(out, slot->reply_len);
	memcpy(p, slot->reply, slot->reply_len);
	c->replayed = true;
	return 0;
}

/* What a retry must have in common with the request that it repeats. */
static u32 digest(const struct kefs_compound *c)
{
	u32 who = jhash_2words(c->call.cred.flavor, c->call.cred.uid, 0);

	return jhash_3words(c->nops, (u32)c->call.rec->len - c->call.cred.body_len, who, 0);
}

/*
 * A retry that finds its original still running. It is worth waiting for: the Linux client takes DELAY for "in 15 s"
 * (kernel.md 5.4). True: parked, look again. The requests that a connection may have alive bound how many wait, and
 * RETRY_WAIT for how long.
 */
static bool await_original(struct kefs_compound *c)
{
	if (!c->retry_until) {
		c->retry_until = jiffies + RETRY_WAIT;
		c->retry_nap = 1;
	}
	if (time_after(jiffies, c->retry_until) || kefs_call_hoards(&c->call))
		return false;
	kefs_park_for(&c->call.rq, c->retry_nap);
	c->retry_nap = min_t(unsigned long, 2 * c->retry_nap, RETRY_NAP_MAX);
	return true;
}

int kefs_run_sequence(struct kefs_compound *c)
{
	const struct args_sequence *a = &c->args.sequence;
	struct res_sequence *r = &c->res.sequence;
	struct kefs_sequence_args args = {
		.session = a->sessionid, .seqid = a->seqid, .slotid = a->slotid, .highest = a->highest_slotid,
		.cachethis = a->cachethis, .digest = digest(c), .nr_ops = c->nops,
		.request_len = (u32)c->call.rec->len, .bound = c->env.bound,
	};
	struct kefs_sequence_res res;
	struct kefs_slot *slot;
	int ret;

	ret = kefs_slot_begin(c->env.domain, &args, &res, &slot);
	if (ret == -KEFS_ERR_DELAY && await_original(c))
		return KEFS_PARKED;
	if (ret < 0) {
		if (ret == -KEFS_ERR_SEQ_MISORDERED)
			kefs_count(KEFS_CNT_SEQ_MISORDERED);
		return ret;
	}
	c->slot = slot;
	c->session = slot->session;
	c->client = slot->session->client;
	c->actor.client = c->client;
	if (ret == KEFS_SLOT_REPLAY)
		return put_replay(c, slot);
	c->uncached = ret == KEFS_SLOT_UNCACHED;
	c->cachethis = a->cachethis;
	c->max_response = c->session->fore.max_response;
	c->max_cached = c->session->fore.max_cached;
	kefs_cb_probe(c->session);
	memcpy(r->sessionid, a->sessionid, KEFS_SESSIONID_SIZE);
	r->seqid = a->seqid;
	r->slotid = a->slotid;
	r->highest_slotid = res.highest;
	r->target_highest_slotid = res.target;
	r->status_flags = kefs_session_status_flags(c->session) |
			  (kefs_recovery_needed(c->client) ? KEFS_STATUS_RESTART_RECLAIM : 0);
	return 0;
}

int kefs_run_reclaim_complete(struct kefs_compound *c)
{
	bool one_fs = c->args.reclaim_complete.one_fs;

	if (one_fs && !c->cur.set)
		return -KEFS_ERR_NOFILEHANDLE;
	return kefs_recovery_complete(c->client, one_fs);
}

/* No client id here is protected by SSV (RFC 8881 §18.47.3). */
int kefs_run_set_ssv(struct kefs_compound *c)
{
	return -EINVAL;
}
