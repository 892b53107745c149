// SPDX-License-Identifier: GPL-2.0
/* The pure half of http.h. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "http.h"

/* "host", "host:port", "[v6]:port" */
static int parse_authority(const char *text, size_t len, struct http_url *url)
{
	char all[sizeof(url->authority)], *host = all, *port = NULL, *end;
	uint64_t number;

	if (!len || len >= sizeof(all))
		return -EINVAL;
	memcpy(all, text, len);
	all[len] = '\0';
	if (strpbrk(all, "@ \t\r\n"))
		return -EINVAL;
	(void)kefs_str_copy(url->authority, sizeof(url->authority), all);
	if (*all == '[') {
		end = strchr(all, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		*end = '\0';
		host = all + 1;
		port = end[1] ? end + 2 : NULL;
	} else {
		port = strchr(all, ':');
		if (port)
			*port++ = '\0';
	}
	if (port && kefs_str_u64(port, 1, UINT16_MAX, &number) < 0)
		return -EINVAL;
	(void)kefs_str_copy(url->port, sizeof(url->port), port ? port : url->tls ? "443" : "80");
	return *host ? kefs_str_copy(url->host, sizeof(url->host), host) : -EINVAL;
}

int http_url_parse(const char *text, struct http_url *ret_url, struct kefs_err *err)
{
	const char *rest = kefs_str_after(text, "https://");
	size_t len;

	*ret_url = (struct http_url){ .tls = rest != NULL };
	if (!rest)
		rest = kefs_str_after(text, "http://");
	len = rest ? strcspn(rest, "/?#") : 0;
	if (!rest || parse_authority(rest, len, ret_url) < 0 || strpbrk(rest + len, "# \t\r\n") ||
	    kefs_str_format(ret_url->path, sizeof(ret_url->path), "%s%s", rest[len] == '/' ? "" : "/", rest + len) < 0)
		return kefs_err_set(err, -EINVAL, "'%.200s' is no URL of the form http[s]://HOST[:PORT][/PATH]", text);
	return 0;
}

/* The value of a header, trimmed in place at its end; NULL if there is none. headers end in an empty line. */
static char *find_header(char *headers, const char *name)
{
	size_t len = strlen(name);
	char *line = headers, *value, *end;

	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return NULL;
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		value = line + len + 1;
		value += strspn(value, " \t");
		while (end > value && strchr(" \t\r\n", end[-1]))
			end--;
		*end = '\0';
		return value;
	}
	return NULL;
}

/* Puts the chunks of a body together, in place. */
static int join_chunks(char *body, size_t len, size_t *ret_len)
{
	char *in = body, *out = body, *end = body + len;

	for (;;) {
		char *newline = memchr(in, '\n', (size_t)(end - in));
		size_t size = 0;

		if (!newline || newline == in || !strchr("0123456789abcdefABCDEF", *in))
			return -EBADMSG;
		for (; in < newline && strchr("0123456789abcdefABCDEF", *in); in++) {
			if (size > HTTP_ANSWER_MAX)
				return -EBADMSG;
			size = size * 16 + (size_t)(*in <= '9' ? *in - '0' : (*in | 32) - 'a' + 10);
		}
		in = newline + 1;
		if (!size)
			break;
		if (size + 2 > (size_t)(end - in))
			return -EBADMSG;
		memmove(out, in, size);
		out += size;
		in += size + 2;
	}
	*out = '\0';
	*ret_len = (size_t)(out - body);
	return 0;
}

int http_answer_parse(char *text, size_t len, unsigned int *ret_status, char **ret_body, size_t *ret_body_len)
{
	char *end, *headers, *value;
	uint64_t number;
	char code[4];

	if (memchr(text, '\0', len) || strncmp(text, "HTTP/1.", 7) != 0 || len < 13 || text[8] != ' ')
		return -EBADMSG;
	memcpy(code, text + 9, 3);
	code[3] = '\0';
	headers = strchr(text, '\n');
	end = strstr(text, "\r\n\r\n");
	if (kefs_str_u64(code, 100, 599, &number) < 0 || !headers || !end || headers > end + 1)
		return -EBADMSG;
	*ret_status = (unsigned int)number;
	*ret_body = end + 4;
	*ret_body_len = len - (size_t)(end + 4 - text);
	end[2] = '\0';
	if (headers + 1 > end + 2)
		return 0;
	headers++;
	value = find_header(headers, "Transfer-Encoding");
	if (value)
		return strcasecmp(value, "chunked") ? -EBADMSG : join_chunks(*ret_body, *ret_body_len, ret_body_len);
	value = find_header(headers, "Content-Length");
	if (!value)
		return 0;
	if (kefs_str_u64(value, 0, *ret_body_len, &number) < 0)
		return -EBADMSG;
	*ret_body_len = (size_t)number;
	(*ret_body)[number] = '\0';
	return 0;
}
