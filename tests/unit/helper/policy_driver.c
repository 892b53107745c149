// SPDX-License-Identifier: GPL-2.0
/*
 * The evaluator as a filter, for policy_random.py: a case in JSON per line in, an answer per line out.
 *   in: {"resource": {"kind": "fs"|"trust", "text": …}|null, "identity": [text…], "boundary": text|null,
 *        "session": text|null, "principal": {"type": …, "account": …, "arn": …, "role_arn": …, "id": …, "name": …},
 *        "action": …, "arn": …, "account": …|null, "keys": {name: value|[value…]}, "now": seconds}
 *   out: {"invalid": message} or {"verdict": "allowed"|"denied"|"none", "policy": name, "statement": index}
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "policy/policy.h"

#define FS_ARN "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-0123456789abcdef0"
#define MANY 32

struct policies {
	struct kefs_policy *all[MANY];
	size_t count;
	struct kefs_policy_set set;
	const struct kefs_policy *identity[MANY];
	struct kefs_err err;
};

/* Who is named "…ghost" does not exist; who is named "…again" was made anew. */
static int resolve(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE])
{
	size_t len = strlen(principal);

	(void)ctx;
	if (len > 5 && !strcmp(principal + len - 5, "ghost"))
		return -ENOENT;
	(void)snprintf(ret_id, KEFS_POLICY_ID_SIZE, "%s",
		       len > 5 && !strcmp(principal + len - 5, "again") ? "AIDAOLDOLDOLDOLDOLD" : "");
	return 0;
}

static const struct kefs_policy *parse(struct policies *policies, const json_t *text, enum kefs_policy_kind kind,
				       const char *name)
{
	struct kefs_policy_rules rules = { .kind = kind, .name = name, .resource = FS_ARN, .chars_max = 100000,
					   .resolve = resolve };
	struct kefs_policy *policy = NULL;

	if (!json_is_string(text) || *policies->err.text)
		return NULL;
	if (kefs_policy_parse(json_string_value(text), json_string_length(text), &rules, &policy, &policies->err) < 0)
		return NULL;
	policies->all[policies->count++] = policy;
	return policy;
}

static void parse_all(const json_t *in, struct policies *policies)
{
	const json_t *resource = json_object_get(in, "resource"), *identity = json_object_get(in, "identity");
	const char *kind = json_string_value(json_object_get(resource, "kind"));
	char name[32];

	policies->set.resource = parse(policies, json_object_get(resource, "text"), kind && !strcmp(kind, "trust") ?
				       KEFS_POLICY_TRUST : KEFS_POLICY_FILE_SYSTEM, "resource");
	policies->set.identity = policies->identity;
	for (size_t i = 0; i < json_array_size(identity) && i < MANY - 3; i++) {
		(void)snprintf(name, sizeof(name), "identity%zu", i);
		policies->identity[policies->set.identity_count++] =
			parse(policies, json_array_get(identity, i), KEFS_POLICY_IDENTITY, name);
	}
	policies->set.boundary = parse(policies, json_object_get(in, "boundary"), KEFS_POLICY_IDENTITY, "boundary");
	policies->set.session = parse(policies, json_object_get(in, "session"), KEFS_POLICY_IDENTITY, "session");
}

static const char *text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static struct kefs_principal make_principal(const json_t *object)
{
	static const char *const types[] = { "anonymous", "root", "user", "session", "federated", "service" };
	struct kefs_principal principal = { .account = text(object, "account"), .arn = text(object, "arn"),
					    .role_arn = text(object, "role_arn"), .id = text(object, "id"),
					    .name = text(object, "name") };

	for (int i = 0; i < 6; i++)
		if (!strcmp(types[i], text(object, "type")))
			principal.type = (enum kefs_principal_type)i;
	return principal;
}

static size_t make_keys(const json_t *object, struct kefs_policy_key *keys, const char *(*values)[MANY])
{
	const char *name;
	size_t count = 0;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		struct kefs_policy_key *key = &keys[count];

		if (count == MANY)
			abort();
		*key = (struct kefs_policy_key){ .name = name, .value = json_string_value(value), .values = values[count] };
		for (; key->count < json_array_size(value); key->count++)
			values[count][key->count] = json_string_value(json_array_get(value, key->count));
		count++;
	}
	return count;
}

static void evaluate(const json_t *in, struct policies *policies)
{
	static const char *const verdicts[] = { "none", "allowed", "denied" };
	static const char *values[MANY][MANY];
	struct kefs_principal principal = make_principal(json_object_get(in, "principal"));
	struct kefs_policy_key keys[MANY];
	struct kefs_policy_request request = {
		.principal = &principal, .action = text(in, "action"), .resource = text(in, "arn"),
		.account = text(in, "account"), .keys = keys, .now = json_integer_value(json_object_get(in, "now")),
	};
	struct kefs_policy_answer answer;
	char reason[KEFS_POLICY_REASON_SIZE];
	json_t *out;

	request.key_count = make_keys(json_object_get(in, "keys"), keys, values);
	if (kefs_policy_evaluate(&policies->set, &request, &answer) != (answer.verdict == KEFS_POLICY_ALLOWED))
		abort();
	kefs_policy_reason(&answer, reason);
	out = json_pack("{ss ss si ss}", "verdict", verdicts[answer.verdict], "policy",
			answer.policy ? kefs_policy_name(answer.policy) : "", "statement", (int)answer.statement,
			"reason", reason);
	(void)json_dumpf(out, stdout, JSON_COMPACT);
	json_decref(out);
}

static void run(const char *line, size_t len)
{
	struct policies policies = { .count = 0 };
	json_t *in = json_loadb(line, len, 0, NULL), *out;

	if (!in)
		abort();
	parse_all(in, &policies);
	if (*policies.err.text) {
		out = json_pack("{ss}", "invalid", policies.err.text);
		(void)json_dumpf(out, stdout, JSON_COMPACT);
		json_decref(out);
	} else {
		evaluate(in, &policies);
	}
	(void)putchar('\n');
	(void)fflush(stdout);
	while (policies.count)
		kefs_policy_free(policies.all[--policies.count]);
	json_decref(in);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0)
		run(line, (size_t)len);
	free(line);
	return 0;
}
