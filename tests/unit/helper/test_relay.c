// SPDX-License-Identifier: GPL-2.0
/*
 * Relays: kefs-relay as a process, between a client that is OpenSSL's and a socket that is ours; what is said between
 * kefsd and them, and which clients are theirs.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "accept/ca.h"
#include "accept/handshakes.h"
#include "accept/hello.h"
#include "accept/credential.h"
#include "accept/relay_msg.h"
#include "accept/relays.h"
#include "base/tcpsock.h"

#define LIMIT_MS	8000	/* of a handshake: a process is started for it */
#define RELAYS		4
#define MUCH		((size_t)1 << 20)

static char dir[256];
static struct kefs_ca *ca;
static struct kefs_loop *loop;
static struct kefs_relays *relays;
static struct kefs_handshakes *handshakes;
static struct kefs_tls_stats stats;
static struct kefs_relay_stats relay_stats;
static unsigned int done_count;
static struct kefs_tls_peer last_peer;
static char last_text[256];

static void on_done(void *ctx, int fd, const struct kefs_addr *addr, const struct kefs_tls_peer *peer, const char *text)
{
	(void)ctx;
	(void)addr;
	done_count++;
	last_peer = peer ? *peer : (struct kefs_tls_peer) { .relayed = false };
	(void)snprintf(last_text, sizeof(last_text), "%s", text ? text : "");
	assert_int_equal(close(fd), 0);
}

static int set_up(void **state)
{
	const struct kefs_ca_parts ca_parts = {
		.state_dir = dir, .certificate = "", .key = "", .ca = "", .names = "x",
	};
	struct kefs_handshakes_parts parts = {
		.workers = 1, .max = 8, .per_address = 8, .limit_ms = LIMIT_MS, .free_failures = 100, .done = on_done,
	};
	struct kefs_relays_parts relay_parts = { .max = RELAYS };
	struct kefs_err err;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	test_mkdir(dir);
	assert_int_equal(kefs_ca_open(&ca_parts, &ca, &err), 0);
	assert_int_equal(kefs_loop_new(&loop), 0);
	relay_parts.loop = loop;
	relay_parts.ca = ca;
	assert_int_equal(kefs_relays_new(&relay_parts, &relays, &err), 0);
	parts.loop = loop;
	parts.relays = relays;
	assert_int_equal(kefs_handshakes_new(&parts, &handshakes), 0);
	done_count = 0;
	return 0;
}

/* Whatever a test did, no process is left when all is freed. */
static int tear_down(void **state)
{
	(void)state;
	kefs_handshakes_free(handshakes);
	kefs_relays_free(relays);
	kefs_loop_free(loop);
	kefs_ca_free(ca);
	test_rmdir(dir);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

static void on_time(void *ctx)
{
	(void)ctx;
	kefs_loop_exit(loop);
}

static void turn(uint64_t ms)
{
	struct kefs_source *timer;

	assert_int_equal(kefs_loop_add_timer(loop, ms, on_time, NULL, &timer), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	(void)kefs_loop_remove(timer);
	kefs_handshakes_get_stats(handshakes, &stats);
	kefs_relays_get_stats(relays, &relay_stats);
}

static void spin(unsigned int count)
{
	for (int i = 0; i < 2 * LIMIT_MS / 10 && done_count < count; i++)
		turn(10);
	assert_int_equal(done_count, count);
}

static void spin_until_gone(void)
{
	for (int i = 0; i < 2 * LIMIT_MS / 10; i++) {
		turn(10);
		if (!relay_stats.live)
			return;
	}
	fail_msg("a relay lives on");
}

/* The client's end of a connection whose handshake is a relay's. */
static int dial_as(const char *address, int *ret_rc)
{
	struct kefs_addr addr;
	int pair[2];

	assert_int_equal(kefs_addr_parse(address, 1, &addr), 0);
	assert_int_equal(kefs_tcpsock_pair(pair), 0);
	assert_int_equal(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	*ret_rc = kefs_handshakes_add(handshakes, pair[1], &addr, false, true);
	if (*ret_rc < 0)
		(void)close(pair[1]);
	return pair[0];
}

struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd, result;
};

static void *shake(void *arg)
{
	struct client *client = arg;

	client->ssl = SSL_new(client->ctx);
	SSL_set_fd(client->ssl, client->fd);
	client->result = SSL_connect(client->ssl);
	return NULL;
}

/* A client that has shaken hands, or not, with a relay. */
static void connect_client(struct client *client, int version)
{
	pthread_t thread;
	int rc;

	if (!client->ctx)
		client->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(client->ctx, version);
	SSL_CTX_set_max_proto_version(client->ctx, version);
	client->fd = dial_as("192.0.2.1", &rc);
	assert_int_equal(rc, 0);
	assert_int_equal(pthread_create(&thread, NULL, shake, client), 0);
	spin(done_count + 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void end_client(struct client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->ctx);
	(void)close(client->fd);
}

/* The certificate of the mount helper's kind, signed by itself. */
static void give_cert(SSL_CTX *ctx)
{
	struct kefs_awscert what = { .fs_id = "fs-00000001", .access_point = "fsap-00000002" };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();

	assert_int_equal(X509_set_version(x509, 2), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 3600));
	assert_int_equal(X509_set_pubkey(x509, key), 1);
	assert_int_equal(kefs_awscert_extend(x509, &what), 0);
	assert_true(X509_sign(x509, key, EVP_sha256()));
	assert_int_equal(SSL_CTX_use_certificate(ctx, x509), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	EVP_PKEY_free(key);
	X509_free(x509);
}

static void *write_much(void *arg)
{
	char *much = calloc(1, MUCH);
	size_t at = 0;
	ssize_t n;

	memset(much, 'm', MUCH);
	while (at < MUCH && (n = send(*(int *)arg, much + at, MUCH - at, MSG_NOSIGNAL)) > 0)
		at += (size_t)n;
	free(much);
	return NULL;
}

/* Bytes go both ways, more than any buffer holds, and an end is told. */
static void test_it_relays(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct client client = { .ctx = SSL_CTX_new(TLS_client_method()) };
		char bytes[4096];
		pthread_t thread;
		size_t got = 0;
		int plain, n;

		give_cert(client.ctx);
		connect_client(&client, versions[i]);
		assert_int_equal(client.result, 1);
		assert_int_equal(stats.done, i + 1);
		assert_true(last_peer.relayed && last_peer.has_cert && !last_peer.malformed);
		assert_string_equal(last_peer.cert.access_point, "fsap-00000002");
		plain = last_peer.plain_fd;
		assert_int_equal(SSL_write(client.ssl, "hello", 5), 5);
		assert_int_equal(recv(plain, bytes, sizeof(bytes), 0), 5);
		assert_memory_equal(bytes, "hello", 5);
		assert_int_equal(pthread_create(&thread, NULL, write_much, &plain), 0);
		while (got < MUCH && (n = SSL_read(client.ssl, bytes, sizeof(bytes))) > 0)
			got += (size_t)n;
		assert_int_equal(got, MUCH);
		assert_int_equal(bytes[0], 'm');
		assert_int_equal(pthread_join(thread, NULL), 0);
		(void)close(plain);
		assert_int_equal(SSL_read(client.ssl, bytes, sizeof(bytes)), 0);
		assert_int_equal(SSL_get_error(client.ssl, 0), SSL_ERROR_ZERO_RETURN);
		end_client(&client);
		spin_until_gone();
	}
}

static void test_the_client_ends(void **state)
{
	struct client client = { .ctx = NULL };
	char bytes[16];

	(void)state;
	connect_client(&client, TLS1_3_VERSION);
	assert_int_equal(client.result, 1);
	assert_false(last_peer.has_cert);
	assert_int_equal(SSL_write(client.ssl, "last", 4), 4);
	end_client(&client);
	assert_int_equal(recv(last_peer.plain_fd, bytes, sizeof(bytes), MSG_WAITALL), 4);
	spin_until_gone();
	(void)close(last_peer.plain_fd);
}

static void test_what_the_kernel_has_not(void **state)
{
	struct client client = { .ctx = SSL_CTX_new(TLS_client_method()) };

	(void)state;
	assert_int_equal(SSL_CTX_set_cipher_list(client.ctx, "ECDHE-ECDSA-CHACHA20-POLY1305"), 1);
	connect_client(&client, TLS1_2_VERSION);
	assert_int_equal(client.result, 1);
	end_client(&client);
	(void)close(last_peer.plain_fd);
	spin_until_gone();
}

static void test_a_handshake_that_fails(void **state)
{
	struct client client = { .ctx = SSL_CTX_new(TLS_client_method()) };

	(void)state;
	assert_int_equal(SSL_CTX_set_cipher_list(client.ctx, "AES128-SHA"), 1);
	connect_client(&client, TLS1_2_VERSION);
	assert_int_equal(client.result, -1);
	assert_int_equal(stats.failed[KEFS_TLS_NOTHING_SHARED], 1);
	assert_contains(last_text, "no shared cipher");
	end_client(&client);
	spin_until_gone();
}

/* The one child that there is. */
static void kill_child(void)
{
	char path[64];
	int pid = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "re");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	(void)fclose(f);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

static void test_it_is_killed(void **state)
{
	struct client client = { .ctx = NULL };
	char byte;
	int fd, rc;

	(void)state;
	connect_client(&client, TLS1_3_VERSION);
	assert_int_equal(client.result, 1);
	kill_child();
	assert_true(recv(last_peer.plain_fd, &byte, 1, 0) <= 0);
	spin_until_gone();
	(void)close(last_peer.plain_fd);
	end_client(&client);
	fd = dial_as("192.0.2.1", &rc);
	assert_int_equal(rc, 0);
	turn(50);
	kill_child();
	spin(2);
	assert_int_equal(stats.failed[KEFS_TLS_BAD_HANDSHAKE], 1);
	spin_until_gone();
	(void)close(fd);
}

/* Half of them for one address; when all are taken, the handshake that is under way longest goes. */
static void test_bounds(void **state)
{
	int fds[RELAYS + 2], rc;

	(void)state;
	for (int i = 0; i < RELAYS / 2; i++)
		fds[i] = dial_as("192.0.2.1", &rc);
	fds[RELAYS] = dial_as("192.0.2.1", &rc);
	assert_int_equal(rc, 0);
	assert_int_equal(done_count, 1);
	assert_contains(last_text, "its address's relays are taken");
	for (int i = RELAYS / 2; i < RELAYS; i++)
		fds[i] = dial_as("192.0.2.2", &rc);
	kefs_relays_get_stats(relays, &relay_stats);
	assert_int_equal(relay_stats.live, RELAYS);
	fds[RELAYS + 1] = dial_as("192.0.2.3", &rc);
	assert_int_equal(rc, 0);
	assert_int_equal(done_count, 2);
	assert_contains(last_text, "too many handshakes");
	kefs_relays_get_stats(relays, &relay_stats);
	assert_int_equal(relay_stats.live, RELAYS);
	assert_int_equal(relay_stats.started, RELAYS + 1);
	assert_int_equal(relay_stats.refused, 2);
	for (int i = 0; i < RELAYS + 2; i++)
		(void)close(fds[i]);
}

static void test_no_program(void **state)
{
	const struct kefs_relays_parts parts = { .loop = loop, .ca = ca, .program = "/nowhere/kefs-relay", .max = 1 };
	struct kefs_relays *none;
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_relays_new(&parts, &none, &err), -ENOENT);
	assert_contains(err.text, "/nowhere/kefs-relay");
}

/* --- what they say to each other --- */

static void test_reports(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = { { "", 0 }, { "\1", 1 }, { "\2\0", 2 }, { "\0\x7f", 2 } };
	static struct kefs_relay_report report, got;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(kefs_relay_receive_report(pair[1], &got), -EAGAIN);
	report = (struct kefs_relay_report) { .reason = KEFS_TLS_TOO_LONG, .len = KEFS_RELAY_BODY_MAX };
	report.body[KEFS_RELAY_BODY_MAX - 1] = 'z';
	assert_int_equal(kefs_relay_send_report(pair[0], &report), 0);
	assert_int_equal(kefs_relay_receive_report(pair[1], &got), 0);
	assert_false(got.fine);
	assert_int_equal(got.reason, KEFS_TLS_TOO_LONG);
	assert_int_equal(got.len, KEFS_RELAY_BODY_MAX);
	assert_int_equal(got.body[KEFS_RELAY_BODY_MAX - 1], 'z');
	for (size_t i = 1; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(send(pair[0], bad[i].bytes, bad[i].len, 0), bad[i].len);
		assert_int_equal(kefs_relay_receive_report(pair[1], &got), -EBADMSG);
	}
	assert_int_equal(send(pair[0], report.body, sizeof(report.body), 0), sizeof(report.body));
	assert_int_equal(kefs_relay_receive_report(pair[1], &got), 0);
	(void)close(pair[0]);
	assert_int_equal(kefs_relay_receive_report(pair[1], &got), -ECONNRESET);
	(void)close(pair[1]);
}

static void test_jobs(void **state)
{
	struct kefs_addr local;
	char *text, *got;
	int pair[2], fds[2];
	size_t len, got_len;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	(void)state;
	assert_int_equal(kefs_addr_parse("192.0.2.9", 2049, &local), 0);
	assert_int_equal(kefs_credential_make(ca, &local, &text, &len), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(kefs_relay_send_job(pair[0], pair[0], pair[1], text, len), 0);
	assert_int_equal(kefs_relay_receive_job(pair[1], &fds[0], &fds[1], &got, &got_len), 0);
	assert_int_equal(got_len, len);
	assert_memory_equal(got, text, len);
	assert_int_equal(kefs_credential_use(got, got_len, ctx), 0);
	assert_int_equal(X509_check_ip_asc(SSL_CTX_get0_certificate(ctx), "192.0.2.9", 0), 1);
	assert_int_equal(kefs_credential_use(got, got_len / 2, ctx), -EINVAL);
	(void)close(fds[0]);
	(void)close(fds[1]);
	kefs_credential_free(got, got_len);
	assert_int_equal(send(pair[0], text, len, 0), len);
	assert_int_equal(kefs_relay_receive_job(pair[1], &fds[0], &fds[1], &got, &got_len), -EBADMSG);
	(void)close(pair[0]);
	assert_int_equal(kefs_relay_receive_job(pair[1], &fds[0], &fds[1], &got, &got_len), -EBADMSG);
	(void)close(pair[1]);
	kefs_credential_free(text, len);
	SSL_CTX_free(ctx);
}

/* --- whose a client is --- */

static size_t hello(uint8_t *bytes, const uint16_t *ciphers, size_t count)
{
	size_t len = 5 + 4 + 34;

	memset(bytes, 0, len);
	bytes[0] = 22;
	bytes[5] = 1;
	bytes[len++] = 1;	/* a session id of one byte */
	bytes[len++] = 0xaa;
	bytes[len++] = 0;
	bytes[len++] = (uint8_t)(2 * count);
	for (size_t i = 0; i < count; i++) {
		bytes[len++] = (uint8_t)(ciphers[i] >> 8);
		bytes[len++] = (uint8_t)ciphers[i];
	}
	return len;
}

static void test_hellos(void **state)
{
	static const uint16_t both[] = { 0x1303, 0x1301 }, kernel[] = { 0xc02f };
	static const uint16_t relay[] = { 0x00ff, 0xcca9 }, none[] = { 0x002f };
	uint8_t bytes[128];
	size_t len;

	(void)state;
	assert_false(kefs_hello_needs_relay(bytes, hello(bytes, both, 2)));
	assert_false(kefs_hello_needs_relay(bytes, hello(bytes, kernel, 1)));
	assert_false(kefs_hello_needs_relay(bytes, hello(bytes, none, 1)));
	len = hello(bytes, relay, 2);
	assert_true(kefs_hello_needs_relay(bytes, len));
	for (size_t i = 0; i < len; i++) {
		uint8_t *cut = malloc(i + 1);

		memcpy(cut, bytes, i);
		assert_false(kefs_hello_needs_relay(cut, i));
		free(cut);
	}
	bytes[5] = 2;
	assert_false(kefs_hello_needs_relay(bytes, len));
	bytes[5] = 1;
	bytes[43] = 33;
	assert_false(kefs_hello_needs_relay(bytes, len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_it_relays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_client_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_the_kernel_has_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_handshake_that_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_it_is_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_program, set_up, tear_down),
		cmocka_unit_test(test_reports),
		cmocka_unit_test_setup_teardown(test_jobs, set_up, tear_down),
		cmocka_unit_test(test_hellos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
