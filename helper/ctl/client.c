// SPDX-License-Identifier: GPL-2.0
#include "client.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/unixsock.h"
#include "common/buf.h"
#include "common/cleanup.h"
#include "common/str.h"

#define ANSWER_MAX	(256ul * 1024 * 1024)
#define LIMIT_SEC	120

int ctl_client_encode(const char *text, char *buf, size_t size)
{
	size_t out = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (out + 4 > size)
			return -ENAMETOOLONG;
		if (isalnum(c) || strchr("-_.~", c)) {
			buf[out++] = (char)c;
		} else {
			buf[out++] = '%';
			buf[out++] = "0123456789ABCDEF"[c >> 4];
			buf[out++] = "0123456789ABCDEF"[c & 15];
		}
	}
	buf[out] = '\0';
	return 0;
}

/* The value of Content-Length in the header lines between text and end; -ENOENT, -EBADMSG. */
static int content_length(const char *text, const char *end, size_t *ret_length)
{
	static const char name[] = "Content-Length:";
	char number[24];
	uint64_t value;

	while (text < end) {
		const char *eol = memmem(text, (size_t)(end - text), "\r\n", 2);
		size_t line = (size_t)((eol ? eol : end) - text);

		if (line > sizeof(name) - 1 && !strncasecmp(text, name, sizeof(name) - 1)) {
			const char *p = text + sizeof(name) - 1;

			while (*p == ' ')
				p++;
			if (kefs_str_format(number, sizeof(number), "%.*s", (int)(text + line - p), p) < 0 ||
			    kefs_str_u64(number, 0, ANSWER_MAX, &value) < 0)
				return -EBADMSG;
			*ret_length = value;
			return 0;
		}
		text += line + 2;
	}
	return -ENOENT;
}

int ctl_client_parse(const char *text, size_t len, int *ret_status, const char **ret_body, size_t *ret_body_len)
{
	static const char start[] = "HTTP/1.1 ";
	const char *head_end = memmem(text, len, "\r\n\r\n", 4), *first_eol;
	size_t have, length;
	char digits[4];
	uint64_t status;
	int rc;

	if (!head_end || len < sizeof(start) + 3 || memcmp(text, start, sizeof(start) - 1))
		return -EBADMSG;
	first_eol = memmem(text, len, "\r\n", 2);
	(void)kefs_str_format(digits, sizeof(digits), "%.3s", text + sizeof(start) - 1);
	if (!first_eol || kefs_str_u64(digits, 100, 599, &status) < 0)
		return -EBADMSG;
	have = len - (size_t)(head_end + 4 - text);
	rc = content_length(first_eol + 2, head_end, &length);
	if (rc == -ENOENT)
		length = have;
	else if (rc < 0 || length > have)
		return -EBADMSG;
	*ret_status = (int)status;
	*ret_body = head_end + 4;
	*ret_body_len = length;
	return 0;
}

static int send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int receive_all(int fd, struct kefs_buf *answer)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);
		int rc;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (!n)
			return 0;
		rc = kefs_buf_add(answer, chunk, (size_t)n);
		if (rc < 0)
			return rc;
	}
}

static int exchange(int fd, const char *method, const char *path, const json_t *body, struct kefs_buf *answer)
{
	const struct timeval limit = { .tv_sec = LIMIT_SEC };
	CLEANUP_FREE char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct kefs_buf request = { .cap = ANSWER_MAX };
	int rc;

	if (body && !text)
		return -ENOMEM;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	rc = kefs_buf_format(&request,
			     "%s %s HTTP/1.1\r\nHost: kefsd\r\nConnection: close\r\nContent-Type: application/json\r\n"
			     "Content-Length: %zu\r\n\r\n%s",
			     method, path, text ? strlen(text) : 0, text ? text : "");
	if (rc == 0)
		rc = send_all(fd, request.data, request.len);
	kefs_buf_free(&request);
	return rc < 0 ? rc : receive_all(fd, answer);
}

/* 0, or -errno and err. */
static int judge(const struct kefs_buf *answer, int *ret_status, json_t **ret_json, struct kefs_err *err)
{
	json_t *json = NULL;
	json_error_t jerr;
	const char *body;
	size_t len;
	int status;

	if (!answer->data || ctl_client_parse(answer->data, answer->len, &status, &body, &len) < 0)
		return kefs_err_set(err, -EBADMSG, "the answer is not HTTP, or it is cut short: did kefsd end?");
	if (len) {
		json = json_loadb(body, len, 0, &jerr);
		if (!json)
			return kefs_err_set(err, -EBADMSG, "the answer is not JSON: %s", jerr.text);
	}
	*ret_status = status;
	*ret_json = json;
	return 0;
}

int ctl_client_call(const char *socket, const char *method, const char *path, const json_t *body, int *ret_status,
		    json_t **ret_json, struct kefs_err *err)
{
	struct kefs_buf answer = { .cap = ANSWER_MAX };
	CLEANUP_CLOSE int fd = kefs_unixsock_connect(socket, err);
	int rc;

	if (fd < 0)
		return fd;
	rc = exchange(fd, method, path, body, &answer);
	if (rc < 0)
		(void)kefs_err_sys(err, rc, "talking to kefsd at %s", socket);
	else
		rc = judge(&answer, ret_status, ret_json, err);
	kefs_buf_free(&answer);
	return rc;
}
