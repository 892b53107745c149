// SPDX-License-Identifier: GPL-2.0
/*
 * The HTTP server over TCP, with a client that is a child: what it does with requests in pieces, too large, unwanted,
 * and with connections on which nothing comes.
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/tcpsock.h"
#include "http/server.h"

static struct kefs_addr address;
static struct kefs_loop *loop;
static pid_t child;

static void admit(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	(void)ctx;
	if (kefs_http_header(request, "X-Unwanted"))
		kefs_reply_error(reply, 403, "AccessDeniedException", "unwanted");
}

static void identify(void *ctx, const struct kefs_http_request *request, struct kefs_http_caller *caller,
		     struct kefs_http_reply *reply)
{
	(void)ctx;
	(void)reply;
	assert_true(snprintf(caller->account, sizeof(caller->account), "%zu", request->body_len) > 0);
}

static void count_header(void *ctx, const char *name, const char *value)
{
	if (!strcmp(name, "X-Twice") && *value)
		++*(int *)ctx;
}

/* Says what it was asked. */
static void echo(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	char value[16];
	int twice = 0;
	int rc = kefs_http_query(request, "a", value, sizeof(value));

	(void)ctx;
	kefs_http_headers(request, count_header, &twice);
	kefs_reply_json(reply, 200, json_pack("{ss ss ss ss si si ss ss}",
					      "path", request->path,
					      "query", request->query,
					      "param", request->match->params[0],
					      "a", value,
					      "rc", rc,
					      "twice", twice,
					      "body", request->body_len < 100 ? request->body : "",
					      "length", request->caller->account));
}

static const struct kefs_route routes[] = { { "POST", "/echo/{x}", echo, NULL } };

/* The child: sends text on a new connection and reads the answer to its end, or for so long. */
static int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &address.sa, address.len) < 0)
		_exit(10);
	return fd;
}

static void expect(int fd, const char *what)
{
	static char answer[8192];
	size_t len = 0;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&wait, 1, 20000) <= 0)
			break;
		n = read(fd, answer + len, sizeof(answer) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		answer[len] = '\0';
		if (strstr(answer, what))
			return;
	}
	fprintf(stderr, "no '%s' in: %.*s\n", what, (int)len, answer);
	_exit(11);
}

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		_exit(12);
}

static void pieces(void)
{
	static const char text[] = "POST /echo/a%2Fb?a=1+2%2B&a=3 HTTP/1.1\r\nHost: x\r\nX-Twice: 1\r\nX-Twice: 2\r\n"
				   "Content-Length: 3\r\n\r\nxyz";
	int fd = dial();

	for (const char *p = text; *p; p++) {
		char one[2] = { *p, '\0' };

		say(fd, one);
	}
	expect(fd, "{\"path\":\"/echo/a%2Fb\",\"query\":\"a=1+2%2B&a=3\",\"param\":\"a/b\",\"a\":\"1 2+\","
		   "\"rc\":0,\"twice\":2,\"body\":\"xyz\",\"length\":\"3\"}");
	/* The connection goes on. */
	say(fd, "POST /echo/c HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	expect(fd, "\"query\":\"\",\"param\":\"c\",\"a\":\"\"");
	say(fd, "GET /echo/c HTTP/1.1\r\nHost: x\r\n\r\n");
	expect(fd, "UnknownOperationException");
	/* One that says no more than its first line */
	say(dial(), "POST /echo/c?a=b HTTP/1.1\r\n");
	_exit(0);
}

static void bodies(void)
{
	static char zeros[8192];
	int fd = dial();

	say(fd, "POST /echo/c HTTP/1.1\r\nHost: x\r\nContent-Length: 131072\r\n\r\n");
	memset(zeros, 'x', sizeof(zeros));
	for (int i = 0; i < 16; i++)
		(void)!write(fd, zeros, sizeof(zeros));
	expect(fd, "\"length\":\"131072\"");
	fd = dial();
	say(fd, "POST /echo/c HTTP/1.1\r\nHost: x\r\nContent-Length: 131073\r\n\r\nx");
	for (int i = 0; i < 16; i++)
		(void)!write(fd, zeros, sizeof(zeros));
	expect(fd, "HTTP/1.1 413");
	/* Refused before the body has come */
	fd = dial();
	say(fd, "POST /echo/c HTTP/1.1\r\nHost: x\r\nX-Unwanted: y\r\nContent-Length: 1000\r\n\r\n");
	expect(fd, "HTTP/1.1 403");
	fd = dial();
	say(fd, "\x16\x03\x01 this is no HTTP\r\n\r\n");
	expect(fd, "HTTP/1.1 400");
	_exit(0);
}

/* All connections are held at the same instant, and then given up in the same instant. */
static void silence(void)
{
	int held[4], fd;

	for (int i = 0; i < 4; i++) {
		held[i] = dial();
		say(held[i], "POST /echo/c HTTP/1.1\r\n");
	}
	fd = dial();
	say(fd, "POST /echo/c HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	expect(fd, "HTTP/1.1 200");
	_exit(0);
}

/* A byte now and then is not silence, but it comes to an end; not so one who asks and asks. */
static void trickle(void)
{
	static const char request[] = "POST /echo/c HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
	const struct timespec pause = { .tv_nsec = 250000000 };
	int slow = dial(), busy = dial(), told = -1;

	for (int i = 0; i < 24 && told < 0; i++) {
		char byte;

		(void)!send(slow, &"POST /echo/c?a=aaaaaaaaaaaaaaaaaa"[i], 1, MSG_NOSIGNAL);
		if (recv(slow, &byte, 1, MSG_DONTWAIT) == 0)
			told = i;
		say(busy, request);
		expect(busy, "HTTP/1.1 200");
		(void)nanosleep(&pause, NULL);
	}
	if (told < 6 || told > 20) {
		fprintf(stderr, "cut off after %d quarters of a second\n", told);
		_exit(13);
	}
	say(busy, request);
	expect(busy, "HTTP/1.1 200");
	_exit(0);
}

/* Its time is that of the request: not of the silence before. */
static void after_silence(void)
{
	const struct timespec silence = { .tv_nsec = 700000000 }, pause = { .tv_nsec = 250000000 };
	int fd = dial();

	say(fd, "POST /echo/c HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	expect(fd, "HTTP/1.1 200");
	(void)nanosleep(&silence, NULL);
	say(fd, "POST /echo/c HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n");
	for (int i = 0; i < 6; i++) {
		(void)nanosleep(&pause, NULL);
		say(fd, "x");
	}
	expect(fd, "HTTP/1.1 200");
	_exit(0);
}

static void look(void *ctx)
{
	int status;

	if (waitpid(child, &status, WNOHANG) == child) {
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		kefs_loop_exit(loop);
		return;
	}
	kefs_loop_rearm(*(struct kefs_source **)ctx, 20);
}

static void run(void (*client)(void))
{
	const struct kefs_http_server_parts parts = {
		.connections = 4,
		.idle_sec = 1,
		.request_sec = 2,
		.auth = { .admit = admit, .identify = identify },
		.routes = routes,
		.route_count = 1,
	};
	struct kefs_http_server_parts now = parts;
	struct kefs_http_server *server;
	struct kefs_source *timer;
	struct kefs_err err;

	assert_int_equal(kefs_loop_new(&loop), 0);
	assert_int_equal(kefs_addr_parse("127.0.0.1:1", 0, &address), 0);
	address.in.sin_port = 0;
	now.loop = loop;
	now.listen_fd = kefs_tcpsock_listen(&address);
	assert_true(now.listen_fd >= 0);
	assert_int_equal(getsockname(now.listen_fd, &address.sa, &address.len), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		client();
	assert_int_equal(kefs_http_server_new(&now, &server, &err), 0);
	assert_int_equal(kefs_loop_add_timer(loop, 20, look, &timer, &timer), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	(void)kefs_loop_remove(timer);
	kefs_http_server_free(server);
	kefs_loop_free(loop);
}

static void test_pieces(void **state)
{
	(void)state;
	run(pieces);
}

static void test_bodies(void **state)
{
	(void)state;
	run(bodies);
}

static void test_silence(void **state)
{
	(void)state;
	run(silence);
}

static void test_after_silence(void **state)
{
	(void)state;
	run(after_silence);
}

static void test_trickle(void **state)
{
	(void)state;
	run(trickle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces), cmocka_unit_test(test_bodies), cmocka_unit_test(test_silence),
		cmocka_unit_test(test_trickle), cmocka_unit_test(test_after_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
