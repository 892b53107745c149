/* SPDX-License-Identifier: GPL-2.0 */
/* Client ids and sessions step by step, for those files of the program rules that are about them. */
#ifndef KEFS_TESTS_RULES_ID_H
#define KEFS_TESTS_RULES_ID_H

#include "rules.h"

#define UPDATE		0x40000000u	/* EXCHGID4_FLAG_UPD_CONFIRMED_REC_A */
#define CONFIRMED	0x80000000u	/* EXCHGID4_FLAG_CONFIRMED_R */
#define BACK_CHAN	2u		/* CREATE_SESSION4_FLAG_CONN_BACK_CHAN */
#define PATH_DOWN	0x201u		/* SEQ4_STATUS_CB_PATH_DOWN and _SESSION */
#define CB_PROGRAM	0x40000000u	/* of create() */

/* A client as EXCHANGE_ID sees it, and what it was told. */
struct id {
	char owner[64];
	uint64_t verifier;
	uint32_t uid, flags;
	uint64_t clientid;
	uint32_t seq, ret_flags;
	char major[64], scope[64];
};

/* channel_attrs4 */
struct chan {
	uint32_t pad, rqst, resp, cached, ops, reqs;
};

struct cs {
	uint32_t flags;
	struct chan fore, back;
};

/* What most tests ask for. */
extern const struct cs usual;

/* An owner that nobody else has. */
struct id new_id(const char *name);

/* Each of these sends one operation and says its status. */
int exchange(struct peer *p, struct id *id);
/* CREATE_SESSION with that seqid; @s becomes the session on @p's connection, *@got what was agreed. */
int create(struct peer *p, const struct id *id, uint32_t seq, const struct cs *args, struct nfs41_session *s,
	   struct cs *got);
int destroy_session(struct peer *p, const struct nfs41_session *s);
int destroy_clientid(struct peer *p, uint64_t clientid);

#endif
