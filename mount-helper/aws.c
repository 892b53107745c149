// SPDX-License-Identifier: GPL-2.0
#include "aws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/sigv4.h"
#include "http.h"

#define HEADERS_MAX 6

struct headers {
	struct kefs_sigv4_header all[HEADERS_MAX];
	size_t count;
};

static void add(struct headers *headers, const char *name, const char *value)
{
	headers->all[headers->count++] = (struct kefs_sigv4_header){ name, value };
}

/* What the signature covers: Host, which http.c sends itself, is the first. */
static int sign(const struct aws_call *call, struct http_request *http, struct headers *signed_headers,
		char **ret_authorization)
{
	const struct kefs_sigv4_key key = { call->creds->access_key, call->creds->secret,
					    *call->creds->token ? call->creds->token : NULL, 0 };
	struct http_url *url = &http->url;
	char *query = strchr(url->path, '?');
	struct kefs_sigv4_request request = {
		.method = http->method, .path = url->path, .headers = signed_headers->all,
		.header_count = signed_headers->count, .body = call->body ? call->body : "",
		.body_len = call->body ? strlen(call->body) : 0,
	};
	int rc;

	if (query) {
		*query = '\0';
		request.query = query + 1;
	}
	rc = kefs_sigv4_sign(&request, &key, call->region, call->service, false, ret_authorization);
	if (query)
		*query = '?';
	return rc;
}

/* What the service says of an error, in JSON; else the status. */
static int refused(const char *authority, unsigned int status, const json_t *object, struct kefs_err *err)
{
	const json_t *error = json_object_get(object, "Error");
	const char *code = json_string_value(json_object_get(error ? error : object, error ? "Code" : "ErrorCode"));
	const char *text = json_string_value(json_object_get(error ? error : object, "Message"));

	if (!text)
		text = json_string_value(json_object_get(object, "message"));
	return kefs_err_set(err, status == 403 ? -EACCES : status == 404 ? -ENOENT : -EREMOTEIO, "%s: %.64s%s%.300s",
			    authority, code ? code : "status", code || text ? " " : "",
			    text ? text : status == 403 ? "403 Forbidden" : "not 200");
}

int aws_do(const struct aws_call *call, json_t **ret_object, struct kefs_err *err)
{
	struct http_request http = { .method = call->body ? "POST" : "GET", .body = call->body,
				     .ca_file = call->ca_file, .limit_ms = call->limit_ms };
	CLEANUP_FREE char *authorization = NULL;
	struct headers headers = { .count = 0 };
	char date[KEFS_SIGV4_DATE_SIZE];
	struct kefs_buf body = { 0 };
	unsigned int status = 0;
	json_t *object;
	int rc;

	rc = http_url_parse(call->url, &http.url, err);
	if (rc < 0)
		return rc;
	add(&headers, "Host", http.url.authority);
	add(&headers, "Accept", "application/json");
	if (call->body)
		add(&headers, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	if (call->creds) {
		(void)kefs_sigv4_date((int64_t)time(NULL), date);
		add(&headers, "X-Amz-Date", date);
		if (*call->creds->token)
			add(&headers, "X-Amz-Security-Token", call->creds->token);
		rc = sign(call, &http, &headers, &authorization);
		if (rc < 0)
			return kefs_err_sys(err, rc, "signing the request to %s", http.url.authority);
		add(&headers, "Authorization", authorization);
	} else if (call->authorization) {
		add(&headers, "Authorization", call->authorization);
	}
	http.headers = headers.all + 1;
	http.header_count = headers.count - 1;
	rc = http_do(&http, &status, &body, err);
	if (rc < 0)
		return rc;
	object = json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
	kefs_buf_free(&body);
	if (status != 200)
		rc = refused(http.url.authority, status, object, err);
	else if (!json_is_object(object))
		rc = kefs_err_set(err, -EBADMSG, "%s: the answer is no JSON object", http.url.authority);
	if (rc < 0) {
		json_decref(object);
		return rc;
	}
	*ret_object = object;
	return 0;
}
