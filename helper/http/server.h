/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HTTP over one listening socket: libmicrohttpd without threads, driven by the loop. Who may ask is decided by the
 * auth that the server is given: by the peer of a UNIX socket, or by the request's signature (auth.h).
 */
#ifndef KEFS_HTTP_SERVER_H
#define KEFS_HTTP_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/loop.h"
#include "common/addr.h"
#include "common/err.h"
#include "http/reply.h"
#include "http/route.h"

#define KEFS_HTTP_BODY_MAX	(128 * 1024)
#define KEFS_HTTP_ARN_SIZE	704	/* of a user with the longest path */
#define KEFS_HTTP_KEY_SIZE	129

struct kefs_http_server;

/* Who asks, once that is known. */
struct kefs_http_caller {
	char account[16];
	char arn[KEFS_HTTP_ARN_SIZE];
	char service[32];	/* that the request is signed for: "elasticfilesystem", "iam" */
	char access_key[KEFS_HTTP_KEY_SIZE];	/* "": the administrator at this host */
	char address[46];	/* that the request came from; "": from this host */
	bool local;		/* the administrator at this host */
};

#define KEFS_HTTP_OPERATION_SIZE	80

/* What is to be written down of a request when it is answered; filled as it becomes known. */
struct kefs_http_note {
	char service[32];	/* "elasticfilesystem"; "": not known */
	char operation[KEFS_HTTP_OPERATION_SIZE];	/* "CreateFileSystem"; "": not known */
	char access_key[KEFS_HTTP_KEY_SIZE];	/* that it says it is signed with, proven or not */
	bool read_only;
	/* New references, NULL if there is none: who asks, if that is proven; what he gave; what became of it. */
	json_t *identity, *parameters, *response;
};

/* What a handler gets; good while it runs. */
struct kefs_http_request {
	const char *method;
	const char *path;		/* raw */
	const char *query;		/* raw, without the question mark; "" if there is none */
	const struct kefs_route_match *match;
	const char *body;		/* body_len bytes and a NUL */
	size_t body_len;
	const struct kefs_http_caller *caller;	/* NULL: not known yet */
	struct kefs_http_note *note;
	void *connection;		/* for the functions below */
};

struct kefs_http_auth {
	/* The header is there, the body is not: fills reply to refuse what can be refused now. */
	void (*admit)(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
	/* The body is there: fills caller, or reply to refuse. */
	void (*identify)(void *ctx, const struct kefs_http_request *request, struct kefs_http_caller *caller,
			 struct kefs_http_reply *reply);
	void *ctx;
};

struct kefs_http_server_parts {
	struct kefs_loop *loop;
	int listen_fd;			/* a listening stream socket; the server's from now on */
	unsigned int connections;	/* at most; more wait in the backlog */
	unsigned int per_address;	/* from one address; more are closed at once. 0: no such limit */
	unsigned int idle_sec;		/* a connection on which nothing happens is closed after so long */
	/*
	 * So is one whose request has no first line after so long since the last answer, or is not answered so long after
	 * that line, however much happens. Above idle_sec.
	 */
	unsigned int request_sec;
	/* With its chain, and its key, in PEM, checked by the caller, copied: TLS is spoken. Or NULL. */
	const char *certificate, *key;
	struct kefs_http_auth auth;
	const struct kefs_route *routes;
	size_t route_count;
	/* May be NULL. Called for each request that is answered, refused ones too, before the answer goes out. */
	void (*answered)(void *ctx, const struct kefs_http_request *request, const struct kefs_http_reply *reply);
	void *ctx;			/* for these and the handlers */
};

/* Starts serving. 0 or -errno with err; listen_fd is closed in that case too. */
int kefs_http_server_new(const struct kefs_http_server_parts *parts, struct kefs_http_server **ret_server,
			 struct kefs_err *err);

/*
 * New connections get this certificate, as in parts; those that live go on with theirs. 0, or -errno with err: it is as
 * it was.
 */
int kefs_http_server_renew(struct kefs_http_server *server, const char *certificate, const char *key,
			   struct kefs_err *err);

/* Drops all connections and frees the server. NULL is fine. */
void kefs_http_server_free(struct kefs_http_server *server);

/*
 * The decoded value of a query parameter, the first of that name: 0, with "" if it is absent; -EINVAL for a bad
 * escape, -ENAMETOOLONG.
 */
int kefs_http_query(const struct kefs_http_request *request, const char *name, char *buf, size_t size);

/* The value of a header, the first of that name in any case, or NULL; good while the handler runs. */
const char *kefs_http_header(const struct kefs_http_request *request, const char *name);

/* Calls each for every header, in the order in which they came. */
void kefs_http_headers(const struct kefs_http_request *request,
		       void (*each)(void *ctx, const char *name, const char *value), void *ctx);

/* The address of who is at the other end, "" unless that is an Internet one; ret_text has 46 bytes. */
void kefs_http_address(const struct kefs_http_request *request, char *ret_text);

/* The same with the port; len 0 for none. */
void kefs_http_peer_addr(const struct kefs_http_request *request, struct kefs_addr *ret_addr);

/* The uid of who is at the other end of a UNIX socket: 0 or -errno. */
int kefs_http_peer(const struct kefs_http_request *request, uid_t *ret_uid);

#endif
