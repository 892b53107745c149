/* SPDX-License-Identifier: GPL-2.0 */
/* Calls to clients over their sessions' back channels (RFC 8881 §20). None of them waits. */
#ifndef KEFS_NFS4_CB_H
#define KEFS_NFS4_CB_H

struct kefs_deleg;
struct kefs_session;

/* If it is not known yet whether the session's back channel works, find out with a lone CB_SEQUENCE. The caller holds a
 * slot of the session, so the client knows it. */
void kefs_cb_probe(struct kefs_session *session);

/* CB_RECALL and CB_GETATTR to the holder of @deleg: what struct kefs_state_ops asks for. */
void kefs_cb_recall(struct kefs_deleg *deleg);
void kefs_cb_getattr(struct kefs_deleg *deleg);

#endif
