/* SPDX-License-Identifier: GPL-2.0 */
/* Calls to clients over their sessions' back channels (RFC 8881 §20). */
#ifndef KEFS_NFS4_CB_H
#define KEFS_NFS4_CB_H

struct kefs_session;

/* If it is not known yet whether the session's back channel works, find out with a lone CB_SEQUENCE; does not wait. The
 * caller holds a slot of the session, so the client knows it. */
void kefs_cb_probe(struct kefs_session *session);

#endif
