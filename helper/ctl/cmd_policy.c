// SPDX-License-Identifier: GPL-2.0
/* kefsctl policy …: who may do what with a file system. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "common/cleanup.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "options.h"

#define POLICY_MAX 131072

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

enum ctl_exit ctl_policy_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, NULL, 0, id);

	if (status != CTL_OK)
		return status;
	policy_path(id, path);
	return ctl_do(ctl, "DELETE", path, NULL, "Deleted the policy of file system", "FileSystemId", id);
}
