// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "common/str.h"
#include "internal.h"

#define FILE_SYSTEM_MAX	20000
#define IDENTITY_MAX	6144
#define TRUST_MAX	2048

int text_cut(const char *text, int max)
{
	int n = (int)strnlen(text, (size_t)max + 1);

	if (n <= max)
		return n;
	for (n = max; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

int parser_fail(struct parser *parser, const char *format, ...)
{
	const char *sid = parser->statement && parser->statement->sid ? parser->statement->sid : "";
	char text[KEFS_ERR_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)kefs_str_vformat(text, sizeof(text), format, ap);
	va_end(ap);
	if (!parser->number)
		return kefs_err_set(parser->err, -EINVAL, "%s", text);
	return kefs_err_set(parser->err, -EINVAL, "Statement %zu%s%.*s%s: %s", parser->number, *sid ? " (Sid \"" : "",
			    text_cut(sid, 64), sid, *sid ? "\")" : "", text);
}

const json_t *list_item(const json_t *value, size_t i)
{
	return json_is_array(value) ? json_array_get(value, i) : value;
}

size_t list_size(const json_t *value)
{
	return json_is_array(value) ? json_array_size(value) : 1;
}

/* The compiled texts of a string or a list of strings that is not empty. */
static int parse_list(struct parser *parser, const char *element, const json_t *list, unsigned int flags,
		      struct expr **ret_exprs, size_t *ret_count)
{
	size_t count = list_size(list);
	struct expr *exprs = arena_alloc(&parser->policy->arena, count, sizeof(*exprs));
	const char *problem = NULL;

	if (!exprs)
		return -ENOMEM;
	if (!count)
		return parser_fail(parser, "%s is an empty list", element);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(list_item(list, i));
		int rc;

		if (!text || !*text)
			return parser_fail(parser, "%s must be a string or a list of strings that are not empty", element);
		rc = expr_parse(&parser->policy->arena, text, flags | EXPR_GLOB, &exprs[i], &problem);
		if (rc == -EINVAL)
			return parser_fail(parser, "%s: \"%s\" %s", element, text, problem);
		if (rc < 0)
			return rc;
	}
	*ret_exprs = exprs;
	*ret_count = count;
	return 0;
}

static char *lower_copy(const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 'a' - 'A');
	return copy;
}

/* One action: lower case, checked. */
static int parse_action(struct parser *parser, const char *element, const char *given, struct expr *ret_expr)
{
	CLEANUP_FREE char *text = NULL;
	const char *problem = NULL;
	int rc;

	if (!given || !*given)
		return parser_fail(parser, "%s must be a string or a list of strings that are not empty", element);
	text = lower_copy(given);
	if (!text)
		return -ENOMEM;
	rc = expr_parse(&parser->policy->arena, text, EXPR_GLOB, ret_expr, &problem);
	if (rc < 0)
		return rc;
	problem = action_problem(parser->policy->kind, text, ret_expr);
	if (problem)
		return parser_fail(parser, "%s: \"%s\": %s", element, given, problem);
	return 0;
}

static int parse_actions(struct parser *parser, json_t *object, struct statement *statement)
{
	json_t *action = json_object_get(object, "Action"), *not_action = json_object_get(object, "NotAction");
	const char *element = action ? "Action" : "NotAction";
	json_t *list = action ? action : not_action;
	int rc;

	if (!list)
		return parser_fail(parser, "Policy statement must contain actions: no Action or NotAction");
	if (action && not_action)
		return parser_fail(parser, "Action and NotAction exclude each other");
	if (!list_size(list))
		return parser_fail(parser, "%s is an empty list", element);
	statement->not_action = not_action;
	statement->actions = arena_alloc(&parser->policy->arena, list_size(list), sizeof(struct expr));
	if (!statement->actions)
		return -ENOMEM;
	for (size_t i = 0; i < list_size(list); i++) {
		rc = parse_action(parser, element, json_string_value(list_item(list, i)),
				  &statement->actions[statement->action_count++]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* May the text stand where it is? */
static int check_resource(struct parser *parser, const char *element, const char *text, const struct expr *expr)
{
	const char *wanted = parser->rules->resource;
	const struct part *part = &expr->parts[0];

	if (strcmp(text, "*") && !kefs_str_after(text, "arn:"))
		return parser_fail(parser, "%s: Resource %s must be in ARN format or \"*\"", element, text);
	if (parser->policy->kind != KEFS_POLICY_FILE_SYSTEM || expr->variable || !strcmp(element, "NotResource"))
		return 0;
	if (!glob_match(part->text, part->len, wanted, strlen(wanted)))
		return parser_fail(parser, "%s: %s does not name this file system, %s", element, text, wanted);
	return 0;
}

static int parse_given_resources(struct parser *parser, const char *element, const json_t *list,
				 struct statement *statement)
{
	int rc = parse_list(parser, element, list, parser->variables ? EXPR_VARIABLES : 0, &statement->resources,
			    &statement->resource_count);

	for (size_t i = 0; rc == 0 && i < statement->resource_count; i++) {
		statement->variable |= statement->resources[i].variable;
		rc = check_resource(parser, element, json_string_value(list_item(list, i)), &statement->resources[i]);
	}
	return rc;
}

static int parse_resources(struct parser *parser, json_t *object, struct statement *statement)
{
	json_t *resource = json_object_get(object, "Resource"), *not_resource = json_object_get(object, "NotResource");
	enum kefs_policy_kind kind = parser->policy->kind;
	const char *problem;

	if (resource && not_resource)
		return parser_fail(parser, "Resource and NotResource exclude each other");
	if (kind == KEFS_POLICY_TRUST) {
		if (resource || not_resource)
			return parser_fail(parser, "Has prohibited field Resource");
		return 0;
	}
	statement->not_resource = not_resource;
	if (resource || not_resource)
		return parse_given_resources(parser, resource ? "Resource" : "NotResource",
					     resource ? resource : not_resource, statement);
	if (kind == KEFS_POLICY_IDENTITY)
		return parser_fail(parser, "Policy statement must contain resources: no Resource or NotResource");
	statement->resources = arena_alloc(&parser->policy->arena, 1, sizeof(struct expr));
	statement->resource_count = 1;
	return statement->resources ? expr_parse(&parser->policy->arena, parser->rules->resource, 0,
						 &statement->resources[0], &problem) : -ENOMEM;
}

static int parse_principals(struct parser *parser, json_t *object, struct statement *statement)
{
	json_t *principal = json_object_get(object, "Principal"), *not = json_object_get(object, "NotPrincipal");
	int rc;

	if (parser->policy->kind == KEFS_POLICY_IDENTITY) {
		if (principal || not)
			return parser_fail(parser, "Policy document should not specify a principal");
		return 0;
	}
	if (!principal && !not)
		return parser_fail(parser, "no Principal or NotPrincipal");
	if (principal && not)
		return parser_fail(parser, "Principal and NotPrincipal exclude each other");
	statement->not_principal = not;
	rc = principals_parse(parser, principal ? principal : not, statement);
	/* Terraform waits and tries again on these words: a user just made may not be known everywhere yet */
	if (rc == -EINVAL)
		(void)kefs_err_prefix(parser->err, rc, "Policy contains invalid Principal block: ");
	return rc;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static int parse_sid(struct parser *parser, json_t *object, struct statement *statement)
{
	json_t *sid = json_object_get(object, "Sid");
	const char *text = sid ? json_string_value(sid) : "";
	bool iam = parser->policy->kind != KEFS_POLICY_FILE_SYSTEM;

	if (!text || has_control(text))
		return parser_fail(parser, "Sid must be a string without control characters");
	for (const char *p = text; iam && *p; p++)
		if (!isalnum((unsigned char)*p))
			return parser_fail(parser, "Statement IDs (SID) must be alpha-numeric, not \"%s\"", text);
	for (size_t i = 0; iam && *text && i + 1 < parser->number; i++)
		if (!strcmp(parser->policy->statements[i].sid, text))
			return parser_fail(parser, "Statement IDs (SID) in a single policy must be unique, \"%s\" is not", text);
	statement->sid = arena_copy(&parser->policy->arena, text, strlen(text));
	return statement->sid ? 0 : -ENOMEM;
}

static int parse_effect(struct parser *parser, json_t *object, struct statement *statement)
{
	const char *effect = json_string_value(json_object_get(object, "Effect"));

	if (!effect)
		return parser_fail(parser, "no Effect, which is \"Allow\" or \"Deny\"");
	statement->allow = !strcmp(effect, "Allow");
	if (!statement->allow && strcmp(effect, "Deny"))
		return parser_fail(parser, "Effect is \"Allow\" or \"Deny\", not \"%s\"", effect);
	return 0;
}

static int check_elements(struct parser *parser, json_t *object, const char *const *names, size_t count)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) {
		size_t i = 0;

		while (i < count && strcmp(name, names[i]))
			i++;
		if (i == count)
			return parser_fail(parser, "unknown element \"%s\"", name);
	}
	return 0;
}

static int parse_statement(struct parser *parser, json_t *object, struct statement *statement)
{
	static const char *const names[] = {
		"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
	};
	json_t *condition = json_object_get(object, "Condition");
	int rc;

	if (!json_is_object(object))
		return parser_fail(parser, "it is not an object");
	rc = parse_sid(parser, object, statement);
	if (rc == 0)
		rc = check_elements(parser, object, names, sizeof(names) / sizeof(names[0]));
	if (rc == 0)
		rc = parse_effect(parser, object, statement);
	if (rc == 0)
		rc = parse_principals(parser, object, statement);
	if (rc == 0)
		rc = parse_actions(parser, object, statement);
	if (rc == 0)
		rc = parse_resources(parser, object, statement);
	return rc == 0 && condition ? conditions_parse(parser, condition, statement) : rc;
}

static int parse_statements(struct parser *parser, json_t *list)
{
	struct kefs_policy *policy = parser->policy;
	size_t count = list ? list_size(list) : 0;
	int rc;

	if (!count)
		return parser_fail(parser, "the policy has no Statement");
	policy->statements = arena_alloc(&policy->arena, count, sizeof(struct statement));
	if (!policy->statements)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		parser->number = i + 1;
		parser->statement = &policy->statements[i];
		rc = parse_statement(parser, (json_t *)(uintptr_t)list_item(list, i), &policy->statements[i]);
		if (rc < 0)
			return rc;
		policy->count++;
	}
	return 0;
}

static int parse_head(struct parser *parser, json_t *object)
{
	static const char *const names[] = { "Version", "Id", "Statement" };
	json_t *version = json_object_get(object, "Version"), *id = json_object_get(object, "Id");
	const char *text = version ? json_string_value(version) : "2008-10-17";
	int rc;

	rc = check_elements(parser, object, names, sizeof(names) / sizeof(names[0]));
	if (rc < 0)
		return rc;
	if (!text || (strcmp(text, "2012-10-17") && strcmp(text, "2008-10-17")))
		return parser_fail(parser, "Version is \"2012-10-17\" or \"2008-10-17\"");
	parser->variables = !strcmp(text, "2012-10-17");
	if (id && parser->policy->kind == KEFS_POLICY_IDENTITY)
		return parser_fail(parser, "Id has no place in a policy of a user, group or role");
	if (id && (!json_is_string(id) || has_control(json_string_value(id))))
		return parser_fail(parser, "Id must be a string without control characters");
	return 0;
}

/* As the service counts them: characters, for IAM's own kinds without white space. */
static size_t count_chars(const char *text, size_t len, bool all)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80 && (all || !strchr(" \t\r\n", text[i]));
	return count;
}

static int check_size(const char *text, size_t len, const struct kefs_policy_rules *rules, struct kefs_err *err)
{
	static const size_t defaults[] = {
		[KEFS_POLICY_FILE_SYSTEM] = FILE_SYSTEM_MAX, [KEFS_POLICY_IDENTITY] = IDENTITY_MAX,
		[KEFS_POLICY_TRUST] = TRUST_MAX,
	};
	size_t max = rules->chars_max ? rules->chars_max : defaults[rules->kind];

	if (len > KEFS_POLICY_TEXT_MAX ||
	    count_chars(text, len, rules->kind == KEFS_POLICY_FILE_SYSTEM) > max)
		return kefs_err_set(err, -E2BIG, "Policy exceeds the maximum of %zu characters", max);
	return 0;
}

static int parse_document(struct parser *parser, json_t *object)
{
	const struct kefs_policy_rules *rules = parser->rules;
	struct kefs_policy *policy = parser->policy;
	int rc;

	policy->kind = rules->kind;
	policy->name = arena_copy(&policy->arena, rules->name, strlen(rules->name));
	if (!policy->name)
		return -ENOMEM;
	rc = parse_head(parser, object);
	return rc < 0 ? rc : parse_statements(parser, json_object_get(object, "Statement"));
}

int kefs_policy_parse(const char *text, size_t len, const struct kefs_policy_rules *rules,
		      struct kefs_policy **ret_policy, struct kefs_err *err)
{
	struct parser parser = { .rules = rules, .err = err };
	CLEANUP_JSON json_t *object = NULL;
	int rc;

	rc = check_size(text, len, rules, err);
	if (rc < 0)
		return rc;
	if (!len)
		return kefs_err_set(err, -EINVAL, "the policy is empty");
	rc = kefs_json_load("the policy", text, len, &object, err);
	if (rc < 0)
		return rc;
	parser.policy = calloc(1, sizeof(*parser.policy));
	rc = parser.policy ? parse_document(&parser, object) : -ENOMEM;
	if (rc < 0) {
		kefs_policy_free(parser.policy);
		return rc == -ENOMEM ? kefs_err_sys(err, rc, "compiling the policy") : rc;
	}
	*ret_policy = parser.policy;
	return 0;
}

void kefs_policy_free(struct kefs_policy *policy)
{
	if (!policy)
		return;
	arena_free(&policy->arena);
	free(policy);
}

const char *kefs_policy_name(const struct kefs_policy *policy)
{
	return policy->name;
}

size_t kefs_policy_statements(const struct kefs_policy *policy)
{
	return policy->count;
}

const char *kefs_policy_sid(const struct kefs_policy *policy, size_t statement)
{
	return policy->statements[statement].sid;
}

bool kefs_policy_allows(const struct kefs_policy *policy, size_t statement)
{
	return policy->statements[statement].allow;
}

void kefs_policy_each_principal(const struct kefs_policy *policy,
				void (*fn)(void *ctx, const char *principal, const char *id), void *ctx)
{
	for (size_t i = 0; i < policy->count; i++) {
		const struct statement *statement = &policy->statements[i];

		for (size_t j = 0; j < statement->entry_count; j++)
			if (*statement->entries[j].id)
				fn(ctx, statement->entries[j].principal, statement->entries[j].id);
	}
}
