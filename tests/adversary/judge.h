/* SPDX-License-Identifier: GPL-2.0 */
/* In the model only: one operation being judged. */
#ifndef KEFS_TESTS_ADVERSARY_JUDGE_H
#define KEFS_TESTS_ADVERSARY_JUDGE_H

#include "model.h"

struct judge {
	struct model *m;
	const struct m_req *r;
	uint64_t came_ms;		/* the answer; the request: r->now_ms */
	struct m_verdict *v;
	int client;			/* of the session, or -1 */
	int file;			/* the current one; -1 the directory, -2 none, -3 not known */
	bool has_id;
	struct nfs41_stateid id;	/* the current stateid */
	bool half;			/* OPEN has made or emptied the file already */
};

/* This error would be right, and so success would be wrong. */
void j_refuse(struct judge *j, uint32_t status, const char *why);
/* This error would be right, too. */
void j_may(struct judge *j, uint32_t status, const char *why);
/* Something besides the status is wrong: false. */
bool j_wrong(struct judge *j, const char *note);

/*
 * One function for each operation: first it is called with res == NULL and names the errors, then, when the status was
 * allowed and is OK, with the result: it checks the rest and changes the model.
 */
bool j_exchange_id(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_create_session(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_destroy_session(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_destroy_clientid(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_bind_conn(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_reclaim_complete(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_open(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_downgrade(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_close(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_remove(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_lock(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_lockt(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_locku(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_read(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_write(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_test_stateid(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_free_stateid(struct judge *j, const struct m_op *op, const struct m_res *res);
bool j_delegreturn(struct judge *j, const struct m_op *op, const struct m_res *res);

/* The first half of an OPEN that succeeded, if it made a file, or truncated one that was there; false: this is none. */
bool j_open_half(struct judge *j, const struct m_op *op, const struct m_res *res);

/* An error that tells that something had gone without our seeing it. */
void j_failed(struct judge *j, const struct m_op *op, uint32_t status);

/* An answer DENIED of LOCK and LOCKT: does what it says of the holder hold? Remembers who waits. */
bool j_denied(struct judge *j, const struct m_op *op, const struct m_res *res);

/*
 * The state of one of @kinds that a stateid means, for the current file (if @file); -1 after naming why it is none.
 */
int j_state(struct judge *j, const struct nfs41_stateid *id, unsigned int kinds, bool file);
/* Its status for TEST_STATEID, and the state. */
uint32_t j_state_status(const struct judge *j, const struct nfs41_stateid *id, int *ret);

int j_new_state(struct judge *j, enum m_kind kind, const struct nfs41_stateid *id);
void j_drop_state(struct model *m, int st);	/* an open takes its locks with it */
void j_drop_session(struct model *m, int s);
void j_drop_client(struct model *m, int c);
bool j_has_state(const struct model *m, int c);	/* opens, locks or delegations */
bool j_has_session(const struct model *m, int c);
/* The client was heard of. */
void j_renew(struct judge *j, int client);
/* A delegation may be revoked from @at_ms on, or from an earlier time that was known before. */
void j_wanted_back(struct m_state *st, uint64_t at_ms);
/* So says the server of a state for which that may be. */
void j_said_revoked(struct judge *j, int st);
/* Its lease may have been over when the request was looked at. */
bool j_lapsed(const struct judge *j, int client);
/* Somebody else has a delegation that is in the way: it is wanted back. */
void j_delegations(struct judge *j, int file, bool write);
/* Nothing was in the way: what was there is revoked. */
void j_delegations_gone(struct judge *j, int file, bool write);

#endif
