// SPDX-License-Identifier: GPL-2.0
#include "rpc4.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECORD_MAX (4u << 20)	/* a reply longer than this is a lie */

static void *must(void *p)
{
	if (!p) {
		perror("memory");
		exit(2);
	}
	return p;
}

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

void rpc4_out_free(struct rpc4_out *o)
{
	free(o->data);
	memset(o, 0, sizeof(*o));
}

void rpc4_out_reset(struct rpc4_out *o)
{
	o->len = 0;
}

void rpc4_put_raw(struct rpc4_out *o, const void *data, size_t len)
{
	if (o->len + len > o->cap) {
		o->cap = (o->len + len) * 2 + 256;
		o->data = must(realloc(o->data, o->cap));
	}
	if (len)
		memcpy(o->data + o->len, data, len);
	o->len += len;
}

void rpc4_put_u32(struct rpc4_out *o, uint32_t v)
{
	uint8_t b[4];

	store32(b, v);
	rpc4_put_raw(o, b, 4);
}

void rpc4_put_u64(struct rpc4_out *o, uint64_t v)
{
	rpc4_put_u32(o, v >> 32);
	rpc4_put_u32(o, (uint32_t)v);
}

void rpc4_put_opaque(struct rpc4_out *o, const void *data, size_t len)
{
	static const uint8_t zeros[4];

	rpc4_put_u32(o, (uint32_t)len);
	rpc4_put_raw(o, data, len);
	rpc4_put_raw(o, zeros, -len & 3);
}

void rpc4_put_string(struct rpc4_out *o, const char *s)
{
	rpc4_put_opaque(o, s, strlen(s));
}

void rpc4_poke_u32(struct rpc4_out *o, size_t at, uint32_t v)
{
	store32(o->data + at, v);
}

const uint8_t *rpc4_get_fixed(struct rpc4_in *in, size_t len)
{
	size_t left = (size_t)(in->end - in->p), padded = (len + 3) & ~(size_t)3;
	const uint8_t *p = in->p;

	if (in->bad || padded < len || padded > left) {
		in->bad = true;
		return NULL;
	}
	in->p += padded;
	return p;
}

uint32_t rpc4_get_u32(struct rpc4_in *in)
{
	const uint8_t *p = rpc4_get_fixed(in, 4);

	return p ? load32(p) : 0;
}

uint64_t rpc4_get_u64(struct rpc4_in *in)
{
	uint64_t hi = rpc4_get_u32(in);

	return hi << 32 | rpc4_get_u32(in);
}

const uint8_t *rpc4_get_opaque(struct rpc4_in *in, uint32_t *ret_len)
{
	uint32_t len = rpc4_get_u32(in);
	const uint8_t *p = rpc4_get_fixed(in, len);

	*ret_len = p ? len : 0;
	return p;
}

void rpc4_put_call(struct rpc4_out *o, uint32_t xid, uint32_t prog, uint32_t vers, uint32_t proc,
		   const struct rpc4_cred *cred)
{
	const uint32_t head[] = { xid, RPC4_CALL, 2, prog, vers, proc, cred->flavor };
	static const char machine[] = "rawclient";

	for (size_t i = 0; i < sizeof(head) / sizeof(*head); i++)
		rpc4_put_u32(o, head[i]);
	if (cred->flavor == 1) {
		size_t at = o->len;

		rpc4_put_u32(o, 0);
		rpc4_put_u32(o, 0);	/* stamp */
		rpc4_put_string(o, machine);
		rpc4_put_u32(o, cred->uid);
		rpc4_put_u32(o, cred->gid);
		rpc4_put_u32(o, cred->ngids);
		for (uint32_t i = 0; i < cred->ngids; i++)
			rpc4_put_u32(o, cred->gids[i]);
		rpc4_poke_u32(o, at, (uint32_t)(o->len - at - 4));
	} else {
		rpc4_put_u32(o, 0);
	}
	rpc4_put_u64(o, 0);		/* verifier: AUTH_NONE */
}

int rpc4_get_reply(struct rpc4_in *in, struct rpc4_reply *ret)
{
	uint32_t len;

	memset(ret, 0, sizeof(*ret));
	ret->xid = rpc4_get_u32(in);
	if (rpc4_get_u32(in) != RPC4_REPLY)
		return -EBADMSG;
	ret->denied = rpc4_get_u32(in) == 1;
	if (!ret->denied) {
		rpc4_get_u32(in);
		rpc4_get_opaque(in, &len);
	}
	ret->stat = rpc4_get_u32(in);
	if (ret->denied ? ret->stat == 0 : ret->stat == RPC4_PROG_MISMATCH) {
		ret->lo = rpc4_get_u32(in);
		ret->hi = rpc4_get_u32(in);
	} else if (ret->denied) {
		ret->auth = rpc4_get_u32(in);
	}
	return in->bad ? -EBADMSG : 0;
}

struct rpc4_addr rpc4_parse_addr(char *s)
{
	struct rpc4_addr a = { s, "2049" };
	char *colon = strrchr(s, ':');

	if (*s == '[' && strchr(s, ']')) {
		char *close = strchr(s, ']');

		a.host = s + 1;
		colon = close[1] == ':' ? close + 1 : NULL;
		*close = 0;
	}
	if (colon) {
		*colon = 0;
		a.port = colon + 1;
	}
	return a;
}

/* The peer's way of saying that it is gone: a FIN, a reset, or a pipe that broke meanwhile. */
static int gone(int err)
{
	return err == EPIPE || err == ECONNRESET || err == 0 ? -ECONNRESET : -err;
}

static int wait_fd(struct rpc4_conn *c, short events, int timeout_ms)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int r;

	do
		r = poll(&p, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return r ? 0 : -ETIMEDOUT;
}

static int connect_one(struct rpc4_conn *c, const struct addrinfo *ai)
{
	socklen_t len = sizeof(int);
	int one = 1, err = 0, r;

	c->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	r = wait_fd(c, POLLOUT, c->timeout_ms);
	if (!r && getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	return r ? r : -err;
}

int rpc4_connect(struct rpc4_conn *c, const struct rpc4_addr *a)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	int r = getaddrinfo(a->host, a->port, &hints, &list);

	memset(c, 0, sizeof(*c));
	c->timeout_ms = 5000;
	c->fd = -1;
	if (r)
		return -EADDRNOTAVAIL;
	c->xid = (uint32_t)rpc4_now_ns();
	r = connect_one(c, list);
	freeaddrinfo(list);
	if (r)
		rpc4_close(c);
	return r;
}

void rpc4_close(struct rpc4_conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	free(c->buf);
	c->buf = NULL;
	c->cap = 0;
}

void rpc4_reset(struct rpc4_conn *c)
{
	struct linger l = { .l_onoff = 1 };

	if (c->fd >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	rpc4_close(c);
}

uint32_t rpc4_next_xid(struct rpc4_conn *c)
{
	return ++c->xid;
}

int rpc4_send_raw(struct rpc4_conn *c, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			int r = wait_fd(c, POLLOUT, c->timeout_ms);

			if (r)
				return r;
			continue;
		}
		if (n < 0)
			return gone(errno);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int rpc4_send_fragments(struct rpc4_conn *c, const struct rpc4_out *rec, size_t fragment)
{
	struct rpc4_out o = { 0 };
	size_t at = 0;
	int r;

	do {
		size_t n = rec->len - at < fragment ? rec->len - at : fragment;

		rpc4_put_u32(&o, (uint32_t)n | (at + n == rec->len ? RPC4_LAST : 0));
		rpc4_put_raw(&o, rec->data + at, n);
		at += n;
	} while (at < rec->len);
	r = rpc4_send_raw(c, o.data, o.len);
	rpc4_out_free(&o);
	return r;
}

int rpc4_send(struct rpc4_conn *c, const struct rpc4_out *rec)
{
	return rpc4_send_fragments(c, rec, rec->len ? rec->len : 1);
}

static int recv_exact(struct rpc4_conn *c, uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = recv(c->fd, p, len, 0);

		if (n < 0 && errno == EAGAIN) {
			int r = wait_fd(c, POLLIN, c->timeout_ms);

			if (r)
				return r;
			continue;
		}
		if (n <= 0)
			return gone(n ? errno : 0);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int rpc4_recv(struct rpc4_conn *c, struct rpc4_in *ret)
{
	size_t have = 0;
	uint32_t mark;

	do {
		uint8_t head[4];
		size_t n;
		int r = recv_exact(c, head, 4);

		if (r)
			return r;
		mark = load32(head);
		n = mark & ~RPC4_LAST;
		if (have + n > RECORD_MAX)
			return -EMSGSIZE;
		if (have + n > c->cap) {
			c->cap = have + n + 4096;
			c->buf = must(realloc(c->buf, c->cap));
		}
		r = recv_exact(c, c->buf + have, n);
		if (r)
			return r;
		have += n;
	} while (!(mark & RPC4_LAST));
	*ret = (struct rpc4_in){ c->buf, c->buf + have, false };
	return 0;
}

int rpc4_wait_closed(struct rpc4_conn *c, int timeout_ms)
{
	uint64_t until = rpc4_now_ns() + (uint64_t)timeout_ms * 1000000;
	char sink[4096];

	for (;;) {
		uint64_t now = rpc4_now_ns();
		ssize_t n;

		if (now >= until || wait_fd(c, POLLIN, (int)((until - now) / 1000000) + 1))
			return -ETIMEDOUT;
		n = recv(c->fd, sink, sizeof(sink), 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return 0;
	}
}

int rpc4_null(struct rpc4_conn *c)
{
	struct rpc4_cred none = { 0 };
	struct rpc4_out o = { 0 };
	struct rpc4_reply rep;
	struct rpc4_in in;
	int r;

	rpc4_put_call(&o, rpc4_next_xid(c), 100003, 4, 0, &none);
	r = rpc4_send(c, &o);
	rpc4_out_free(&o);
	if (!r)
		r = rpc4_recv(c, &in);
	if (!r)
		r = rpc4_get_reply(&in, &rep);
	if (!r && (rep.xid != c->xid || rep.denied || rep.stat != RPC4_SUCCESS))
		r = -EPROTO;
	return r;
}

uint64_t rpc4_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t rpc4_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;	/* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}
