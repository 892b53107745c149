// SPDX-License-Identifier: GPL-2.0
/*
 * A request whose signature strangers wrote: lines of method, path, query, then of headers as "name:value", an empty
 * one and the body. It may not be found right, since nobody has the secret; signed here, it must be.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/sigv4.h"

#define HEADERS_MAX 16
#define NOW 1440938160	/* 20150830T123600Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kefs_sigv4_key key = { "AKIDEXAMPLE", "nobody could guess this", NULL, 0 };

/* The line at *text, which moves behind it. */
static char *line(char **text)
{
	char *start = *text, *end = strchr(start, '\n');

	*text = end ? end + 1 : start + strlen(start);
	if (end)
		*end = '\0';
	return start;
}

static void verify(const struct kefs_sigv4_request *request, bool right)
{
	struct kefs_sigv4_rules rules = { .now = NOW, .in_query = true };
	struct kefs_sigv4_claim claim;
	struct kefs_err err = { "" };
	enum kefs_sigv4_fault fault;
	unsigned int status = 0;

	for (int s3 = 0; s3 < 2; s3++) {
		rules.s3 = s3;
		fault = kefs_sigv4_parse(request, &claim, &err);
		if (fault == KEFS_SIGV4_OK) {
			/* Whatever the clock says, so that more of it is reached */
			rules.now = right ? NOW : claim.time;
			fault = kefs_sigv4_verify(request, &claim, &key, &rules, &err);
		}
		if (fault == KEFS_SIGV4_OK ? !right : !*err.text || !*kefs_sigv4_code(fault, KEFS_SIGV4_JSON, &status))
			abort();
		if (right && !s3 && fault != KEFS_SIGV4_OK)
			abort();
		if (right)
			break;
	}
}

/* The same without what others signed, signed. */
static void sign(const struct kefs_sigv4_request *from)
{
	struct kefs_sigv4_header headers[HEADERS_MAX + 3] = { { "Host", "h" }, { "X-Amz-Date", "20150830T123600Z" } };
	struct kefs_sigv4_request request = *from;
	char *authorization = NULL;

	request.header_count = 2;
	request.headers = headers;
	for (size_t i = 0; i < from->header_count; i++) {
		const char *name = from->headers[i].name;

		/* What would have a say in it, and what is no header's name */
		if (*name && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")])
			headers[request.header_count++] = from->headers[i];
	}
	for (size_t i = 2; i < request.header_count; i++)
		if (!strcasecmp(headers[i].name, "host") || !strcasecmp(headers[i].name, "authorization"))
			return;
	if (strstr(request.query, "Algorithm") || strchr(request.query, '%') ||
	    kefs_sigv4_sign(&request, &key, "us-east-1", "elasticfilesystem", false, &authorization) < 0)
		return;
	headers[request.header_count++] = (struct kefs_sigv4_header){ "authorization", authorization };
	verify(&request, true);
	free(authorization);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kefs_sigv4_header headers[HEADERS_MAX];
	struct kefs_sigv4_request request = { .headers = headers };
	char *text = malloc(size + 1), *p = text, *name, *colon;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	request.method = line(&p);
	request.path = line(&p);
	request.query = line(&p);
	while (*(name = line(&p)) && request.header_count < HEADERS_MAX) {
		colon = strchr(name, ':');
		if (colon)
			*colon = '\0';
		headers[request.header_count++] = (struct kefs_sigv4_header){ name, colon ? colon + 1 : "" };
	}
	request.body = p;
	request.body_len = strlen(p);
	verify(&request, false);
	sign(&request);
	free(text);
	return 0;
}
