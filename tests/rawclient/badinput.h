/* SPDX-License-Identifier: GPL-2.0 */
/* badinput: what its parts share. A test returns 0, or 1 after saying why with fail(). */
#ifndef KEFS_TESTS_BADINPUT_H
#define KEFS_TESTS_BADINPUT_H

#include "nfs41.h"

struct ctx {
	struct rpc4_addr addr;
	uint64_t rng;
	unsigned int rounds;		/* of random tests */
	bool lenient;			/* the peer is not Kefs: only what the RFCs demand */
	char why[300];
};

/* A misbehaving client of its own: a connection, perhaps a session on it. */
struct peer {
	struct ctx *t;
	struct rpc4_conn conn;
	struct nfs41_session ses;
	uint32_t slot;		/* the one to use next: a fresh one each time, so that no test depends on another's seqid */
	bool connected, session;
};

/* What an answer may be: an nfsstat4, or one of these. A list ends with END. */
enum { END = -1, CLOSE = -2 /* the peer closed */, RPC_ERR = -3 /* an accepted error or a denial */,
       NFS_ERR = -4 /* any status but OK */, SILENT = -5, DENIED = -6, JUNK = -7,
       ACCEPT = -100 /* ACCEPT - accept_stat: exactly that one */,
       AUTH_ERR = -200 /* AUTH_ERROR, whatever its reason */ };

struct test {
	const char *name;
	const char *counter;	/* of Kefs (kefsctl --json stats), that must have moved afterwards; NULL: none in particular */
	int (*run)(struct ctx *);
};

extern const struct test bad_rpc_tests[], bad_nfs_tests[], bad_session_tests[];	/* end with a NULL name */

int fail(struct ctx *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

int peer_connect(struct ctx *t, struct peer *p);	/* a connection; again if the old one was closed */
int peer_adopt(struct ctx *t, struct peer *p);	/* and a NULL call on it: from then on the kernel module reads */
int peer_session(struct ctx *t, struct peer *p);	/* and a session on it */
void peer_end(struct peer *p);				/* ends the session politely if it can */
void peer_forget(struct peer *p);			/* closes the connection and leaves the session alone */

/* Begins a compound with SEQUENCE on a fresh slot and PUTROOTFH. */
void peer_begin(struct peer *p, struct nfs41_req *q);
/* Begins a compound without SEQUENCE. */
void peer_begin_bare(struct peer *p, struct nfs41_req *q);

/* One answer: an nfsstat4 or one of the negative numbers above. */
int answer(struct peer *p, struct nfs41_res *res);
/* Sends, takes the answer, frees; the answer must be in the list, @what is for the message. */
int expect(struct peer *p, struct nfs41_req *q, const char *what, const int *list);
int expect_record(struct peer *p, const struct rpc4_out *rec, const char *what, const int *list);
int expect_answer(struct peer *p, const char *what, const int *list);
#define LIST(...) ((const int[]){ __VA_ARGS__, END })

/* The peer closes soon; in lenient mode it may also just stay silent. */
int expect_close(struct peer *p, const char *what);

/* A NULL call without its record mark. */
void put_null_call(struct peer *p, struct rpc4_out *o);

#endif
