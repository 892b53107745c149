/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records of a connection made into calls of a program and their replies sent.
 *
 * A call is allocated when its record has come, runs on the thread that read it, and may park (core/request.h): run()
 * is then called again, on some pool thread, when it is resumed. When run() is done the record is freed, the reply is
 * sent, and release() is called when the transport has finished with the reply's memory.
 */
#ifndef KEFS_RPC_DISPATCH_H
#define KEFS_RPC_DISPATCH_H

#include <linux/bvec.h>
#include "../core/limits.h"
#include "../core/request.h"
#include "../transport/conn.h"
#include "../xdr/cursor.h"
#include "cred.h"
#include "msg.h"

struct kmem_cache;

#define KEFS_RPC_DROP 64	/* result of run(): no reply, close the connection */

/*
 * One call. Allocated from the program's cache, as the first member of the program's own struct; zeroed but for
 * head[] and what the program has behind this struct, which run() finds as kmem_cache_alloc() left it: test
 * call->started to know the first run from a resume.
 */
struct kefs_call {
	struct kefs_request rq;
	struct kefs_record *rec;	/* until run() is done; with it go all pointers that came out of @in */
	struct kefs_conn *conn;		/* a reference */
	const struct kefs_program *prog;
	u32 xid, vers, proc;
	struct kefs_rpc_cred cred;
	struct kefs_xdr_in in;		/* at the arguments */
	struct kefs_xdr_out out;	/* behind the header of an accepted reply with SUCCESS */
	/*
	 * Pages between out's bytes before @page_at (an offset from out.start) and those from it on. run() sets them;
	 * the array and the references to the pages are the program's, until release(). Padding belongs in the tail.
	 */
	struct bio_vec *pages;
	unsigned int nr_pages;
	size_t pages_len;
	size_t page_at;
	struct kefs_msg msg;		/* dispatch's */
	void *big;			/* kefs_call_grow()'s buffer */
	size_t big_len;
	u64 start_ns;			/* ktime_get_ns() when the record had come */
	bool started;			/* false in the first run() */
	u8 head[KEFS_REPLY_HEAD] __aligned(8);
};

/* Offset of the results in out: behind the RPC header. */
#define KEFS_CALL_RESULTS KEFS_RPC_ACCEPTED_LEN

struct kefs_program {
	u32 number, lo, hi;		/* versions */
	size_t call_size;		/* object size of cache; charged to the budget per call */
	struct kmem_cache *cache;
	const char *name;
	/*
	 * Run or resume; pool thread, no locks. 0: the reply is in out (and pages). KEFS_PARKED after
	 * kefs_park_begin(). -KEFS_RPC_GARBAGE_ARGS, -KEFS_RPC_PROC_UNAVAIL, -KEFS_RPC_SYSTEM_ERR: that reply instead of
	 * out. KEFS_RPC_DROP (or anything else): the connection is closed. out.full with a result of 0 is SYSTEM_ERR.
	 * Procedure 0 is the program's too.
	 */
	int (*run)(struct kefs_call *call);
	/* The reply was sent or dropped: free the program's part and page references, not @call. Called once for each
	 * call that was run; process context, may sleep; call->rec is gone. */
	void (*release)(struct kefs_call *call);
};

/* The layer above. */
struct kefs_rpc_ops {
	const struct kefs_program *program;
	/* See struct kefs_conn_ops. All back calls have failed when closed() is called. */
	void (*closed)(struct kefs_conn *conn);
	void (*released)(struct kefs_conn *conn);
};

/*
 * Adopt a socket (kefs_conn_adopt()) for @ops; reads nothing until kefs_conn_start(). Returned with a reference for
 * the caller; on error @priv stays the caller's, else it is for ops->released() to free.
 */
struct kefs_conn *kefs_rpc_adopt(int fd, const struct kefs_conn_ends *ends, struct kefs_lane *lane,
				 struct kefs_traffic __percpu *traffic, const struct kefs_rpc_ops *ops, void *priv);
/* The @priv of kefs_rpc_adopt(). */
void *kefs_rpc_private(const struct kefs_conn *conn);

/*
 * Make room for at least @room more bytes in call->out, moving what is there: pointers into out are void, offsets
 * hold. -E2BIG beyond KEFS_REPLY_LINEAR_MAX in all, -ENOMEM. Clears out.full on success.
 */
int kefs_call_grow(struct kefs_call *call, size_t room);

/*
 * Memory for records is short, and this call holds much of it: it had better fail now than wait for somebody whose own
 * record could not be read then.
 */
bool kefs_call_hoards(const struct kefs_call *call);

#endif
