// SPDX-License-Identifier: GPL-2.0
/* kefsctl admin-key, ca, subnets: what a client of the EFS API needs to be told. */
#include <stdio.h>

#include "base/json.h"
#include "ctl.h"
#include "options.h"
#include "table.h"

static void print_exports(const json_t *key)
{
	/* None of the values has a character that a shell would make something of. */
	(void)printf("export AWS_ACCESS_KEY_ID=%s\n", ctl_str(key, "AccessKeyId"));
	(void)printf("export AWS_SECRET_ACCESS_KEY=%s\n", ctl_str(key, "SecretAccessKey"));
	(void)printf("export AWS_REGION=%s AWS_DEFAULT_REGION=%s\n", ctl_str(key, "Region"), ctl_str(key, "Region"));
	if (*ctl_str(key, "EndpointUrl"))
		(void)printf("export AWS_ENDPOINT_URL=%s\n", ctl_str(key, "EndpointUrl"));
}

static void print_key(const json_t *key)
{
	const char *url = ctl_str(key, "EndpointUrl");

	(void)printf("Access key id      %s\n", ctl_str(key, "AccessKeyId"));
	(void)printf("Secret access key  %s\n", ctl_str(key, "SecretAccessKey"));
	(void)printf("Region             %s\n", ctl_str(key, "Region"));
	(void)printf("Account            %s\n", ctl_str(key, "Account"));
	(void)printf("Endpoint           %s\n", *url ? url : "- (api_listen = none)");
}

enum ctl_exit ctl_admin_key(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	struct ctl_option options[] = { { .name = "export", .kind = CTL_OPTION_FLAG } };
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, options, 1, false, NULL, 0, &count, &err) < 0)
		return ctl_usage(command, &err);
	return ctl_ask(ctl, "GET", "/kefs/v1/admin-key", NULL, options[0].given ? print_exports : print_key);
}

static void print_ca(const json_t *ca)
{
	(void)printf("Authority    %s%s\n", ctl_str(ca, "Subject"),
		     json_is_true(json_object_get(ca, "Given")) ? " (tls_ca in kefsd.conf)" : "");
	(void)printf("Valid until  %s\nSHA-256      %s\n", ctl_str(ca, "NotAfter"), ctl_str(ca, "Sha256"));
}

static void print_pem(const json_t *ca)
{
	(void)printf("%s", ctl_str(ca, "Pem"));
}

enum ctl_exit ctl_ca(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	struct ctl_option options[] = { { .name = "export", .kind = CTL_OPTION_FLAG } };
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, options, 1, false, NULL, 0, &count, &err) < 0)
		return ctl_usage(command, &err);
	return ctl_ask(ctl, "GET", "/kefs/v1/ca", NULL, options[0].given ? print_pem : print_ca);
}

static void print_subnets(const json_t *topology)
{
	static const char *const headers[] = { "SUBNET", "ZONE", "ZONE ID", "RANGE", "INTERFACE", "VPC" };
	struct ctl_table table;
	json_t *subnet;
	size_t i;

	ctl_table_init(&table, headers, sizeof(headers) / sizeof(headers[0]));
	json_array_foreach(json_object_get(topology, "Subnets"), i, subnet) {
		const char *const cells[] = {
			ctl_str(subnet, "SubnetId"), ctl_str(subnet, "AvailabilityZoneName"), ctl_str(subnet, "AvailabilityZoneId"),
			ctl_str(subnet, "CidrBlock"), ctl_str(subnet, "Interface"), ctl_str(subnet, "VpcId"),
		};

		ctl_table_add(&table, cells);
	}
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
}

enum ctl_exit ctl_subnets(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, NULL, 0, false, NULL, 0, &count, &err) < 0)
		return ctl_usage(command, &err);
	return ctl_ask(ctl, "GET", "/kefs/v1/topology", NULL, print_subnets);
}
