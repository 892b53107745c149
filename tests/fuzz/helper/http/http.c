// SPDX-License-Identifier: GPL-2.0
/* Paths against a route table, queries, and answers as kefsctl reads them. The first byte says which. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"
#include "http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kefs_route routes[] = {
	{ "GET", "/kefs/v1/fs", NULL, NULL },
	{ "GET", "/a/{x}", NULL, NULL },
	{ "GET", "/a/{x}/{y}/{z}", NULL, NULL },
	{ "GET", "/a/{x}/", NULL, NULL },
};

static void fuzz_path(const uint8_t *data, size_t size)
{
	struct kefs_route_match match;
	char *path = malloc(size + 1);

	if (!path)
		return;
	memcpy(path, data, size);
	path[size] = '\0';
	if (kefs_route_find(routes, 4, "GET", path, &match) == 0 && strchr(match.route->pattern, '{') && !*match.params[0])
		abort();
	free(path);
}

static void fuzz_answer(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	const char *body = NULL;
	size_t len = 0;
	int status = 0;

	if (!text)
		return;
	memcpy(text, data, size);
	if (ctl_client_parse(text, size, &status, &body, &len) == 0 &&
	    (body < text || body + len > text + size || status < 100))
		abort();
	free(text);
}

static void fuzz_query(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), name[16], value[24];
	const char *cursor = text;
	size_t turns = 0;
	int rc;

	if (!text)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	while ((rc = kefs_query_next(&cursor, name, sizeof(name), value, sizeof(value))) != 0) {
		if (cursor > text + size || ++turns > size || strlen(name) >= sizeof(name) || strlen(value) >= sizeof(value) ||
		    (rc != 1 && rc != -EINVAL && rc != -ENAMETOOLONG))
			abort();
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 2)
		fuzz_query(data + 1, size - 1);
	else if (data[0] & 1)
		fuzz_path(data + 1, size - 1);
	else
		fuzz_answer(data + 1, size - 1);
	return 0;
}
