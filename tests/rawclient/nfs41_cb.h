/* SPDX-License-Identifier: GPL-2.0 */
/* The server's calls to a client (RFC 8881 §20), for tests. */
#ifndef KEFS_TESTS_NFS41_CB_H
#define KEFS_TESTS_NFS41_CB_H

#include "nfs41.h"

/* What a call asked for. */
struct nfs41_cb {
	bool recalled;			/* CB_RECALL of this stateid */
	struct nfs41_stateid id;
	bool notified;			/* CB_NOTIFY_LOCK */
	unsigned int nops;
};

/* Reads a record that is a call: 0, with the answer to send in @out, or -EBADMSG. */
int nfs41_callback(struct rpc4_in *in, struct rpc4_out *out, struct nfs41_cb *ret);

#endif
