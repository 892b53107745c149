// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates of the own authority, and handshakes over real sockets with a client that is OpenSSL's. Where the kernel
 * of the machine that runs this has no TLS, a handshake that is right ends with just that said of it.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "accept/ca.h"
#include "accept/handshakes.h"
#include "accept/issue.h"
#include "accept/starttls.h"
#include "accept/tls.h"
#include "base/tcpsock.h"

#define LIMIT_MS 300
#define FREE_FAILURES 4
#define HOLD_MS 100
#define FORGET_MS 1500

static char dir[256];
static struct kefs_ca_parts ca_parts = {
	.state_dir = dir, .certificate = "", .key = "", .ca = "", .names = "*.efs.test, x",
};
static struct kefs_ca *ca;
static struct kefs_tls *tls;
static struct kefs_loop *loop;
static struct kefs_handshakes *handshakes;
static struct kefs_tls_stats stats;
static bool kernel_has_tls;
static struct kefs_addr here;
static int listener;
static unsigned int done_count;
static struct kefs_tls_peer last_peer;
static char last_text[256];

static void on_done(void *ctx, int fd, const struct kefs_addr *addr, const struct kefs_tls_peer *peer, const char *text)
{
	(void)ctx;
	(void)addr;
	done_count++;
	if (peer)
		last_peer = *peer;
	(void)snprintf(last_text, sizeof(last_text), "%s", text ? text : "");
	assert_int_equal(close(fd), 0);
}

static int set_up(void **state)
{
	struct kefs_handshakes_parts parts = {
		.workers = 2, .max = 8, .per_address = 8, .limit_ms = LIMIT_MS, .free_failures = FREE_FAILURES,
		.hold_ms = HOLD_MS, .forget_ms = FORGET_MS, .done = on_done,
	};
	struct kefs_err err;

	(void)state;
	test_mkdir(dir);
	assert_int_equal(kefs_ca_open(&ca_parts, &ca, &err), 0);
	assert_int_equal(kefs_tls_new(ca, &tls, &err), 0);
	kernel_has_tls = kefs_tls_check_kernel(&err) == 0;
	assert_int_equal(kefs_loop_new(&loop), 0);
	parts.loop = loop;
	parts.tls = tls;
	assert_int_equal(kefs_handshakes_new(&parts, &handshakes), 0);
	here = (struct kefs_addr) { .in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	here.len = sizeof(here.in);
	listener = kefs_tcpsock_listen(&here);
	assert_true(listener >= 0);
	here.len = sizeof(here.storage);
	assert_int_equal(getsockname(listener, &here.sa, &here.len), 0);
	done_count = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kefs_handshakes_free(handshakes);
	kefs_loop_free(loop);
	kefs_tls_free(tls);
	kefs_ca_free(ca);
	(void)close(listener);
	test_rmdir(dir);
	return 0;
}

static void on_time(void *ctx)
{
	(void)ctx;
	kefs_loop_exit(loop);
}

/* Runs the loop for a while. */
static void turn(uint64_t ms)
{
	struct kefs_source *timer;

	assert_int_equal(kefs_loop_add_timer(loop, ms, on_time, NULL, &timer), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	(void)kefs_loop_remove(timer);
}

/* Runs the loop until so many are done, or for as long as a handshake may take and then some. */
static void spin(unsigned int count)
{
	for (int i = 0; i < 2 * LIMIT_MS / 10 && done_count < count; i++)
		turn(10);
	kefs_handshakes_get_stats(handshakes, &stats);
}

/* The client's end of a connection whose other end is in a handshake, if *ret_rc says 0; as if it came from addr. */
static int dial_as(const struct kefs_addr *addr, int *ret_rc)
{
	int near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), far;

	assert_int_equal(connect(near, &here.sa, here.len), 0);
	far = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(far >= 0);
	*ret_rc = kefs_handshakes_add(handshakes, far, addr, false, false);
	if (*ret_rc < 0)
		(void)close(far);
	return near;
}

static int dial(void)
{
	int rc, near = dial_as(&here, &rc);

	assert_int_equal(rc, 0);
	return near;
}

struct client {
	SSL_CTX *ctx;
	SSL_SESSION *session;	/* kept from a handshake, and taken for the next */
	int fd, result;
};

static void *shake(void *arg)
{
	struct client *client = arg;
	SSL *ssl = SSL_new(client->ctx);

	SSL_set_fd(ssl, client->fd);
	SSL_set_tlsext_host_name(ssl, "127.0.0.1");	/* as the mount helper's stunnel does, against RFC 6066 */
	if (client->session)
		SSL_set_session(ssl, client->session);
	client->result = SSL_connect(ssl);
	if (client->result == 1 && !client->session)
		client->session = SSL_get1_session(ssl);
	SSL_set_quiet_shutdown(ssl, 1);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	(void)close(client->fd);
	return NULL;
}

/* A handshake with a client in a thread of its own. */
static void handshake(struct client *client)
{
	pthread_t thread;

	client->fd = dial();
	assert_int_equal(pthread_create(&thread, NULL, shake, client), 0);
	spin(done_count + 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static SSL_CTX *client_ctx(int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	return ctx;
}

/* A certificate of the mount helper's kind, with a comment of that many bytes. */
static void give_cert(SSL_CTX *ctx, size_t comment)
{
	struct kefs_awscert what = { .fs_id = "fs-00000001", .access_point = "fsap-00000002" };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = kefs_issue_authority(key, time(NULL));
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	char *text = calloc(1, comment + 1);
	X509_EXTENSION *extension;

	assert_int_equal(kefs_awscert_extend(x509, &what), 0);
	memset(text, 'x', comment);
	assert_true(ASN1_OCTET_STRING_set(octets, (unsigned char *)text, (int)comment));
	extension = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, octets);
	assert_true(X509_add_ext(x509, extension, -1));
	assert_true(X509_sign(x509, key, EVP_sha256()));
	assert_int_equal(SSL_CTX_use_certificate(ctx, x509), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(octets);
	EVP_PKEY_free(key);
	X509_free(x509);
	free(text);
}

/* What the counts say of handshakes that are right. */
static void assert_right(uint64_t count)
{
	assert_int_equal(stats.done, kernel_has_tls ? count : 0);
	assert_int_equal(stats.failed[KEFS_TLS_NOT_IN_KERNEL], kernel_has_tls ? 0 : count);
	assert_int_equal(stats.under_way, 0);
}

static void test_both_versions(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct client client = { .ctx = client_ctx(versions[i]) };

		give_cert(client.ctx, 1);
		handshake(&client);
		assert_int_equal(client.result, 1);
		assert_right(i + 1);
		if (kernel_has_tls) {
			assert_true(last_peer.has_cert);
			assert_string_equal(last_peer.cert.fs_id, "fs-00000001");
		} else {
			assert_contains(last_text, "kernel cannot take");
		}
		SSL_SESSION_free(client.session);
		SSL_CTX_free(client.ctx);
	}
}

/* The mount helper's probe shakes hands in full, the mount that follows resumes. */
static void test_resumed(void **state)
{
	struct client client = { .ctx = client_ctx(TLS1_2_VERSION) };

	(void)state;
	give_cert(client.ctx, 1);
	handshake(&client);
	assert_int_equal(client.result, 1);
	assert_non_null(client.session);
	last_peer = (struct kefs_tls_peer) { .resumed = false };
	handshake(&client);
	assert_int_equal(client.result, 1);
	assert_right(2);
	assert_int_equal(stats.resumed, kernel_has_tls ? 1 : 0);
	if (kernel_has_tls) {
		assert_true(last_peer.resumed && last_peer.has_cert);
		assert_string_equal(last_peer.cert.access_point, "fsap-00000002");
	}
	SSL_SESSION_free(client.session);
	SSL_CTX_free(client.ctx);
}

static void test_what_is_not_shared(void **state)
{
	struct client old = { .ctx = client_ctx(TLS1_2_VERSION) };

	(void)state;
	assert_int_equal(SSL_CTX_set_cipher_list(old.ctx, "ECDHE-ECDSA-CHACHA20-POLY1305"), 1);
	handshake(&old);
	assert_int_equal(old.result, -1);
	assert_int_equal(stats.failed[KEFS_TLS_NOTHING_SHARED], 1);
	SSL_CTX_free(old.ctx);
}

static void test_a_client_that_does_not_trust_us(void **state)
{
	struct client client = { .ctx = client_ctx(TLS1_2_VERSION) };

	(void)state;
	SSL_CTX_set_verify(client.ctx, SSL_VERIFY_PEER, NULL);
	handshake(&client);
	assert_int_equal(client.result, -1);
	assert_int_equal(stats.failed[KEFS_TLS_CLIENT_ALERT], 1);
	SSL_CTX_free(client.ctx);
}

/* Milliseconds that a handshake took. */
static uint64_t timed(struct client *client)
{
	uint64_t start = kefs_loop_now_ms(loop);

	handshake(client);
	return kefs_loop_now_ms(loop) - start;
}

/* An address that fails again and again is made to wait, another one is not, and it is over some time after. */
static void test_an_address_that_fails_is_held(void **state)
{
	struct client distrusts = { .ctx = client_ctx(TLS1_2_VERSION) }, trusts = { .ctx = client_ctx(TLS1_2_VERSION) };
	struct kefs_addr other = here;
	int rc, gone, fd;

	(void)state;
	SSL_CTX_set_verify(distrusts.ctx, SSL_VERIFY_PEER, NULL);
	for (int i = 0; i < FREE_FAILURES; i++)
		handshake(&distrusts);
	assert_int_equal(stats.held, 0);
	assert_in_range(timed(&trusts), HOLD_MS, 2 * LIMIT_MS);
	assert_int_equal(trusts.result, 1);
	assert_int_equal(stats.held, 1);
	gone = dial();
	(void)close(gone);
	spin(done_count + 1);
	assert_int_equal(stats.held, 2);
	assert_int_equal(stats.failed[KEFS_TLS_CLOSED], 1);
	other.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	fd = dial_as(&other, &rc);
	assert_int_equal(rc, 0);
	turn(FORGET_MS);
	handshake(&trusts);
	assert_int_equal(stats.held, 2);
	assert_int_equal(stats.under_way, 0);
	(void)close(fd);
	SSL_SESSION_free(trusts.session);
	SSL_CTX_free(trusts.ctx);
	SSL_CTX_free(distrusts.ctx);
}

/* What is held when all of it ends. */
static void test_the_end_of_what_is_held(void **state)
{
	int fds[FREE_FAILURES + 2];

	(void)state;
	for (int i = 0; i < FREE_FAILURES; i++) {
		fds[i] = dial();
		(void)close(fds[i]);
		spin(done_count + 1);
	}
	for (int i = FREE_FAILURES; i < FREE_FAILURES + 2; i++)
		fds[i] = dial();
	kefs_handshakes_get_stats(handshakes, &stats);
	assert_int_equal(stats.held, 2);
	assert_int_equal(stats.under_way, 2);
	for (int i = FREE_FAILURES; i < FREE_FAILURES + 2; i++)
		(void)close(fds[i]);
}

static void test_a_certificate_that_is_too_long(void **state)
{
	struct client client = { .ctx = client_ctx(TLS1_2_VERSION) };

	(void)state;
	give_cert(client.ctx, 20000);
	handshake(&client);
	assert_int_equal(client.result, -1);
	assert_int_equal(stats.failed[KEFS_TLS_TOO_LONG], 1);
	SSL_CTX_free(client.ctx);
}

/* Whatever a client has said when it goes, it went. */
static void test_gone_in_the_middle(void **state)
{
	const struct linger reset = { .l_onoff = 1 };
	int fin = dial(), rst = dial(), late = dial();

	(void)state;
	assert_int_equal(send(fin, "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
	(void)close(fin);
	assert_int_equal(send(rst, "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
	assert_int_equal(setsockopt(rst, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	turn(20);
	(void)close(rst);
	turn(20);
	assert_int_equal(setsockopt(late, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	(void)close(late);
	spin(3);
	assert_int_equal(stats.failed[KEFS_TLS_CLOSED], 3);
}

static void test_garbage_and_silence(void **state)
{
	int garbage = dial(), silent = dial(), gone = dial();

	(void)state;
	assert_int_equal(send(garbage, "\x16\x03\x01\x00\x05hello", 10, MSG_NOSIGNAL), 10);
	(void)close(gone);
	spin(2);
	assert_int_equal(stats.failed[KEFS_TLS_BAD_HANDSHAKE], 1);
	assert_int_equal(stats.failed[KEFS_TLS_CLOSED], 1);
	assert_int_equal(stats.under_way, 1);
	spin(3);
	assert_int_equal(stats.failed[KEFS_TLS_TIMED_OUT], 1);
	assert_int_equal(stats.under_way, 0);
	(void)close(garbage);
	(void)close(silent);
}

/* Of one address no more than its share, and in all no more than there is room for: then the oldest goes. */
static void test_bounds(void **state)
{
	struct kefs_addr other = here;
	int fds[10], rc;

	(void)state;
	other.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	for (int i = 0; i < 8; i++)
		fds[i] = dial();
	fds[8] = dial_as(&here, &rc);
	assert_int_equal(rc, -EBUSY);
	/* No worker has one any more: all wait for their clients */
	turn(LIMIT_MS / 4);
	fds[9] = dial_as(&other, &rc);
	assert_int_equal(rc, 0);
	kefs_handshakes_get_stats(handshakes, &stats);
	assert_int_equal(stats.under_way, 8);
	assert_int_equal(stats.failed[KEFS_TLS_REFUSED], 2);
	assert_int_equal(done_count, 1);
	assert_contains(last_text, "too many");
	for (int i = 0; i < 10; i++)
		(void)close(fds[i]);
}

/* --- certificates --- */

static void assert_names(const struct kefs_addr *local, const char *host, const char *ip, const char *not_ip)
{
	STACK_OF(X509) *chain;
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	BIO *bio = BIO_new_mem_buf(kefs_ca_pem(ca), -1);
	X509 *authority = PEM_read_bio_X509(bio, NULL, NULL, NULL), *cert;
	EVP_PKEY *key;

	assert_int_equal(kefs_ca_leaf(ca, local, &cert, &key, &chain), 0);
	assert_null(chain);
	assert_int_equal(X509_STORE_add_cert(store, authority), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, NULL), 1);
	assert_int_equal(X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER), 1);
	assert_int_equal(X509_verify_cert(ctx), 1);
	assert_int_equal(X509_check_host(cert, host, 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(cert, "fs-1.efs.else", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(cert, ip, 0), 1);
	assert_int_equal(X509_check_ip_asc(cert, not_ip, 0), 0);
	assert_int_equal(X509_check_private_key(cert, key), 1);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(authority);
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(bio);
}

static void test_leaves(void **state)
{
	struct kefs_addr local;

	(void)state;
	assert_int_equal(kefs_addr_parse("192.0.2.7", 1, &local), 0);
	assert_names(&local, "fs-1.efs.test", "192.0.2.7", "192.0.2.8");
	assert_int_equal(kefs_addr_parse("[::ffff:192.0.2.8]:1", 1, &local), 0);
	assert_names(&local, "x", "192.0.2.8", "192.0.2.7");
	assert_int_equal(kefs_addr_parse("2001:db8::1", 1, &local), 0);
	assert_names(&local, "fs-1.efs.test", "2001:db8::1", "2001:db8::2");
}

static void test_authority_files(void **state)
{
	char key[300], pem[300], *before = strdup(kefs_ca_pem(ca));
	struct kefs_ca *again = NULL;
	struct kefs_err err;
	struct stat st;

	(void)state;
	(void)snprintf(key, sizeof(key), "%s/ca.key", dir);
	(void)snprintf(pem, sizeof(pem), "%s/ca.pem", dir);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(kefs_ca_open(&ca_parts, &again, &err), 0);
	assert_string_equal(kefs_ca_pem(again), before);
	kefs_ca_free(again);
	/* Others could read the key */
	assert_int_equal(chmod(key, 0640), 0);
	assert_int_equal(kefs_ca_open(&ca_parts, &again, &err), -EPERM);
	assert_contains(err.text, "chmod 600");
	assert_int_equal(chmod(key, 0600), 0);
	/* The certificate is made again from the key, as after a crash in between; the key is not made up */
	assert_int_equal(unlink(pem), 0);
	assert_int_equal(kefs_ca_open(&ca_parts, &again, &err), 0);
	kefs_ca_free(again);
	assert_int_equal(unlink(key), 0);
	assert_int_equal(kefs_ca_open(&ca_parts, &again, &err), -ENOENT);
	assert_contains(err.text, "restore it");
	free(before);
}

/* The certificate at path is replaced by what cannot be used, and is there again. */
static void check_renewal(struct kefs_ca *given, const char *path)
{
	const struct kefs_addr local = { .len = 0 };
	X509 *first, *now;
	EVP_PKEY *key;
	STACK_OF(X509) *chain;
	struct kefs_err err;
	char aside[320];

	(void)snprintf(aside, sizeof(aside), "%s.aside", path);
	assert_int_equal(kefs_ca_leaf(given, &local, &first, &key, &chain), 0);
	EVP_PKEY_free(key);
	sk_X509_pop_free(chain, X509_free);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(kefs_ca_renew(given, &err), -ENOENT);
	assert_contains(err.text, "does not exist");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kefs_ca_leaf(given, &local, &now, &key, &chain), 0);
		assert_int_equal(X509_cmp(now, first), 0);
		assert_true(i ? now != first : now == first);	/* read again: as it was */
		EVP_PKEY_free(key);
		sk_X509_pop_free(chain, X509_free);
		X509_free(now);
		if (i == 0)
			assert_int_equal(rename(aside, path), 0);
		assert_int_equal(kefs_ca_renew(given, &err), 0);
	}
	X509_free(first);
}

static void test_given_certificate(void **state)
{
	char key[300], pem[300];
	struct kefs_ca_parts parts = ca_parts;
	struct kefs_ca *given = NULL;
	struct kefs_err err;

	(void)state;
	(void)snprintf(key, sizeof(key), "%s/ca.key", dir);
	(void)snprintf(pem, sizeof(pem), "%s/ca.pem", dir);
	parts.certificate = pem;
	parts.key = key;
	assert_int_equal(kefs_ca_open(&parts, &given, &err), 0);
	assert_string_equal(kefs_ca_pem(given), "");
	assert_true(kefs_ca_is_given(given));
	kefs_ca_free(given);
	parts.ca = pem;
	assert_int_equal(kefs_ca_open(&parts, &given, &err), 0);
	assert_string_equal(kefs_ca_pem(given), kefs_ca_pem(ca));
	check_renewal(given, pem);
	kefs_ca_free(given);
	assert_int_equal(kefs_ca_renew(ca, &err), 0);	/* the own authority: nothing to read */
	parts.key = pem;
	assert_true(kefs_ca_open(&parts, &given, &err) < 0);
	parts.key = key;
	parts.certificate = key;
	assert_int_equal(kefs_ca_open(&parts, &given, &err), -EINVAL);
	assert_contains(err.text, "no certificate in PEM");
}

/* --- RFC 9289 --- */

static const uint8_t call[KEFS_STARTTLS_CALL + 1] = "\x80\0\0\x28" "XID!" "\0\0\0\0" "\0\0\0\2"
	"\0\1\x86\xa3" "\0\0\0\4" "\0\0\0\0" "\0\0\0\7" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0";

static void test_starttls(void **state)
{
	uint8_t bytes[KEFS_STARTTLS_CALL], reply[KEFS_STARTTLS_REPLY];

	(void)state;
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_int_equal(kefs_starttls_match(call, len), KEFS_STARTTLS_PERHAPS);
	assert_int_equal(kefs_starttls_match(call, sizeof(bytes)), KEFS_STARTTLS_YES);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		memcpy(bytes, call, sizeof(bytes));
		bytes[i] ^= 1;
		assert_int_equal(kefs_starttls_match(bytes, sizeof(bytes)), i / 4 == 1 ? KEFS_STARTTLS_YES : KEFS_STARTTLS_NO);
		assert_int_equal(kefs_starttls_match(bytes, i + 1), i / 4 == 1 ? KEFS_STARTTLS_PERHAPS :
				 KEFS_STARTTLS_NO);
	}
	kefs_starttls_reply(call, reply);
	assert_memory_equal(reply, "\x80\0\0\x20" "XID!" "\0\0\0\1" "\0\0\0\0" "\0\0\0\0" "\0\0\0\x08" "STARTTLS" "\0\0\0\0",
			    sizeof(reply));
}

#define WITH_TLS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TLS(test_both_versions), WITH_TLS(test_resumed), WITH_TLS(test_what_is_not_shared),
		WITH_TLS(test_a_client_that_does_not_trust_us), WITH_TLS(test_an_address_that_fails_is_held),
		WITH_TLS(test_the_end_of_what_is_held), WITH_TLS(test_a_certificate_that_is_too_long),
		WITH_TLS(test_garbage_and_silence), WITH_TLS(test_gone_in_the_middle),
		WITH_TLS(test_bounds), WITH_TLS(test_leaves),
		WITH_TLS(test_authority_files), WITH_TLS(test_given_certificate), cmocka_unit_test(test_starttls),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
