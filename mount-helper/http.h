/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One HTTP request and its answer: for the EFS API, STS and the places where containers find credentials. HTTP/1.1,
 * a connection each, no redirects, no proxy; https checks the server's certificate against the system's store, or
 * AWS_CA_BUNDLE.
 */
#ifndef KEFS_MOUNT_HTTP_H
#define KEFS_MOUNT_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/sigv4.h"

#define HTTP_ANSWER_MAX	((size_t)1024 * 1024)
#define HTTP_HOST_SIZE	256

struct http_url {
	bool tls;
	char host[HTTP_HOST_SIZE];	/* without brackets */
	char port[6];
	char authority[HTTP_HOST_SIZE + 8];	/* as the Host header has it: no default port */
	char path[4096];		/* begins with '/', with the query */
};

/* 0, -EINVAL with err. Pure. */
int http_url_parse(const char *text, struct http_url *ret_url, struct kefs_err *err);

/* Takes an answer that was read to its end apart, in place: body lies in it. 0, -EBADMSG. Pure. */
int http_answer_parse(char *text, size_t len, unsigned int *ret_status, char **ret_body, size_t *ret_body_len);

struct http_request {
	const char *method;
	struct http_url url;
	const struct kefs_sigv4_header *headers;	/* besides Host, Content-Length and Connection */
	size_t header_count;
	const char *body;		/* NULL: none */
	const char *ca_file;		/* NULL: the system's */
	unsigned int limit_ms;		/* for all of it */
};

/* 0 with status and body (kefs_buf_free()), whatever the status is; -ETIMEDOUT and others with err. */
int http_do(const struct http_request *request, unsigned int *ret_status, struct kefs_buf *ret_body,
	    struct kefs_err *err);

#endif
