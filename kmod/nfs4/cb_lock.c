// SPDX-License-Identifier: GPL-2.0
/* CB_NOTIFY_LOCK (RFC 8881 §20.11): a lock that was waited for may be free. */
#include <linux/slab.h>
#include "../rpc/backcall.h"
#include "../state/lockwait.h"
#include "../state/owner.h"
#include "../state/session.h"
#include "cb.h"
#include "proto.h"

#define CB_PROC_COMPOUND 1
#define NOTICE_HEAD 200		/* RPC header, CB_COMPOUND4args, CB_SEQUENCE and what is fixed of CB_NOTIFY_LOCK */

struct notice {
	struct kefs_backcall bc;
	struct kefs_cb_call call;
	struct kefs_lock_wait *wait;	/* a reference */
};

static void encode(struct kefs_backcall *bc, struct kefs_xdr_out *out)
{
	struct notice *n = container_of(bc, struct notice, bc);
	const struct kefs_owner *owner = n->wait->owner;

	kefs_cb_put_begin(out, &n->call, 1);
	kefs_xdr_put_u32(out, OP_CB_NOTIFY_LOCK);
	kefs_xdr_put_opaque(out, n->wait->fh.data, n->wait->fh.len);
	kefs_xdr_put_u64(out, owner->client->id);
	kefs_xdr_put_opaque(out, owner->data, owner->len);
}

static void done(struct kefs_backcall *bc, int err, struct kefs_xdr_in *res)
{
	struct notice *n = container_of(bc, struct notice, bc);
	bool sequenced = !err && kefs_cb_sequence_ok(res);
	bool told = sequenced && kefs_xdr_u32(res) == OP_CB_NOTIFY_LOCK && kefs_xdr_u32(res) == NFS4_OK && !res->bad;

	/* A client that is slow to answer has a way back still: the probe's business, not ours. */
	kefs_cb_end(&n->call, sequenced, sequenced ? KEFS_CB_UP : err == -ENOTCONN ? KEFS_CB_DOWN : KEFS_CB_UNKNOWN);
	kefs_lockwait_told(n->wait, told ? KEFS_TOLD : KEFS_TOLD_NOT);
	kfree(n);
}

/* The client's limit for what it is sent. */
static bool fits(const struct kefs_lock_wait *wait, const struct kefs_session *session)
{
	return NOTICE_HEAD + KEFS_FH_MAX + KEFS_XDR_PAD(wait->owner->len) <= session->back.max_request;
}

void kefs_cb_notify_lock(struct kefs_lock_wait *wait)
{
	struct notice *n = kzalloc(sizeof(*n), GFP_KERNEL);
	int err = n ? kefs_cb_begin(wait->owner->client, &n->call) : -EBUSY;

	if (err) {
		kfree(n);
		kefs_lockwait_told(wait, err == -EBUSY ? KEFS_TOLD_LATER : KEFS_TOLD_NOT);
		return;
	}
	n->wait = wait;
	n->bc = (struct kefs_backcall){
		.prog = n->call.program, .vers = NFS4_CALLBACK_VERSION, .proc = CB_PROC_COMPOUND,
		.auth_sys = n->call.sec.flavor == AUTH_FLAVOR_SYS, .timeout = KEFS_CB_TIMEOUT_SEC * HZ,
		.encode = encode, .done = done,
	};
	err = fits(wait, n->call.session) ? kefs_backcall_send(n->call.conn, &n->bc) : -EMSGSIZE;
	if (err)
		done(&n->bc, err, NULL);
}
