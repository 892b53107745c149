// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier and signer as a filter, for sigv4_botocore.py: a request in JSON per line in, an answer per line out.
 *   in: {"method", "path", "query", "headers": [[name, value]…], "body", "access_key", "secret", "token"|null,
 *        "region", "service", "now", "s3", "sign": bool}
 *   out: {"fault": number, "code", "message", "access_key"}, with sign {"authorization"}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "common/sigv4.h"

#define MANY 64

static const char *text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static json_t *answer_signed(const json_t *in, const struct kefs_sigv4_request *request,
			     const struct kefs_sigv4_key *key)
{
	char *authorization = NULL;
	json_t *out;

	if (kefs_sigv4_sign(request, key, text(in, "region"), text(in, "service"),
			    json_is_true(json_object_get(in, "s3")), &authorization) < 0)
		abort();
	out = json_pack("{ss}", "authorization", authorization);
	free(authorization);
	return out;
}

static json_t *answer_verified(const json_t *in, const struct kefs_sigv4_request *request,
			       const struct kefs_sigv4_key *key)
{
	struct kefs_sigv4_rules rules = {
		.region = text(in, "region"), .service = text(in, "service"),
		.now = json_integer_value(json_object_get(in, "now")), .in_query = true,
		.s3 = json_is_true(json_object_get(in, "s3")),
	};
	struct kefs_sigv4_claim claim;
	struct kefs_err err = { "" };
	enum kefs_sigv4_fault fault;
	unsigned int status;

	fault = kefs_sigv4_parse(request, &claim, &err);
	if (fault == KEFS_SIGV4_OK)
		fault = strcmp(claim.access_key, key->access_key) ? KEFS_SIGV4_UNKNOWN_KEY :
			kefs_sigv4_verify(request, &claim, key, &rules, &err);
	return json_pack("{si ss ss ss}", "fault", (int)fault, "code",
			 fault ? kefs_sigv4_code(fault, KEFS_SIGV4_JSON, &status) : "", "message", err.text,
			 "access_key", claim.access_key);
}

static void run(const char *line, size_t len)
{
	struct kefs_sigv4_header headers[MANY];
	json_t *in = json_loadb(line, len, 0, NULL), *out;
	const json_t *list = json_object_get(in, "headers");
	struct kefs_sigv4_request request = {
		.method = text(in, "method"), .path = text(in, "path"), .query = text(in, "query"), .headers = headers,
		.body = text(in, "body"), .body_len = strlen(text(in, "body")),
	};
	struct kefs_sigv4_key key = { .access_key = text(in, "access_key"), .secret = text(in, "secret"),
				      .token = text(in, "token"), .expires = INT64_MAX };

	for (; request.header_count < json_array_size(list) && request.header_count < MANY; request.header_count++) {
		const json_t *header = json_array_get(list, request.header_count);

		headers[request.header_count].name = json_string_value(json_array_get(header, 0));
		headers[request.header_count].value = json_string_value(json_array_get(header, 1));
	}
	out = json_is_true(json_object_get(in, "sign")) ? answer_signed(in, &request, &key) :
		answer_verified(in, &request, &key);
	(void)json_dumpf(out, stdout, JSON_COMPACT);
	(void)putchar('\n');
	(void)fflush(stdout);
	json_decref(out);
	json_decref(in);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0)
		run(line, (size_t)len);
	free(line);
	return 0;
}
