/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HTTP over a UNIX socket that only root may use: libmicrohttpd without threads, driven by the loop. Later issues
 * add TCP listeners with signed requests beside it.
 */
#ifndef KEFS_HTTP_SERVER_H
#define KEFS_HTTP_SERVER_H

#include <stddef.h>
#include <sys/types.h>

#include "base/loop.h"
#include "common/err.h"
#include "http/reply.h"
#include "http/route.h"

#define KEFS_HTTP_BODY_MAX (64 * 1024)

struct kefs_http_server;

/* What a handler gets; good while it runs. */
struct kefs_http_request {
	const char *method;
	const char *path;		/* raw */
	const struct kefs_route_match *match;
	const char *body;		/* body_len bytes and a NUL */
	size_t body_len;
	void *connection;		/* for kefs_http_query() */
};

struct kefs_http_server_parts {
	struct kefs_loop *loop;
	int listen_fd;			/* a listening UNIX socket; the server's from now on */
	const struct kefs_route *routes;
	size_t route_count;
	void *ctx;			/* for the handlers */
};

/* Starts serving. 0 or -errno with err; listen_fd is closed in that case too. */
int kefs_http_server_new(const struct kefs_http_server_parts *parts, struct kefs_http_server **ret_server,
			 struct kefs_err *err);

/* Drops all connections and frees the server. NULL is fine. */
void kefs_http_server_free(struct kefs_http_server *server);

/*
 * The decoded value of a query parameter: 0, with "" if it is absent; -EINVAL for a bad escape, -ENAMETOOLONG.
 */
int kefs_http_query(const struct kefs_http_request *request, const char *name, char *buf, size_t size);

#endif
