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
	{ "fs update", "ID|NAME [--throughput MODE] [--mibps N] [--protection on|off]",
	  "change how a file system works",
	  "  --throughput MODE     bursting, elastic or provisioned\n"
	  "  --mibps N             MiB/s, with provisioned\n"
	  "  --protection on|off   whether it is safe from being overwritten by a replication\n", ctl_fs_update },
	{ "access-point create", "FS [--path PATH] [--owner UID:GID] [--mode MODE] [--user UID:GID[,GID...]] [--name NAME]",
	  "create an access point of a file system",
	  "  --path PATH           its root directory (default /)\n"
	  "  --owner UID:GID       with --mode: who owns the directory if it must be made\n"
	  "  --mode MODE           its permissions then, octal, such as 0755\n"
	  "  --user UID:GID[,GID...]  who its clients are, whoever they say they are\n"
	  "  --name NAME           name it\n", ctl_ap_create },
	{ "access-point list", "[FS]", "list the access points of a file system, or of all", "", ctl_ap_list },
	{ "access-point show", "ID", "show one access point", "", ctl_ap_show },
	{ "access-point delete", "ID", "delete an access point; its directory stays", "", ctl_ap_delete },
	{ "mount-target create", "FS [--subnet ID | --zone ZONE] [--ip ADDRESS] [--groups ID,...]",
	  "give a file system an address in a zone",
	  "  --subnet ID      in this subnet (kefsctl subnets)\n"
	  "  --zone ZONE      in this zone's first subnet; without either, the first of all\n"
	  "  --ip ADDRESS     this address of the subnet (default: a free one)\n"
	  "  --groups ID,...  with these security groups (default: the VPC's default one)\n", ctl_mt_create },
	{ "mount-target list", "FS", "list the mount targets of a file system", "", ctl_mt_list },
	{ "mount-target groups", "ID [GROUP...]", "show or replace the security groups of a mount target", "", ctl_mt_groups },
	{ "mount-target delete", "ID", "delete a mount target; its clients are cut off", "", ctl_mt_delete },
	{ "policy show", "FS", "show the policy of a file system", "", ctl_policy_show },
	{ "policy set", "FS FILE [--force]", "set the policy of a file system",
	  "FILE is the policy in JSON; - reads it from standard input.\n"
	  "  --force          also if it takes the right to change it again away\n", ctl_policy_set },
	{ "policy explain", "FS [--principal ARN|anonymous] [--access-point ID] [--tls|--no-tls] [--address IP] [--action NAME]",
	  "say what a client may do with a file system, and why",
	  "  --principal ARN    a user, a role or its session, or an account (default: anonymous)\n"
	  "  --access-point ID  that it comes by this access point\n"
	  "  --tls, --no-tls    whether it comes by TLS (default: it does)\n"
	  "  --address IP       from where it comes; without, conditions on that do not hold\n"
	  "  --action NAME      this action only, of a client or of the API; without, the three of a\n"
	  "                     client: ClientMount, ClientWrite, ClientRootAccess\n", ctl_policy_explain },
	{ "policy delete", "FS", "let everybody do everything again", "", ctl_policy_delete },
	{ "grace end", "ID|NAME", "end the time in which clients may reclaim after a restart",
	  "Clients that have not reclaimed their opens and locks by then lose them; others no\n"
	  "longer wait for them. 'kefsctl status' shows where clients are awaited.\n", ctl_grace_end },
	{ "lifecycle", "FS [--ia DAYS|never] [--archive DAYS|never] [--return on|off]",
	  "show or change when files move to cheaper storage",
	  "  --ia DAYS        to Infrequent Access after so many days (1, 7, 14, 30, 60, 90, 180, 270, 365)\n"
	  "  --archive DAYS   to Archive\n"
	  "  --return on|off  back to Standard at the first access\n"
	  "What is not given stays as it is.\n", ctl_lifecycle },
	{ "backup-policy", "FS [on|off]", "show or change whether a file system is backed up", "", ctl_backup_policy },
	{ "tag list", "ID", "list the tags of a file system or access point", "", ctl_tag_list },
	{ "tag set", "ID KEY=VALUE...", "set tags", "", ctl_tag_set },
	{ "tag remove", "ID KEY...", "remove tags", "", ctl_tag_remove },
	{ "completion", "", "print what makes bash complete the words of kefsctl",
	  "For a shell: eval \"$(kefsctl completion)\"\n", ctl_completion },
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

const struct ctl_command *ctl_commands(size_t *ret_count)
{
	*ret_count = COMMANDS;
	return commands;
}

static void list_commands(FILE *out, const char *group)
{
	(void)fprintf(out, "Usage: kefsctl [--json] [--socket PATH] %s%sCOMMAND [ARGUMENTS]\n\nCommands:\n", group,
		      *group ? " " : "");
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!kefs_str_after(commands[i].words, group))
			continue;
		(void)fprintf(out, "  %-20s %s\n", commands[i].words, commands[i].summary);
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
