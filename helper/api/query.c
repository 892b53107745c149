// SPDX-License-Identifier: GPL-2.0
#include "query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "internal.h"
#include "service/authorize.h"

static const struct kefs_query_service services[] = {
	{ "sts", "https://sts.amazonaws.com/doc/2011-06-15/", false, kefs_sts_ops },
	{ "iam", "https://iam.amazonaws.com/doc/2010-05-08/", false, kefs_iam_ops },
	{ "ec2", "http://ec2.amazonaws.com/doc/2016-11-15/", true, kefs_ec2_ops },
};

static int fault_of(const struct kefs_query_call *call, int query, int ec2)
{
	return call->service->ec2 ? -ec2 : -query;
}

int kefs_query_required(struct kefs_query_call *call, const char *name, const char **ret_value)
{
	*ret_value = kefs_form_get(call->form, "%s", name);
	if (*ret_value && **ret_value)
		return 0;
	if (call->service->ec2)
		return kefs_err_set(&call->err, -KEFS_E_MISSING_PARAMETER, "The request must contain the parameter %s", name);
	return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION,
			    "1 validation error detected: Value null at '%c%s' failed to satisfy constraint: Member must not be null",
			    name[0] | 0x20, name + 1);
}

int kefs_query_number(struct kefs_query_call *call, const char *name, uint64_t min, uint64_t max, uint64_t preset,
		      uint64_t *ret_value)
{
	const char *text = kefs_form_get(call->form, "%s", name);

	*ret_value = preset;
	if (!text || kefs_str_u64(text, min, max, ret_value) == 0)
		return 0;
	return kefs_err_set(&call->err, fault_of(call, KEFS_E_IAM_VALIDATION, KEFS_E_PARAMETER_VALUE),
			    "Value '%.64s' at '%s' failed to satisfy constraint: Member must have value between %llu and %llu", text,
			    name, (unsigned long long)min, (unsigned long long)max);
}

int kefs_query_flag(struct kefs_query_call *call, const char *name, bool *ret_value)
{
	const char *text = kefs_form_get(call->form, "%s", name);

	*ret_value = text && !strcmp(text, "true");
	if (!text || *ret_value || !strcmp(text, "false"))
		return 0;
	return kefs_err_set(&call->err, fault_of(call, KEFS_E_IAM_VALIDATION, KEFS_E_PARAMETER_VALUE),
			    "Value '%.64s' at '%s' is neither true nor false", text, name);
}

int kefs_query_tags(struct kefs_query_call *call, const char *prefix, struct kefs_tags *ret_tags)
{
	struct kefs_tags tags = { .count = 0 };
	int rc = 0;

	for (unsigned int i = 1; i <= KEFS_TAG_MAX + 1 && rc == 0; i++) {
		const char *key = kefs_form_get(call->form, "%s.%u.Key", prefix, i);
		const char *value = kefs_form_get(call->form, "%s.%u.Value", prefix, i);

		if (!key)
			break;
		rc = kefs_tags_add(&tags, key, value ? value : "", i);
	}
	if (rc < 0)
		kefs_tags_free(&tags);
	else
		*ret_tags = tags;
	return rc != -ENAMETOOLONG ? rc : kefs_err_set(&call->err, fault_of(call, KEFS_E_IAM_INPUT, KEFS_E_PARAMETER_VALUE),
						       "A tag is too long");
}

size_t kefs_query_list(const struct kefs_query_call *call, const char *prefix, const char **ret_texts, size_t max)
{
	size_t count = 0;

	while (count < max && (ret_texts[count] = kefs_form_get(call->form, "%s.%zu", prefix, count + 1)) != NULL)
		count++;
	return count;
}

static const struct kefs_query_service *find_service(const char *name)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (!strcmp(services[i].name, name))
			return &services[i];
	}
	return NULL;
}

static const struct kefs_query_op *find_op(const struct kefs_query_service *service, const char *name)
{
	size_t count;
	const struct kefs_query_op *ops = service->ops(&count);

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	}
	return NULL;
}

/* --- may he? --- */

int kefs_query_may(struct kefs_query_call *call, const struct kefs_query_ask *ask)
{
	char own[96];
	const struct kefs_authorize_request request = {
		.action = ask->action ? ask->action : own, .resource = ask->resource, .source_ip = call->caller->address,
		.keys = ask->keys, .key_count = ask->key_count, .policy = ask->policy, .tagged_id = ask->tagged_id,
		.tags = ask->tags, .tag_keys = ask->tag_keys, .tag_key_count = ask->tag_key_count,
	};

	(void)kefs_str_format(own, sizeof(own), "%s:%s", call->service->name, call->op->name);
	if (kefs_authorize(call->efs, call->who, &request) == 0)
		return 0;
	return kefs_err_set(&call->err, fault_of(call, KEFS_E_IAM_DENIED, KEFS_E_EC2_UNAUTHORIZED),
			    "%sUser: %s is not authorized to perform: %s on resource: %s",
			    call->service->ec2 ? "You are not authorized to perform this operation. " : "",
			    call->who->caller.arn, request.action, request.resource);
}

static int authorize(struct kefs_query_call *call)
{
	const struct kefs_query_ask ask = { .resource = "*" };

	if (call->op->everybody)
		return 0;
	return call->op->authorize ? call->op->authorize(call) : kefs_query_may(call, &ask);
}

/* Who asks for less than all, in a way that is not known here, must not be given all. */
static int check_refused(struct kefs_query_call *call)
{
	for (const char *const *name = call->op->refused; name && *name; name++) {
		if (kefs_form_has(call->form, "%s", *name))
			return kefs_err_set(&call->err, fault_of(call, KEFS_E_IAM_VALIDATION, KEFS_E_PARAMETER_VALUE),
					    "The parameter %.*s is not supported", (int)strcspn(*name, "."), *name);
	}
	return 0;
}

/* --- one call --- */

static void fail(const struct kefs_query_call *call, const char *op, int rc, struct kefs_http_reply *reply)
{
	enum kefs_reply_form form = call->service->ec2 ? KEFS_REPLY_EC2 : KEFS_REPLY_QUERY;
	const struct kefs_fault_info *info = kefs_fault_info(rc);

	if (rc > -KEFS_E_FIRST) {
		log_err("%s: %s", op, call->err.text);
		kefs_reply_error_as(reply, form, call->service->ns, 500, call->service->ec2 ? "InternalError" : "ServiceFailure",
				    "The service has failed inside; its log says how");
		return;
	}
	kefs_reply_error_as(reply, form, call->service->ns, info->status, info->code, "%s", call->err.text);
}

/* Puts the document around what the operation wrote. */
static void answer(struct kefs_query_call *call, const struct kefs_query_op *op, struct kefs_http_reply *reply)
{
	struct kefs_xml xml = kefs_xml_new();
	char name[80];

	(void)kefs_str_format(name, sizeof(name), "%sResponse", op->name);
	kefs_xml_root(&xml, name, call->service->ns);
	if (call->service->ec2)
		kefs_xml_text(&xml, "requestId", reply->request_id);
	(void)kefs_str_format(name, sizeof(name), "%sResult", op->name);
	if (!call->service->ec2 && !op->bare)
		kefs_xml_open(&xml, name);
	if (call->xml.failed || (call->xml.buf.len && kefs_buf_add(&xml.buf, call->xml.buf.data, call->xml.buf.len) < 0))
		xml.failed = true;
	if (!call->service->ec2) {
		if (!op->bare)
			kefs_xml_close(&xml, name);
		kefs_xml_open(&xml, "ResponseMetadata");
		kefs_xml_text(&xml, "RequestId", reply->request_id);
		kefs_xml_close(&xml, "ResponseMetadata");
	}
	(void)kefs_str_format(name, sizeof(name), "%sResponse", op->name);
	kefs_xml_close(&xml, name);
	kefs_reply_xml(reply, 200, &xml);
}

static int dry_run(struct kefs_query_call *call)
{
	bool dry = false;
	int rc = call->service->ec2 ? kefs_query_flag(call, "DryRun", &dry) : 0;

	return rc == 0 && dry ? kefs_err_set(&call->err, -KEFS_E_EC2_DRY_RUN,
					     "Request would have succeeded, but DryRun flag is set.") : rc;
}

static void run(struct kefs_query_call *call, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const char *name = kefs_form_get(call->form, "Action"), *version = kefs_form_get(call->form, "Version");
	const struct kefs_query_op *op = name ? find_op(call->service, name) : NULL;
	int rc = 0;

	/* Of an operation that is not known it is not known either which parameters are secrets */
	kefs_api_note(request, call->service->name, name ? name : "", call->who);
	if (op)
		request->note->parameters = kefs_query_parameters(call->form);
	if (!op)
		rc = kefs_err_set(&call->err, -KEFS_E_INVALID_ACTION, "Could not find operation %.64s for version %.16s",
				  name ? name : "(none)", version ? version : "(none)");
	call->op = op;
	if (rc == 0)
		rc = authorize(call);
	if (rc == 0)
		rc = check_refused(call);
	if (rc == 0)
		rc = dry_run(call);
	if (rc == 0)
		rc = op->run(call);
	if (rc == 0 && op->changes)
		kefs_identities_changed(call->efs->identities);
	if (rc < 0)
		fail(call, name ? name : "", rc, reply);
	else
		answer(call, op, reply);
}

void kefs_query_handle(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	struct kefs_who who;
	struct kefs_form form = { .count = 0 };
	struct kefs_query_call call = {
		.api = api, .efs = api->efs, .form = &form, .who = &who, .caller = request->caller, .xml = kefs_xml_new(),
		.service = find_service(request->caller->service),
	};
	int rc;

	kefs_api_note(request, request->caller->service, "", NULL);
	(void)kefs_id_uuid(reply->request_id);
	if (!call.service) {
		kefs_reply_error(reply, 404, "UnknownOperationException", "There is no service '%s' here",
				 request->caller->service);
		return;
	}
	rc = kefs_identities_recall(api->efs->identities, request->caller->access_key, kefs_efs_now_ms() / 1000, &who,
				    &call.err);
	if (rc == 0) {
		rc = kefs_form_parse(request->body, request->body_len, &form);
		if (rc == -EINVAL || rc == -E2BIG)
			rc = kefs_err_set(&call.err, fault_of(&call, KEFS_E_IAM_VALIDATION, KEFS_E_PARAMETER_VALUE),
					  "The request's parameters cannot be read");
	}
	if (rc < 0)
		fail(&call, "", rc, reply);
	else
		run(&call, request, reply);
	request->note->response = call.made;
	kefs_buf_free(&call.xml.buf);
	kefs_form_free(&form);
}
