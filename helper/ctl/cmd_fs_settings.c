// SPDX-License-Identifier: GPL-2.0
/* kefsctl fs update, lifecycle, backup-policy: how a file system works. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "options.h"

static void fs_path(const char *id, const char *what, char *ret_path)
{
	(void)kefs_str_format(ret_path, CTL_PATH, "/2015-02-01/file-systems/%s%s", id, what);
}

static void print_updated(const json_t *fs)
{
	(void)printf("File system %s: throughput %s", ctl_str(fs, "FileSystemId"), ctl_str(fs, "ThroughputMode"));
	if (json_object_get(fs, "ProvisionedThroughputInMibps"))
		(void)printf(", %g MiB/s", json_number_value(json_object_get(fs, "ProvisionedThroughputInMibps")));
	(void)printf(", protection %s\n",
		     ctl_str(json_object_get(fs, "FileSystemProtection"), "ReplicationOverwriteProtection"));
}

/* "on", "off" as the service's words, or NULL. */
static const char *on_off(const char *text)
{
	return !strcmp(text, "on") ? "ENABLED" : !strcmp(text, "off") ? "DISABLED" : NULL;
}

static enum ctl_exit protect(const struct ctl *ctl, const struct ctl_command *command, const char *id,
			     const char *value)
{
	CLEANUP_JSON json_t *body = NULL;
	char path[CTL_PATH];

	if (!on_off(value))
		return ctl_wrong(command, "--protection is on or off");
	body = json_pack("{ss}", "ReplicationOverwriteProtection", on_off(value));
	fs_path(id, "/protection", path);
	return ctl_call(ctl, "PUT", path, body, NULL);
}

static enum ctl_exit throughput(const struct ctl *ctl, const struct ctl_command *command, const char *id,
				const char *mode, const char *mibps)
{
	CLEANUP_JSON json_t *body = json_object();
	char path[CTL_PATH];
	uint64_t number;

	if (mode)
		(void)json_object_set_new(body, "ThroughputMode", json_string(mode));
	if (mibps && kefs_str_u64(mibps, 1, UINT32_MAX, &number) < 0)
		return ctl_wrong(command, "--mibps takes a number");
	if (mibps)
		(void)json_object_set_new(body, "ProvisionedThroughputInMibps", json_real((double)number));
	fs_path(id, "", path);
	return ctl_call(ctl, "PUT", path, body, NULL);
}

static void print_first(const json_t *answer)
{
	print_updated(json_array_get(json_object_get(answer, "FileSystems"), 0));
}

enum ctl_exit ctl_fs_update(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	enum { THROUGHPUT, MIBPS, PROTECTION };
	struct ctl_option o[] = {
		[THROUGHPUT] = { .name = "throughput", .kind = CTL_OPTION_VALUE },
		[MIBPS] = { .name = "mibps", .kind = CTL_OPTION_VALUE },
		[PROTECTION] = { .name = "protection", .kind = CTL_OPTION_VALUE },
	};
	char id[KEFS_ID_SIZE], path[CTL_PATH];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, o, 3, id);

	if (status == CTL_OK && o[PROTECTION].given)
		status = protect(ctl, command, id, o[PROTECTION].value);
	if (status == CTL_OK && (o[THROUGHPUT].given || o[MIBPS].given))
		status = throughput(ctl, command, id, o[THROUGHPUT].value, o[MIBPS].value);
	if (status != CTL_OK)
		return status;
	(void)kefs_str_format(path, sizeof(path), "/2015-02-01/file-systems?FileSystemId=%s", id);
	return ctl_ask(ctl, "GET", path, NULL, print_first);
}

/* --- lifecycle --- */

static const char *const transitions[] = { "TransitionToIA", "TransitionToArchive", "TransitionToPrimaryStorageClass" };

/* What an answer says of a transition, or NULL. */
static const char *transition(const json_t *answer, const char *key)
{
	json_t *policy;
	size_t i;

	json_array_foreach(json_object_get(answer, "LifecyclePolicies"), i, policy) {
		if (json_object_get(policy, key))
			return ctl_str(policy, key);
	}
	return NULL;
}

static void print_lifecycle(const json_t *answer)
{
	static const char *const labels[] = { "To Infrequent Access", "To Archive", "Back to Standard" };

	for (size_t i = 0; i < 3; i++) {
		const char *value = transition(answer, transitions[i]);
		const char *days = value ? kefs_str_after(value, "AFTER_") : NULL;

		if (days && strcmp(value, "AFTER_1_ACCESS"))
			(void)printf("%-22s after %.*s day%s\n", labels[i], (int)strcspn(days, "_"), days,
				     !strcmp(value, "AFTER_1_DAY") ? "" : "s");
		else
			(void)printf("%-22s %s\n", labels[i], value ? "at the first access" : "never");
	}
}

/* An option's value as the service's: NULL if it is none; "" for never. */
static const char *to_service(size_t which, const char *value, char *buf, size_t size)
{
	uint64_t days;

	if (which == 2)
		return !strcmp(value, "on") ? "AFTER_1_ACCESS" : !strcmp(value, "off") ? "" : NULL;
	if (!strcmp(value, "never"))
		return "";
	if (kefs_str_u64(value, 1, 9999, &days) < 0)
		return NULL;
	(void)kefs_str_format(buf, size, "AFTER_%llu_DAY%s", (unsigned long long)days, days == 1 ? "" : "S");
	return buf;
}

enum ctl_exit ctl_lifecycle(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	struct ctl_option o[] = {
		{ .name = "ia", .kind = CTL_OPTION_VALUE }, { .name = "archive", .kind = CTL_OPTION_VALUE },
		{ .name = "return", .kind = CTL_OPTION_VALUE },
	};
	CLEANUP_JSON json_t *now = NULL, *body = NULL;
	json_t *policies = json_array();
	char id[KEFS_ID_SIZE], path[CTL_PATH], buf[32];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, o, 3, id);

	body = json_pack("{so}", "LifecyclePolicies", policies);
	if (status != CTL_OK)
		return status;
	fs_path(id, "/lifecycle-configuration", path);
	if (!o[0].given && !o[1].given && !o[2].given)
		return ctl_ask(ctl, "GET", path, NULL, print_lifecycle);
	status = ctl_call(ctl, "GET", path, NULL, &now);
	if (status != CTL_OK)
		return status;
	for (size_t i = 0; i < 3; i++) {
		const char *value = o[i].given ? to_service(i, o[i].value, buf, sizeof(buf)) : transition(now, transitions[i]);

		if (o[i].given && !value)
			return ctl_wrong(command, "--ia and --archive take a number of days or never, --return on or off");
		if (value && *value)
			(void)json_array_append_new(policies, json_pack("{ss}", transitions[i], value));
	}
	return ctl_ask(ctl, "PUT", path, body, print_lifecycle);
}

/* --- backup policy --- */

static void print_backup(const json_t *answer)
{
	(void)printf("Backups are %s\n",
		     kefs_str_after(ctl_str(json_object_get(answer, "BackupPolicy"), "Status"), "ENABL") ? "on" : "off");
}

enum ctl_exit ctl_backup_policy(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH], *args[2];
	CLEANUP_JSON json_t *body = NULL;
	enum ctl_exit status;
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, NULL, 0, false, args, 2, &count, &err) < 0)
		return ctl_usage(command, &err);
	if (!count || (count == 2 && !on_off(args[1])))
		return ctl_wrong(command, "give a file system, and on or off to change it");
	status = ctl_resolve_fs(ctl, args[0], id);
	if (status != CTL_OK)
		return status;
	fs_path(id, "/backup-policy", path);
	if (count == 1)
		return ctl_ask(ctl, "GET", path, NULL, print_backup);
	body = json_pack("{s{ss}}", "BackupPolicy", "Status", on_off(args[1]));
	return ctl_ask(ctl, "PUT", path, body, print_backup);
}
