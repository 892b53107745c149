/* SPDX-License-Identifier: GPL-2.0 */
/* Command-line options of one command. Pure. */
#ifndef KEFS_CTL_OPTIONS_H
#define KEFS_CTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum ctl_option_kind {
	CTL_OPTION_FLAG,	/* --name */
	CTL_OPTION_VALUE,	/* --name VALUE, --name=VALUE */
	CTL_OPTION_NUMBER,	/* --name, --name N, --name=N: N is taken only if it is a number */
};

struct ctl_option {
	const char *name;	/* without the dashes */
	enum ctl_option_kind kind;
	bool given;
	const char *value;	/* points into argv; NULL if none was given */
};

/*
 * Takes options out of argv, wherever they stand; "--" ends them. What is not an option goes to positional, in
 * order, at most max. 0 and *ret_count positionals; -EINVAL with err: unknown option, missing or unexpected value,
 * given twice, too many arguments. With keep_unknown, unknown options are positionals (for the first pass over a
 * line whose command is not known yet).
 */
int ctl_options_parse(int argc, char **argv, struct ctl_option *options, size_t count, bool keep_unknown,
		      char **positional, int max, int *ret_count, struct kefs_err *err);

#endif
