// SPDX-License-Identifier: GPL-2.0
/*
 * libmicrohttpd keeps an epoll descriptor of its own, which the loop watches; after each wake-up it is let run and
 * asked when it wants to be called at the latest. Nothing here blocks: handlers answer at once.
 */
#include "server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/unixsock.h"
#include "common/buf.h"
#include "common/id.h"
#include "common/str.h"

#define CONNECTIONS_MAX		64u
#define IDLE_SEC		30u
#define CONNECTION_MEMORY	((size_t)32 * 1024)
#define SWALLOW_MAX		((size_t)16 * KEFS_HTTP_BODY_MAX)

struct kefs_http_server {
	struct kefs_http_server_parts parts;
	struct MHD_Daemon *daemon;
	struct kefs_source *source, *timer;
};

/* One request while it comes in. */
struct exchange {
	struct kefs_buf body;
	bool answered;		/* refused before the body was read */
	size_t swallowed;	/* of a body that is too large */
};

static void run(struct kefs_http_server *server)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	(void)MHD_run(server->daemon);
	if (MHD_get_timeout(server->daemon, &ms) == MHD_YES)
		kefs_loop_rearm(server->timer, ms);
	else
		kefs_loop_enable(server->timer, false);
}

static void on_ready(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	run(ctx);
}

static void on_timer(void *ctx)
{
	run(ctx);
}

static struct MHD_Response *make_response(struct kefs_http_reply *reply)
{
	char *text = reply->body ? json_dumps(reply->body, JSON_COMPACT | JSON_REAL_PRECISION(13)) : NULL;
	struct MHD_Response *response;
	char uuid[KEFS_UUID_SIZE];

	response = MHD_create_response_from_buffer(text ? strlen(text) : 0, text,
						   text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (!response) {
		free(text);
		return NULL;
	}
	if (text)
		(void)MHD_add_response_header(response, "Content-Type", "application/json");
	if (reply->error)
		(void)MHD_add_response_header(response, "x-amzn-ErrorType", reply->error);
	if (kefs_id_uuid(uuid) == 0)
		(void)MHD_add_response_header(response, "x-amzn-RequestId", uuid);
	return response;
}

/* Sends and frees the reply. */
static enum MHD_Result answer(struct MHD_Connection *connection, struct kefs_http_reply *reply)
{
	struct MHD_Response *response = make_response(reply);
	enum MHD_Result result = MHD_NO;

	if (response) {
		result = MHD_queue_response(connection, reply->status, response);
		MHD_destroy_response(response);
	}
	kefs_reply_free(reply);
	return result;
}

/* The socket's mode lets nobody else in; this holds even if somebody widens it. */
static bool peer_is_root(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	pid_t pid;
	uid_t uid;

	return info && kefs_unixsock_peer(info->connect_fd, &uid, &pid) == 0 && uid == 0;
}

/*
 * A body that is too large is read all the same, up to a point, and dropped: a client that finds the connection
 * closed while it sends does not come to read why.
 */
static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t size)
{
	if (exchange->answered)
		return MHD_YES;
	if (!exchange->swallowed && kefs_buf_add(&exchange->body, data, size) == 0)
		return MHD_YES;
	exchange->swallowed += size;
	return exchange->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
}

/* The header is there, the body is not: refuse what can be refused now. */
static enum MHD_Result begin(struct MHD_Connection *connection, void **con_cls)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));
	struct kefs_http_reply reply = { .status = 0 };

	if (!exchange)
		return MHD_NO;
	exchange->body.cap = KEFS_HTTP_BODY_MAX;
	*con_cls = exchange;
	if (!peer_is_root(connection))
		kefs_reply_error(&reply, 403, "AccessDeniedException", "Only root may use this socket");
	if (!reply.status)
		return MHD_YES;
	exchange->answered = true;
	return answer(connection, &reply);
}

static void dispatch(struct kefs_http_server *server, struct MHD_Connection *connection, const char *method,
		     const char *path, const struct exchange *exchange, struct kefs_http_reply *reply)
{
	struct kefs_route_match match;
	struct kefs_http_request request = {
		.method = method,
		.path = path,
		.match = &match,
		.body = exchange->body.data ? exchange->body.data : "",
		.body_len = exchange->body.len,
		.connection = connection,
	};
	int rc = kefs_route_find(server->parts.routes, server->parts.route_count, method, path, &match);

	if (rc == -ENOENT)
		kefs_reply_error(reply, 404, "UnknownOperationException", "There is no %s", path);
	else if (rc == -EOPNOTSUPP)
		kefs_reply_error(reply, 405, "UnknownOperationException", "%s is not a method of %s", method, path);
	else if (rc < 0)
		kefs_reply_error(reply, 400, "BadRequest", "The path is not valid");
	else
		match.route->handler(server->parts.ctx, &request, reply);
	if (!reply->status)
		kefs_reply_error(reply, 500, "InternalServerError", "The handler gave no answer");
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
				  const char *version, const char *data, size_t *size, void **con_cls)
{
	struct kefs_http_server *server = ctx;
	struct exchange *exchange = *con_cls;
	struct kefs_http_reply reply = { .status = 0 };

	(void)version;
	if (!exchange)
		return begin(connection, con_cls);
	if (*size) {
		enum MHD_Result result = take_body(exchange, data, *size);

		*size = 0;
		return result;
	}
	if (exchange->answered)
		return MHD_YES;
	if (exchange->swallowed)
		kefs_reply_error(&reply, 413, "BadRequest", "The request body is larger than %d bytes", KEFS_HTTP_BODY_MAX);
	else
		dispatch(server, connection, method, path, exchange, &reply);
	return answer(connection, &reply);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **con_cls,
			 enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *con_cls;

	(void)ctx;
	(void)connection;
	(void)code;
	if (exchange)
		kefs_buf_free(&exchange->body);
	free(exchange);
	*con_cls = NULL;
}

/* Paths and parameters stay raw: route.c cuts first and decodes afterwards. */
static size_t keep_raw(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}

static int start(struct kefs_http_server *server)
{
	const union MHD_DaemonInfo *info;
	int rc;

	server->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server,
					  MHD_OPTION_LISTEN_SOCKET, server->parts.listen_fd,
					  MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
					  MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SEC,
					  MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
					  MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
					  MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, NULL,
					  MHD_OPTION_END);
	if (!server->daemon) {
		(void)close(server->parts.listen_fd);
		return -EIO;
	}
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EOPNOTSUPP;
	rc = kefs_loop_add_timer(server->parts.loop, 0, on_timer, server, &server->timer);
	if (rc < 0)
		return rc;
	return kefs_loop_add_fd(server->parts.loop, info->epoll_fd, EPOLLIN, on_ready, server, &server->source);
}

int kefs_http_server_new(const struct kefs_http_server_parts *parts, struct kefs_http_server **ret_server,
			 struct kefs_err *err)
{
	struct kefs_http_server *server = calloc(1, sizeof(*server));
	int rc;

	if (!server) {
		(void)close(parts->listen_fd);
		return kefs_err_sys(err, -ENOMEM, "HTTP server");
	}
	server->parts = *parts;
	rc = start(server);
	if (rc < 0) {
		kefs_http_server_free(server);
		return kefs_err_sys(err, rc, "starting the HTTP server (libmicrohttpd)");
	}
	*ret_server = server;
	return 0;
}

void kefs_http_server_free(struct kefs_http_server *server)
{
	if (!server)
		return;
	(void)kefs_loop_remove(server->source);
	(void)kefs_loop_remove(server->timer);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	free(server);
}

int kefs_http_query(const struct kefs_http_request *request, const char *name, char *buf, size_t size)
{
	const char *raw = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);

	if (!raw) {
		buf[0] = '\0';
		return 0;
	}
	return kefs_route_decode(raw, strlen(raw), buf, size);
}
