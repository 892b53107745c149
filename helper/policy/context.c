// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/str.h"
#include "internal.h"

static void derive(struct context *context, const char *name, const char *value)
{
	if (value)
		context->derived[context->derived_count++] = (struct kefs_policy_key){ .name = name, .value = value };
}

/* aws:PrincipalType; also says which principals have an aws:userid of two parts. */
static const char *type_name(enum kefs_principal_type type)
{
	static const char *const names[] = {
		[KEFS_PRINCIPAL_ANONYMOUS] = "Anonymous", [KEFS_PRINCIPAL_ROOT] = "Account",
		[KEFS_PRINCIPAL_USER] = "User", [KEFS_PRINCIPAL_SESSION] = "AssumedRole",
		[KEFS_PRINCIPAL_FEDERATED] = "FederatedUser", [KEFS_PRINCIPAL_SERVICE] = "Service",
	};

	return names[type];
}

/* The account's id; the user's unique id; the role's or the account's, ":" and the session's name. */
static const char *user_id(struct context *context, const struct kefs_principal *caller)
{
	const char *first = caller->type == KEFS_PRINCIPAL_FEDERATED ? caller->account : caller->id;

	switch (caller->type) {
	case KEFS_PRINCIPAL_ROOT:
		return caller->account;
	case KEFS_PRINCIPAL_USER:
		return caller->id;
	case KEFS_PRINCIPAL_SESSION:
	case KEFS_PRINCIPAL_FEDERATED:
		if (!first || !caller->name ||
		    kefs_str_format(context->user_id, sizeof(context->user_id), "%s:%s", first, caller->name) < 0)
			return NULL;
		return context->user_id;
	default:
		return NULL;
	}
}

static void derive_principal(struct context *context, const struct kefs_principal *caller)
{
	bool named = caller->type != KEFS_PRINCIPAL_ANONYMOUS && caller->type != KEFS_PRINCIPAL_SERVICE;

	derive(context, "aws:PrincipalType", type_name(caller->type));
	if (!named)
		return;
	derive(context, "aws:PrincipalArn", caller->type == KEFS_PRINCIPAL_SESSION ? caller->role_arn : caller->arn);
	derive(context, "aws:PrincipalAccount", caller->account);
	derive(context, "aws:userid", user_id(context, caller));
	if (caller->type == KEFS_PRINCIPAL_USER)
		derive(context, "aws:username", caller->name);
}

/* The time, written into text of size bytes. */
static void derive_date(struct context *context, const char *name, int64_t time, char *text, size_t size)
{
	time_t t = (time_t)time;
	struct tm tm;

	if (gmtime_r(&t, &tm) && strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		derive(context, name, text);
}

static void derive_time(struct context *context, const struct kefs_policy_request *request)
{
	(void)kefs_str_format(context->epoch_time, sizeof(context->epoch_time), "%" PRId64, request->now);
	derive(context, "aws:EpochTime", context->epoch_time);
	derive_date(context, "aws:CurrentTime", request->now, context->current_time, sizeof(context->current_time));
	if (!request->principal->issued)
		return;
	derive_date(context, "aws:TokenIssueTime", request->principal->issued, context->issue_time,
		    sizeof(context->issue_time));
	/* As AWS has it: of sessions only, and none is made with a second factor here */
	derive(context, "aws:MultiFactorAuthPresent", "false");
}

int context_begin(struct context *context, const struct kefs_policy_request *request, bool bounded)
{
	*context = (struct context){ .request = request, .bounded = bounded, .scratch = { .cap = SCRATCH_MAX } };
	derive_principal(context, request->principal);
	derive_time(context, request);
	context->action = strdup(request->action);
	if (!context->action)
		return -ENOMEM;
	for (char *p = context->action; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 'a' - 'A');
	return 0;
}

bool context_is_time(const char *name)
{
	return !strcasecmp(name, "aws:CurrentTime") || !strcasecmp(name, "aws:EpochTime");
}

void context_changes(struct context *context, int64_t second)
{
	if (second > context->request->now && (!context->changes || second < context->changes))
		context->changes = second;
}

void context_end(struct context *context)
{
	kefs_buf_free(&context->scratch);
	free(context->action);
}

size_t key_count(const struct kefs_policy_key *key)
{
	return key->value ? 1 : key->count;
}

const char *key_value(const struct kefs_policy_key *key, size_t i)
{
	return key->value ? key->value : key->values[i];
}

static const struct kefs_policy_key *find_in(const struct kefs_policy_key *keys, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(keys[i].name, name))
			return key_count(&keys[i]) ? &keys[i] : NULL;
	return NULL;
}

const struct kefs_policy_key *context_find(const struct context *context, const char *name)
{
	const struct kefs_policy_key *key = find_in(context->derived, context->derived_count, name);

	return key ? key : find_in(context->request->keys, context->request->key_count, name);
}

/* What stands for a variable, or NULL. A key of several values has none; bytes that mean wildcards come from nobody. */
static const char *variable_value(const struct context *context, const struct part *part)
{
	const struct kefs_policy_key *key = context_find(context, part->key);
	const char *value = key && key_count(key) == 1 ? key_value(key, 0) : part->fallback;

	return value && !strchr(value, GLOB_ANY) && !strchr(value, GLOB_ONE) ? value : NULL;
}

bool context_resolves(const struct context *context, const struct expr *expr)
{
	for (size_t i = 0; i < expr->count; i++)
		if (!expr->parts[i].text && !variable_value(context, &expr->parts[i]))
			return false;
	return true;
}

bool context_expand(struct context *context, const struct expr *expr, const char **ret_text, size_t *ret_len)
{
	struct kefs_buf *scratch = &context->scratch;

	if (!expr->variable) {
		*ret_text = expr->parts[0].text;
		*ret_len = expr->parts[0].len;
		return true;
	}
	scratch->len = 0;
	for (size_t i = 0; i < expr->count; i++) {
		const struct part *part = &expr->parts[i];
		const char *text = part->text ? part->text : variable_value(context, part);

		/* As a text the time is another one each second */
		if (!part->text && context_is_time(part->key))
			context_changes(context, context->request->now + 1);
		if (!text || kefs_buf_add(scratch, text, part->text ? part->len : strlen(text)) < 0) {
			context->failed = true;
			return false;
		}
	}
	*ret_text = scratch->data;
	*ret_len = scratch->len;
	return true;
}
