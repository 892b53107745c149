// SPDX-License-Identifier: GPL-2.0
/* CB_NOTIFY_LOCK (RFC 8881 §20.11): a lock that was waited for may be free. */
#include <linux/slab.h>
#include "../state/lockwait.h"
#include "../state/owner.h"
#include "cb.h"

#define NOTICE_HEAD 200		/* RPC header, CB_COMPOUND4args, CB_SEQUENCE and what is fixed of CB_NOTIFY_LOCK */

struct notice {
	struct kefs_cb cb;
	struct kefs_lock_wait *wait;	/* a reference */
};

static void put(struct kefs_cb *cb, struct kefs_xdr_out *out)
{
	const struct kefs_lock_wait *wait = container_of(cb, struct notice, cb)->wait;
	struct kefs_str fh = { .data = wait->fh.data, .len = wait->fh.len };
	struct kefs_str owner = { .data = wait->owner->data, .len = wait->owner->len };

	kefs_cb_put_notify_lock(out, &fh, wait->owner->client->id, &owner);
}

static void done(struct kefs_cb *cb, u32 status, struct kefs_xdr_in *res)
{
	struct notice *n = container_of(cb, struct notice, cb);

	kefs_lockwait_told(n->wait, status == NFS4_OK ? KEFS_TOLD : cb->again ? KEFS_TOLD_AGAIN : KEFS_TOLD_NOT);
	kfree(n);
}

/* The client's limit for what it is sent. */
static bool fits(const struct kefs_lock_wait *wait, const struct kefs_session *session)
{
	return NOTICE_HEAD + KEFS_FH_MAX + KEFS_XDR_PAD(wait->owner->len) <= session->back.max_request;
}

/* Whose connection is gone may have another one soon. */
static enum kefs_lock_told how_not(int err)
{
	return err == -EBUSY ? KEFS_TOLD_LATER : err == -ENOTCONN ? KEFS_TOLD_AGAIN : KEFS_TOLD_NOT;
}

void kefs_cb_notify_lock(struct kefs_lock_wait *wait)
{
	struct notice *n = kzalloc(sizeof(*n), GFP_KERNEL);
	int err = n ? kefs_cb_begin(wait->owner->client, &n->cb.call) : -EBUSY;

	if (!err && !fits(wait, n->cb.call.session)) {
		kefs_cb_end(&n->cb.call, false, KEFS_CB_UNKNOWN);
		err = -EMSGSIZE;
	}
	if (err) {
		kfree(n);
		kefs_lockwait_told(wait, how_not(err));
		return;
	}
	n->wait = wait;
	n->cb.op = OP_CB_NOTIFY_LOCK;
	n->cb.put = put;
	n->cb.done = done;
	kefs_cb_send(&n->cb, KEFS_CB_TIMEOUT_SEC);
}
