/* SPDX-License-Identifier: GPL-2.0 */
/* The compiled form. All of it lies in the policy's arena, so nothing here is freed alone. */
#ifndef KEFS_POLICY_INTERNAL_H
#define KEFS_POLICY_INTERNAL_H

#include <jansson.h>

#include "common/buf.h"
#include "policy/policy.h"

#define SCRATCH_MAX ((size_t)64 * 1024)	/* most bytes of a pattern with its variables filled in */

/* arena.c: memory that is freed at once, zeroed at birth. */
struct arena {
	struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t count, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t len);
void arena_free(struct arena *arena);

/*
 * pattern.c: texts with wildcards and variables. In compiled text the wildcards are bytes that UTF-8 does not have,
 * so that a "*" of a variable's value stays a "*".
 */
#define GLOB_ANY ((char)0xff)
#define GLOB_ONE ((char)0xfe)

struct part {
	const char *text;	/* literal and wildcards; NULL: a variable */
	size_t len;
	const char *key, *fallback;
};

struct expr {
	struct part *parts;
	size_t count;
	bool variable;		/* has one */
};

#define EXPR_GLOB	1u	/* "*" and "?" are wildcards */
#define EXPR_VARIABLES	2u	/* "${…}" is looked for */

/* 0, -ENOMEM, or -EINVAL for a variable that is none, with what is wrong with it. */
int expr_parse(struct arena *arena, const char *text, unsigned int flags, struct expr *ret_expr,
	       const char **ret_problem);

/* Does the compiled pattern match all of the text? Time grows as pattern times text at the worst. */
bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t len);
/* The same for ARNs, field by field; the pattern "*" stands for any. */
bool glob_match_arn(const char *pattern, size_t pattern_len, const char *text, size_t len);
/* Is it six fields of an ARN, or "*"? For patterns before they are compiled. */
bool arn_pattern_valid(const char *text);

/* value.c: what the operators compare, other than text. */
enum value_class { VALUE_STRING, VALUE_LIKE, VALUE_ARN, VALUE_NUMBER, VALUE_DATE, VALUE_BOOL, VALUE_BINARY, VALUE_IP };

struct scalar {
	double number;
	int64_t date;		/* microseconds since the epoch */
	bool truth;
	uint8_t address[16];	/* IPv4 in the first four */
	unsigned int address_bits, prefix;
	uint8_t *bytes;
	size_t bytes_len;
};

/*
 * Parses the text as the class wants. A binary's bytes are written to bytes, which has room for strlen(text). 0 or
 * -EINVAL.
 */
int scalar_parse(enum value_class class, const char *text, uint8_t *bytes, struct scalar *ret_scalar);
/* <0, 0, >0 of numbers and dates; 0 or 1 of the others: equal, or inside the range that b is. */
int scalar_compare(enum value_class class, const struct scalar *a, const struct scalar *b);

/* condition.c */
enum relation { RELATION_EQ, RELATION_LT, RELATION_LE, RELATION_GT, RELATION_GE };
enum quantifier { QUANTIFIER_NONE, QUANTIFIER_ANY, QUANTIFIER_ALL };

struct operator {
	const char *name;
	enum value_class class;
	enum relation relation;
	bool negated, fold, null;
};

struct value {
	struct expr expr;	/* strings and ARNs */
	struct scalar scalar;
};

struct condition {
	const char *name;	/* as it stands in the document */
	const struct operator *op;
	enum quantifier quantifier;
	bool if_exists;
	const char *key;
	struct value *values;
	size_t count;
};

/* principal.c */
enum entry_type { ENTRY_ANYONE, ENTRY_ACCOUNT, ENTRY_ARN, ENTRY_ID, ENTRY_SERVICE, ENTRY_OTHER };

struct entry {
	enum entry_type type;
	const char *text;	/* ACCOUNT: its 12 digits */
	const char *principal;	/* what was asked of resolve: the ARN */
	const char *id;		/* that it resolved to; "" */
};

/* How a statement names the caller; bits of a set. */
#define MATCH_ACCOUNT	1u
#define MATCH_ROLE	2u
#define MATCH_DIRECT	4u
#define MATCH_ANYONE	8u	/* by "*": as good as directly */

struct statement {
	const char *sid;
	bool allow;
	bool not_principal, not_action, not_resource;
	bool variable;		/* some pattern has one */
	struct entry *entries;
	size_t entry_count;
	struct expr *actions, *resources;
	size_t action_count, resource_count;
	struct condition *conditions;
	size_t condition_count;
};

struct kefs_policy {
	struct arena arena;
	enum kefs_policy_kind kind;
	const char *name;
	struct statement *statements;
	size_t count;
};

/* While a document is parsed. */
struct parser {
	struct kefs_policy *policy;
	const struct kefs_policy_rules *rules;
	bool variables;			/* of the document's version */
	size_t number;			/* of the statement, from 1; 0: not in one */
	const struct statement *statement;
	struct kefs_err *err;
};

/* parse.c: fills err with "Statement N (Sid "…"): " and the text; returns -EINVAL. */
int parser_fail(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* How many bytes of the text to print, max at most: for "%.*s", which would cut through a character. */
int text_cut(const char *text, int max);
/* The i-th of a string or array of strings, and how many there are. */
const json_t *list_item(const json_t *value, size_t i);
size_t list_size(const json_t *value);

/* principal.c: the value of Principal or NotPrincipal into the statement. 0, -EINVAL, -ENOMEM. */
int principals_parse(struct parser *parser, const json_t *value, struct statement *statement);
/* The account's 12 digits in "123456789012" or its root's ARN, or NULL. */
const char *principal_account(const char *text);
/* Is it the ARN of a user, role, role's session or federated user? */
bool principal_arn_valid(const char *text);
/* How the statement names the caller: MATCH bits; 0 if it does not apply. bounded: it has a permissions boundary. */
unsigned int principals_match(const struct statement *statement, const struct kefs_principal *caller, bool bounded);

/* actions.c: may the pattern (compiled, lower case) stand in a document of this kind? NULL, or what is wrong. */
const char *action_problem(enum kefs_policy_kind kind, const char *text, const struct expr *expr);

/* condition.c: the value of Condition into the statement. 0, -EINVAL, -ENOMEM. */
int conditions_parse(struct parser *parser, const json_t *value, struct statement *statement);

/* context.c: a request being evaluated. */
#define CONTEXT_DERIVED 9

struct context {
	const struct kefs_policy_request *request;
	bool bounded;			/* the caller has a permissions boundary */
	bool failed;			/* out of memory or bounds: the answer is no */
	struct kefs_buf scratch;
	char *action;			/* lower case */
	char current_time[32], issue_time[32], epoch_time[24], user_id[256];
	struct kefs_policy_key derived[CONTEXT_DERIVED];
	size_t derived_count;
	int64_t changes;		/* as in the answer */
};

/* 0 or -ENOMEM; to be ended in both cases. */
int context_begin(struct context *context, const struct kefs_policy_request *request, bool bounded);
void context_end(struct context *context);
/* Is it one of the request's time? */
bool context_is_time(const char *name);
/* What was just looked at may be otherwise from that second on, if that is still to come. */
void context_changes(struct context *context, int64_t second);
/* The key, with at least one value, or NULL. */
const struct kefs_policy_key *context_find(const struct context *context, const char *name);
const char *key_value(const struct kefs_policy_key *key, size_t i);
size_t key_count(const struct kefs_policy_key *key);
/* Can all its variables be filled in? */
bool context_resolves(const struct context *context, const struct expr *expr);
/* The pattern with its variables filled in, good until the next call. False (and failed) if that is out of bounds. */
bool context_expand(struct context *context, const struct expr *expr, const char **ret_text, size_t *ret_len);

/* value.c: when a comparison of the time with a number or a date may come out differently: calls context_changes(). */
void scalar_changes(struct context *context, enum value_class class, const struct scalar *wanted);

/* condition.c: does it hold? */
bool condition_holds(struct context *context, const struct condition *condition);
/* Is it one whose variables do not matter, since its key may be absent and is? */
bool condition_skipped(const struct context *context, const struct condition *condition);

/* match.c: how the statement applies: MATCH bits (MATCH_DIRECT without principals); 0 if not. */
unsigned int statement_match(struct context *context, const struct statement *statement);

#endif
