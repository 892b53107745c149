// SPDX-License-Identifier: GPL-2.0
/* kefsctl policy …: who may do what with a file system. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "client.h"
#include "common/cleanup.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "format.h"
#include "options.h"
#include "table.h"

#define POLICY_MAX 131072
#define EXPLAIN_PATH 4096

static void policy_path(const char *id, char *ret_path)
{
	(void)kefs_str_format(ret_path, CTL_PATH, "/2015-02-01/file-systems/%s/policy", id);
}

/* As it was set, but laid out. */
static void print_policy(const json_t *answer)
{
	CLEANUP_JSON json_t *policy = json_loads(ctl_str(answer, "Policy"), 0, NULL);

	if (policy)
		ctl_print_json(policy);
	else
		(void)printf("%s\n", ctl_str(answer, "Policy"));
}

enum ctl_exit ctl_policy_show(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, NULL, 0, id);

	if (status != CTL_OK)
		return status;
	policy_path(id, path);
	return ctl_ask(ctl, "GET", path, NULL, print_policy);
}

/* The whole of a file, "-" is standard input: to be freed, or NULL and it was said why. */
static char *read_all(const char *name)
{
	CLEANUP_FILE FILE *opened = strcmp(name, "-") ? fopen(name, "re") : NULL;
	FILE *f = strcmp(name, "-") ? opened : stdin;
	char *text = malloc(POLICY_MAX + 1);
	size_t n;

	if (f && text) {
		n = fread(text, 1, POLICY_MAX + 1, f);
		if (!ferror(f) && n <= POLICY_MAX) {
			text[n] = '\0';
			return text;
		}
		errno = ferror(f) ? errno : EFBIG;
	}
	(void)fprintf(stderr, "kefsctl: %s: %s\n", name, kefs_err_name(-errno));
	free(text);
	return NULL;
}

enum ctl_exit ctl_policy_set(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	struct ctl_option options[] = { { .name = "force", .kind = CTL_OPTION_FLAG } };
	char id[KEFS_ID_SIZE], path[CTL_PATH], *args[2];
	CLEANUP_JSON json_t *body = NULL;
	CLEANUP_FREE char *text = NULL;
	enum ctl_exit status;
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, options, 1, false, args, 2, &count, &err) < 0)
		return ctl_usage(command, &err);
	if (count != 2)
		return ctl_wrong(command, "give a file system, and the file with its policy (or -)");
	status = ctl_resolve_fs(ctl, args[0], id);
	if (status != CTL_OK)
		return status;
	text = read_all(args[1]);
	if (!text)
		return CTL_FAILED;
	body = json_pack("{ss sb}", "Policy", text, "BypassPolicyLockoutSafetyCheck", options[0].given);
	if (!body)
		return ctl_wrong(command, "the policy is not valid UTF-8");
	policy_path(id, path);
	return ctl_do(ctl, "PUT", path, body, "Set the policy of file system", "FileSystemId", id);
}

static const char *short_action(const json_t *action)
{
	const char *name = ctl_str(action, "Action"), *colon = strchr(name, ':');

	return colon ? colon + 1 : name;
}

/* Each statement that was looked at, for an action. */
static void add_statements(struct ctl_table *table, const json_t *action)
{
	const json_t *statement;
	size_t i;

	json_array_foreach(json_object_get(action, "Statements"), i, statement) {
		char number[CTL_TEXT];
		const char *applies = json_is_true(json_object_get(statement, "Decides")) ? "decides" :
			json_is_true(json_object_get(statement, "Applies")) ? "yes" : "no";
		const char *const cells[] = {
			short_action(action), ctl_format_count((uint64_t)ctl_int(statement, "Statement"), number),
			ctl_str(statement, "Sid"), ctl_str(statement, "Effect"), applies, ctl_str(statement, "Policy"),
			ctl_str(statement, "WhyNot"),
		};

		ctl_table_add(table, cells);
	}
}

static void print_explanation(const json_t *answer)
{
	static const char *const answers[] = { "ACTION", "ANSWER" };
	static const char *const statements[] = { "ACTION", ">STATEMENT", "SID", "EFFECT", "APPLIES", "POLICY", "WHY NOT" };
	const json_t *list = json_object_get(answer, "Actions"), *action;
	struct ctl_table table;
	size_t i;

	(void)printf("%s on %s: %s\n\n", ctl_str(answer, "Principal"), ctl_str(answer, "FileSystemId"),
		     ctl_str(answer, "Decision"));
	ctl_table_init(&table, answers, sizeof(answers) / sizeof(answers[0]));
	json_array_foreach(list, i, action) {
		const char *const cells[] = { short_action(action), ctl_str(action, "Reason") };

		ctl_table_add(&table, cells);
	}
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
	ctl_table_init(&table, statements, sizeof(statements) / sizeof(statements[0]));
	json_array_foreach(list, i, action)
		add_statements(&table, action);
	if (table.rows) {
		(void)printf("\n");
		ctl_table_print(&table, stdout);
	}
	ctl_table_free(&table);
}

enum ctl_exit ctl_policy_explain(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	enum { PRINCIPAL, POINT, ADDRESS, ACTION, VALUES, TLS = VALUES, NO_TLS, OPTIONS };
	static const char *const keys[VALUES] = { "Principal", "AccessPointId", "Address", "Action" };
	struct ctl_option options[OPTIONS] = {
		[PRINCIPAL] = { .name = "principal", .kind = CTL_OPTION_VALUE },
		[POINT] = { .name = "access-point", .kind = CTL_OPTION_VALUE },
		[ADDRESS] = { .name = "address", .kind = CTL_OPTION_VALUE },
		[ACTION] = { .name = "action", .kind = CTL_OPTION_VALUE },
		[TLS] = { .name = "tls", .kind = CTL_OPTION_FLAG },
		[NO_TLS] = { .name = "no-tls", .kind = CTL_OPTION_FLAG },
	};
	char id[KEFS_ID_SIZE], path[EXPLAIN_PATH], value[EXPLAIN_PATH / 2];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, options, OPTIONS, id);
	size_t used;
	int rc = 0;

	if (status != CTL_OK)
		return status;
	if (options[TLS].given && options[NO_TLS].given)
		return ctl_wrong(command, "--tls and --no-tls exclude each other");
	(void)kefs_str_format(path, sizeof(path), "/kefs/v1/file-systems/%s/explanation?Tls=%s", id,
			      options[NO_TLS].given ? "false" : "true");
	for (int i = 0; i < VALUES && rc == 0; i++) {
		if (!options[i].value)
			continue;
		used = strlen(path);
		rc = ctl_client_encode(options[i].value, value, sizeof(value));
		if (rc == 0)
			rc = kefs_str_format(path + used, sizeof(path) - used, "&%s=%s", keys[i], value);
	}
	return rc < 0 ? ctl_wrong(command, "that is too long") : ctl_ask(ctl, "GET", path, NULL, print_explanation);
}

enum ctl_exit ctl_policy_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, NULL, 0, id);

	if (status != CTL_OK)
		return status;
	policy_path(id, path);
	return ctl_do(ctl, "DELETE", path, NULL, "Deleted the policy of file system", "FileSystemId", id);
}
