// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "internal.h"

#define DECIMAL "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_CHARS LOWER UPPER DECIMAL "_+=,.@-"

/* Behind "arn:<partition>:", or NULL. */
static const char *after_partition(const char *text)
{
	const char *rest = kefs_str_after(text, "arn:aws");

	if (!rest)
		return NULL;
	if (*rest == '-')
		rest += strspn(rest, LOWER "-");
	return *rest == ':' ? rest + 1 : NULL;
}

static bool account_valid(const char *text, size_t len)
{
	return len == 12 && strspn(text, DECIMAL) >= 12;
}

/* "<name>" or "<path>/<name>", whole. */
static bool names_valid(const char *text, size_t slashes_max)
{
	size_t slashes = 0;

	if (!*text || *text == '/' || text[strlen(text) - 1] == '/' || strlen(text) > 1100)
		return false;
	for (const char *p = text; *p; p++)
		slashes += *p == '/';
	return slashes <= slashes_max && !text[strspn(text, NAME_CHARS "/")];
}

/* The account of an ARN, "iam" or "sts" having been checked, and what follows it; NULL if it is none. */
static const char *arn_resource(const char *text, const char *service, const char **ret_account)
{
	const char *rest = after_partition(text);

	rest = rest ? kefs_str_after(rest, service) : NULL;
	if (!rest || !account_valid(rest, strcspn(rest, ":")))
		return NULL;
	*ret_account = rest;
	return rest[12] == ':' ? rest + 13 : NULL;
}

bool principal_arn_valid(const char *text)
{
	const char *account, *resource = arn_resource(text, "iam::", &account), *name;

	if (resource) {
		name = kefs_str_after(resource, "user/");
		if (!name)
			name = kefs_str_after(resource, "role/");
		return name && names_valid(name, SIZE_MAX);
	}
	resource = arn_resource(text, "sts::", &account);
	if (!resource)
		return false;
	name = kefs_str_after(resource, "federated-user/");
	if (name)
		return names_valid(name, 0);
	name = kefs_str_after(resource, "assumed-role/");
	return name && strchr(name, '/') && names_valid(name, 1);
}

/* A unique id ("AIDA…", "AROA…"), perhaps with ":" and a session's name. */
static bool id_valid(const char *text)
{
	size_t n = strspn(text, UPPER DECIMAL);

	return *text == 'A' && n >= 16 && n <= 128 && (!text[n] || (text[n] == ':' && names_valid(text + n + 1, 0)));
}

const char *principal_account(const char *text)
{
	const char *account, *resource;

	if (account_valid(text, strlen(text)))
		return text;
	resource = arn_resource(text, "iam::", &account);
	return resource && !strcmp(resource, "root") ? account : NULL;
}

/* Who it is, without asking whether there is one. False if it is no principal. */
static bool classify(struct parser *parser, const char *text, struct entry *entry)
{
	struct arena *arena = &parser->policy->arena;
	const char *account = principal_account(text);
	char arn[64];

	entry->principal = entry->text = arena_copy(arena, text, strlen(text));
	if (!strcmp(text, "*")) {
		entry->type = ENTRY_ANYONE;
	} else if (account) {
		entry->type = ENTRY_ACCOUNT;
		entry->text = arena_copy(arena, account, 12);
		if (account == text && kefs_str_format(arn, sizeof(arn), "arn:aws:iam::%s:root", text) == 0)
			entry->principal = arena_copy(arena, arn, strlen(arn));
	} else if (principal_arn_valid(text)) {
		entry->type = ENTRY_ARN;
	} else if (id_valid(text)) {
		entry->type = ENTRY_ID;
	} else {
		return false;
	}
	return true;
}

static int resolve(struct parser *parser, struct entry *entry)
{
	const struct kefs_policy_rules *rules = parser->rules;
	char id[KEFS_POLICY_ID_SIZE] = "";
	int rc;

	entry->id = "";
	if (!entry->principal || !entry->text)
		return -ENOMEM;
	if (!rules->resolve || entry->type == ENTRY_ANYONE)
		return 0;
	rc = rules->resolve(rules->ctx, entry->principal, id);
	if (rc == -ENOENT)
		return parser_fail(parser, "there is no %s", entry->principal);
	if (rc < 0)
		return kefs_err_sys(parser->err, rc, "looking for the principal %s", entry->principal);
	entry->id = arena_copy(&parser->policy->arena, id, strlen(id));
	return entry->id ? 0 : -ENOMEM;
}

static int parse_aws(struct parser *parser, const char *text, struct entry *entry)
{
	if (!classify(parser, text, entry))
		return parser_fail(parser, "\"%s\" is no account, user, role, session or unique id", text);
	return resolve(parser, entry);
}

/* The other kinds: a service's name; the rest stands for nobody who can come here. */
static int parse_other(struct parser *parser, const char *kind, const char *text, struct entry *entry)
{
	bool service = !strcmp(kind, "Service");

	if (!*text || strpbrk(text, "*? ") ||
	    (service && (text[strspn(text, LOWER DECIMAL ".-")] || !strchr(text, '.'))))
		return parser_fail(parser, "\"%s\" is no %s principal", text, kind);
	entry->type = service ? ENTRY_SERVICE : ENTRY_OTHER;
	entry->id = "";
	entry->principal = entry->text = arena_copy(&parser->policy->arena, text, strlen(text));
	return entry->text ? 0 : -ENOMEM;
}

static bool kind_known(const char *kind)
{
	return !strcmp(kind, "AWS") || !strcmp(kind, "Service") || !strcmp(kind, "Federated") ||
	       !strcmp(kind, "CanonicalUser");
}

static int parse_kind(struct parser *parser, const char *kind, const json_t *list, struct statement *statement)
{
	if (!kind_known(kind))
		return parser_fail(parser, "\"%s\" is none of AWS, Service, Federated and CanonicalUser", kind);
	if (!list_size(list))
		return parser_fail(parser, "%s names nobody", kind);
	for (size_t i = 0; i < list_size(list); i++) {
		struct entry *entry = &statement->entries[statement->entry_count++];
		const char *text = json_string_value(list_item(list, i));
		int rc;

		if (!text)
			return parser_fail(parser, "%s must be a string or a list of strings", kind);
		rc = !strcmp(kind, "AWS") ? parse_aws(parser, text, entry) : parse_other(parser, kind, text, entry);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static size_t count_entries(const json_t *value)
{
	const char *kind;
	json_t *list;
	size_t count = 1;

	json_object_foreach((json_t *)(uintptr_t)value, kind, list)
		count += list_size(list);
	return count;
}

int principals_parse(struct parser *parser, const json_t *value, struct statement *statement)
{
	const char *kind;
	json_t *list;
	int rc;

	statement->entries = arena_alloc(&parser->policy->arena, count_entries(value), sizeof(struct entry));
	if (!statement->entries)
		return -ENOMEM;
	if (json_is_string(value)) {
		if (strcmp(json_string_value(value), "*"))
			return parser_fail(parser, "a principal is \"*\" or an object, as {\"AWS\": \"%s\"}",
					   json_string_value(value));
		return parse_aws(parser, "*", &statement->entries[statement->entry_count++]);
	}
	if (!json_is_object(value) || !json_object_size(value))
		return parser_fail(parser, "a principal is \"*\" or an object that names somebody");
	json_object_foreach((json_t *)(uintptr_t)value, kind, list) {
		rc = parse_kind(parser, kind, list, statement);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static unsigned int match_account(const struct entry *entry, const struct kefs_principal *caller)
{
	if (!same(entry->text, caller->account))
		return 0;
	return caller->type == KEFS_PRINCIPAL_ROOT ? MATCH_ACCOUNT | MATCH_DIRECT : MATCH_ACCOUNT;
}

static unsigned int match_arn(const struct entry *entry, const struct kefs_principal *caller)
{
	if (*entry->id && !same(entry->id, caller->id))
		return 0;
	if (same(entry->text, caller->arn))
		return MATCH_DIRECT;
	return caller->type == KEFS_PRINCIPAL_SESSION && same(entry->text, caller->role_arn) ? MATCH_ROLE : 0;
}

/* A session is its role's unique id, ":" and its name. */
static unsigned int match_id(const struct entry *entry, const struct kefs_principal *caller)
{
	const char *rest;

	if (same(entry->text, caller->id))
		return caller->type == KEFS_PRINCIPAL_SESSION ? MATCH_ROLE : MATCH_DIRECT;
	if (caller->type != KEFS_PRINCIPAL_SESSION || !caller->id)
		return 0;
	rest = kefs_str_after(entry->text, caller->id);
	return rest && *rest == ':' && same(rest + 1, caller->name) ? MATCH_DIRECT : 0;
}

static unsigned int match_entry(const struct entry *entry, const struct kefs_principal *caller)
{
	bool anonymous = caller->type == KEFS_PRINCIPAL_ANONYMOUS, service = caller->type == KEFS_PRINCIPAL_SERVICE;

	if (entry->type == ENTRY_ANYONE)
		return MATCH_ANYONE;
	if (entry->type == ENTRY_SERVICE)
		return service && same(entry->text, caller->name) ? MATCH_DIRECT : 0;
	if (anonymous || service)
		return 0;
	switch (entry->type) {
	case ENTRY_ACCOUNT:
		return match_account(entry, caller);
	case ENTRY_ARN:
		return match_arn(entry, caller);
	case ENTRY_ID:
		return match_id(entry, caller);
	default:
		return 0;
	}
}

/* The names that a Deny with NotPrincipal must list, all of them, to leave the caller alone. */
static unsigned int all_names(const struct kefs_principal *caller)
{
	switch (caller->type) {
	case KEFS_PRINCIPAL_ANONYMOUS:
		return MATCH_ANYONE;
	case KEFS_PRINCIPAL_SERVICE:
		return MATCH_DIRECT;
	case KEFS_PRINCIPAL_SESSION:
		return MATCH_ACCOUNT | MATCH_ROLE | MATCH_DIRECT;
	default:
		return MATCH_ACCOUNT | MATCH_DIRECT;
	}
}

unsigned int principals_match(const struct statement *statement, const struct kefs_principal *caller, bool bounded)
{
	unsigned int found = 0, all = all_names(caller);
	bool exempt;

	for (size_t i = 0; i < statement->entry_count; i++)
		found |= match_entry(&statement->entries[i], caller);
	if (!statement->not_principal)
		return found;
	/* AWS denies whoever has a boundary, whatever the list says */
	if (statement->allow)
		exempt = found;
	else
		exempt = (found & MATCH_ANYONE) || (!bounded && (found & all) == all);
	return exempt ? 0 : MATCH_ANYONE;
}
