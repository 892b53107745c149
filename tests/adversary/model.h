/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What RFC 8881 says a server must answer, as a small machine without any I/O: it is told a request and its answer,
 * says whether that answer was allowed, and moves to the state that the answer implies. Ids that a server is free to
 * choose (client ids, sessions, stateids, handles) are learnt from answers.
 *
 * A struct model has no pointers: copying it is a clone, and equal ones have equal bytes (things are put where their
 * ids say, whatever the order in which they came). That is how answers of requests that were under way together are
 * judged: some order of them must be allowed, one after the other; where several are, each is a model to go on with
 * (run.c).
 *
 * All files are in one directory; all times are the caller's. What the server did for a request it did somewhen between
 * the time when it was sent and the time when its answer was there: whatever could be so at any of these is allowed.
 */
#ifndef KEFS_TESTS_ADVERSARY_MODEL_H
#define KEFS_TESTS_ADVERSARY_MODEL_H

#include "../rawclient/nfs41.h"

#define M_NAMES		4	/* client owner strings */
#define M_CLIENTS	12	/* records, confirmed or not */
#define M_SESSIONS	32
#define M_SLOTS		8	/* that are used of a session's */
#define M_FNAMES	4	/* file names */
#define M_FILES		12	/* files that were ever made and are not forgotten */
#define M_OWNERS	3	/* open owners, and lock owners, of a client */
#define M_STATES	97	/* a prime: see m_place() */
#define M_OPS		4	/* in a compound, beside SEQUENCE, PUTFH and GETFH */
#define M_DATA		64	/* bytes of a file whose content is watched */
#define M_WAITS		149
#define M_TICK_MS	50	/* the server's clock may be as coarse as that */

/*
 * Byte ranges begin and end where one of these cells does: the first M_CELLS - 2 are single bytes, then all up to what
 * a file can have, then its last byte and what is beyond.
 */
#define M_CELLS		34
uint64_t m_cell_start(unsigned int cell);
uint64_t m_cell_last(unsigned int cell);

enum { M_FH_GOOD, M_FH_FORGED, M_FH_OTHER_FILE };

enum { M_UNCHECKED, M_GUARDED, M_EXCLUSIVE = 3, M_NOCREATE = 9 };
enum { M_CLAIM_NULL = 0, M_CLAIM_PREVIOUS = 1, M_CLAIM_FH = 4 };

struct m_op {
	uint32_t op;			/* OP_* */
	struct nfs41_stateid id;	/* where one is sent */
	/* OPEN, OPEN_DOWNGRADE, REMOVE */
	uint32_t access, deny, want;
	unsigned int name, owner, create, claim;
	bool truncate;
	uint64_t verifier;		/* of an exclusive create, or of EXCHANGE_ID */
	/* LOCK, LOCKT, LOCKU */
	uint32_t type;			/* 1 READ_LT … 4 WRITEW_LT */
	bool new_owner, reclaim, bad_range;
	unsigned int first, last;	/* cells */
	/* READ, WRITE */
	uint64_t offset;
	uint32_t length;
	uint8_t fill;
	/* what has to do with clients; principal and name of EXCHANGE_ID */
	uint32_t flags, seq;		/* CREATE_SESSION: csa_sequence, csa_flags; BIND_CONN: seq is the direction */
	uint64_t clientid;
	uint8_t session[16];
};

struct m_req {
	uint64_t now_ms;
	unsigned int uid;		/* the principal */
	bool sequence;			/* else the single op stands alone */
	uint8_t session[16];
	uint32_t slot, seqid, highest;
	bool cache;
	int file;			/* PUTFH of this model file; -1: of the directory; -2: none */
	unsigned int fh;		/* M_FH_* */
	struct nfs41_fh handle;		/* what @file is in any model, wherever that has it; len 0: not known */
	unsigned int nops;
	struct m_op op[M_OPS];
	bool again;			/* an earlier transmission may have been executed, unseen */
	bool racing;			/* others are under way */
};

struct m_denied {
	uint64_t offset, length, clientid;
	uint32_t type, owner_len;
	uint8_t owner[64];
};

struct m_res {
	uint32_t op, status;
	struct nfs41_stateid id;
	struct nfs41_fh fh;		/* OPEN: of the GETFH behind it */
	uint32_t rflags, deleg_type;
	struct nfs41_stateid deleg;
	struct m_denied denied;
	bool eof;
	uint32_t len;			/* READ, WRITE */
	uint8_t data[M_DATA];
	uint64_t clientid;
	uint32_t seq, flags, slots, max_ops;
	uint8_t session[16];
	uint32_t tested;		/* TEST_STATEID: the one status */
};

struct m_ans {
	int err;			/* 0, or no answer: -errno */
	uint64_t came_ms;		/* 0: as soon as it was asked */
	uint32_t status;		/* of the compound */
	uint64_t hash;			/* of all from there on */
	uint32_t seq_status, sr_slot, sr_seqid, sr_highest, sr_target, sr_flags;
	uint32_t putfh_status;
	unsigned int nres;		/* of the ops, without SEQUENCE, PUTFH and GETFH */
	struct m_res res[M_OPS];
};

struct m_slot {
	bool used, cached;
	uint32_t seq;
	uint64_t request, reply;	/* hashes */
	uint32_t status;		/* of the reply */
};

struct m_client {
	bool used, confirmed, complete;
	unsigned int name, uid;
	uint64_t id, verifier, renewed_ms;
	uint32_t cs_seq, cs_status;
	bool cs_used, cs_refused;
	uint8_t cs_session[16];
};

struct m_session {
	bool used;
	int client;
	uint8_t id[16];
	uint32_t slots, max_ops;
	struct m_slot slot[M_SLOTS];
};

struct m_file {
	bool used;
	int name;			/* -1: removed */
	uint64_t removed_ms;		/* at the latest */
	struct nfs41_fh fh;
	bool exclusive, touched;	/* made so with verifier, by uid; and changed or read since */
	uint64_t verifier;
	unsigned int uid;
	uint32_t size;
	uint8_t data[M_DATA];
};

enum m_kind { M_OPEN = 1, M_LOCK = 2, M_DELEG = 4 };

struct m_state {
	bool used;
	bool revoked;			/* M_DELEG: and not freed */
	uint64_t revoke_ms;		/* M_DELEG: wanted back, and may be revoked from then on; 0: not wanted */
	enum m_kind kind;
	int client, file;
	unsigned int owner;
	int open;			/* M_LOCK: the state that it was made with */
	uint32_t seq;
	uint8_t other[12];
	uint32_t access, deny;		/* M_OPEN; M_DELEG: access is 1 read, 2 write */
	uint16_t seen;			/* pairs (access, deny) in effect, as bits */
	uint8_t cell[M_CELLS];		/* M_LOCK: 0, 1 read, 2 write */
};

/* A blocking LOCK that was denied and not granted since: a fair server may keep others out for it. */
struct m_wait {
	bool used, write;
	int client, file;
	unsigned int owner, first, last;
};

struct model {
	struct m_client client[M_CLIENTS];
	struct m_session session[M_SESSIONS];
	struct m_file file[M_FILES];
	struct m_state state[M_STATES];
	struct m_wait wait[M_WAITS];
	uint64_t lease_ms;
	uint64_t grace_until_ms;	/* after a restart: GRACE is allowed, and reclaim, until then */
	bool restarted;			/* ids of an earlier life of the server may be told as such */
	bool lenient;			/* allow what other servers do and the RFC does not forbid */
	unsigned int dropped;		/* things for which there was no room, a mistake of the generator: the run is over */
};

#define M_ALLOWED 16

/* Why an answer was wrong. */
struct m_verdict {
	bool racing;			/* DELAY is always allowed */
	bool must_fail;
	unsigned int n;
	struct {
		uint32_t status;
		const char *why;	/* with the RFC's section */
	} allowed[M_ALLOWED];
	int at;				/* index of the op; -1 SEQUENCE, -2 PUTFH, -3 the answer as a whole */
	uint32_t got;
	const char *note;		/* what else is wrong with it, or NULL */
	int client, file;		/* that it was about, or -1 */
};

/* How far a compound has come: between operations, or halves of an OPEN that makes or truncates, others may come. */
struct m_stand {
	bool begun, over, half;			/* half: the next one is half done */
	unsigned int next;			/* index of the operation */
	int client, file;			/* judge.h, as the next */
	bool has_id;
	struct nfs41_stateid id;
};

void model_init(struct model *m, uint64_t lease_ms);
/* Is @a allowed for @r as far as the next operation (the first: SEQUENCE and PUTFH too)? If not @m is undefined. */
bool model_go_on(struct model *m, const struct m_req *r, const struct m_ans *a, struct m_stand *stand,
		 struct m_verdict *v);
/* The whole of it, with nobody in between. */
bool model_step(struct model *m, const struct m_req *r, const struct m_ans *a, struct m_verdict *v);
/* The server lost all state but the files. */
void model_restart(struct model *m, uint64_t now_ms);
/* The server wants this delegation back, since @since_ms at the earliest. */
void model_recalled(struct model *m, const struct nfs41_stateid *id, uint64_t since_ms);

/* --- for the generator and the driver --- */

int m_client_by_id(const struct model *m, uint64_t id);
int m_client_by_name(const struct model *m, unsigned int name, bool confirmed);
int m_session_find(const struct model *m, const uint8_t *id);
int m_file_by_name(const struct model *m, unsigned int name);
int m_state_find(const struct model *m, const uint8_t *other);
/* Its lease may be over. */
bool m_lapsed(const struct model *m, int client, uint64_t now_ms);
/* This delegation may have been revoked, for all that is known. */
bool m_may_be_revoked(const struct m_state *st, uint64_t now_ms);
/* Removed, and nobody has it open. */
bool m_file_forgotten(const struct model *m, int file);
/* Of all that decides what a request is, for retries. */
uint64_t m_request_hash(const struct m_req *r);

/* Where in a table of @n to begin looking for room for the thing with this id. */
unsigned int m_place(const void *id, size_t len, unsigned int n);

/* The bytes of names: what the wire and the answers have. */
unsigned int m_owner_name(char *buf, size_t len, const char *kind, unsigned int n);

#endif
