// SPDX-License-Identifier: GPL-2.0
/* accept/: the first byte, counts per host, and the acceptor over real sockets of the loopback interface. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "accept/acceptor.h"
#include "accept/hosts.h"
#include "accept/listen.h"
#include "accept/peek.h"

static struct kefs_loop *loop;
static struct kefs_listen_sockets sockets;
static struct kefs_acceptor *acceptor;
static struct kefs_acceptor_stats stats;
static struct kefs_tls_stats tls_stats;
static int hand_over_result, decide_result;
static int served[64];
static size_t served_count;
static struct kefs_addr came_to;

static void test_first_byte(void **state)
{
	(void)state;
	for (unsigned int b = 0; b < 256; b++) {
		enum kefs_peek want = b == 0x80 || b == 0 ? KEFS_PEEK_RPC : b == 0x16 ? KEFS_PEEK_TLS : KEFS_PEEK_OTHER;

		assert_int_equal(kefs_peek_classify((uint8_t)b), want);
	}
}

static void test_hosts(void **state)
{
	struct kefs_addr a, b, c;
	struct kefs_hosts *hosts;

	(void)state;
	assert_int_equal(kefs_addr_parse("192.0.2.1:1", 1, &a), 0);
	assert_int_equal(kefs_addr_parse("[::ffff:192.0.2.1]:2", 1, &b), 0);
	assert_int_equal(kefs_addr_parse("2001:db8::1", 1, &c), 0);
	assert_int_equal(kefs_hosts_new(&hosts), 0);
	assert_int_equal(kefs_hosts_add(hosts, &a), 1);
	assert_int_equal(kefs_hosts_add(hosts, &b), 2);
	assert_int_equal(kefs_hosts_add(hosts, &c), 1);
	assert_int_equal(kefs_hosts_size(hosts), 3);
	kefs_hosts_sub(hosts, &a);
	kefs_hosts_sub(hosts, &a);
	kefs_hosts_sub(hosts, &a);
	assert_int_equal(kefs_hosts_get(hosts, &b), 0);
	assert_int_equal(kefs_hosts_size(hosts), 2);
	for (uint32_t i = 0; i < KEFS_HOSTS_MAX - 2; i++) {
		a.in.sin_addr.s_addr = i;
		assert_int_equal(kefs_hosts_add(hosts, &a), 1);
	}
	a.in.sin_addr.s_addr = 0xffffffff;
	assert_int_equal(kefs_hosts_add(hosts, &a), -ENOSPC);
	assert_true(kefs_hosts_add(hosts, &c) == 2);
	kefs_hosts_clear(hosts);
	assert_int_equal(kefs_hosts_size(hosts), 0);
	/* A full table takes neither half of an address that it does not have. */
	for (uint32_t i = 0; i < KEFS_HOSTS_MAX - 1; i++) {
		a.in.sin_addr.s_addr = i;
		assert_int_equal(kefs_hosts_add(hosts, &a), 1);
	}
	assert_int_equal(kefs_hosts_add(hosts, &c), -ENOSPC);
	assert_int_equal(kefs_hosts_size(hosts), KEFS_HOSTS_MAX - 1);
	kefs_hosts_clear(hosts);
	/* One host may have a whole /64, or share it with its LAN: it is taken for that of eight. */
	for (uint8_t i = 0; i < 2 * KEFS_HOSTS_SITE; i++) {
		c.in6.sin6_addr.s6_addr[15] = i;
		assert_int_equal(kefs_hosts_add(hosts, &c), i == 2 * KEFS_HOSTS_SITE - 1 ? 2 : 1);
	}
	c.in6.sin6_addr.s6_addr[8] = 0xff;
	assert_int_equal(kefs_hosts_get(hosts, &c), 2);
	for (uint8_t i = 0; i < 2 * KEFS_HOSTS_SITE; i++) {
		c.in6.sin6_addr.s6_addr[8] = 0;
		c.in6.sin6_addr.s6_addr[15] = i;
		kefs_hosts_sub(hosts, &c);
	}
	assert_int_equal(kefs_hosts_size(hosts), 0);
	assert_int_equal(kefs_hosts_add(hosts, &c), 1);
	assert_int_equal(kefs_addr_parse("2001:db8:0:1::1", 1, &c), 0);
	assert_int_equal(kefs_hosts_get(hosts, &c), 0);
	kefs_hosts_free(hosts);
}

static int decide(void *ctx, const struct kefs_claims *claims, struct kefs_grant *ret_grant, struct kefs_err *err)
{
	(void)ctx;
	came_to = claims->local;
	return decide_result < 0 ? kefs_err_sys(err, decide_result, "test")
				 : kefs_grant_make(7, claims->tls, "", NULL, ret_grant);
}

static int hand_over(void *ctx, int fd, const struct kefs_ends *ends, const struct kefs_grant *grant,
		     struct kefs_err *err)
{
	(void)ctx;
	assert_null(ends);
	assert_int_equal(grant->volume_id, 7);
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	if (hand_over_result < 0)
		return kefs_err_sys(err, hand_over_result, "test");
	served[served_count++] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return 0;
}

static int count(void *ctx, void (*each)(void *each_ctx, const struct kefs_addr *peer), void *each_ctx)
{
	(void)ctx;
	for (size_t i = 0; i < served_count; i++) {
		struct kefs_addr peer = { .len = sizeof(peer.storage) };

		if (getpeername(served[i], &peer.sa, &peer.len) == 0)
			each(each_ctx, &peer);
	}
	return 0;
}

static void start_acceptor(struct kefs_relays *relays)
{
	static const struct kefs_acceptor_ops ops = { decide, hand_over, count };
	const struct kefs_acceptor_parts parts = {
		.loop = loop, .sockets = &sockets, .per_address = 8, .peek_ms = 150, .waiting_max = 4, .ops = &ops,
		.tls_problem = "test", .relays = relays,
	};
	struct kefs_err err;

	assert_int_equal(kefs_acceptor_new(&parts, &acceptor, &err), 0);
	kefs_acceptor_enable(acceptor, true);
}

static int set_up(void **state)
{
	struct kefs_addr addr = {
		.in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
		.len = sizeof(addr.in),
	};
	struct kefs_err err;

	(void)state;
	hand_over_result = decide_result = 0;
	served_count = 0;
	assert_int_equal(kefs_loop_new(&loop), 0);
	assert_int_equal(kefs_listen_open(&addr, 1, false, &sockets, &err), 0);
	start_acceptor(NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kefs_acceptor_free(acceptor);
	for (size_t i = 0; i < served_count; i++)
		(void)close(served[i]);
	kefs_listen_close(&sockets);
	kefs_loop_free(loop);
	return 0;
}

static void on_time(void *ctx)
{
	(void)ctx;
	kefs_loop_exit(loop);
}

/* Lets the loop run for a while. */
static void spin(uint64_t ms)
{
	struct kefs_source *timer;

	assert_int_equal(kefs_loop_add_timer(loop, ms, on_time, NULL, &timer), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	(void)kefs_loop_remove(timer);
}

static int dial(const void *first, size_t len)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, &sockets.sockets[0].addr.sa, sockets.sockets[0].addr.len), 0);
	assert_int_equal(send(fd, first, len, MSG_NOSIGNAL), len);
	return fd;
}

static bool is_closed(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&pfd, 1, 0) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void test_serving(void **state)
{
	int rpc, later, tls, other, silent, gone;
	char bytes[4];

	(void)state;
	rpc = dial("\x80\0\0\x28", 4);
	later = dial("", 0);
	tls = dial("\x16\x03\x01", 3);
	other = dial("GET / HTTP/1.1", 14);
	silent = dial("", 0);
	gone = dial("", 0);
	spin(30);
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.accepted, 6);
	assert_int_equal(stats.handed_over, 1);
	assert_int_equal(stats.tls_refused, 1);
	assert_int_equal(stats.bad_first_byte, 1);
	assert_int_equal(stats.waiting, 3);
	assert_true(is_closed(tls) && is_closed(other));
	assert_false(is_closed(rpc) || is_closed(later) || is_closed(silent));
	/* Nothing was read. */
	assert_int_equal(recv(served[0], bytes, 4, MSG_DONTWAIT), 4);
	assert_memory_equal(bytes, "\x80\0\0\x28", 4);
	assert_int_equal(send(later, "\0", 1, 0), 1);
	(void)close(gone);
	spin(30);
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.handed_over, 2);
	assert_int_equal(stats.closed_early, 1);
	assert_int_equal(stats.waiting, 1);
	spin(200);
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.silent, 1);
	assert_int_equal(stats.waiting, 0);
	assert_true(is_closed(silent));
	(void)close(rpc);
	(void)close(later);
	(void)close(tls);
	(void)close(other);
	(void)close(silent);
}

static void test_refusals(void **state)
{
	int a, b, c;

	(void)state;
	decide_result = -ENOENT;
	a = dial("\x80", 1);
	spin(20);
	decide_result = 0;
	hand_over_result = -EMFILE;
	b = dial("\x80", 1);
	spin(20);
	assert_true(is_closed(a) && is_closed(b));
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.no_file_system, 1);
	assert_int_equal(stats.hand_over_failed, 1);
	/* Switched off: who comes waits, and is served later. */
	hand_over_result = 0;
	kefs_acceptor_enable(acceptor, false);
	c = dial("\x80", 1);
	spin(20);
	assert_int_equal(served_count, 0);
	kefs_acceptor_enable(acceptor, true);
	spin(20);
	assert_int_equal(served_count, 1);
	(void)close(a);
	(void)close(b);
	(void)close(c);
}

static void test_limit(void **state)
{
	int fds[12];

	(void)state;
	for (int i = 0; i < 12; i++)
		fds[i] = dial("\x80", 1);
	spin(50);
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.handed_over, 8);
	assert_int_equal(stats.over_address_limit, 4);
	/* When served ones end, a recount finds the room. */
	for (int i = 0; i < 8; i++)
		(void)close(served[i]);
	served_count = 0;
	spin(1100);
	for (int i = 0; i < 12; i++)
		(void)close(fds[i]);
	fds[0] = dial("\x80", 1);
	spin(50);
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.handed_over, 9);
	(void)close(fds[0]);
}

/* Those that say nothing keep nobody out. */
static void test_crowd(void **state)
{
	int fds[6], speaks;

	(void)state;
	for (int i = 0; i < 6; i++) {
		fds[i] = dial("", 0);
		spin(5);
	}
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.waiting, 4);
	assert_int_equal(stats.crowded_out, 2);
	assert_true(is_closed(fds[0]) && is_closed(fds[1]));
	assert_false(is_closed(fds[2]));
	speaks = dial("\x80", 1);
	spin(20);
	assert_int_equal(served_count, 1);
	spin(200);
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.waiting, 0);
	assert_int_equal(stats.silent, 4);
	(void)close(speaks);
	for (int i = 0; i < 6; i++)
		(void)close(fds[i]);
}

/* A process with copies of all our descriptors, as one has that is just being started. */
static pid_t copy_descriptors(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)pause();
}

/* Refused at once, and nothing more is heard of it, though its socket lives on elsewhere, and gets what is sent. */
static void test_refused_while_a_process_starts(void **state)
{
	const struct kefs_relays_parts none = { .loop = loop, .program = "/bin/true", .max = 0 };
	struct kefs_relays *relays;
	struct kefs_err err;
	pid_t pid;
	int fd;

	(void)state;
	kefs_acceptor_free(acceptor);
	assert_int_equal(kefs_relays_new(&none, &relays, &err), 0);
	start_acceptor(relays);
	fd = dial("", 0);
	spin(20);
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.waiting, 1);
	pid = copy_descriptors();
	assert_int_equal(send(fd, "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
	spin(20);
	assert_int_equal(send(fd, "more", 4, MSG_NOSIGNAL), 4);
	spin(20);
	kefs_acceptor_get_stats(acceptor, &stats, &tls_stats);
	assert_int_equal(stats.waiting, 0);
	assert_int_equal(tls_stats.failed[KEFS_TLS_REFUSED], 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(is_closed(fd));
	(void)close(fd);
	kefs_acceptor_free(acceptor);
	kefs_relays_free(relays);
	start_acceptor(NULL);
}

/* Addresses that come and go: mount targets'. */
static void test_more_addresses(void **state)
{
	struct kefs_addr more, all;
	struct kefs_err err;
	int fd;

	(void)state;
	assert_int_equal(kefs_addr_parse("127.0.0.77", ntohs(sockets.sockets[0].addr.in.sin_port), &more), 0);
	assert_int_equal(kefs_acceptor_listen(acceptor, &more, &err), 0);
	assert_int_equal(kefs_acceptor_listen(acceptor, &more, &err), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &more.sa, more.len), 0);
	assert_int_equal(send(fd, "\x80", 1, MSG_NOSIGNAL), 1);
	spin(30);
	assert_int_equal(served_count, 1);
	assert_true(kefs_addr_equal(&came_to, &more));
	(void)close(fd);
	kefs_acceptor_unlisten(acceptor, &more);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &more.sa, more.len), -1);
	(void)close(fd);
	kefs_acceptor_unlisten(acceptor, &more);
	/* What is there already takes its own. */
	assert_int_equal(kefs_acceptor_listen(acceptor, &sockets.sockets[0].addr, &err), 0);
	/* An address that this machine does not have. */
	assert_int_equal(kefs_addr_parse("192.0.2.77:1", 1, &all), 0);
	assert_int_equal(kefs_acceptor_listen(acceptor, &all, &err), -EADDRNOTAVAIL);
	assert_contains(err.text, "192.0.2.77:1");
	/* One that is left over goes with the acceptor. */
	assert_int_equal(kefs_acceptor_listen(acceptor, &more, &err), 0);
}

static void test_listen_errors(void **state)
{
	struct kefs_listen_sockets other;
	struct kefs_addr addrs[2];
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_listen_open(&sockets.sockets[0].addr, 1, false, &other, &err), -EADDRINUSE);
	assert_contains(err.text, "another program has this port");
	assert_int_equal(kefs_addr_parse("192.0.2.77", 1, &addrs[0]), 0);
	assert_int_equal(kefs_addr_parse("127.0.0.1", 1, &addrs[1]), 0);
	addrs[1].in.sin_port = 0;
	assert_int_equal(kefs_listen_open(addrs, 1, false, &other, &err), -EADDRNOTAVAIL);
	assert_contains(err.text, "192.0.2.77:1");
	assert_int_equal(kefs_listen_open(addrs, 2, true, &other, &err), 0);
	assert_int_equal(other.count, 1);
	kefs_listen_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_byte),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test_setup_teardown(test_serving, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_crowd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_while_a_process_starts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_listen_errors, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
