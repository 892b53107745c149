// SPDX-License-Identifier: GPL-2.0
/* kefsctl completion: the table of commands as bash wants it. */
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "options.h"

static const char function[] =
	"_kefsctl() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\"\" w c=\"\"\n"
	"\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	"\t\t[[ $w == -* ]] || words+=\"${words:+ }$w\"\n"
	"\tdone\n"
	"\tif [[ -z $words ]]; then\n"
	"\t\tc=\"$(printf '%s\\n' \"${!_kefsctl_options[@]}\" | cut -d' ' -f1 | sort -u) --json --socket --help --version\"\n"
	"\telse\n"
	"\t\tfor w in \"${!_kefsctl_options[@]}\"; do\n"
	"\t\t\t[[ $words != \"$w\"* ]] || c=\"${_kefsctl_options[$w]} --json --help\"\n"
	"\t\t\t[[ $w != \"$words \"* ]] || c+=\" ${w#\"$words \"}\"\n"
	"\t\tdone\n"
	"\t\t[[ $cur == -* || $c != *--help* ]] || c+=\" $(kefsctl fs list --quiet 2> /dev/null)\"\n"
	"\tfi\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$c\" -- \"$cur\")\n"
	"}\n"
	"complete -F _kefsctl kefsctl\n";

/* The options that a usage line names. */
static void print_options(const char *usage)
{
	const char *p = usage, *space = "";

	while ((p = strstr(p, "--"))) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz-");

		(void)printf("%s%.*s", space, (int)n, p);
		space = " ";
		p += n;
	}
}

enum ctl_exit ctl_completion(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	const struct ctl_command *commands;
	struct kefs_err err;
	size_t count;
	int args;

	(void)ctl;
	if (ctl_options_parse(argc, argv, NULL, 0, false, NULL, 0, &args, &err) < 0)
		return ctl_usage(command, &err);
	commands = ctl_commands(&count);
	(void)printf("# bash completion of kefsctl\ndeclare -gA _kefsctl_options=(\n");
	for (size_t i = 0; i < count; i++) {
		(void)printf("\t[\"%s\"]=\"", commands[i].words);
		print_options(commands[i].args);
		(void)printf("\"\n");
	}
	(void)printf(")\n%s", function);
	return CTL_OK;
}
