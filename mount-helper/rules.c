// SPDX-License-Identifier: GPL-2.0
#include "rules.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/id.h"
#include "common/str.h"
#include "device.h"

#define ACCESS_POINT_DIGITS 17

typedef int check_fn(const char *name, const char *value, struct failure *failure);

static int check_access_point(const char *name, const char *value, struct failure *failure)
{
	(void)name;
	if (strlen(value) != strlen("fsap-") + ACCESS_POINT_DIGITS || !kefs_id_valid(value, "fsap-"))
		return refuse(failure, MSG_BAD_ACCESS_POINT, value);
	return 0;
}

static int check_region(const char *name, const char *value, struct failure *failure)
{
	(void)name;
	return device_region_valid(value) ? 0 : refuse(failure, MSG_BAD_REGION, value);
}

static int check_zone(const char *name, const char *value, struct failure *failure)
{
	return device_zone_valid(value) ? 0 : refuse(failure, MSG_BAD_AZ, name, value);
}

static int check_uri(const char *name, const char *value, struct failure *failure)
{
	(void)name;
	return *value == '/' ? 0 : refuse(failure, MSG_BAD_URI, value);
}

static int check_address(const char *name, const char *value, struct failure *failure)
{
	struct in6_addr addr;

	(void)name;
	if (inet_pton(AF_INET, value, &addr) == 1 || inet_pton(AF_INET6, value, &addr) == 1)
		return 0;
	return refuse(failure, MSG_BAD_ADDRESS, value);
}

static int check_path(const char *name, const char *value, struct failure *failure)
{
	if (strpbrk(value, "\n\r"))
		return refuse(failure, MSG_RELATIVE, name, "...");
	return *value == '/' ? 0 : refuse(failure, MSG_RELATIVE, name, value);
}

static int check_any(const char *name, const char *value, struct failure *failure)
{
	(void)name;
	(void)value;
	(void)failure;
	return 0;
}

/* One row per option. In the order in which rules are tried, so that the first fault is the one that is told. */
static const struct rule {
	const char *name;
	check_fn *check;		/* NULL: no value */
	const char *example;
	const char *needs;		/* another that must be there */
	const char *excludes[2];	/* others that must not */
	uint64_t max;			/* a number to there; 0: none */
	bool unsupported;
} rules[] = {
	{ "azid", check_any, "use1-az1", NULL, { NULL }, 0, true },
	{ "capath", check_any, "/etc/ssl/certs", NULL, { NULL }, 0, true },
	{ "tls", NULL, NULL, NULL, { "port", "notls" }, 0, false },
	{ "notls", NULL, NULL, NULL, { NULL }, 0, false },
	{ "iam", NULL, NULL, "tls", { NULL }, 0, false },
	{ "accesspoint", check_access_point, "fsap-0123456789abcdef0", "tls", { NULL }, 0, false },
	{ "awsprofile", check_any, "PROFILE", "iam", { NULL }, 0, false },
	{ "awscredsuri", check_uri, "/URI", "iam", { "awsprofile" }, 0, false },
	{ "rolearn", check_any, "ARN", NULL, { NULL }, 0, false },
	{ "jwtpath", check_path, "/PATH", NULL, { NULL }, 0, false },
	{ "az", check_zone, "us-east-1a", NULL, { NULL }, 0, false },
	{ "mounttargetip", check_address, "192.0.2.1", NULL, { "crossaccount" }, 0, false },
	{ "crossaccount", NULL, NULL, NULL, { NULL }, 0, false },
	{ "region", check_region, "us-east-1", NULL, { NULL }, 0, false },
	{ "tlsport", check_any, "20049", NULL, { NULL }, 65535, false },
	{ "verify", check_any, "2", NULL, { NULL }, 4, false },
	{ "cafile", check_path, "/PATH", NULL, { NULL }, 0, false },
	{ "ocsp", NULL, NULL, NULL, { "noocsp" }, 0, false },
	{ "noocsp", NULL, NULL, NULL, { NULL }, 0, false },
	{ "stunnel", NULL, NULL, NULL, { NULL }, 0, false },
	{ "netns", check_path, "/PATH", NULL, { NULL }, 0, false },
	{ "nodirects3read", NULL, NULL, NULL, { NULL }, 0, false },
	{ "nos3readcache", NULL, NULL, NULL, { NULL }, 0, false },
};

static int check_number(const struct rule *rule, const char *value, struct failure *failure)
{
	char range[48];
	uint64_t number;

	if (kefs_str_u64(value, 0, rule->max, &number) == 0)
		return 0;
	(void)kefs_str_format(range, sizeof(range), "from 0 to %u", (unsigned int)rule->max);
	return refuse(failure, MSG_BAD_NUMBER, rule->name, value, range);
}

static int check_value(const struct rule *rule, const char *value, bool given, struct failure *failure)
{
	if (!rule->check)
		return given ? refuse(failure, MSG_NO_VALUE, rule->name) : 0;
	if (!*value)
		return refuse(failure, MSG_WANT_VALUE, rule->name, rule->example);
	if (rule->max)
		return check_number(rule, value, failure);
	return rule->check(rule->name, value, failure);
}

static int check_rule(const struct option_list *list, const struct rule *rule, struct failure *failure)
{
	const char *value = options_get(list, rule->name);

	if (!value)
		return 0;
	if (rule->unsupported)
		return refuse(failure, MSG_UNSUPPORTED, rule->name);
	if (rule->needs && !options_get(list, rule->needs))
		return refuse(failure, MSG_NEEDS, rule->name, rule->needs);
	for (int i = 0; i < 2; i++)
		if (rule->excludes[i] && options_get(list, rule->excludes[i]))
			return refuse(failure, MSG_CONFLICT, rule->name, rule->excludes[i]);
	return check_value(rule, value, options_has_value(list, rule->name), failure);
}

int rules_check(const struct option_list *list, struct failure *failure)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(rules) / sizeof(rules[0]); i++)
		rc = check_rule(list, &rules[i], failure);
	return rc;
}

void rules_strip(struct option_list *list)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		options_remove(list, rules[i].name);
}

unsigned int rules_number(const struct option_list *list, const char *name, unsigned int preset)
{
	const char *value = options_get(list, name);
	uint64_t number;

	return value && kefs_str_u64(value, 0, UINT32_MAX, &number) == 0 ? (unsigned int)number : preset;
}
