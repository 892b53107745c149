// SPDX-License-Identifier: GPL-2.0
/* kefsctl mount-target …: the addresses of file systems. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "options.h"
#include "table.h"

#define PATH		"/2015-02-01/mount-targets"
#define GROUPS_MAX	16

static void print_created(const json_t *mt)
{
	(void)printf("Created mount target %s: %s in %s\n", ctl_str(mt, "MountTargetId"), ctl_str(mt, "IpAddress"),
		     ctl_str(mt, "AvailabilityZoneName"));
}

/* The id of the zone's first subnet, or of the first of all (zone NULL). */
static enum ctl_exit find_subnet(const struct ctl *ctl, const char *zone, char *ret_id)
{
	CLEANUP_JSON json_t *topology = NULL;
	enum ctl_exit status = ctl_call(ctl, "GET", "/kefs/v1/topology", NULL, &topology);
	json_t *subnet;
	size_t i;

	if (status != CTL_OK)
		return status;
	json_array_foreach(json_object_get(topology, "Subnets"), i, subnet) {
		if (!zone || !strcmp(ctl_str(subnet, "AvailabilityZoneName"), zone)) {
			(void)kefs_str_copy(ret_id, KEFS_ID_SIZE, ctl_str(subnet, "SubnetId"));
			return CTL_OK;
		}
	}
	(void)fprintf(stderr, "kefsctl: there is no subnet in zone '%s'; kefsctl subnets lists them\n", zone ? zone : "");
	return CTL_NOT_FOUND;
}

/* "a,b" as ["a", "b"] */
static json_t *split(const char *text)
{
	json_t *array = json_array();

	while (*text) {
		size_t n = strcspn(text, ",");

		if (n)
			(void)json_array_append_new(array, json_stringn(text, n));
		text += n + (text[n] == ',');
	}
	return array;
}

enum ctl_exit ctl_mt_create(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	enum { SUBNET, ZONE, IP, GROUPS };
	struct ctl_option o[] = {
		[SUBNET] = { .name = "subnet", .kind = CTL_OPTION_VALUE }, [ZONE] = { .name = "zone", .kind = CTL_OPTION_VALUE },
		[IP] = { .name = "ip", .kind = CTL_OPTION_VALUE }, [GROUPS] = { .name = "groups", .kind = CTL_OPTION_VALUE },
	};
	char id[KEFS_ID_SIZE], found[KEFS_ID_SIZE];
	CLEANUP_JSON json_t *body = NULL;
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, o, 4, id);

	if (status != CTL_OK)
		return status;
	if (o[SUBNET].given && o[ZONE].given)
		return ctl_wrong(command, "--subnet says the zone already");
	if (!o[SUBNET].given) {
		status = find_subnet(ctl, o[ZONE].value, found);
		if (status != CTL_OK)
			return status;
	}
	body = json_pack("{ss ss}", "FileSystemId", id, "SubnetId", o[SUBNET].given ? o[SUBNET].value : found);
	if (o[IP].given)
		(void)json_object_set_new(body, "IpAddress", json_string(o[IP].value));
	if (o[GROUPS].given)
		(void)json_object_set_new(body, "SecurityGroups", split(o[GROUPS].value));
	return ctl_ask(ctl, "POST", PATH, body, print_created);
}

static void print_list(const json_t *answer)
{
	static const char *const headers[] = { "MOUNT TARGET", "ADDRESS", "ZONE", "SUBNET", "STATE" };
	struct ctl_table table;
	json_t *mt;
	size_t i;

	ctl_table_init(&table, headers, sizeof(headers) / sizeof(headers[0]));
	json_array_foreach(json_object_get(answer, "MountTargets"), i, mt) {
		const char *const cells[] = {
			ctl_str(mt, "MountTargetId"), ctl_str(mt, "IpAddress"), ctl_str(mt, "AvailabilityZoneName"),
			ctl_str(mt, "SubnetId"), ctl_str(mt, "LifeCycleState"),
		};

		ctl_table_add(&table, cells);
	}
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
}

enum ctl_exit ctl_mt_list(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, NULL, 0, id);

	if (status != CTL_OK)
		return status;
	/* There is at most one in each zone: no second page */
	(void)kefs_str_format(path, sizeof(path), PATH "?FileSystemId=%s&MaxItems=100", id);
	return ctl_ask(ctl, "GET", path, NULL, print_list);
}

static void print_groups(const json_t *answer)
{
	json_t *group;
	size_t i;

	json_array_foreach(json_object_get(answer, "SecurityGroups"), i, group)
		(void)printf("%s\n", json_string_value(group));
}

enum ctl_exit ctl_mt_groups(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char path[CTL_PATH], *args[GROUPS_MAX + 1];
	CLEANUP_JSON json_t *body = NULL;
	json_t *groups = json_array();
	struct kefs_err err;
	int count;

	body = json_pack("{so}", "SecurityGroups", groups);
	if (ctl_options_parse(argc, argv, NULL, 0, false, args, GROUPS_MAX + 1, &count, &err) < 0)
		return ctl_usage(command, &err);
	if (!count || !kefs_id_valid(args[0], "fsmt-"))
		return ctl_wrong(command, "which mount target? Give its id, fsmt-…");
	(void)kefs_str_format(path, sizeof(path), PATH "/%s/security-groups", args[0]);
	for (int i = 1; i < count; i++)
		(void)json_array_append_new(groups, json_string(args[i]));
	if (count == 1)
		return ctl_ask(ctl, "GET", path, NULL, print_groups);
	return ctl_do(ctl, "PUT", path, body, "Changed the security groups of mount target", "MountTargetId", args[0]);
}

enum ctl_exit ctl_mt_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char path[CTL_PATH], *args[1];
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, NULL, 0, false, args, 1, &count, &err) < 0)
		return ctl_usage(command, &err);
	if (!count || !kefs_id_valid(args[0], "fsmt-"))
		return ctl_wrong(command, "which mount target? Give its id, fsmt-…");
	(void)kefs_str_format(path, sizeof(path), PATH "/%s", args[0]);
	return ctl_do(ctl, "DELETE", path, NULL, "Deleted mount target", "MountTargetId", args[0]);
}
