// SPDX-License-Identifier: GPL-2.0
/*
 * kefs-relay: TLS for one connection of kefsd's, for a kernel that cannot do it. It is started by kefsd with a socket
 * as its standard input, over which it gets its job (accept/relay_msg.h): nobody else has a use for it.
 *
 * It is a stranger's first contact, so it gives up all rights before it reads a byte from the client: another user
 * (nobody) without groups, no new privileges, no dumps, no children, no files but those that it has. What it still has
 * is the server's key; it is the price of TLS in user space, and the reason for a process for each client.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept/credential.h"
#include "accept/relay_msg.h"
#include "accept/tls.h"
#include "common/str.h"
#include "relay/pump.h"

#define CONTROL		STDIN_FILENO
#define HANDSHAKE_SEC	60	/* kefsd is stricter; this is for when it is gone */
#define NOBODY		65534
#define KEEP_IDLE	60	/* as the kernel module looks after its connections: seconds until the first probe, */
#define KEEP_INTERVAL	10	/* between them, */
#define KEEP_COUNT	6	/* how many, */
#define TAKE_MS		60000	/* and for a client to take what is sent to it */

/* Of another name than root's only if it was that: the unit tests' user stays who he is. */
static int give_up_rights(void)
{
	const struct rlimit none = { 0, 0 };

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			       setrlimit(RLIMIT_NPROC, &none) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return -errno;
	if (setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_FSIZE, &none) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

static void set_option(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static int set_up_sockets(int client_fd, int plain_fd)
{
	set_option(client_fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(client_fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE);
	set_option(client_fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL);
	set_option(client_fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
	set_option(client_fd, IPPROTO_TCP, TCP_USER_TIMEOUT, TAKE_MS);
	set_option(client_fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(plain_fd, IPPROTO_TCP, TCP_NODELAY, 1);
	/* The client's is so already; of the other one only our own end is. */
	return fcntl(plain_fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* The handshake, to its end. */
static enum kefs_tls_step shake(struct kefs_tls_session *session, int fd, struct kefs_relay_report *report)
{
	struct kefs_tls_peer peer;
	enum kefs_tls_step step;
	struct kefs_err err;

	while ((step = kefs_tls_go_on(session, &peer, &report->reason, &err)) == KEFS_TLS_READ || step == KEFS_TLS_WRITE) {
		struct pollfd pfd = { .fd = fd, .events = step == KEFS_TLS_READ ? POLLIN : POLLOUT };

		(void)poll(&pfd, 1, -1);
	}
	if (step != KEFS_TLS_FAILED)
		return step;
	report->len = strnlen(err.text, sizeof(err.text));
	memcpy(report->body, err.text, report->len);
	return step;
}

/* Who the client is. -E2BIG if his certificate cannot be told. */
static int add_certificate(const SSL *ssl, struct kefs_relay_report *report)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);
	int len = cert ? i2d_X509(cert, NULL) : 0;
	uint8_t *p = report->body;
	int rc = len < 0 || (size_t)len > sizeof(report->body) ? -E2BIG : 0;

	if (rc == 0 && cert)
		report->len = (size_t)i2d_X509(cert, &p);
	X509_free(cert);
	return rc;
}

static int serve(struct kefs_tls *tls, int client_fd, int plain_fd)
{
	static struct kefs_relay_report report;
	struct kefs_tls_session *session;
	int rc = kefs_tls_begin(tls, client_fd, &session);

	if (rc < 0)
		return rc;
	report.fine = shake(session, client_fd, &report) == KEFS_TLS_DONE;
	rc = report.fine ? add_certificate(kefs_tls_ssl(session), &report) : 0;
	if (rc == 0)
		rc = kefs_relay_send_report(CONTROL, &report);
	if (rc == 0 && report.fine) {
		(void)alarm(0);
		(void)close(CONTROL);
		kefs_pump(kefs_tls_ssl(session), plain_fd);
	}
	kefs_tls_end(session);
	return rc;
}

/* It outlives kefsd: whoever reads kefsd's output is not kept waiting for its end. */
static int let_go(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool fine = fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0;

	(void)setsid();
	return fine && chdir("/") == 0 ? 0 : -EIO;
}

int main(void)
{
	int client_fd, plain_fd, rc;
	char *credential = NULL;
	struct kefs_tls *tls;
	struct kefs_err err;
	size_t len;

	rc = kefs_relay_receive_job(CONTROL, &client_fd, &plain_fd, &credential, &len);
	if (rc < 0) {
		(void)fprintf(stderr, "kefs-relay: it is kefsd that starts this program\n");
		return EXIT_FAILURE;
	}
	(void)alarm(HANDSHAKE_SEC);
	rc = let_go();
	if (rc == 0)
		rc = give_up_rights();
	if (rc == 0)
		rc = set_up_sockets(client_fd, plain_fd);
	if (rc == 0)
		rc = kefs_tls_new_relay(credential, len, &tls, &err);
	kefs_credential_free(credential, len);
	if (rc < 0)
		return EXIT_FAILURE;
	rc = serve(tls, client_fd, plain_fd);
	kefs_tls_free(tls);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
