// SPDX-License-Identifier: GPL-2.0
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/str.h"

#define REQUEST_MAX ((size_t)64 * 1024)

struct connection {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;		/* NULL: plain */
	int64_t deadline;	/* in ms of the monotonic clock */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int wait_io(const struct connection *c, short events)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int64_t left = c->deadline - now_ms();
	int n = left > 0 ? poll(&p, 1, (int)left) : 0;

	return n > 0 ? 0 : n < 0 && errno != EINTR ? -errno : n < 0 ? 0 : -ETIMEDOUT;
}

static int connect_one(struct connection *c, const struct addrinfo *ai)
{
	int rc, error = 0;
	socklen_t len = sizeof(error);

	c->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	if (connect(c->fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	rc = wait_io(c, POLLOUT);
	if (rc == 0 && getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		rc = -errno;
	return rc < 0 ? rc : -error;
}

static int connect_any(struct connection *c, const struct http_url *url, struct kefs_err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(url->host, url->port, &hints, &list);

	if (rc)
		return kefs_err_set(err, -EHOSTUNREACH, "%s: %s", url->authority, gai_strerror(rc));
	rc = -EHOSTUNREACH;
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		rc = connect_one(c, ai);
		if (rc == 0)
			break;
		if (c->fd >= 0)
			(void)close(take_fd(c->fd));
	}
	freeaddrinfo(list);
	return rc < 0 ? kefs_err_sys(err, rc, "%s", url->authority) : 0;
}

/* What became of an SSL_… call: 0 to try it again, or negative. */
static int ssl_retry(const struct connection *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return wait_io(c, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return wait_io(c, POLLOUT);
	default:
		return -EPROTO;
	}
}

static int tls_error(const struct connection *c, const struct http_url *url, int rc, struct kefs_err *err)
{
	long verify = c->ssl ? SSL_get_verify_result(c->ssl) : X509_V_OK;
	unsigned long code = ERR_get_error();

	if (verify != X509_V_OK)
		return kefs_err_set(err, rc, "%s: its certificate: %s", url->authority, X509_verify_cert_error_string(verify));
	if (rc == -ETIMEDOUT || !code)
		return kefs_err_sys(err, rc, "%s: TLS", url->authority);
	return kefs_err_set(err, rc, "%s: TLS: %s", url->authority, ERR_reason_error_string(code));
}

static int start_tls(struct connection *c, const struct http_request *request, struct kefs_err *err)
{
	const struct http_url *url = &request->url;
	char host[HTTP_HOST_SIZE];	/* OpenSSL's macro takes no const */
	int rc = 0, n;

	ERR_clear_error();
	c->ctx = SSL_CTX_new(TLS_client_method());
	if (!c->ctx || SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) != 1 ||
	    (request->ca_file ? SSL_CTX_load_verify_file(c->ctx, request->ca_file) :
	     SSL_CTX_set_default_verify_paths(c->ctx)) != 1)
		return tls_error(c, url, -EPROTO, err);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_options(c->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)kefs_str_copy(host, sizeof(host), url->host);
	c->ssl = SSL_new(c->ctx);
	/* An address is checked as one, and is no server name */
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), url->host) != 1 &&
	     (SSL_set1_host(c->ssl, url->host) != 1 || SSL_set_tlsext_host_name(c->ssl, host) != 1)))
		return tls_error(c, url, -EPROTO, err);
	while (rc == 0 && (n = SSL_connect(c->ssl)) != 1)
		rc = ssl_retry(c, n);
	return rc < 0 ? tls_error(c, url, rc, err) : 0;
}

static int send_all(const struct connection *c, const char *data, size_t len)
{
	while (len) {
		size_t n = 0;
		int rc = 0;

		if (c->ssl) {
			int r = SSL_write_ex(c->ssl, data, len, &n);

			rc = r == 1 ? 0 : ssl_retry(c, r);
		} else {
			ssize_t r = send(c->fd, data, len, MSG_NOSIGNAL);

			n = r > 0 ? (size_t)r : 0;
			if (r < 0)
				rc = errno == EAGAIN ? wait_io(c, POLLOUT) : -errno;
		}
		if (rc < 0)
			return rc;
		data += n;
		len -= n;
	}
	return 0;
}

/* Bytes read, 0 at the end, or negative. */
static ssize_t receive(const struct connection *c, char *chunk, size_t size)
{
	for (;;) {
		size_t n = 0;
		int rc;

		if (c->ssl) {
			int r = SSL_read_ex(c->ssl, chunk, size, &n);

			if (r == 1)
				return (ssize_t)n;
			if (SSL_get_error(c->ssl, r) == SSL_ERROR_ZERO_RETURN)
				return 0;
			rc = ssl_retry(c, r);
		} else {
			ssize_t r = recv(c->fd, chunk, size, 0);

			if (r >= 0)
				return r;
			rc = errno == EAGAIN ? wait_io(c, POLLIN) : -errno;
		}
		if (rc < 0)
			return rc;
	}
}

static int make_head(const struct http_request *request, struct kefs_buf *out)
{
	int rc = kefs_buf_format(out, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", request->method,
				 request->url.path, request->url.authority);

	for (size_t i = 0; rc == 0 && i < request->header_count; i++)
		rc = kefs_buf_format(out, "%s: %s\r\n", request->headers[i].name, request->headers[i].value);
	if (rc == 0 && request->body)
		rc = kefs_buf_format(out, "Content-Length: %zu\r\n", strlen(request->body));
	return rc < 0 ? rc : kefs_buf_format(out, "\r\n%s", request->body ? request->body : "");
}

static int exchange(const struct connection *c, const struct http_request *request, struct kefs_buf *answer)
{
	struct kefs_buf head = { .cap = REQUEST_MAX };
	char chunk[4096];
	ssize_t n;
	int rc;

	rc = make_head(request, &head);
	if (rc == 0)
		rc = send_all(c, head.data, head.len);
	kefs_buf_free(&head);
	while (rc == 0 && (n = receive(c, chunk, sizeof(chunk))) != 0)
		rc = n < 0 ? (int)n : kefs_buf_add(answer, chunk, (size_t)n);
	return rc;
}

int http_do(const struct http_request *request, unsigned int *ret_status, struct kefs_buf *ret_body,
	    struct kefs_err *err)
{
	struct connection c = { .fd = -1, .deadline = now_ms() + request->limit_ms };
	struct kefs_buf answer = { .cap = HTTP_ANSWER_MAX };
	size_t len = 0;
	char *body;
	int rc;

	rc = connect_any(&c, &request->url, err);
	if (rc == 0 && request->url.tls)
		rc = start_tls(&c, request, err);
	if (rc == 0) {
		rc = exchange(&c, request, &answer);
		if (rc == 0)
			rc = answer.len ? http_answer_parse(answer.data, answer.len, ret_status, &body, &len) : -ENODATA;
		if (rc < 0)
			(void)kefs_err_sys(err, rc, "%s", request->url.authority);
	}
	if (rc == 0) {
		*ret_body = (struct kefs_buf){ .cap = HTTP_ANSWER_MAX };
		rc = kefs_buf_add(ret_body, body, len);
	}
	kefs_buf_free(&answer);
	SSL_free(c.ssl);
	SSL_CTX_free(c.ctx);
	if (c.fd >= 0)
		(void)close(c.fd);
	return rc;
}
