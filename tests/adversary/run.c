// SPDX-License-Identifier: GPL-2.0
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HISTORY	600
#define MODELS	256	/* that are kept; where answers leave more than that open, the seed ends */
#define DEPTH	(TALK_FLIGHTS * 2 * M_OPS)	/* operations of as many flights; an OPEN counts twice */
#define SEEN	20000	/* nodes of one search */
#define TOLD	24	/* lines of history that are told of the file, the client, and all */

struct line {
	unsigned long step;
	uint64_t at_ms;
	int name, file;			/* of the client and the file that it is about, or -1 */
	char text[460];
};

/* Of the search: what came of some operations in some order. */
struct node {
	struct model m;
	struct m_stand stands[TALK_FLIGHTS];
};

struct run {
	const struct options *o;
	struct coverage *cov;
	struct model *m;		/* talk.nm models: all that the answers so far allow */
	struct model *found;		/* the same, being found */
	unsigned int nfound;
	bool full;			/* there are more, or the search was too long */
	struct node *nodes;		/* one for each depth of the search for an order */
	uint64_t *seen;			/* hashes of those of this search */
	unsigned int nseen;
	struct gen g;
	struct talk t;
	unsigned long step;
	uint64_t dice;			/* for what is no request: naps, restarts */
	uint64_t wake_ms;
	unsigned int deepest, wrong;	/* how far the best order came, and what did not fit then */
	struct m_verdict v;
	struct line *history;
	unsigned long nhistory;
};

/* --- telling --- */

/* The name of the client that a request is about, or -1. */
static int name_of(const struct model *m, const struct m_req *q)
{
	int s = m_session_find(m, q->sequence ? q->session : q->op[0].session);
	int client = s < 0 ? m_client_by_id(m, q->op[0].clientid) : m->session[s].client;

	if (!q->sequence && q->op[0].op == OP_EXCHANGE_ID)
		return (int)q->op[0].name;
	return client < 0 ? -1 : (int)m->client[client].name;
}

static void remember(struct run *r, const struct flight *f, int file)
{
	struct line *l = &r->history[r->nhistory++ % HISTORY];
	size_t at;

	l->step = r->step;
	l->at_ms = f->s.req.now_ms;
	l->name = name_of(r->m, &f->s.req);
	l->file = file;
	wire_describe(l->text, sizeof(l->text), &f->s.req);
	at = strlen(l->text);
	if (f->a.err)
		snprintf(l->text + at, sizeof(l->text) - at, " -> %s", strerror(-f->a.err));
	else
		snprintf(l->text + at, sizeof(l->text) - at, " -> %u", f->a.status);
	at = strlen(l->text);
	if (f->a.came_ms > f->s.req.now_ms + TALK_STALL_MS)
		snprintf(l->text + at, sizeof(l->text) - at, " after %llu ms",
			 (unsigned long long)(f->a.came_ms - f->s.req.now_ms));
	if (r->o->verbose)
		printf("%lu m%u c%u %s\n", l->step, f->s.machine, f->s.conn, l->text);
}

static void tell_history(const struct run *r, int name, int file)
{
	uint64_t now_ms = talk_now_ms();
	unsigned long first = r->nhistory > HISTORY ? r->nhistory - HISTORY : 0, told = 0, i;
	bool tell[HISTORY] = { false };

	for (i = r->nhistory; i > first && told < TOLD; i--) {
		const struct line *l = &r->history[(i - 1) % HISTORY];

		if ((file >= 0 && l->file == file) || (file < 0 && l->name == name) || r->nhistory - i < 3) {
			tell[(i - 1) % HISTORY] = true;
			told++;
		}
	}
	for (i = first; i < r->nhistory; i++)
		if (tell[i % HISTORY])
			printf("  %lu, %llu ms ago: %s\n", r->history[i % HISTORY].step,
			       (unsigned long long)(now_ms - r->history[i % HISTORY].at_ms), r->history[i % HISTORY].text);
}

static void tell_clients(const struct run *r, int name)
{
	uint64_t now_ms = talk_now_ms();

	for (int i = 0; i < M_CLIENTS; i++) {
		const struct m_client *c = &r->m->client[i];

		if (c->used && (int)c->name == name)
			printf("  model: client %d %016llx uid %u, %sconfirmed, renewed %llu ms ago\n", i, (unsigned long long)c->id,
			       c->uid, c->confirmed ? "" : "un", (unsigned long long)(now_ms - c->renewed_ms));
	}
}

static void tell_state(const struct run *r, const struct m_verdict *v)
{
	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *s = &r->m->state[i];

		if (!s->used || v->file < 0 || s->file != v->file)
			continue;
		printf("  model: %s client %d owner %u id %u/%02x%02x access %u deny %u",
		       s->kind == M_OPEN ? "open" : s->kind == M_LOCK ? "lock" : "delegation", s->client, s->owner, s->seq,
		       s->other[10], s->other[11], s->access, s->deny);
		if (s->kind == M_LOCK)
			for (unsigned int c = 0; c < M_CELLS; c++)
				putchar("-rw"[s->cell[c]]);
		putchar('\n');
	}
}

static void tell(const struct run *r, const struct flight *f)
{
	const struct m_verdict *v = &r->v;
	const char *what = v->at == -1 ? "SEQUENCE" : v->at == -2 ? "PUTFH" : "the answer";
	char text[460];

	if (r->o->quiet)
		return;
	wire_describe(text, sizeof(text), &f->s.req);
	printf("WRONG: seed %llu, step %lu: %s\n", (unsigned long long)r->g.seed, r->step, text);
	if (f->a.err)
		printf("  no answer: %s\n", strerror(-f->a.err));
	if (v->at >= 0)
		what = wire_op_name(f->s.req.op[v->at].op);
	printf("  %s got %u%s%s; allowed:\n", what, v->got, v->note ? ": " : "", v->note ? v->note : "");
	for (unsigned int i = 0; i < v->n; i++)
		printf("    %u: %s\n", v->allowed[i].status, v->allowed[i].why);
	tell_state(r, v);
	tell_clients(r, name_of(r->m, &f->s.req));
	printf("  history (of %s, and the last):\n", v->file >= 0 ? "the file" : "the client");
	tell_history(r, name_of(r->m, &f->s.req), v->file);
	fflush(stdout);
}

static void cover(struct coverage *c, uint32_t op, uint32_t status)
{
	unsigned int i;

	for (i = 0; i < c->n; i++)
		if (c->row[i].op == op && c->row[i].status == status)
			break;
	if (i == COVERED)
		return;
	if (i == c->n) {
		c->row[i].op = op;
		c->row[i].status = status;
		c->n++;
	}
	c->row[i].n++;
}

static void cover_answer(struct coverage *c, const struct m_req *r, const struct m_ans *a)
{
	c->requests++;
	if (r->sequence)
		cover(c, OP_SEQUENCE, a->seq_status);
	if (r->file != -2 && !a->seq_status)
		cover(c, OP_PUTFH, a->putfh_status);
	for (unsigned int i = 0; i < a->nres; i++)
		cover(c, a->res[i].op, a->res[i].status);
}

/* --- judging --- */

static void keep(struct run *r, const struct model *m)
{
	for (unsigned int i = 0; i < r->nfound; i++)
		if (!memcmp(&r->found[i], m, sizeof(*m)))
			return;
	if (r->nfound < MODELS)
		r->found[r->nfound++] = *m;
	else
		r->full = true;
}

static bool same_slot(const struct m_req *a, const struct m_req *b)
{
	return a->sequence && b->sequence && a->slot == b->slot && !memcmp(a->session, b->session, 16);
}

/* May the flight have its turn? None of those that are not over was answered before it was sent, or has its slot. */
static bool may_be_next(const struct talk *t, const struct m_stand *stands, unsigned int next)
{
	for (unsigned int i = 0; i < t->nfl; i++) {
		if (stands[i].over || i == next)
			continue;
		if (t->fl[i].arrival < t->fl[next].launched)
			return false;
		if (stands[i].begun && !stands[next].begun && same_slot(&t->fl[i].s.req, &t->fl[next].s.req))
			return false;
	}
	return true;
}

/* Was this node here before? Operations that have nothing to do with each other lead to it in any order. */
static bool was_here(struct run *r, const struct node *node)
{
	uint64_t hash = 14695981039346656037ull;
	const uint64_t *word = (const uint64_t *)(const void *)&node->m;
	unsigned int i;

	for (i = 0; i < sizeof(node->m) / sizeof(*word); i++)
		hash = (hash ^ word[i]) * 1099511628211ull;
	for (i = 0; i < r->t.nfl; i++)
		hash = (hash ^ (node->stands[i].next * 4 + node->stands[i].half * 2 + node->stands[i].over) ^
			((uint64_t)node->stands[i].file << 32)) * 1099511628211ull;
	for (i = 0; i < r->nseen; i++)
		if (r->seen[i] == hash)
			return true;
	if (r->nseen == SEEN)
		r->full = true;
	else
		r->seen[r->nseen++] = hash;
	return r->full;
}

static bool all_over(const struct run *r, const struct node *node)
{
	for (unsigned int i = 0; i < r->t.nfl; i++)
		if (!node->stands[i].over)
			return false;
	return true;
}

/* All orders of what is left to do, @depth operations having gone before. */
static void search(struct run *r, unsigned int depth)
{
	const struct node *node = &r->nodes[depth];
	struct node *next = &r->nodes[depth + 1];

	if (was_here(r, node))
		return;
	if (all_over(r, node))
		keep(r, &node->m);
	for (unsigned int i = 0; i < r->t.nfl && !r->full; i++) {
		struct m_verdict v;

		if (node->stands[i].over || !may_be_next(&r->t, node->stands, i))
			continue;
		*next = *node;
		if (model_go_on(&next->m, &r->t.fl[i].s.req, &r->t.fl[i].a, &next->stands[i], &v)) {
			search(r, depth + 1);
		} else if (depth >= r->deepest) {
			r->deepest = depth;
			r->v = v;
			r->wrong = i;
		}
		if (r->t.nfl == 1)
			r->v = v;
	}
}

static int by_arrival(const void *a, const void *b)
{
	const struct flight *x = a, *y = b;

	return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

static void after(struct run *r)
{
	for (unsigned int i = 0; i < r->t.nfl; i++) {
		const struct m_req *q = &r->t.fl[i].s.req;

		remember(r, &r->t.fl[i], r->t.nfl == 1 ? r->v.file : q->file);
		gen_learn(&r->g, q, &r->t.fl[i].a);
	}
}

static bool judge(struct run *r)
{
	unsigned int n = r->t.nfl;

	qsort(r->t.fl, n, sizeof(*r->t.fl), by_arrival);
	for (unsigned int i = 0; i < n; i++) {
		r->t.fl[i].s.req.racing = n > 1;
		cover_answer(r->cov, &r->t.fl[i].s.req, &r->t.fl[i].a);
	}
	r->nfound = r->deepest = r->wrong = r->nseen = 0;
	for (unsigned int i = 0; i < r->t.nm; i++) {
		memset(&r->nodes[0], 0, sizeof(r->nodes[0]));
		r->nodes[0].m = r->m[i];
		search(r, 0);
	}
	after(r);
	if (r->nfound) {
		memcpy(r->m, r->found, r->nfound * sizeof(*r->m));
		r->t.nm = r->nfound;
	} else if (!r->full) {
		tell(r, &r->t.fl[r->wrong]);
	}
	if (r->nfound > r->cov->models)
		r->cov->models = r->nfound;
	r->t.nfl = 0;
	return r->nfound || r->full;
}

/* --- steps --- */

static void stamp(struct gen_step *s)
{
	s->req.now_ms = talk_now_ms();
}

/* 0 fine, 1 wrong, 2 trouble */
static int one(struct run *r, struct gen_step *s)
{
	stamp(s);
	if (talk_launch(&r->t, s))
		return RUN_TROUBLE;
	talk_wait(&r->t);
	return judge(r) ? RUN_OK : RUN_WRONG;
}

/* The first flight's answer is that the earlier one still runs: it is forgotten. What came besides is judged. */
static bool delayed(struct run *r)
{
	const struct flight *f = &r->t.fl[0];

	/* Behind SEQUENCE, DELAY would be the answer to what was asked */
	if (f->a.err || (f->s.req.sequence ? f->a.seq_status : f->a.status) != S_DELAY)
		return false;
	memmove(r->t.fl, r->t.fl + 1, --r->t.nfl * sizeof(*r->t.fl));
	return true;
}

/* Once more what was sent at its time and may be running still: DELAY until it has ended. */
static int once_more(struct run *r, struct gen_step *s)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	uint64_t until = talk_now_ms() + r->m->lease_ms + TALK_WAIT_MS;

	s->req.again = true;
	for (;;) {
		if (talk_launch(&r->t, s))
			return RUN_TROUBLE;
		talk_wait(&r->t);
		if (talk_now_ms() >= until || !delayed(r))
			return judge(r) ? RUN_OK : RUN_WRONG;
		if (r->t.nfl && !judge(r))
			return RUN_WRONG;
		nanosleep(&pause, NULL);
	}
}

static int again(struct run *r, struct gen_step *s, bool there)
{
	int ret = one(r, s);

	if (ret)
		return ret;
	if (there)
		s->conn = (s->conn + 1) % GEN_CONNS;
	return one(r, s);
}

static int twice(struct run *r, struct gen_step *s)
{
	struct gen_step copy = *s;

	copy.conn = (s->conn + 1) % GEN_CONNS;
	stamp(s);
	stamp(&copy);
	if (talk_launch(&r->t, s) || talk_launch(&r->t, &copy))
		return RUN_TROUBLE;
	talk_wait(&r->t);
	return judge(r) ? RUN_OK : RUN_WRONG;
}

static int step_serial(struct run *r)
{
	struct gen_step s;

	gen_next(&r->g, r->m, r->step, 0, false, &s);
	switch (s.fault) {
	case GEN_DROP_HALF:
	case GEN_DROP_UNREAD:
		stamp(&s);
		if (talk_drop(&r->t, &s, s.fault == GEN_DROP_HALF))
			return RUN_TROUBLE;
		s.conn = (s.conn + s.req.slot) % GEN_CONNS;
		return s.fault == GEN_DROP_HALF ? one(r, &s) : once_more(r, &s);
	case GEN_AGAIN_HERE:
	case GEN_AGAIN_THERE:
		return again(r, &s, s.fault == GEN_AGAIN_THERE);
	case GEN_TWICE:
		return twice(r, &s);
	default:
		return one(r, &s);
	}
}

/* Several at once; not two on one slot, which is another fault. */
static int step_together(struct run *r, unsigned int n)
{
	struct gen_step s[4];
	unsigned int k = 0;

	for (unsigned int i = 0; i < n; i++) {
		bool clash = false;

		gen_next(&r->g, r->m, r->step, i, true, &s[k]);
		for (unsigned int j = 0; j < k; j++)
			clash |= same_slot(&s[j].req, &s[k].req);
		if (clash)
			continue;
		stamp(&s[k]);
		k++;
	}
	for (unsigned int i = 0; i < k; i++)
		if (talk_launch(&r->t, &s[i]))
			return RUN_TROUBLE;
	talk_wait(&r->t);
	return judge(r) ? RUN_OK : RUN_WRONG;
}

/* --- what happens besides --- */

static void nap(struct run *r)
{
	uint64_t now = talk_now_ms();

	if (!r->o->naps)
		return;
	if (r->g.asleep && now >= r->wake_ms)
		r->g.asleep = 0;
	else if (!r->g.asleep && rpc4_random(&r->dice) % 400 == 0) {
		r->g.asleep = 1u << rpc4_random(&r->dice) % GEN_MACHINES;
		/* Its lease, and the time in which a server looks after it */
		r->wake_ms = now + r->m->lease_ms + 6000;
	}
}

static int restart(struct run *r)
{
	talk_close_all(&r->t);
	if (system(r->o->restart))
		return RUN_TROUBLE;
	for (unsigned int i = 0; i < r->t.nm; i++)
		model_restart(&r->m[i], talk_now_ms());
	r->cov->grace_until_ms = r->m->grace_until_ms;
	r->cov->restarts++;
	return RUN_OK;
}

static int hooks(struct run *r)
{
	/* The dice are thrown in any case: a seed's naps do not depend on what else there is */
	if (!r->o->hook_every || rpc4_random(&r->dice) % r->o->hook_every || !(r->o->restart || r->o->helper))
		return RUN_OK;
	if (r->o->restart && (!r->o->helper || rpc4_random(&r->dice) & 1))
		return restart(r);
	r->cov->helped++;
	return system(r->o->helper) ? RUN_TROUBLE : RUN_OK;
}

static int step(struct run *r)
{
	uint64_t dice = r->g.seed ^ r->step * 0x2545f4914f6cdd1d;
	int ret = hooks(r);

	nap(r);
	if (ret)
		return ret;
	talk_begin(&r->t, r->g.asleep);
	if (rpc4_random(&dice) % 100 < r->o->overlap)
		return step_together(r, 2 + (unsigned int)(rpc4_random(&dice) % 3));
	return step_serial(r);
}

/* --- the beginning and the end --- */

static int dir_made(struct nfs41_session *s, const char *name, struct nfs41_fh *fh)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, s, 0, true);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_mkdir(&q, name);
	nfs41_op(&q, OP_SETATTR);
	rpc4_put_u64(&q.out, 0);
	rpc4_put_u64(&q.out, 0);
	rpc4_put_u32(&q.out, 2);
	rpc4_put_u64(&q.out, 1u << 1);
	rpc4_put_u32(&q.out, 4);
	rpc4_put_u32(&q.out, 0777);
	r = nfs41_call(&q, s->conn, &res);
	if (r || res.status)
		return r ? r : (int)res.status;
	return nfs41_getfh(s, name, fh);
}

static int dir_gone(struct nfs41_session *s, const char *name)
{
	struct nfs41_res res;
	struct nfs41_req q;
	char file[16];

	for (unsigned int i = 0; i < M_FNAMES; i++) {
		snprintf(file, sizeof(file), "f%u", i);
		nfs41_begin_seq(&q, s, 0, true);
		nfs41_op(&q, OP_PUTROOTFH);
		nfs41_put_lookup(&q, name);
		nfs41_put_remove(&q, file);
		nfs41_call(&q, s->conn, &res);	/* it may not be there */
	}
	return nfs41_remove(s, name);
}

/* The directory comes, or goes, by the hand of a client of its own. */
static int with_setup_client(struct run *r, bool make)
{
	struct nfs41_session s;
	struct rpc4_conn c;
	char name[64];
	int err = rpc4_connect(&c, &r->o->addr);

	if (err)
		return err;
	c.timeout_ms = TALK_WAIT_MS;
	snprintf(name, sizeof(name), "adversary %s setup", r->t.wire.nonce);
	err = nfs41_start(&s, &c, name, 4);
	snprintf(name, sizeof(name), "adversary.%s", r->t.wire.nonce);
	if (!err)
		err = make ? dir_made(&s, name, &r->t.wire.dir) : dir_gone(&s, name);
	if (!err)
		err = nfs41_stop(&s);
	rpc4_close(&c);
	return err;
}

/* A machine that has forgotten all takes its client's place, and goes: so nothing is left. */
static void end_client(struct run *r, unsigned int name)
{
	int c = m_client_by_name(r->m, name, true);
	struct m_req q = { .file = -2, .nops = 1 };
	struct m_ans a;

	if (c < 0)
		return;
	q.uid = r->m->client[c].uid;
	q.op[0] = (struct m_op){ .op = OP_EXCHANGE_ID, .name = name, .verifier = 99 };
	if (talk_simple(&r->t, 0, &q, &a) || a.status)
		return;
	q.op[0] = (struct m_op){ .op = OP_CREATE_SESSION, .clientid = a.res[0].clientid, .seq = a.res[0].seq };
	if (talk_simple(&r->t, 0, &q, &a) || a.status)
		return;
	q.op[0].op = OP_DESTROY_SESSION;
	memcpy(q.op[0].session, a.res[0].session, 16);
	if (talk_simple(&r->t, 0, &q, &a))
		return;
	q.op[0].op = OP_DESTROY_CLIENTID;
	talk_simple(&r->t, 0, &q, &a);
}

static int begin(struct run *r, const struct options *o, uint64_t seed)
{
	static unsigned int serial;
	int err;

	r->o = o;
	r->g.seed = seed;
	r->dice = ~seed;
	r->m = calloc(MODELS, sizeof(*r->m));
	r->found = calloc(MODELS, sizeof(*r->found));
	r->nodes = calloc(DEPTH + 1, sizeof(*r->nodes));
	r->seen = calloc(SEEN, sizeof(*r->seen));
	r->history = calloc(HISTORY, sizeof(*r->history));
	if (!r->m || !r->found || !r->nodes || !r->seen || !r->history) {
		perror("memory");
		return RUN_TROUBLE;
	}
	model_init(r->m, o->lease_s * 1000ull);
	r->m->lenient = o->lenient;
	r->m->grace_until_ms = r->cov->grace_until_ms;
	r->t.m = r->m;
	r->t.nm = 1;
	r->t.addr = o->addr;
	snprintf(r->t.wire.nonce, sizeof(r->t.wire.nonce), "%x-%x-%u", (unsigned int)getpid(),
		 (unsigned int)time(NULL), serial++);
	err = with_setup_client(r, true);
	if (err)
		fprintf(stderr, "adversary: cannot set up: %d\n", err);
	return err ? RUN_TROUBLE : RUN_OK;
}

static void end(struct run *r)
{
	r->t.alone = true;
	if (r->m) {
		for (unsigned int i = 0; i < M_NAMES; i++)
			end_client(r, i);
		with_setup_client(r, false);
	}
	talk_close_all(&r->t);
	r->cov->drops += r->t.dropped;
	r->cov->recalls += r->t.recalls;
	r->cov->notifications += r->t.notifications;
	free(r->m);
	free(r->found);
	free(r->nodes);
	free(r->seen);
	free(r->history);
}

enum run_result run_seed(const struct options *o, uint64_t seed, unsigned long steps, const uint8_t *skip,
			 uint64_t until_ms, unsigned long *ret_at, struct coverage *cov)
{
	struct run r = { .cov = cov };
	int ret = begin(&r, o, seed);

	/* Where it is full, the model that the server follows may be among those that are not kept */
	for (r.step = 0; !ret && !r.full && r.step < steps && talk_now_ms() < until_ms; r.step++) {
		if (skip && skip[r.step])
			continue;
		ret = step(&r);
		cov->steps++;
		if (!ret && r.m->dropped) {
			fprintf(stderr, "adversary: step %lu: the model has no room for what it brought\n", r.step);
			ret = RUN_TROUBLE;
		}
		if (ret)
			break;
	}
	*ret_at = r.step;
	cov->cut_short += r.full;
	end(&r);
	return ret;
}
