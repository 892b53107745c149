/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One COMPOUND while it runs. Operations are decoded, run and encoded one after the other; memory of an operation's
 * arguments and results is this struct's and the record's. Used by one thread at a time.
 */
#ifndef KEFS_NFS4_COMPOUND_H
#define KEFS_NFS4_COMPOUND_H

#include "../files/commit.h"
#include "../files/fh.h"
#include "../rpc/dispatch.h"
#include "../state/recall.h"
#include "args.h"
#include "op.h"

struct kefs_bound;
struct kefs_client;
struct kefs_domain;
struct kefs_grant;
struct kefs_session;
struct kefs_slot;
struct kefs_volume;

/*
 * A current or saved filehandle. The handle's bytes are checked (MAC) when it is put; the object behind them is looked
 * up when an operation first needs it: I/O by stateid never does.
 */
struct kefs_cfh {
	bool set;
	struct kefs_fid fid;
	struct dentry *dentry;		/* referenced; NULL until kefs_compound_dentry() */
	struct kefs_stateid stateid;	/* the current stateid that goes with it */
	bool has_stateid;
	bool at_door;			/* PUTROOTFH made it current */
};

/* What a connection's private data offers to compounds (server.c fills it for each). */
struct kefs_compound_env {
	struct kefs_grant *grant;	/* a reference */
	struct kefs_domain *domain;	/* kept by the connection */
	struct kefs_op_stats __percpu *stats;
	struct kefs_bound *bound;	/* the connection's bindings to sessions */
};

struct kefs_compound {
	struct kefs_call call;		/* first: see struct kefs_program */
	struct kefs_compound_env env;
	const struct cred *cred;	/* the caller's, referenced; active while operations run */
	u32 nops, index;		/* of the operation that runs now or next */
	u32 opnum;
	const struct kefs_op *op;
	bool decoded, resumed;		/* the operation at index: arguments are in args; it parked before */
	bool found;			/* OPEN that parked: its target is the current filehandle already */
	bool once;			/* it has made what it cannot make again, and must be finished */
	u8 probe_waits;			/* how often it parked to hear whether the client can be called back */
	bool replayed;			/* the reply in out stands as it is: stop */
	bool uncached;			/* a retry whose reply was not kept: all but SEQUENCE is refused */
	u32 status;
	size_t status_at, count_at;	/* offsets in call.out */
	size_t op_at;			/* where the running operation's result starts */
	size_t max_response, max_cached;	/* of the session's fore channel; without one the transport's */
	bool cachethis;
	u64 op_start_ns, op_bytes;

	unsigned long retry_until, retry_nap;	/* jiffies: SEQUENCE waits for the request that it repeats */

	struct kefs_slot *slot;		/* held after SEQUENCE; it keeps the two below */
	struct kefs_session *session;
	struct kefs_client *client;
	struct kefs_actor actor;

	struct kefs_cfh cur, saved;
	struct kefs_commit commit;	/* flushed before the reply */
	/* The first operation that changed something: what fails if the flush does. */
	const struct kefs_op *changed_op;
	u32 changed_index, changed_opnum;
	size_t changed_at;		/* its result's offset */

	struct bio_vec *read_pages;	/* of a spliced READ, released with the call */
	unsigned int nr_read_pages;
	void *readlink;			/* kfree'd after encoding */

	/* From here on not cleared at the start. */
	union kefs_args args;
	union kefs_res res;
};

/* The object of a filehandle that is set: looked up at most once. ERR_PTR(-ESTALE …); the reference stays @fh's. */
struct dentry *kefs_compound_dentry(struct kefs_compound *c, struct kefs_cfh *fh);
/* Make @dentry (whose reference is taken over) the current object. */
int kefs_compound_set_dentry(struct kefs_compound *c, struct dentry *dentry);
void kefs_compound_clear_fh(struct kefs_cfh *fh);
/* The stateid that @arg stands for: itself, or the current one (RFC 8881 §16.2.3.1.2). -KEFS_ERR_BAD_STATEID. */
int kefs_compound_stateid(struct kefs_compound *c, const struct kefs_stateid *arg, struct kefs_stateid *ret);
void kefs_compound_set_stateid(struct kefs_compound *c, const struct kefs_stateid *stateid);
/* Bytes that the session lets the results still have. */
size_t kefs_compound_room(const struct kefs_compound *c);
/* Make @len bytes of room in call.out, be the session's limits what they are. -KEFS_ERR_REP_TOO_BIG, -ENOMEM. */
int kefs_compound_grow(struct kefs_compound *c, size_t len);
/* Make @len bytes of room in call.out. -KEFS_ERR_REP_TOO_BIG, -KEFS_ERR_REP_TOO_BIG_TO_CACHE beyond the session's
 * limits, -ENOMEM. */
int kefs_compound_reserve(struct kefs_compound *c, size_t len);

static inline void kefs_compound_no_stateid(struct kefs_compound *c)
{
	c->cur.has_stateid = false;
}

/*
 * The program to hand to rpc/. @env is asked for each compound, on the connection that it came on; it returns 0 with
 * references that kefs_compound ends with @put.
 */
struct kefs_compound_host {
	int (*get_env)(struct kefs_conn *conn, struct kefs_compound_env *ret_env);
	void (*put_env)(struct kefs_compound_env *env);
	void (*count_null)(struct kefs_conn *conn);
};

extern struct kefs_program kefs_nfs4_program;
int __init kefs_compound_init(const struct kefs_compound_host *host);
void kefs_compound_exit(void);

#endif
