/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What to ask next. Pure: a request is made of the seed, the step's number and the model alone, so that the same seed
 * and the same answers give the same run, and a step left out (to find a shorter run) does not change the dice of
 * others.
 *
 * A machine is a client host: its owner string is that of its number; the string M_NAMES - 1 is shared by all, who get
 * in one another's way with it.
 */
#ifndef KEFS_TESTS_ADVERSARY_GEN_H
#define KEFS_TESTS_ADVERSARY_GEN_H

#include "model.h"

#define GEN_MACHINES	(M_NAMES - 1)
#define GEN_CONNS	2
#define GEN_RING	16

enum gen_fault {
	GEN_NONE,
	GEN_DROP_HALF,		/* half of the request is sent, then the connection closed, then all is sent on a new one */
	GEN_DROP_UNREAD,	/* all is sent, the connection closed unread, then sent again on a new one */
	GEN_AGAIN_HERE,		/* when it is answered, it is sent again on the same connection */
	GEN_AGAIN_THERE,	/* on another */
	GEN_TWICE,		/* on two connections at the same time */
};

struct gen_step {
	struct m_req req;
	unsigned int machine, conn;
	enum gen_fault fault;
};

/* Ids that were once good, for use when they no longer are. */
struct gen {
	uint64_t seed;
	struct nfs41_stateid id[GEN_RING];
	uint8_t session[GEN_RING][16];
	uint64_t clientid[GEN_RING];
	unsigned int nid, nsession, nclientid;	/* ever seen */
	uint32_t asleep;			/* bits of machines that do not renew just now */
};

unsigned int gen_uid(unsigned int machine);
/* @sub numbers requests that go out together; those do not change who the clients are. */
void gen_next(const struct gen *g, const struct model *m, uint64_t step, unsigned int sub, bool together,
	      struct gen_step *ret);
/* Remembers the ids of an answer. */
void gen_learn(struct gen *g, const struct m_req *r, const struct m_ans *a);

#endif
