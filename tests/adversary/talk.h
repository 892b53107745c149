/* SPDX-License-Identifier: GPL-2.0 */
/* The connections of all machines, requests under way on them, and the back channels' listener. */
#ifndef KEFS_TESTS_ADVERSARY_TALK_H
#define KEFS_TESTS_ADVERSARY_TALK_H

#include "gen.h"
#include "wire.h"

#define TALK_FLIGHTS	24
#define TALK_CONNS	(GEN_CONNS + 1)	/* the last one is for back channels that were lost */
#define TALK_WANTED	16
#define TALK_WAIT_MS	30000	/* for an answer, besides what it may wait for somebody's lease */
#define TALK_STALL_MS	100	/* without an answer: somebody's back channel may be lost */

struct flight {
	struct gen_step s;
	struct m_ans a;
	struct rpc4_conn *c;
	uint32_t xid;
	bool done;
	unsigned int launched, arrival;	/* numbers of one row: who comes before whom */
};

/* Something that is done for one client after the other, again and again. */
struct talk_round {
	uint64_t due_ms;
	int next;			/* client */
};

struct talk {
	struct rpc4_addr addr;
	struct wire wire;
	struct model *m;		/* the nm models that all answers so far allow; requests are built by the first */
	unsigned int nm;
	struct rpc4_conn conn[GEN_MACHINES][TALK_CONNS];
	bool open[GEN_MACHINES][TALK_CONNS];
	struct flight fl[TALK_FLIGHTS];
	unsigned int nfl, events;
	uint32_t asleep;		/* bits of machines that do nothing of themselves */
	bool alone;			/* nor does anybody */
	struct { struct nfs41_stateid id; unsigned int wait; } wanted[TALK_WANTED]; /* recalled and not returned */
	unsigned int nwanted, waits;	/* waits: calls of talk_wait() */
	unsigned int helping;		/* index of the flight that talk_tend() made last */
	struct talk_round rebind, renew;
	unsigned long sent, recalls, notifications, dropped;
};

uint64_t talk_now_ms(void);
void talk_close_all(struct talk *t);
/* Sends @s as one more flight. 0, or -errno when there is no connection to be had. */
int talk_launch(struct talk *t, const struct gen_step *s);
/*
 * Waits until all flights are answered (with a.err if not). What the machines do of themselves meanwhile makes more
 * flights: talk_tend(). The caller then sets nfl to 0.
 */
void talk_wait(struct talk *t);
/*
 * What every client does besides, on the slot that is kept for it, one thing after the other: a delegation that is
 * recalled is returned; when an answer is long in coming, who has delegations sees to his back channel (RFC 8881
 * §10.4.5), and all renew their leases. Those of machines that are asleep do not.
 */
void talk_tend(struct talk *t);
/* It was recalled: to be returned. */
void talk_wanted(struct talk *t, const struct nfs41_stateid *id);
/* Ends the connection; what is under way on it has no answer. */
void talk_drop_conn(struct talk *t, unsigned int machine, unsigned int conn);
/* Sends some or all of @s and closes the connection; nobody looks at the answer. */
int talk_drop(struct talk *t, const struct gen_step *s, bool half);
/* A step begins: who does something of himself looks again whether it takes long. */
void talk_begin(struct talk *t, uint32_t asleep);
/* One request alone, outside of the model. */
int talk_simple(struct talk *t, unsigned int machine, const struct m_req *r, struct m_ans *ret);

#endif
