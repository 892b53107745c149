// SPDX-License-Identifier: GPL-2.0
#include "route.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* plus: a '+' stands for a space, as in a query. */
static int decode(const char *text, size_t len, bool plus, char *buf, size_t size)
{
	size_t out = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			int high = i + 1 < len ? hex_digit(text[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				goto err_invalid;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (!c)
			goto err_invalid;
		if (out + 1 >= size) {
			buf[0] = '\0';
			return -ENAMETOOLONG;
		}
		buf[out++] = c;
	}
	buf[out] = '\0';
	return 0;
err_invalid:
	buf[0] = '\0';
	return -EINVAL;
}

int kefs_route_decode(const char *text, size_t len, char *buf, size_t size)
{
	return decode(text, len, false, buf, size);
}

int kefs_query_next(const char **query, char *name, size_t name_size, char *value, size_t value_size)
{
	size_t len, name_len;
	const char *at;
	int rc;

	*query += strspn(*query, "&");
	at = *query;
	len = strcspn(at, "&");
	if (!len)
		return 0;
	*query += len;
	name_len = strcspn(at, "=&");
	rc = decode(at, name_len, true, name, name_size);
	if (rc == 0 && name_len < len)
		rc = decode(at + name_len + 1, len - name_len - 1, true, value, value_size);
	else
		value[0] = '\0';
	return rc < 0 ? rc : 1;
}

/* Does one segment of the path fit one of the pattern? 1, 0 or -EINVAL. */
static int match_segment(const char *pattern, size_t pattern_len, const char *path, size_t path_len,
			 struct kefs_route_match *match, size_t *params)
{
	char text[KEFS_ROUTE_PARAM_SIZE];

	if (kefs_route_decode(path, path_len, text, sizeof(text)) < 0)
		return -EINVAL;
	if (pattern_len && *pattern == '{') {
		if (!*text || *params == KEFS_ROUTE_PARAMS)
			return 0;
		memcpy(match->params[(*params)++], text, sizeof(text));
		return 1;
	}
	return strlen(text) == pattern_len && !memcmp(text, pattern, pattern_len);
}

/* 1, 0 or -EINVAL. */
static int match_path(const char *pattern, const char *path, struct kefs_route_match *match)
{
	size_t params = 0;

	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(++pattern, "/"), path_len = strcspn(++path, "/");
		int rc = match_segment(pattern, pattern_len, path, path_len, match, &params);

		if (rc <= 0)
			return rc;
		pattern += pattern_len;
		path += path_len;
	}
	return !*pattern && !*path;
}

int kefs_route_find(const struct kefs_route *routes, size_t count, const char *method, const char *path,
		    struct kefs_route_match *ret_match)
{
	struct kefs_route_match match = { .route = NULL };
	bool other_method = false;

	for (size_t i = 0; i < count; i++) {
		int rc = match_path(routes[i].pattern, path, &match);

		if (rc < 0)
			return rc;
		if (!rc)
			continue;
		if (strcmp(routes[i].method, method)) {
			other_method = true;
			continue;
		}
		match.route = &routes[i];
		*ret_match = match;
		return 0;
	}
	return other_method ? -EOPNOTSUPP : -ENOENT;
}
