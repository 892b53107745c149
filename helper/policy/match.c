// SPDX-License-Identifier: GPL-2.0
/* One statement and one request; and the words for it. */
#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "internal.h"

static bool action_matches(const struct context *context, const struct statement *statement)
{
	size_t len = strlen(context->action);
	bool found = false;

	for (size_t i = 0; i < statement->action_count && !found; i++) {
		const struct part *part = &statement->actions[i].parts[0];

		found = glob_match(part->text, part->len, context->action, len);
	}
	return found != statement->not_action;
}

/* A trust policy has no resource: it is for its role alone. */
static bool resource_matches(struct context *context, const struct statement *statement)
{
	const char *resource = context->request->resource, *pattern;
	bool found = false;
	size_t len;

	if (!statement->resource_count)
		return true;
	for (size_t i = 0; i < statement->resource_count && !found; i++) {
		if (!context_expand(context, &statement->resources[i], &pattern, &len))
			return false;
		found = glob_match(pattern, len, resource, strlen(resource));
	}
	return found != statement->not_resource;
}

/* Has every variable that is looked at a value? */
static bool variables_resolve(const struct context *context, const struct statement *statement)
{
	if (!statement->variable)
		return true;
	for (size_t i = 0; i < statement->resource_count; i++)
		if (!context_resolves(context, &statement->resources[i]))
			return false;
	for (size_t i = 0; i < statement->condition_count; i++) {
		const struct condition *condition = &statement->conditions[i];

		if (condition_skipped(context, condition))
			continue;
		for (size_t j = 0; j < condition->count; j++)
			if (condition->values[j].expr.variable &&
			    !context_resolves(context, &condition->values[j].expr))
				return false;
	}
	return true;
}

/* The first condition that does not hold, or NULL. */
static const struct condition *failing_condition(struct context *context, const struct statement *statement)
{
	for (size_t i = 0; i < statement->condition_count; i++)
		if (!condition_holds(context, &statement->conditions[i]))
			return &statement->conditions[i];
	return NULL;
}

static unsigned int names_caller(const struct context *context, const struct statement *statement)
{
	if (!statement->entries)
		return MATCH_DIRECT;
	return principals_match(statement, context->request->principal, context->bounded);
}

unsigned int statement_match(struct context *context, const struct statement *statement)
{
	unsigned int match = names_caller(context, statement);

	if (!match || !action_matches(context, statement) || !variables_resolve(context, statement) ||
	    !resource_matches(context, statement) || failing_condition(context, statement))
		return 0;
	return match;
}

static void say_condition(const struct context *context, const struct condition *condition, char *text)
{
	(void)kefs_str_format(text, KEFS_POLICY_REASON_SIZE, "the condition %s %s does not hold%s", condition->name,
			      condition->key, context_find(context, condition->key) ? "" : ": the request has no such key");
}

bool kefs_policy_explain(const struct kefs_policy *policy, size_t index, const struct kefs_policy_request *request,
			 bool bounded, char *ret_text)
{
	const struct statement *statement = &policy->statements[index];
	const struct condition *failing;
	const char *what = NULL;
	struct context context;
	bool applies = false;

	*ret_text = '\0';
	if (context_begin(&context, request, bounded) < 0)
		what = "there is no memory to evaluate it";
	else if (!names_caller(&context, statement))
		what = statement->not_principal ? "NotPrincipal exempts the caller" : "its Principal is somebody else";
	else if (!action_matches(&context, statement))
		what = statement->not_action ? "NotAction names the action" : "its Action is another one";
	else if (!variables_resolve(&context, statement))
		what = "one of its variables has no value";
	else if (!resource_matches(&context, statement))
		what = statement->not_resource ? "NotResource names the resource" : "its Resource is another one";
	else if ((failing = failing_condition(&context, statement)))
		say_condition(&context, failing, ret_text);
	else
		applies = !context.failed;
	if (what)
		(void)kefs_str_copy(ret_text, KEFS_POLICY_REASON_SIZE, what);
	context_end(&context);
	return applies;
}
