/* SPDX-License-Identifier: GPL-2.0 */
/* The connections of all machines, requests under way on them, and the back channels' listener. */
#ifndef KEFS_TESTS_ADVERSARY_TALK_H
#define KEFS_TESTS_ADVERSARY_TALK_H

#include "gen.h"
#include "wire.h"

#define TALK_FLIGHTS	8
#define TALK_WAIT_MS	30000	/* for an answer, besides what it may wait for somebody's lease */

struct flight {
	struct gen_step s;
	struct m_ans a;
	struct rpc4_conn *c;
	uint32_t xid;
	bool done;
	unsigned int arrival;
};

struct talk {
	struct rpc4_addr addr;
	struct wire wire;
	struct model *m;		/* the nm models that all answers so far allow; requests are built by the first */
	unsigned int nm;
	struct rpc4_conn conn[GEN_MACHINES][GEN_CONNS];
	bool open[GEN_MACHINES][GEN_CONNS];
	struct flight fl[TALK_FLIGHTS];
	unsigned int nfl, arrivals;
	unsigned long sent, recalls, notifications, dropped;
};

uint64_t talk_now_ms(void);
void talk_close_all(struct talk *t);
/* Sends @s as one more flight. 0, or -errno when there is no connection to be had. */
int talk_launch(struct talk *t, const struct gen_step *s);
/*
 * Waits until all flights are answered (with a.err if not). A delegation recalled meanwhile is returned at once: as a
 * flight more. The caller then sets nfl to 0.
 */
void talk_wait(struct talk *t);
/* Sends some or all of @s and closes the connection without reading. */
int talk_drop(struct talk *t, const struct gen_step *s, bool half);
/* One request alone, outside of the model. */
int talk_simple(struct talk *t, unsigned int machine, const struct m_req *r, struct m_ans *ret);

#endif
