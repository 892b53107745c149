// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "internal.h"

#define OP(name_, class_, ...) { .name = name_, .class = class_, ##__VA_ARGS__ }

static const struct operator operators[] = {
	OP("StringEquals", VALUE_STRING),
	OP("StringNotEquals", VALUE_STRING, .negated = true),
	OP("StringEqualsIgnoreCase", VALUE_STRING, .fold = true),
	OP("StringNotEqualsIgnoreCase", VALUE_STRING, .fold = true, .negated = true),
	OP("StringLike", VALUE_LIKE),
	OP("StringNotLike", VALUE_LIKE, .negated = true),
	OP("NumericEquals", VALUE_NUMBER),
	OP("NumericNotEquals", VALUE_NUMBER, .negated = true),
	OP("NumericLessThan", VALUE_NUMBER, .relation = RELATION_LT),
	OP("NumericLessThanEquals", VALUE_NUMBER, .relation = RELATION_LE),
	OP("NumericGreaterThan", VALUE_NUMBER, .relation = RELATION_GT),
	OP("NumericGreaterThanEquals", VALUE_NUMBER, .relation = RELATION_GE),
	OP("DateEquals", VALUE_DATE),
	OP("DateNotEquals", VALUE_DATE, .negated = true),
	OP("DateLessThan", VALUE_DATE, .relation = RELATION_LT),
	OP("DateLessThanEquals", VALUE_DATE, .relation = RELATION_LE),
	OP("DateGreaterThan", VALUE_DATE, .relation = RELATION_GT),
	OP("DateGreaterThanEquals", VALUE_DATE, .relation = RELATION_GE),
	OP("Bool", VALUE_BOOL),
	OP("BinaryEquals", VALUE_BINARY),
	OP("IpAddress", VALUE_IP),
	OP("NotIpAddress", VALUE_IP, .negated = true),
	OP("ArnEquals", VALUE_ARN),
	OP("ArnLike", VALUE_ARN),
	OP("ArnNotEquals", VALUE_ARN, .negated = true),
	OP("ArnNotLike", VALUE_ARN, .negated = true),
	OP("Null", VALUE_BOOL, .null = true),
};

#define OPERATORS (sizeof(operators) / sizeof(operators[0]))

static bool is_text(enum value_class class)
{
	return class == VALUE_STRING || class == VALUE_LIKE || class == VALUE_ARN;
}

/* The operator of a name without its prefix; "IfExists" behind it is allowed but for Null. */
static const struct operator *find_operator(const char *name, bool *ret_if_exists)
{
	for (size_t i = 0; i < OPERATORS; i++) {
		const char *rest = kefs_str_after(name, operators[i].name);

		if (!rest || (*rest && (operators[i].null || strcmp(rest, "IfExists"))))
			continue;
		*ret_if_exists = *rest;
		return &operators[i];
	}
	return NULL;
}

/* What the writer may have meant: the operator with the same letters. */
static const char *spelling(const char *name)
{
	for (size_t i = 0; i < OPERATORS; i++)
		if (!strcasecmp(name, operators[i].name))
			return operators[i].name;
	return NULL;
}

static int parse_operator(struct parser *parser, const char *name, struct condition *condition)
{
	const char *bare = name, *rest, *meant;

	rest = kefs_str_after(name, "ForAnyValue:");
	if (rest) {
		condition->quantifier = QUANTIFIER_ANY;
		bare = rest;
	}
	rest = kefs_str_after(name, "ForAllValues:");
	if (rest) {
		condition->quantifier = QUANTIFIER_ALL;
		bare = rest;
	}
	condition->op = find_operator(bare, &condition->if_exists);
	if (!condition->op || (condition->op->null && bare != name)) {
		meant = spelling(bare);
		return parser_fail(parser, "Condition: there is no operator \"%s\"%s%s", name, meant ? ": write " : "",
				   meant ? meant : "");
	}
	condition->name = arena_copy(&parser->policy->arena, name, strlen(name));
	return condition->name ? 0 : -ENOMEM;
}

/* A prefix and a name, as "aws:SecureTransport"; what comes after them may be a tag's key. */
static bool key_valid(const char *key)
{
	const char *colon = strchr(key, ':');

	return colon && colon != key && colon[1] && !strpbrk(key, "*?${}\"") && kefs_str_utf8_chars(key) > 0;
}

/* The shortest text that is the same number. */
static void format_real(double real, char *text, size_t size)
{
	for (int precision = 1; precision <= 17; precision++) {
		(void)kefs_str_format(text, size, "%.*g", precision, real);
		if (strtod(text, NULL) == real)
			break;
	}
}

/* Values may stand without quotation marks. The text is good as long as item or buf. */
static const char *value_text(const json_t *item, char *buf, size_t size)
{
	switch (json_typeof(item)) {
	case JSON_STRING:
		return json_string_value(item);
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_INTEGER:
		(void)kefs_str_format(buf, size, "%lld", (long long)json_integer_value(item));
		return buf;
	case JSON_REAL:
		format_real(json_real_value(item), buf, size);
		return buf;
	default:
		return NULL;
	}
}

static const char *class_words(enum value_class class)
{
	switch (class) {
	case VALUE_NUMBER:
		return "a number";
	case VALUE_DATE:
		return "a date, as 2026-01-31T12:00:00Z or seconds since the epoch";
	case VALUE_BOOL:
		return "true or false";
	case VALUE_BINARY:
		return "base64";
	default:
		return "an address or a CIDR range";
	}
}

static int parse_text_value(struct parser *parser, const struct condition *condition, const char *text,
			    struct value *value)
{
	enum value_class class = condition->op->class;
	unsigned int flags = class == VALUE_STRING ? 0 : EXPR_GLOB;
	const char *problem = NULL;
	int rc;

	if (class == VALUE_ARN && !arn_pattern_valid(text) && !(parser->variables && strstr(text, "${")))
		return parser_fail(parser, "Condition %s %s: \"%s\" is no ARN of six parts; wildcards do not cross \":\"",
				   condition->name, condition->key, text);
	rc = expr_parse(&parser->policy->arena, text, flags | (parser->variables ? EXPR_VARIABLES : 0), &value->expr,
			&problem);
	if (rc == -EINVAL)
		return parser_fail(parser, "Condition %s %s: \"%s\" %s", condition->name, condition->key, text, problem);
	return rc;
}

static int parse_value(struct parser *parser, const struct condition *condition, const json_t *item,
		       struct value *value)
{
	enum value_class class = condition->op->class;
	uint8_t *bytes = NULL;
	char buf[64];
	const char *text = value_text(item, buf, sizeof(buf));

	if (!text)
		return parser_fail(parser, "Condition %s %s: a value is a string, a number or a boolean",
				   condition->name, condition->key);
	if (is_text(class))
		return parse_text_value(parser, condition, text, value);
	if (class == VALUE_BINARY) {
		bytes = arena_alloc(&parser->policy->arena, strlen(text) + 1, 1);
		if (!bytes)
			return -ENOMEM;
	}
	if (scalar_parse(class, text, bytes, &value->scalar) < 0)
		return parser_fail(parser, "Condition %s %s: \"%s\" is not %s", condition->name, condition->key, text,
				   class_words(class));
	return 0;
}

static int parse_key(struct parser *parser, const char *key, const json_t *list, struct condition *condition)
{
	size_t count = list_size(list);
	int rc;

	if (!key_valid(key))
		return parser_fail(parser, "Condition %s: \"%s\" is no condition key, as aws:SecureTransport",
				   condition->name, key);
	condition->key = arena_copy(&parser->policy->arena, key, strlen(key));
	condition->values = arena_alloc(&parser->policy->arena, count, sizeof(struct value));
	if (!condition->key || !condition->values)
		return -ENOMEM;
	if (!count)
		return parser_fail(parser, "Condition %s %s: no value", condition->name, key);
	for (size_t i = 0; i < count; i++) {
		rc = parse_value(parser, condition, list_item(list, i), &condition->values[condition->count++]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static size_t count_conditions(const json_t *value)
{
	size_t count = 0;
	const char *name;
	json_t *keys;

	json_object_foreach((json_t *)(uintptr_t)value, name, keys)
		count += json_object_size(keys);
	return count;
}

static int parse_keys(struct parser *parser, const char *name, json_t *keys, struct statement *statement)
{
	struct condition shape = { .name = NULL };
	const char *key;
	json_t *list;
	int rc;

	rc = parse_operator(parser, name, &shape);
	if (rc < 0)
		return rc;
	if (!json_is_object(keys))
		return parser_fail(parser, "Condition %s must be an object of keys and values", name);
	json_object_foreach(keys, key, list) {
		struct condition *condition = &statement->conditions[statement->condition_count++];

		*condition = shape;
		rc = parse_key(parser, key, list, condition);
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < condition->count; i++)
			statement->variable |= condition->values[i].expr.variable;
	}
	return 0;
}

int conditions_parse(struct parser *parser, const json_t *value, struct statement *statement)
{
	const char *name;
	json_t *keys;
	int rc;

	if (!json_is_object(value))
		return parser_fail(parser, "Condition must be an object of operators");
	statement->conditions = arena_alloc(&parser->policy->arena, count_conditions(value), sizeof(struct condition));
	if (!statement->conditions)
		return -ENOMEM;
	json_object_foreach((json_t *)(uintptr_t)value, name, keys) {
		rc = parse_keys(parser, name, keys, statement);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool equal(const char *a, size_t a_len, const char *b, bool ignore_case)
{
	if (strlen(b) != a_len)
		return false;
	if (!ignore_case)
		return !memcmp(a, b, a_len);
	for (size_t i = 0; i < a_len; i++)
		if (fold(a[i]) != fold(b[i]))
			return false;
	return true;
}

static bool text_matches(struct context *context, const struct condition *condition, const struct value *value,
			 const char *text)
{
	const char *wanted;
	size_t len;

	if (!context_expand(context, &value->expr, &wanted, &len))
		return false;
	switch (condition->op->class) {
	case VALUE_LIKE:
		return glob_match(wanted, len, text, strlen(text));
	case VALUE_ARN:
		return glob_match_arn(wanted, len, text, strlen(text));
	default:
		return equal(wanted, len, text, condition->op->fold);
	}
}

static bool scalar_matches(const struct operator *op, const struct scalar *have, const struct scalar *wanted)
{
	int order = scalar_compare(op->class, have, wanted);

	switch (op->relation) {
	case RELATION_LT:
		return order < 0;
	case RELATION_LE:
		return order <= 0;
	case RELATION_GT:
		return order > 0;
	case RELATION_GE:
		return order >= 0;
	default:
		return order == 0;
	}
}

/* Does the request's value match one of the policy's, the operator's negation aside? */
static bool value_matches(struct context *context, const struct condition *condition, const char *text)
{
	enum value_class class = condition->op->class;
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct scalar have = { .number = 0 };

	if (!is_text(class)) {
		if (class == VALUE_BINARY) {
			bytes = malloc(strlen(text) + 1);
			if (!bytes) {
				context->failed = true;
				return false;
			}
		}
		if (scalar_parse(class, text, bytes, &have) < 0)
			return false;
	}
	for (size_t i = 0; i < condition->count; i++) {
		const struct value *value = &condition->values[i];

		if (is_text(class) ? text_matches(context, condition, value, text) :
				     scalar_matches(condition->op, &have, &value->scalar))
			return true;
	}
	return false;
}

/* When a condition on the time may come out differently. */
static void note_time(struct context *context, const struct condition *condition)
{
	enum value_class class = condition->op->class;

	for (size_t i = 0; i < condition->count; i++) {
		if (class == VALUE_DATE || class == VALUE_NUMBER)
			scalar_changes(context, class, &condition->values[i].scalar);
		else if (is_text(class))
			context_changes(context, context->request->now + 1);
	}
}

static bool null_holds(const struct condition *condition, bool absent)
{
	for (size_t i = 0; i < condition->count; i++)
		if (condition->values[i].scalar.truth == absent)
			return true;
	return false;
}

/* IfExists does nothing behind ForAnyValue: there is no value of which it could be true. */
static bool absent_holds(const struct condition *condition)
{
	switch (condition->quantifier) {
	case QUANTIFIER_ANY:
		return false;
	case QUANTIFIER_ALL:
		return true;
	default:
		return condition->if_exists || condition->op->negated;
	}
}

bool condition_skipped(const struct context *context, const struct condition *condition)
{
	return condition->if_exists && !context_find(context, condition->key);
}

bool condition_holds(struct context *context, const struct condition *condition)
{
	const struct kefs_policy_key *key = context_find(context, condition->key);
	bool negated = condition->op->negated, all = condition->quantifier == QUANTIFIER_ALL;

	if (condition->op->null)
		return null_holds(condition, !key);
	if (!key)
		return absent_holds(condition);
	if (context_is_time(condition->key))
		note_time(context, condition);
	/* Without a quantifier, a negated operator wants that none matches: as ForAllValues does */
	all |= condition->quantifier == QUANTIFIER_NONE && negated;
	for (size_t i = 0; i < key_count(key); i++)
		if ((value_matches(context, condition, key_value(key, i)) != negated) != all)
			return !all;
	return all;
}
