// SPDX-License-Identifier: GPL-2.0
/*
 * libmicrohttpd keeps an epoll descriptor of its own, which the loop watches; after each wake-up it is let run and
 * asked when it wants to be called at the latest. Nothing here blocks: handlers answer at once.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unixsock.h"
#include "common/buf.h"
#include "common/fail.h"
#include "common/id.h"
#include "common/str.h"

#define CONNECTION_MEMORY	((size_t)32 * 1024)
#define SWALLOW_MAX		((size_t)16 * KEFS_HTTP_BODY_MAX)

#define REQUEST_MS		30000	/* for a request, from its first byte, or the connection's begin, to its answer's end */
#define SWEEP_MS		2000

/* A connection that waits for its next request to come to an end. */
struct visit {
	struct visit *prev, *next;
	struct MHD_Connection *connection;
	uint64_t since;		/* of the loop's clock */
};

struct kefs_http_server {
	struct kefs_http_server_parts parts;
	struct MHD_Daemon *daemon;
	struct kefs_source *source, *timer, *sweep;
	struct visit *visits;
};

/* One request while it comes in. */
struct exchange {
	char *target;		/* path and query, raw; cut in two */
	const char *query;
	bool begun;
	struct kefs_buf body;
	bool answered;		/* refused before the body was read */
	size_t swallowed;	/* of a body that is too large */
};

static bool is_full(const struct kefs_http_server *server)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info && info->num_connections >= server->parts.connections;
}

static void run(struct kefs_http_server *server)
{
	bool was_full = is_full(server);
	MHD_UNSIGNED_LONG_LONG ms = 0;

	(void)MHD_run(server->daemon);
	/* It does not listen while it is full, and begins again in the next run only, for which nothing would wake us. */
	if (was_full && !is_full(server))
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

/*
 * libmicrohttpd ends connections on which nothing happens, and that is all: one that sends a byte now and then would
 * hold its place for as long as it likes.
 */
static void on_sweep(void *ctx)
{
	struct kefs_http_server *server = ctx;
	uint64_t now = kefs_loop_now_ms(server->parts.loop);

	for (struct visit *visit = server->visits; visit; visit = visit->next) {
		const union MHD_ConnectionInfo *info;

		if (now - visit->since < REQUEST_MS)
			continue;
		info = MHD_get_connection_info(visit->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info)
			(void)shutdown(info->connect_fd, SHUT_RDWR);
	}
	if (server->visits)
		kefs_loop_rearm(server->sweep, SWEEP_MS);
}

static void enter(struct kefs_http_server *server, struct MHD_Connection *connection, void **socket_context)
{
	struct visit *visit = calloc(1, sizeof(*visit));

	/* Without memory for it, it has no limit but the other one */
	*socket_context = visit;
	if (!visit)
		return;
	visit->connection = connection;
	visit->since = kefs_loop_now_ms(server->parts.loop);
	visit->next = server->visits;
	if (visit->next)
		visit->next->prev = visit;
	else if (server->sweep)
		kefs_loop_rearm(server->sweep, SWEEP_MS);
	server->visits = visit;
}

static void leave(struct kefs_http_server *server, struct visit *visit)
{
	if (!visit)
		return;
	if (visit->next)
		visit->next->prev = visit->prev;
	if (visit->prev)
		visit->prev->next = visit->next;
	else
		server->visits = visit->next;
	free(visit);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		enter(ctx, connection, socket_context);
	else
		leave(ctx, *socket_context);
}

static struct MHD_Response *make_response(struct kefs_http_reply *reply)
{
	const char *type = reply->xml ? "text/xml" : "application/json";
	struct MHD_Response *response;
	char *text = reply->xml;

	reply->xml = NULL;
	if (!text && reply->body)
		text = json_dumps(reply->body, JSON_COMPACT | JSON_REAL_PRECISION(13));

	response = MHD_create_response_from_buffer(text ? strlen(text) : 0, text,
						   text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (!response) {
		free(text);
		return NULL;
	}
	if (text)
		(void)MHD_add_response_header(response, "Content-Type", type);
	if (reply->error)
		(void)MHD_add_response_header(response, "x-amzn-ErrorType", reply->error);
	if (*reply->request_id)
		(void)MHD_add_response_header(response, "x-amzn-RequestId", reply->request_id);
	return response;
}

static void forget(struct kefs_http_note *note)
{
	json_decref(note->identity);
	json_decref(note->parameters);
	json_decref(note->response);
}

/* Sends and frees the reply. */
static enum MHD_Result answer(const struct kefs_http_server *server, const struct kefs_http_request *request,
			      struct kefs_http_reply *reply)
{
	enum MHD_Result result = MHD_NO;
	struct MHD_Response *response;

	if (!*reply->request_id)
		(void)kefs_id_uuid(reply->request_id);
	if (server->parts.answered)
		server->parts.answered(server->parts.ctx, request, reply);
	forget(request->note);
	response = make_response(reply);
	kefs_fail_point("answer");
	if (response) {
		result = MHD_queue_response(request->connection, reply->status, response);
		MHD_destroy_response(response);
	}
	kefs_reply_free(reply);
	return result;
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

static struct kefs_http_request as_request(struct MHD_Connection *connection, const char *method,
					   const struct exchange *exchange, struct kefs_http_note *note)
{
	return (struct kefs_http_request) {
		.method = method,
		.path = exchange->target,
		.query = exchange->query,
		.body = exchange->body.data ? exchange->body.data : "",
		.body_len = exchange->body.len,
		.note = note,
		.connection = connection,
	};
}

/* The header is there, the body is not: refuse what can be refused now. */
static enum MHD_Result begin(struct kefs_http_server *server, struct MHD_Connection *connection, const char *method,
			     struct exchange *exchange)
{
	struct kefs_http_note note = { .service = "" };
	const struct kefs_http_request request = as_request(connection, method, exchange, &note);
	struct kefs_http_reply reply = { .status = 0 };

	exchange->begun = true;
	server->parts.auth.admit(server->parts.auth.ctx, &request, &reply);
	if (!reply.status)
		return MHD_YES;
	exchange->answered = true;
	return answer(server, &request, &reply);
}

static void dispatch(struct kefs_http_server *server, struct kefs_http_request *request,
		     struct kefs_http_caller *caller, struct kefs_route_match *match, struct kefs_http_reply *reply)
{
	int rc;

	server->parts.auth.identify(server->parts.auth.ctx, request, caller, reply);
	if (reply->status)
		return;
	kefs_http_address(request, caller->address);
	request->caller = caller;
	rc = kefs_route_find(server->parts.routes, server->parts.route_count, request->method, request->path, match);
	if (rc == 0)
		request->match = match;
	if (rc == -ENOENT)
		kefs_reply_error(reply, 404, "UnknownOperationException", "There is no %s", request->path);
	else if (rc == -EOPNOTSUPP)
		kefs_reply_error(reply, 405, "UnknownOperationException", "%s is not a method of %s", request->method,
				 request->path);
	else if (rc < 0)
		kefs_reply_error(reply, 400, "BadRequest", "The path is not valid");
	else
		match->route->handler(server->parts.ctx, request, reply);
	if (!reply->status)
		kefs_reply_error(reply, 500, "InternalServerError", "The handler gave no answer");
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
				  const char *version, const char *data, size_t *size, void **con_cls)
{
	struct kefs_http_server *server = ctx;
	struct exchange *exchange = *con_cls;
	struct kefs_http_reply reply = { .status = 0 };
	struct kefs_http_caller caller = { .account = "" };
	struct kefs_http_note note = { .service = "" };
	struct kefs_http_request request;
	struct kefs_route_match match;

	(void)version;
	(void)path;
	if (!exchange)
		return MHD_NO;
	if (!exchange->begun)
		return begin(server, connection, method, exchange);
	if (*size) {
		enum MHD_Result result = take_body(exchange, data, *size);

		*size = 0;
		return result;
	}
	if (exchange->answered)
		return MHD_YES;
	request = as_request(connection, method, exchange, &note);
	if (exchange->swallowed)
		kefs_reply_error(&reply, 413, "BadRequest", "The request body is larger than %d bytes", KEFS_HTTP_BODY_MAX);
	else
		dispatch(server, &request, &caller, &match, &reply);
	return answer(server, &request, &reply);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **con_cls,
			 enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *con_cls;

	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	const struct kefs_http_server *server = ctx;
	struct visit *visit = info ? info->socket_context : NULL;

	(void)code;
	kefs_fail_point("answered");
	/* The next one, if it comes, has its own time */
	if (visit)
		visit->since = kefs_loop_now_ms(server->parts.loop);
	if (exchange) {
		kefs_buf_free(&exchange->body);
		free(exchange->target);
	}
	free(exchange);
	*con_cls = NULL;
}

/* The first that is heard of a request: what stands in its first line. Becomes con_cls. */
static void *on_target(void *ctx, const char *target, struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));
	char *question;

	(void)ctx;
	(void)connection;
	if (!exchange)
		return NULL;
	exchange->body.cap = KEFS_HTTP_BODY_MAX;
	exchange->target = strdup(target);
	if (!exchange->target) {
		free(exchange);
		return NULL;
	}
	question = strchr(exchange->target, '?');
	exchange->query = question ? question + 1 : "";
	if (question)
		*question = '\0';
	return exchange;
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
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, server->parts.certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, server->parts.key },
		{ MHD_OPTION_END, 0, NULL },
	};
	const union MHD_DaemonInfo *info;
	int rc;

	if (!server->parts.certificate)
		tls[0].option = MHD_OPTION_END;
	server->daemon = MHD_start_daemon(MHD_USE_EPOLL | (server->parts.certificate ? MHD_USE_TLS : 0U), 0, NULL, NULL,
					  on_request, server,
					  MHD_OPTION_LISTEN_SOCKET, server->parts.listen_fd,
					  MHD_OPTION_CONNECTION_LIMIT, server->parts.connections,
					  MHD_OPTION_PER_IP_CONNECTION_LIMIT, server->parts.per_address,
					  MHD_OPTION_CONNECTION_TIMEOUT, server->parts.idle_sec,
					  MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
					  MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
					  MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
					  MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
					  MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, NULL,
					  MHD_OPTION_ARRAY, tls,
					  MHD_OPTION_END);
	if (!server->daemon) {
		(void)close(server->parts.listen_fd);
		return -EIO;
	}
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EOPNOTSUPP;
	rc = kefs_loop_add_timer(server->parts.loop, SWEEP_MS, on_sweep, server, &server->sweep);
	if (rc == 0)
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
	(void)kefs_loop_remove(server->sweep);
	server->sweep = NULL;
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	free(server);
}

int kefs_http_query(const struct kefs_http_request *request, const char *name, char *buf, size_t size)
{
	const char *query = request->query;
	char this[64];
	int rc;

	while ((rc = kefs_query_next(&query, this, sizeof(this), buf, size)) != 0) {
		if (rc < 0 && rc != -ENAMETOOLONG)
			return rc;
		if (!strcmp(this, name))
			return rc < 0 ? rc : 0;
	}
	buf[0] = '\0';
	return 0;
}

const char *kefs_http_header(const struct kefs_http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct headers {
	void (*each)(void *ctx, const char *name, const char *value);
	void *ctx;
};

static enum MHD_Result give_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const struct headers *headers = ctx;

	(void)kind;
	headers->each(headers->ctx, name, value ? value : "");
	return MHD_YES;
}

void kefs_http_headers(const struct kefs_http_request *request,
		       void (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
	struct headers headers = { .each = each, .ctx = ctx };

	(void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, give_header, &headers);
}

void kefs_http_peer_addr(const struct kefs_http_request *request, struct kefs_addr *ret_addr)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection,
								       MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info ? info->client_addr : NULL;
	size_t len = 0;

	/* Of a UNIX socket there are fewer bytes than of either. */
	if (sa && sa->sa_family == AF_INET)
		len = sizeof(struct sockaddr_in);
	else if (sa && sa->sa_family == AF_INET6)
		len = sizeof(struct sockaddr_in6);
	if (!len || kefs_addr_set(ret_addr, sa, len) < 0)
		ret_addr->len = 0;
}

void kefs_http_address(const struct kefs_http_request *request, char *ret_text)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection,
								       MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info ? info->client_addr : NULL;

	ret_text[0] = '\0';
	if (sa && sa->sa_family == AF_INET)
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, ret_text, INET6_ADDRSTRLEN);
	else if (sa && sa->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, ret_text, INET6_ADDRSTRLEN);
}

int kefs_http_peer(const struct kefs_http_request *request, uid_t *ret_uid)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection,
								       MHD_CONNECTION_INFO_CONNECTION_FD);
	pid_t pid;

	return info ? kefs_unixsock_peer(info->connect_fd, ret_uid, &pid) : -EOPNOTSUPP;
}
