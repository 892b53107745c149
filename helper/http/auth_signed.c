// SPDX-License-Identifier: GPL-2.0
/* Requests that are signed (SigV4): by a key that the service knows, for this region and one of the services here. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "auth.h"
#include "common/sigv4.h"
#include "common/str.h"

#define HEADERS_MAX	64

/* What is here, told apart by the path and the service that the request is signed for. The first is the default. */
static const struct service {
	const char *name, *ns;
	enum kefs_sigv4_protocol protocol;
	enum kefs_reply_form form;
	bool at_root;		/* POST / */
	bool global;		/* clients sign for us-east-1, or any other region */
} services[] = {
	{ "elasticfilesystem", NULL, KEFS_SIGV4_JSON, KEFS_REPLY_JSON, false, false },
	{ "sts", "https://sts.amazonaws.com/doc/2011-06-15/", KEFS_SIGV4_QUERY, KEFS_REPLY_QUERY, true, true },
	{ "iam", "https://iam.amazonaws.com/doc/2010-05-08/", KEFS_SIGV4_QUERY, KEFS_REPLY_QUERY, true, true },
	{ "ec2", NULL, KEFS_SIGV4_EC2, KEFS_REPLY_EC2, true, false },
};

/* The one that a request is for; where the name is none of those at the path, the one that is expected there. */
static const struct service *find_service(const struct kefs_http_request *request, const char *name)
{
	bool at_root = !strcmp(request->path, "/");
	const struct service *fallback = NULL;

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (services[i].at_root != at_root)
			continue;
		if (!strcmp(services[i].name, name))
			return &services[i];
		if (!fallback)
			fallback = &services[i];
	}
	return fallback;
}

struct headers {
	struct kefs_sigv4_header list[HEADERS_MAX];
	size_t count;
	bool too_many;
};

static void add_header(void *ctx, const char *name, const char *value)
{
	struct headers *headers = ctx;

	if (headers->count == HEADERS_MAX)
		headers->too_many = true;
	else
		headers->list[headers->count++] = (struct kefs_sigv4_header) { name, value };
}

static void refuse(struct kefs_http_reply *reply, const struct service *service, enum kefs_sigv4_fault fault,
		   const char *text)
{
	unsigned int status;
	const char *code = kefs_sigv4_code(fault, service->protocol, &status);

	kefs_reply_error_as(reply, service->form, service->ns, status, code, "%s", text);
}

/* The request as the signature sees it, and who says that he signed it. 0, or the reply is filled. */
static int read_claim(const struct kefs_http_request *request, struct headers *headers,
		      struct kefs_sigv4_request *ret_signed, struct kefs_sigv4_claim *ret_claim,
		      struct kefs_http_reply *reply)
{
	enum kefs_sigv4_fault fault;
	struct kefs_err err;

	headers->count = 0;
	headers->too_many = false;
	kefs_http_headers(request, add_header, headers);
	if (headers->too_many) {
		kefs_reply_error(reply, 400, "BadRequest", "The request has more than %d headers", HEADERS_MAX);
		return -E2BIG;
	}
	*ret_signed = (struct kefs_sigv4_request) {
		.method = request->method,
		.path = request->path,
		.query = request->query,
		.headers = headers->list,
		.header_count = headers->count,
		.body = request->body,
		.body_len = request->body_len,
	};
	fault = kefs_sigv4_parse(ret_signed, ret_claim, &err);
	if (fault != KEFS_SIGV4_OK) {
		refuse(reply, find_service(request, ""), fault, err.text);
		return -EACCES;
	}
	(void)kefs_str_copy(request->note->access_key, sizeof(request->note->access_key), ret_claim->access_key);
	return 0;
}

/* Nobody's body is read who does not even say that he signed it. */
static void admit(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	struct kefs_sigv4_request as_signed;
	struct kefs_sigv4_claim claim;
	struct headers headers;

	(void)ctx;
	(void)read_claim(request, &headers, &as_signed, &claim, reply);
}

static void set_caller(const struct kefs_auth_parts *parts, const struct kefs_sigv4_claim *claim,
		       const struct kefs_auth_key *key, struct kefs_http_caller *caller)
{
	(void)kefs_str_copy(caller->service, sizeof(caller->service), claim->service);
	(void)kefs_str_copy(caller->account, sizeof(caller->account), parts->account);
	(void)kefs_str_copy(caller->access_key, sizeof(caller->access_key), claim->access_key);
	(void)kefs_str_copy(caller->arn, sizeof(caller->arn), key->arn);
}

static void identify(void *ctx, const struct kefs_http_request *request, struct kefs_http_caller *caller,
		     struct kefs_http_reply *reply)
{
	const struct kefs_auth_parts *parts = ctx;
	struct kefs_sigv4_rules rules = { .region = parts->region, .now = time(NULL) };
	struct kefs_auth_key found = { .secret = "" };
	struct kefs_sigv4_key key = { .secret = found.secret };
	struct kefs_sigv4_request as_signed;
	enum kefs_sigv4_fault fault;
	struct kefs_sigv4_claim claim;
	const struct service *service;
	struct headers headers;
	struct kefs_err err;
	int rc;

	if (read_claim(request, &headers, &as_signed, &claim, reply) < 0)
		return;
	service = find_service(request, claim.service);
	(void)kefs_str_copy(request->note->service, sizeof(request->note->service), service->name);
	rules.service = service->name;
	if (service->global)
		rules.region = NULL;
	rc = parts->find(parts->ctx, claim.access_key, &found);
	if (rc < 0) {
		refuse(reply, service, rc == -ENOENT ? KEFS_SIGV4_UNKNOWN_KEY : KEFS_SIGV4_INTERNAL,
		       rc == -ENOENT ? KEFS_SIGV4_UNKNOWN_KEY_TEXT : "The service has failed inside");
		return;
	}
	key.access_key = claim.access_key;
	key.token = *found.token ? found.token : NULL;
	key.expires = found.expires;
	fault = kefs_sigv4_verify(&as_signed, &claim, &key, &rules, &err);
	if (fault == KEFS_SIGV4_OK)
		set_caller(parts, &claim, &found, caller);
	else
		refuse(reply, service, fault, err.text);
	explicit_bzero(&found, sizeof(found));
}

struct kefs_http_auth kefs_auth_signed(struct kefs_auth_parts *parts)
{
	return (struct kefs_http_auth) { .admit = admit, .identify = identify, .ctx = parts };
}
