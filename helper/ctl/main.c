// SPDX-License-Identifier: GPL-2.0
/* kefsctl: the table of commands, and what holds for all of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "client.h"
#include "common/id.h"
#include "common/str.h"
#include "common/version.h"
#include "ctl.h"
#include "options.h"

#define ARGS_MAX 256

static const struct ctl_command commands[] = {
	{ "fs create", "[--name NAME] [--token TOKEN] [--quiet]", "create a file system",
	  "  --name NAME    name it; need not be unique\n"
	  "  --token TOKEN  creation token (1 to 64 characters): a second creation with the\n"
	  "                 same token fails instead of making another file system\n"
	  "  --quiet        print the id only\n", ctl_fs_create },
	{ "fs list", "[--quiet]", "list the file systems",
	  "  --quiet        print the ids only\n", ctl_fs_list },
	{ "fs show", "ID|NAME", "show one file system", "", ctl_fs_show },
	{ "fs delete", "ID|NAME [--force] [--wait]", "delete a file system and all that is in it",
	  "  --force        also if it has mount targets or clients: these are cut off\n"
	  "  --wait         return when the data is gone, not only the file system\n", ctl_fs_delete },
	{ "grace end", "ID|NAME", "end the time in which clients may reclaim after a restart",
	  "Clients that have not reclaimed their opens and locks by then lose them; others no\n"
	  "longer wait for them. 'kefsctl status' shows where clients are awaited.\n", ctl_grace_end },
	{ "admin-key", "[--export]", "show the administrator's access key of the EFS API",
	  "  --export       print shell commands that set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,\n"
	  "                 AWS_REGION and AWS_ENDPOINT_URL: eval \"$(kefsctl admin-key --export)\"\n"
	  "Whoever has the key can do everything that the EFS API can.\n", ctl_admin_key },
	{ "ca", "[--export]", "show the authority that clients of TLS are to trust",
	  "      --export   print its certificate in PEM: kefsctl ca --export > kefs-ca.pem\n"
	  "It is the server's own, made when kefsd first ran, or tls_ca of kefsd.conf.\n", ctl_ca },
	{ "clients", "[--fs ID|NAME]", "list the NFS clients",
	  "  --fs ID|NAME   of this file system only\n", ctl_clients },
	{ "connections", "[--fs ID|NAME]", "list the TCP connections",
	  "  --fs ID|NAME   of this file system only\n", ctl_connections },
	{ "stats", "[--watch [SECONDS]] [--fs ID|NAME]", "show counters by operation",
	  "  --watch [SECONDS]  show them again every so many seconds (default 2), with\n"
	  "                     rates and averages since the last time\n"
	  "  --fs ID|NAME       of this file system only\n", ctl_stats },
	{ "subnets", "", "list the subnets in which mount targets can be made",
	  "They come from subnets in kefsd.conf; with --json VPCs and their default security\n"
	  "groups too.\n", ctl_subnets },
	{ "status", "", "show how kefsd, the kernel module and the pool are", "", ctl_status },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void list_commands(FILE *out, const char *group)
{
	(void)fprintf(out, "Usage: kefsctl [--json] [--socket PATH] %s%sCOMMAND [ARGUMENTS]\n\nCommands:\n", group,
		      *group ? " " : "");
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!kefs_str_after(commands[i].words, group))
			continue;
		(void)fprintf(out, "  %-12s %s\n", commands[i].words, commands[i].summary);
	}
	(void)fprintf(out,
		      "\nOptions, before or after the command:\n"
		      "  --json         print JSON\n"
		      "  --socket PATH  the control socket of kefsd\n"
		      "                 (default " CTL_SOCKET ")\n"
		      "  -h, --help     show help; after a command, on that command\n"
		      "  --version      show the version\n\n"
		      "Exit status: 0 fine, 1 failed, 2 wrong usage, 3 not found, 4 kefsd cannot be reached.\n");
}

static void command_help(const struct ctl_command *command)
{
	(void)printf("Usage: kefsctl %s%s%s [--json]\n%c%s.\n%s%s", command->words, *command->args ? " " : "", command->args,
		     command->summary[0] - 'a' + 'A', command->summary + 1, *command->details ? "\n" : "",
		     command->details);
}

enum ctl_exit ctl_usage(const struct ctl_command *command, const struct kefs_err *err)
{
	(void)fprintf(stderr, "kefsctl: %s\n", err->text);
	(void)fprintf(stderr, "Usage: kefsctl %s%s%s\nTry 'kefsctl %s --help'.\n", command->words,
		      *command->args ? " " : "", command->args, command->words);
	return CTL_USAGE;
}

void ctl_print_json(const json_t *json)
{
	(void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(13));
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
}

long long ctl_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *ctl_str(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static enum ctl_exit fail(const struct ctl *ctl, enum ctl_exit status, const char *code, const char *message)
{
	CLEANUP_JSON json_t *json = NULL;

	(void)fprintf(stderr, "kefsctl: %s\n", message);
	if (ctl->json) {
		json = json_pack("{ss ss}", "ErrorCode", code, "Message", message);
		ctl_print_json(json);
	}
	return status;
}

enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, const char *path, const json_t *body,
		       json_t **ret_json)
{
	CLEANUP_JSON json_t *json = NULL;
	struct kefs_err err;
	int status = 0, rc;

	rc = ctl_client_call(ctl->socket, method, path, body, &status, &json, &err);
	if (rc == -EACCES || rc == -EPERM)
		(void)kefs_err_set(&err, rc, "%s: only root may use it (sudo kefsctl …)", ctl->socket);
	else if (rc == -ENOENT || rc == -ECONNREFUSED)
		(void)kefs_err_set(&err, rc, "kefsd does not listen at %s: is it running? (systemctl status kefsd)", ctl->socket);
	if (rc < 0)
		return fail(ctl, CTL_UNREACHABLE, "Unreachable", err.text);
	if (status >= 400) {
		const char *message = ctl_str(json, "Message");

		(void)kefs_err_set(&err, -EIO, "kefsd answered with HTTP status %d", status);
		return fail(ctl, status == 404 ? CTL_NOT_FOUND : CTL_FAILED, ctl_str(json, "ErrorCode"),
			    *message ? message : err.text);
	}
	if (ret_json) {
		*ret_json = json;
		json = NULL;
	}
	return CTL_OK;
}

enum ctl_exit ctl_resolve_fs(const struct ctl *ctl, const char *id_or_name, char *ret_id)
{
	CLEANUP_JSON json_t *json = NULL;
	const char *found = NULL;
	enum ctl_exit status;
	struct kefs_err err;
	json_t *fs;
	size_t i;

	if (kefs_id_bare(id_or_name, "fs-")) {
		(void)kefs_str_copy(ret_id, KEFS_ID_SIZE, kefs_id_bare(id_or_name, "fs-"));
		return CTL_OK;
	}
	status = ctl_call(ctl, "GET", "/kefs/v1/file-systems", NULL, &json);
	if (status != CTL_OK)
		return status;
	json_array_foreach(json_object_get(json, "FileSystems"), i, fs) {
		if (strcmp(ctl_str(fs, "Name"), id_or_name) || !strcmp(ctl_str(fs, "LifeCycleState"), "deleting"))
			continue;
		if (found) {
			(void)kefs_err_set(&err, -EINVAL, "more than one file system is named '%s' (%s, %s): give the id", id_or_name,
					   found, ctl_str(fs, "FileSystemId"));
			return fail(ctl, CTL_FAILED, "AmbiguousName", err.text);
		}
		found = ctl_str(fs, "FileSystemId");
	}
	if (!found) {
		(void)kefs_err_set(&err, -ENOENT, "there is no file system with the id or name '%s'", id_or_name);
		return fail(ctl, CTL_NOT_FOUND, "FileSystemNotFound", err.text);
	}
	(void)kefs_str_copy(ret_id, KEFS_ID_SIZE, found);
	return CTL_OK;
}

/* The command that the first words name, and how many words that were. */
static const struct ctl_command *find_command(int argc, char **argv, int *ret_words)
{
	char two[64] = "";

	if (argc >= 2)
		(void)kefs_str_format(two, sizeof(two), "%s %s", argv[0], argv[1]);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(commands[i].words, two) || !strcmp(commands[i].words, argv[0])) {
			*ret_words = strchr(commands[i].words, ' ') ? 2 : 1;
			return &commands[i];
		}
	}
	return NULL;
}

static enum ctl_exit no_command(int argc, char **argv, bool help)
{
	char group[64] = "";

	if (!argc) {
		list_commands(help ? stdout : stderr, "");
		return help ? CTL_OK : CTL_USAGE;
	}
	(void)kefs_str_format(group, sizeof(group), "%s ", argv[0]);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (kefs_str_after(commands[i].words, group)) {
			if (argc > 1)
				(void)fprintf(stderr, "kefsctl: there is no command '%s %s'\n", argv[0], argv[1]);
			list_commands(help && argc == 1 ? stdout : stderr, argv[0]);
			return help && argc == 1 ? CTL_OK : CTL_USAGE;
		}
	}
	(void)fprintf(stderr, "kefsctl: there is no command '%s'\nTry 'kefsctl --help'.\n", argv[0]);
	return CTL_USAGE;
}

int main(int argc, char **argv)
{
	enum { JSON, SOCKET, HELP, VERSION };
	struct ctl_option options[] = {
		[JSON] = { .name = "json", .kind = CTL_OPTION_FLAG },
		[SOCKET] = { .name = "socket", .kind = CTL_OPTION_VALUE },
		[HELP] = { .name = "help", .kind = CTL_OPTION_FLAG },
		[VERSION] = { .name = "version", .kind = CTL_OPTION_FLAG },
	};
	const struct ctl_command *command;
	struct ctl ctl = { .socket = CTL_SOCKET };
	char *rest[ARGS_MAX] = { NULL };
	struct kefs_err err;
	int count = 0, words = 0;

	if (ctl_options_parse(argc - 1, argv + 1, options, sizeof(options) / sizeof(options[0]), true, rest, ARGS_MAX,
			      &count, &err) < 0) {
		(void)fprintf(stderr, "kefsctl: %s\nTry 'kefsctl --help'.\n", err.text);
		return CTL_USAGE;
	}
	ctl.json = options[JSON].given;
	if (options[SOCKET].value)
		ctl.socket = options[SOCKET].value;
	if (options[VERSION].given) {
		(void)printf("kefsctl %s\n", KEFS_VERSION);
		return CTL_OK;
	}
	command = count ? find_command(count, rest, &words) : NULL;
	if (!command)
		return (int)no_command(count, rest, options[HELP].given);
	if (options[HELP].given) {
		command_help(command);
		return CTL_OK;
	}
	return (int)command->run(&ctl, command, count - words, rest + words);
}
