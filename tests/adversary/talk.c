// SPDX-License-Identifier: GPL-2.0
#include "talk.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "../rawclient/nfs41_cb.h"

uint64_t talk_now_ms(void)
{
	return rpc4_now_ns() / 1000000;
}

void talk_drop_conn(struct talk *t, unsigned int machine, unsigned int conn)
{
	struct rpc4_conn *c = &t->conn[machine][conn];

	for (unsigned int i = 0; i < t->nfl; i++) {
		if (t->fl[i].c != c || t->fl[i].done)
			continue;
		t->fl[i].done = true;
		t->fl[i].a.err = -ECONNRESET;
		t->fl[i].arrival = t->events++;
		t->fl[i].a.came_ms = talk_now_ms();
	}
	if (t->open[machine][conn])
		rpc4_close(c);
	t->open[machine][conn] = false;
}

void talk_close_all(struct talk *t)
{
	for (unsigned int i = 0; i < GEN_MACHINES; i++)
		for (unsigned int k = 0; k < TALK_CONNS; k++)
			talk_drop_conn(t, i, k);
}

/* A server that was just started may not listen yet. */
static int connected(struct talk *t, unsigned int machine, unsigned int conn)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	int r = 0;

	for (int tries = 0; !t->open[machine][conn] && tries < 200; tries++) {
		r = rpc4_connect(&t->conn[machine][conn], &t->addr);
		t->open[machine][conn] = !r;
		if (r)
			nanosleep(&pause, NULL);
	}
	return r;
}

static struct rpc4_conn *build(struct talk *t, const struct gen_step *s, struct nfs41_req *q)
{
	struct rpc4_conn *c = &t->conn[s->machine][s->conn];

	wire_put(q, c, &t->wire, t->m, &s->req);
	t->sent++;
	return c;
}

int talk_launch(struct talk *t, const struct gen_step *s)
{
	struct flight *f = &t->fl[t->nfl];
	struct nfs41_req q;
	int r = connected(t, s->machine, s->conn);

	if (r)
		return r;
	memset(f, 0, sizeof(*f));
	f->s = *s;
	if (s->req.file >= 0 && !s->req.handle.len)
		f->s.req.handle = t->m->file[s->req.file].fh;
	f->c = build(t, &f->s, &q);
	f->xid = q.xid;
	f->launched = t->events++;
	t->nfl++;
	r = nfs41_send(&q, f->c);
	nfs41_free(&q);
	if (r)
		talk_drop_conn(t, s->machine, s->conn);
	return 0;
}

static int send_part(struct talk *t, const struct gen_step *s, bool half)
{
	struct nfs41_req q;
	struct rpc4_out o = { 0 };
	struct rpc4_conn *c;
	int r = connected(t, s->machine, s->conn);

	if (r)
		return r;
	c = build(t, s, &q);
	rpc4_put_u32(&o, (uint32_t)q.out.len | RPC4_LAST);
	rpc4_put_raw(&o, q.out.data, q.out.len);
	rpc4_send_raw(c, o.data, half ? o.len / 2 : o.len);
	rpc4_out_free(&o);
	nfs41_free(&q);
	return 0;
}

/* Sends it and lets the answer come, at which nobody looks. */
static int send_to_its_end(struct talk *t, const struct gen_step *s)
{
	int r = talk_launch(t, s);

	if (r)
		return r;
	talk_wait(t);
	t->nfl = 0;
	return 0;
}

int talk_drop(struct talk *t, const struct gen_step *s, bool half)
{
	/*
	 * Without a slot nothing keeps a server from executing what it has received after what was sent since: then it is
	 * waited for. With one the second transmission is answered when the first has ended.
	 */
	int r = half || s->req.sequence ? send_part(t, s, half) : send_to_its_end(t, s);

	if (r)
		return r;
	t->dropped++;
	talk_drop_conn(t, s->machine, s->conn);
	return 0;
}

static void callback(struct talk *t, struct rpc4_conn *c, struct rpc4_in *in)
{
	struct nfs41_cb what;
	struct rpc4_out out = { 0 };

	if (!nfs41_callback(in, &out, &what))
		rpc4_send(c, &out);
	rpc4_out_free(&out);
	t->recalls += what.recalled;
	t->notifications += what.notified;
	if (what.recalled)
		talk_wanted(t, &what.id);
}

static void reply(struct talk *t, struct rpc4_conn *c, struct rpc4_in *in)
{
	struct rpc4_reply rpc;
	int r = rpc4_get_reply(in, &rpc);

	for (unsigned int i = 0; i < t->nfl; i++) {
		struct flight *f = &t->fl[i];

		if (f->c != c || f->xid != rpc.xid || f->done)
			continue;
		f->done = true;
		f->arrival = t->events++;
		if (r || rpc.denied || rpc.stat)
			f->a.err = -EPROTO;
		else
			f->a.err = wire_get(in, &f->s.req, &f->a);
		f->a.came_ms = talk_now_ms();
		return;
	}
}

static void receive(struct talk *t, unsigned int machine, unsigned int conn)
{
	struct rpc4_conn *c = &t->conn[machine][conn];
	struct rpc4_in in;

	if (rpc4_recv(c, &in) || in.end - in.p < 8) {
		talk_drop_conn(t, machine, conn);
		return;
	}
	if (in.p[7] == RPC4_CALL)
		callback(t, c, &in);
	else
		reply(t, c, &in);
}

static bool all_done(const struct talk *t)
{
	for (unsigned int i = 0; i < t->nfl; i++)
		if (!t->fl[i].done)
			return false;
	return true;
}

/* Takes what has come on any connection within @ms. */
static void pump(struct talk *t, int ms)
{
	struct pollfd p[GEN_MACHINES * TALK_CONNS];
	unsigned int at[GEN_MACHINES * TALK_CONNS], n = 0;

	for (unsigned int i = 0; i < GEN_MACHINES * TALK_CONNS; i++) {
		if (!t->open[i / TALK_CONNS][i % TALK_CONNS])
			continue;
		p[n] = (struct pollfd){ .fd = t->conn[i / TALK_CONNS][i % TALK_CONNS].fd, .events = POLLIN };
		at[n++] = i;
	}
	if (poll(p, n, ms) <= 0)
		return;
	for (unsigned int i = 0; i < n; i++)
		if (p[i].revents && t->open[at[i] / TALK_CONNS][at[i] % TALK_CONNS])
			receive(t, at[i] / TALK_CONNS, at[i] % TALK_CONNS);
}

void talk_begin(struct talk *t, uint32_t asleep)
{
	t->asleep = asleep;
	t->rebind = (struct talk_round){ .due_ms = talk_now_ms() + TALK_STALL_MS };
	t->renew = (struct talk_round){ .due_ms = talk_now_ms() + t->m->lease_ms / 4 };
}

void talk_wait(struct talk *t)
{
	/* Who has a delegation and does nothing holds others up for its lease (§10.4.5) */
	uint64_t until = talk_now_ms() + t->m->lease_ms + TALK_WAIT_MS;

	t->helping = TALK_FLIGHTS;
	t->waits++;
	while (!all_done(t)) {
		if (talk_now_ms() >= until) {
			for (unsigned int i = 0; i < t->nfl; i++) {
				if (t->fl[i].done)
					continue;
				t->fl[i].a.err = -ETIMEDOUT;
				t->fl[i].a.came_ms = talk_now_ms();
				t->fl[i].arrival = UINT32_MAX;
			}
			return;
		}
		if (!t->alone)
			talk_tend(t);
		pump(t, TALK_STALL_MS);
	}
}

int talk_simple(struct talk *t, unsigned int machine, const struct m_req *r, struct m_ans *ret)
{
	struct gen_step s = { .machine = machine, .req = *r };
	int err = talk_launch(t, &s);

	if (err)
		return err;
	talk_wait(t);
	*ret = t->fl[0].a;
	t->nfl = 0;
	return ret->err;
}
