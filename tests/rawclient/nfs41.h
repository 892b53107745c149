/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NFSv4.1 compounds and a session on top of rpc4, for tests: encoders that append one op, a reply that is walked op by
 * op. A status below is an nfsstat4 (0 and up), a negative number is -errno of the conversation.
 */
#ifndef KEFS_TESTS_NFS41_H
#define KEFS_TESTS_NFS41_H

#include "rpc4.h"

enum nfs41_op {
	OP_ACCESS = 3, OP_CLOSE = 4, OP_COMMIT = 5, OP_CREATE = 6, OP_DELEGRETURN = 8, OP_GETATTR = 9, OP_GETFH = 10,
	OP_LINK = 11, OP_LOCK = 12, OP_LOCKT = 13, OP_LOCKU = 14, OP_LOOKUP = 15, OP_LOOKUPP = 16, OP_NVERIFY = 17,
	OP_OPEN = 18, OP_OPENATTR = 19, OP_OPEN_CONFIRM = 20, OP_OPEN_DOWNGRADE = 21, OP_PUTFH = 22,
	OP_PUTPUBFH = 23, OP_PUTROOTFH = 24, OP_READ = 25, OP_READDIR = 26, OP_READLINK = 27, OP_REMOVE = 28,
	OP_RENAME = 29, OP_RENEW = 30, OP_RESTOREFH = 31, OP_SAVEFH = 32, OP_SECINFO = 33, OP_SETATTR = 34,
	OP_SETCLIENTID = 35, OP_VERIFY = 37, OP_WRITE = 38, OP_BACKCHANNEL_CTL = 40, OP_BIND_CONN = 41, OP_EXCHANGE_ID = 42,
	OP_CREATE_SESSION = 43, OP_DESTROY_SESSION = 44, OP_FREE_STATEID = 45, OP_SECINFO_NO_NAME = 52,
	OP_SEQUENCE = 53, OP_SET_SSV = 54, OP_TEST_STATEID = 55, OP_DESTROY_CLIENTID = 57, OP_RECLAIM_COMPLETE = 58,
	OP_ILLEGAL = 10044,
};

enum nfs41_status {
	S_OK = 0, S_PERM = 1, S_NOENT = 2, S_IO = 5, S_ACCESS = 13, S_EXIST = 17, S_NOTDIR = 20, S_ISDIR = 21,
	S_INVAL = 22, S_ROFS = 30, S_NAMETOOLONG = 63, S_DQUOT = 69, S_STALE = 70, S_BADHANDLE = 10001, S_BAD_COOKIE = 10003,
	S_NOTSUPP = 10004, S_TOOSMALL = 10005, S_SERVERFAULT = 10006, S_DELAY = 10008, S_DENIED = 10010,
	S_EXPIRED = 10011, S_LOCKED = 10012, S_GRACE = 10013, S_SHARE_DENIED = 10015, S_CLID_INUSE = 10017, S_RESOURCE = 10018,
	S_NOFILEHANDLE = 10020, S_MINOR_VERS_MISMATCH = 10021, S_STALE_CLIENTID = 10022, S_STALE_STATEID = 10023,
	S_OLD_STATEID = 10024, S_BAD_STATEID = 10025, S_NOT_SAME = 10027, S_NO_GRACE = 10033, S_RECLAIM_BAD = 10034,
	S_LOCKS_HELD = 10037, S_FILE_OPEN = 10046,
	S_ATTRNOTSUPP = 10032, S_BADXDR = 10036, S_OPENMODE = 10038, S_BADOWNER = 10039, S_BAD_RANGE = 10042,
	S_SAME = 10009, S_FBIG = 27, S_WRONG_TYPE = 10083, S_NOSPC = 28,
	S_BADNAME = 10041, S_BADCHAR = 10040, S_RECLAIM_CONFLICT = 10035,
	S_OP_ILLEGAL = 10044, S_BADSESSION = 10052, S_BADSLOT = 10053, S_COMPLETE_ALREADY = 10054,
	S_CONN_NOT_BOUND = 10055, S_BAD_HIGH_SLOT = 10077, S_SEQ_MISORDERED = 10063,
	S_SEQUENCE_POS = 10064, S_REQ_TOO_BIG = 10065,
	S_REP_TOO_BIG = 10066, S_REP_TOO_BIG_TO_CACHE = 10067, S_RETRY_UNCACHED_REP = 10068, S_TOO_MANY_OPS = 10070,
	S_OP_NOT_IN_SESSION = 10071, S_CLIENTID_BUSY = 10074, S_SEQ_FALSE_RETRY = 10076, S_NOT_ONLY_OP = 10081,
	S_DELEG_REVOKED = 10087,
};

#define NFS41_SLOTS 64

struct nfs41_session {
	struct rpc4_conn *conn;		/* the caller's */
	struct rpc4_cred cred;
	uint64_t clientid;
	uint32_t cs_seq;		/* to use in the next CREATE_SESSION */
	uint8_t id[16];
	uint32_t slots, max_ops, max_rqst, max_resp, max_cached;	/* as granted */
	uint32_t seq[NFS41_SLOTS];	/* last one used on each slot */
};

struct nfs41_stateid {
	uint32_t seq;
	uint8_t other[12];
};

struct nfs41_fh {
	uint32_t len;
	uint8_t data[128];
};

/* A compound being built. Begin with one of the two nfs41_begin*, then the ops, then nfs41_call(). */
struct nfs41_req {
	struct rpc4_out out;
	size_t count_at, minor_at;	/* where these numbers are, for those who want to lie */
	uint32_t xid, nops;
};

/* A reply being walked. */
struct nfs41_res {
	struct rpc4_reply rpc;
	struct rpc4_in in;
	uint32_t status, nres;	/* of the compound; nres counts down as nfs41_next() goes */
	uint32_t op, op_status;	/* of the result that @in stands in */
};

void nfs41_begin(struct nfs41_req *q, struct rpc4_conn *c, const struct rpc4_cred *cred, const char *tag);
/* Starts with SEQUENCE on @slot and takes the slot's next seqid. */
void nfs41_begin_seq(struct nfs41_req *q, struct nfs41_session *s, uint32_t slot, bool cachethis);
void nfs41_op(struct nfs41_req *q, uint32_t op);		/* counts and writes the number */
void nfs41_put_sequence(struct nfs41_req *q, const struct nfs41_session *s, uint32_t slot, uint32_t seq, bool cache);
void nfs41_put_getattr(struct nfs41_req *q, uint32_t word0, uint32_t word1);
void nfs41_put_lookup(struct nfs41_req *q, const char *name);
void nfs41_put_putfh(struct nfs41_req *q, const struct nfs41_fh *fh);
void nfs41_put_stateid(struct nfs41_req *q, const struct nfs41_stateid *id);
void nfs41_put_remove(struct nfs41_req *q, const char *name);
void nfs41_put_mkdir(struct nfs41_req *q, const char *name);
/* OPEN of @name for reading and writing, created mode 0644 if @create (UNCHECKED). */
void nfs41_put_open(struct nfs41_req *q, const struct nfs41_session *s, const char *name, bool create);
/* OPEN as one likes; @create: 0 no, 1 UNCHECKED, and with a size of 0 if @truncate. */
struct nfs41_open_args {
	const char *owner, *name;
	uint32_t access, deny;
	bool create, truncate;
};
void nfs41_put_open_args(struct nfs41_req *q, const struct nfs41_open_args *args);
/* LOCK of @type (1 READ_LT … 4 WRITEW_LT): of @owner by an open stateid, or, if @owner is NULL, by a lock stateid. */
void nfs41_put_lock(struct nfs41_req *q, const struct nfs41_stateid *id, const char *owner, uint32_t type, uint64_t off,
		    uint64_t len);
void nfs41_put_locku(struct nfs41_req *q, const struct nfs41_stateid *id, uint64_t off, uint64_t len);
void nfs41_put_close(struct nfs41_req *q, const struct nfs41_stateid *id);
void nfs41_put_write(struct nfs41_req *q, const struct nfs41_stateid *id, uint64_t off, const void *data, uint32_t len,
		     uint32_t stable);
void nfs41_put_read(struct nfs41_req *q, const struct nfs41_stateid *id, uint64_t off, uint32_t len);
void nfs41_put_exchange_id(struct nfs41_req *q, const char *owner, uint64_t verifier, uint32_t flags);
void nfs41_put_create_session(struct nfs41_req *q, uint64_t clientid, uint32_t seq, uint32_t slots);
void nfs41_free(struct nfs41_req *q);

int nfs41_send(struct nfs41_req *q, struct rpc4_conn *c);	/* sends, does not free */
/*
 * Receives a reply (calls of the server are passed over, unanswered); 0 if it is an accepted COMPOUND result, -EPROTO
 * if RPC refused it (res->rpc tells how), -EBADMSG if it is malformed.
 */
int nfs41_recv(struct rpc4_conn *c, struct nfs41_res *res);
int nfs41_call(struct nfs41_req *q, struct rpc4_conn *c, struct nfs41_res *res);	/* both, and frees */
/* Goes to the next result (whose predecessor must have been read to its end): false when there is none. */
bool nfs41_next(struct nfs41_res *res);
/* Goes over a leading SEQUENCE, PUTROOTFH, PUTFH, SAVEFH, RESTOREFH, LOOKUP…: to the result of op @op. */
bool nfs41_until(struct nfs41_res *res, uint32_t op);
void nfs41_get_stateid(struct rpc4_in *in, struct nfs41_stateid *ret);

/* EXCHANGE_ID, CREATE_SESSION, RECLAIM_COMPLETE. An nfsstat4, or -errno. */
int nfs41_start(struct nfs41_session *s, struct rpc4_conn *c, const char *owner, uint32_t slots);
/* DESTROY_SESSION and DESTROY_CLIENTID on the session's connection. */
int nfs41_stop(struct nfs41_session *s);
/* SEQUENCE, PUTROOTFH, GETATTR on slot 0: 0 if all is well. */
int nfs41_ping(struct nfs41_session *s);
int nfs41_getfh(struct nfs41_session *s, const char *name, struct nfs41_fh *ret);	/* NULL: the root's */
/* Opens (creates) @name in the root: its handle and stateid. */
int nfs41_open(struct nfs41_session *s, const char *name, struct nfs41_fh *fh, struct nfs41_stateid *id);
int nfs41_remove(struct nfs41_session *s, const char *name);

#endif
