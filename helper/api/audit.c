// SPDX-License-Identifier: GPL-2.0
/* What the audit log says of a call, put together when it is answered. */
#include "audit/audit.h"

#include <string.h>

#include "api/efs.h"
#include "api/query.h"
#include "base/json.h"
#include "common/str.h"
#include "internal.h"

/* What an own call gave and got; of who may not make it nobody reads the body. */
static void note_own(const struct kefs_http_request *request, const struct kefs_http_reply *reply, const char *param)
{
	struct kefs_http_note *note = request->note;

	if (!request->caller || kefs_json_parse(request->body, request->body_len, &note->parameters, NULL) < 0)
		return;
	if (*param)
		(void)json_object_set_new(note->parameters, "FileSystemId", json_string(param));
	note->response = json_incref(reply->body);
}

/* What the path says: of a request that was refused before anybody looked at it. */
static bool name_by_route(const struct kefs_http_request *request, const struct kefs_http_reply *reply)
{
	struct kefs_http_note *note = request->note;
	const struct kefs_route *routes;
	struct kefs_route_match match = { .route = NULL };
	const struct kefs_efs_op *op;
	size_t count;

	routes = kefs_api_local_routes(&count);
	if (kefs_route_find(routes, count, request->method, request->path, &match) < 0) {
		(void)kefs_str_copy(note->operation, sizeof(note->operation), "Unknown");
		return true;
	}
	if (match.route->handler == kefs_efs_handle) {
		op = match.route->data;
		kefs_api_note(request, "elasticfilesystem", op->name, NULL);
	} else if (match.route->handler == kefs_query_handle) {
		(void)kefs_str_copy(note->operation, sizeof(note->operation), "Unknown");
	} else if (match.route->data) {
		kefs_api_note(request, "kefs", match.route->data, NULL);
		note_own(request, reply, match.params[0]);
	} else {
		return false;
	}
	return true;
}

static json_t *local_identity(const struct kefs_http_caller *caller)
{
	const struct kefs_principal principal = {
		.type = KEFS_PRINCIPAL_ROOT, .account = caller->account, .arn = caller->arn,
	};

	return kefs_audit_identity(&principal, "");
}

void kefs_api_answered(void *ctx, const struct kefs_http_request *request, const struct kefs_http_reply *reply)
{
	struct kefs_http_note *note = request->note;
	const struct kefs_api *api = ctx;
	char address[KEFS_ADDR_TEXT];
	struct kefs_audit_call call;
	struct kefs_addr peer;

	/* Of kefsd's own calls those that only look are not written down */
	if (!api->audit || (!*note->operation && !name_by_route(request, reply)))
		return;
	if (!note->identity && request->caller && request->caller->local)
		note->identity = local_identity(request->caller);
	kefs_http_address(request, address);
	kefs_http_peer_addr(request, &peer);
	call = (struct kefs_audit_call) {
		.service = *note->service ? note->service : "kefs",
		.operation = note->operation,
		.address = address,
		.user_agent = kefs_http_header(request, "User-Agent"),
		.error_code = reply->error,
		.error_message = reply->message,
		.request_id = reply->request_id,
		.read_only = note->read_only,
		.identity = note->identity,
		.access_key = note->access_key,
		.parameters = note->parameters,
		.response = note->response,
	};
	kefs_audit_add_call(api->audit, &call, &peer);
}
