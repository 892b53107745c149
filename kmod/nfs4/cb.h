/* SPDX-License-Identifier: GPL-2.0 */
/* Calls to clients over their sessions' back channels (RFC 8881 §20): what struct kefs_state_ops asks for; a probe. */
#ifndef KEFS_NFS4_CB_H
#define KEFS_NFS4_CB_H

#include "../rpc/backcall.h"
#include "../state/session.h"
#include "xdr_cb.h"

struct kefs_deleg;
struct kefs_lock_wait;

/* If it is not known yet whether the session's back channel works, find out with a lone CB_SEQUENCE. The caller holds a
 * slot of the session, so the client knows it. */
void kefs_cb_probe(struct kefs_session *session);

/* CB_RECALL and CB_GETATTR to the holder of @deleg. */
void kefs_cb_recall(struct kefs_deleg *deleg);
void kefs_cb_getattr(struct kefs_deleg *deleg);
/* CB_NOTIFY_LOCK. */
void kefs_cb_notify_lock(struct kefs_lock_wait *wait);

/* --- for those who make one --- */

/* A callback: CB_SEQUENCE and at most one operation behind it. The first member of what its maker allocates. */
struct kefs_cb {
	struct kefs_backcall bc;
	struct kefs_cb_call call;
	u32 op;				/* behind CB_SEQUENCE; 0: none */
	bool again;			/* for done(): it was not carried out, or nobody knows; another try may be */
	/* Write the operation; and, for CB_SEQUENCE, say which request it refers to, if there is one. */
	void (*put)(struct kefs_cb *cb, struct kefs_xdr_out *out);
	void (*refer)(struct kefs_cb *cb, struct kefs_cb_sequence *seq);
	/* Its end, once, for any reason: the operation's status (NFS4ERR_BADXDR: there is none), @res behind it. Frees @cb. */
	void (*done)(struct kefs_cb *cb, u32 status, struct kefs_xdr_in *res);
};

/* @cb->call has begun: send it; done() is certain to be called, maybe from here. Does not wait. */
void kefs_cb_send(struct kefs_cb *cb, unsigned int seconds);

#endif
