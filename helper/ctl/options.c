// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/str.h"

static struct ctl_option *find(struct ctl_option *options, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(options[i].name) == len && !memcmp(options[i].name, name, len))
			return &options[i];
	}
	return NULL;
}

static bool is_number(const char *text)
{
	uint64_t value;

	return text && kefs_str_u64(text, 0, UINT64_MAX, &value) == 0;
}

/* Returns 1 if the next argument was used as the value, 0 if not, -EINVAL. */
static int take(struct ctl_option *option, const char *inline_value, const char *next, struct kefs_err *err)
{
	if (option->given)
		return kefs_err_set(err, -EINVAL, "option --%s is given twice", option->name);
	option->given = true;
	option->value = inline_value;
	switch (option->kind) {
	case CTL_OPTION_FLAG:
		if (inline_value)
			return kefs_err_set(err, -EINVAL, "option --%s takes no value", option->name);
		return 0;
	case CTL_OPTION_VALUE:
		if (inline_value)
			return 0;
		if (!next)
			return kefs_err_set(err, -EINVAL, "option --%s needs a value", option->name);
		option->value = next;
		return 1;
	case CTL_OPTION_NUMBER:
		if (inline_value && !is_number(inline_value))
			return kefs_err_set(err, -EINVAL, "option --%s takes a number", option->name);
		if (inline_value || !is_number(next))
			return 0;
		option->value = next;
		return 1;
	}
	return 0;
}

/* The name that an argument gives ("json" of "--json=1"), or NULL if it is no option. */
static const char *option_name(const char *arg, size_t *ret_len, const char **ret_value)
{
	const char *name = !strcmp(arg, "-h") ? "help" : kefs_str_after(arg, "--");
	const char *equals = name ? strchr(name, '=') : NULL;

	if (!name || !*name)
		return NULL;
	*ret_len = equals ? (size_t)(equals - name) : strlen(name);
	*ret_value = equals ? equals + 1 : NULL;
	return name;
}

/* One argument: an option (1 or 2 arguments used), or for the positionals (0). */
static int parse_one(int left, char **argv, struct ctl_option *options, size_t count, bool keep_unknown,
		     struct kefs_err *err)
{
	const char *value = NULL, *name;
	struct ctl_option *option;
	size_t len = 0;
	int rc;

	name = option_name(argv[0], &len, &value);
	option = name ? find(options, count, name, len) : NULL;
	if (option) {
		rc = take(option, value, left > 1 ? argv[1] : NULL, err);
		return rc < 0 ? rc : 1 + rc;
	}
	if (!keep_unknown && argv[0][0] == '-' && argv[0][1])
		return kefs_err_set(err, -EINVAL, "unknown option '%s'", argv[0]);
	return 0;
}

int ctl_options_parse(int argc, char **argv, struct ctl_option *options, size_t count, bool keep_unknown,
		      char **positional, int max, int *ret_count, struct kefs_err *err)
{
	bool ended = false;
	int n = 0;

	for (int i = 0; i < argc; i++) {
		int used = ended ? 0 : parse_one(argc - i, argv + i, options, count, keep_unknown || !strcmp(argv[i], "--"), err);

		if (used < 0)
			return used;
		if (!ended && !strcmp(argv[i], "--")) {
			ended = true;
			/* The second pass must see where the options ended. */
			if (!keep_unknown)
				continue;
		}
		i += used ? used - 1 : 0;
		if (used)
			continue;
		if (n == max)
			return kefs_err_set(err, -EINVAL, "unexpected argument '%s'", argv[i]);
		positional[n++] = argv[i];
	}
	*ret_count = n;
	return 0;
}
