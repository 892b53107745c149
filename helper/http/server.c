// SPDX-License-Identifier: GPL-2.0
/*
 * libmicrohttpd keeps an epoll descriptor of its own, which the loop watches; after each wake-up it is let run and
 * asked when it wants to be called at the latest. Nothing here blocks: handlers answer at once.
 *
 * Its own time limit is for a connection that says nothing; one that says a byte now and then is given a certain time
 * for a whole request, counted from the end of the last one, and is cut off then.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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

/* A connection: oldest first, as they all have the same time. */
struct client {
	struct client *next, *prev;
	uint64_t deadline_ms;
	int fd;			/* libmicrohttpd's */
};

/* One of libmicrohttpd's daemons: it has one certificate all its life. */
struct engine {
	struct kefs_http_server *server;
	struct MHD_Daemon *daemon;
	struct kefs_source *source, *timer;
	char *certificate, *key;	/* NULL: plain */
	struct engine *older;
};

struct kefs_http_server {
	struct kefs_http_server_parts parts;
	struct engine *engine;		/* it listens; older ones see their connections to their ends */
	struct kefs_source *deadline;
	struct client *oldest, *newest;	/* of all engines */
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

static unsigned int connections(const struct engine *engine)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(engine->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info ? info->num_connections : 0;
}

static bool is_full(const struct engine *engine)
{
	return connections(engine) >= engine->server->parts.connections;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void engine_free(struct engine *engine)
{
	(void)kefs_loop_remove(engine->source);
	(void)kefs_loop_remove(engine->timer);
	if (engine->daemon)
		MHD_stop_daemon(engine->daemon);
	free(engine->certificate);
	wipe(engine->key);
	free(engine);
}

/* Frees those that were replaced and have nothing to do any more. */
static void drop_idle(struct kefs_http_server *server)
{
	struct engine **link = &server->engine->older, *engine;

	while ((engine = *link)) {
		if (connections(engine)) {
			link = &engine->older;
			continue;
		}
		*link = engine->older;
		engine_free(engine);
	}
}

static void run(struct engine *engine)
{
	bool was_full = is_full(engine);
	MHD_UNSIGNED_LONG_LONG ms = 0;

	(void)MHD_run(engine->daemon);
	/* It does not listen while it is full, and begins again in the next run only, for which nothing would wake us. */
	if (was_full && !is_full(engine))
		(void)MHD_run(engine->daemon);
	if (MHD_get_timeout(engine->daemon, &ms) == MHD_YES)
		kefs_loop_rearm(engine->timer, ms);
	else
		kefs_loop_enable(engine->timer, false);
	drop_idle(engine->server);	/* perhaps this one */
}

/* --- how long a request may take --- */

static void unlink_client(struct kefs_http_server *server, struct client *client)
{
	*(client->prev ? &client->prev->next : &server->oldest) = client->next;
	*(client->next ? &client->next->prev : &server->newest) = client->prev;
}

/* Its time begins now. */
static void append_client(struct kefs_http_server *server, struct client *client)
{
	uint64_t ms = (uint64_t)server->parts.request_sec * 1000;

	client->deadline_ms = kefs_loop_now_ms(server->parts.loop) + ms;
	client->next = NULL;
	client->prev = server->newest;
	*(client->prev ? &client->prev->next : &server->oldest) = client;
	server->newest = client;
	if (server->oldest == client)
		kefs_loop_rearm(server->deadline, ms);
}

static void on_deadline(void *ctx)
{
	struct kefs_http_server *server = ctx;
	uint64_t now = kefs_loop_now_ms(server->parts.loop);

	/* libmicrohttpd sees the end of the stream and closes it; it has a time once more until then. */
	while (server->oldest && server->oldest->deadline_ms <= now) {
		struct client *client = server->oldest;

		(void)shutdown(client->fd, SHUT_RDWR);
		unlink_client(server, client);
		append_client(server, client);
	}
	if (server->oldest)
		kefs_loop_rearm(server->deadline, server->oldest->deadline_ms - now);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_ctx,
			  enum MHD_ConnectionNotificationCode code)
{
	struct kefs_http_server *server = ctx;
	const union MHD_ConnectionInfo *info;
	struct client *client = *socket_ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		client = info ? calloc(1, sizeof(*client)) : NULL;
		*socket_ctx = client;
		if (!client)
			return;		/* it has the limit of silence */
		client->fd = info->connect_fd;
		append_client(server, client);
	} else if (client) {
		unlink_client(server, client);
		free(client);
		*socket_ctx = NULL;
	}
}

/* Its first line is there, or its answer. */
static void begin_anew(struct kefs_http_server *server, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *client = info ? info->socket_context : NULL;

	if (!client)
		return;
	unlink_client(server, client);
	append_client(server, client);
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

	(void)code;
	begin_anew(ctx, connection);
	kefs_fail_point("answered");
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

	begin_anew(ctx, connection);
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

/* Owns listen_fd. */
static int start(struct engine *engine, int listen_fd)
{
	const struct kefs_http_server *server = engine->server;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, engine->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, engine->key },
		{ MHD_OPTION_END, 0, NULL },
	};
	const union MHD_DaemonInfo *info;
	int rc;

	if (!engine->certificate)
		tls[0].option = MHD_OPTION_END;
	engine->daemon = MHD_start_daemon(MHD_USE_EPOLL | (engine->certificate ? MHD_USE_TLS : 0U), 0, NULL, NULL,
					  on_request, engine->server,
					  MHD_OPTION_LISTEN_SOCKET, listen_fd,
					  MHD_OPTION_CONNECTION_LIMIT, server->parts.connections,
					  MHD_OPTION_PER_IP_CONNECTION_LIMIT, server->parts.per_address,
					  MHD_OPTION_CONNECTION_TIMEOUT, server->parts.idle_sec,
					  MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
					  MHD_OPTION_NOTIFY_COMPLETED, on_completed, engine->server,
					  MHD_OPTION_NOTIFY_CONNECTION, on_connection, engine->server,
					  MHD_OPTION_URI_LOG_CALLBACK, on_target, engine->server,
					  MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, NULL,
					  MHD_OPTION_ARRAY, tls,
					  MHD_OPTION_END);
	if (!engine->daemon) {
		(void)close(listen_fd);
		return -EIO;
	}
	info = MHD_get_daemon_info(engine->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EOPNOTSUPP;
	rc = kefs_loop_add_timer(server->parts.loop, 0, on_timer, engine, &engine->timer);
	if (rc < 0)
		return rc;
	return kefs_loop_add_fd(server->parts.loop, info->epoll_fd, EPOLLIN, on_ready, engine, &engine->source);
}

/* Owns listen_fd. */
static int engine_new(struct kefs_http_server *server, int listen_fd, const char *certificate, const char *key,
		      struct engine **ret_engine)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int rc = -ENOMEM;

	if (engine) {
		engine->server = server;
		engine->certificate = certificate ? strdup(certificate) : NULL;
		engine->key = certificate ? strdup(key) : NULL;
	}
	if (!engine || (certificate && (!engine->certificate || !engine->key)))
		(void)close(listen_fd);
	else
		rc = start(engine, listen_fd);
	if (rc < 0) {
		if (engine)
			engine_free(engine);
		return rc;
	}
	*ret_engine = engine;
	return 0;
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
	rc = kefs_loop_add_timer(parts->loop, 0, on_deadline, server, &server->deadline);
	if (rc < 0)
		(void)close(parts->listen_fd);
	else
		rc = engine_new(server, parts->listen_fd, parts->certificate, parts->key, &server->engine);
	if (rc < 0) {
		kefs_http_server_free(server);
		return kefs_err_sys(err, rc, "starting the HTTP server (libmicrohttpd)");
	}
	*ret_server = server;
	return 0;
}

int kefs_http_server_renew(struct kefs_http_server *server, const char *certificate, const char *key,
			   struct kefs_err *err)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->engine->daemon, MHD_DAEMON_INFO_LISTEN_FD);
	int fd = info ? fcntl(info->listen_fd, F_DUPFD_CLOEXEC, 0) : -1;
	struct engine *engine, *old = server->engine;
	int rc;

	if (fd < 0)
		return kefs_err_sys(err, info ? -errno : -EOPNOTSUPP, "the HTTP server's socket");
	rc = engine_new(server, fd, certificate, key, &engine);
	if (rc < 0)
		return kefs_err_sys(err, rc, "starting the HTTP server (libmicrohttpd) with another certificate");
	fd = MHD_quiesce_daemon(old->daemon);
	if (fd != MHD_INVALID_SOCKET)
		(void)close(fd);
	engine->older = old;
	server->engine = engine;
	drop_idle(server);
	return 0;
}

void kefs_http_server_free(struct kefs_http_server *server)
{
	struct engine *engine;

	if (!server)
		return;
	while ((engine = server->engine)) {
		server->engine = engine->older;
		engine_free(engine);
	}
	(void)kefs_loop_remove(server->deadline);
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
