/* SPDX-License-Identifier: GPL-2.0 */
/* Calls to clients over their sessions' back channels (RFC 8881 §20). */
#ifndef KEFS_NFS4_CB_H
#define KEFS_NFS4_CB_H

#include <linux/types.h>

struct kefs_cb_call;
struct kefs_lock_wait;
struct kefs_session;
struct kefs_xdr_in;
struct kefs_xdr_out;

/* If it is not known yet whether the session's back channel works, find out with a lone CB_SEQUENCE; does not wait. The
 * caller holds a slot of the session, so the client knows it. */
void kefs_cb_probe(struct kefs_session *session);

/* CB_NOTIFY_LOCK; what struct kefs_state_ops asks for. */
void kefs_cb_notify_lock(struct kefs_lock_wait *wait);

/* --- for those who send one: CB_COMPOUND4args with CB_SEQUENCE and @more operations to come --- */

void kefs_cb_put_begin(struct kefs_xdr_out *out, const struct kefs_cb_call *call, u32 more);
/* Was CB_SEQUENCE answered NFS4_OK? @in then stands behind its result. The compound's status may be another's. */
bool kefs_cb_sequence_ok(struct kefs_xdr_in *in);

#endif
