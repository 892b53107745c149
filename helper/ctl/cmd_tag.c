// SPDX-License-Identifier: GPL-2.0
/* kefsctl tag …: of file systems and access points. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "client.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "options.h"
#include "table.h"

#define TAGS_MAX	50
#define PATH		"/2015-02-01/resource-tags/"

/* The resource's path, and the arguments behind it (at least min). */
static enum ctl_exit resource(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv, int min,
			      char *ret_id, char *ret_path, char **ret_args, int *ret_count)
{
	enum ctl_exit status = CTL_OK;
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, NULL, 0, false, ret_args, TAGS_MAX + 1, &count, &err) < 0)
		return ctl_usage(command, &err);
	if (count < 1 + min || (!min && count > 1))
		return ctl_wrong(command, min ? "give a file system or access point, and tags" : "give a file system or access point");
	if (kefs_id_bare(ret_args[0], "fsap-"))
		(void)kefs_str_copy(ret_id, KEFS_ID_SIZE, kefs_id_bare(ret_args[0], "fsap-"));
	else
		status = ctl_resolve_fs(ctl, ret_args[0], ret_id);
	if (status != CTL_OK)
		return status;
	(void)kefs_str_format(ret_path, CTL_PATH, PATH "%s", ret_id);
	*ret_count = count;
	return CTL_OK;
}

static void print_tags(const json_t *answer)
{
	static const char *const headers[] = { "KEY", "VALUE" };
	struct ctl_table table;
	json_t *tag;
	size_t i;

	ctl_table_init(&table, headers, 2);
	json_array_foreach(json_object_get(answer, "Tags"), i, tag) {
		const char *const cells[] = { ctl_str(tag, "Key"), ctl_str(tag, "Value") };

		ctl_table_add(&table, cells);
	}
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
}

enum ctl_exit ctl_tag_list(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH], *args[TAGS_MAX + 1];
	CLEANUP_JSON json_t *answer = NULL;
	enum ctl_exit status;
	int count;

	status = resource(ctl, command, argc, argv, 0, id, path, args, &count);
	if (status == CTL_OK)
		status = ctl_all_pages(ctl, path, "Tags", "NextToken", &answer);
	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print_json(answer);
	else
		print_tags(answer);
	return CTL_OK;
}

enum ctl_exit ctl_tag_set(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH], *args[TAGS_MAX + 1];
	json_t *tags = json_array();
	CLEANUP_JSON json_t *body = json_pack("{so}", "Tags", tags);
	enum ctl_exit status;
	int count;

	status = resource(ctl, command, argc, argv, 1, id, path, args, &count);
	if (status != CTL_OK)
		return status;
	for (int i = 1; i < count; i++) {
		const char *equals = strchr(args[i], '=');
		json_t *tag;

		if (!equals)
			return ctl_wrong(command, "a tag is KEY=VALUE");
		tag = json_pack("{ss% ss}", "Key", args[i], (size_t)(equals - args[i]), "Value", equals + 1);
		if (!tag)
			return ctl_wrong(command, "a tag is not valid UTF-8");
		(void)json_array_append_new(tags, tag);
	}
	return ctl_do(ctl, "POST", path, body, "Set tags of", "ResourceId", id);
}

enum ctl_exit ctl_tag_remove(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH], key[CTL_PATH], url[8192], *args[TAGS_MAX + 1];
	enum ctl_exit status;
	int count;

	status = resource(ctl, command, argc, argv, 1, id, path, args, &count);
	if (status != CTL_OK)
		return status;
	(void)kefs_str_copy(url, sizeof(url), path);
	for (int i = 1; i < count; i++) {
		size_t n = strlen(url);

		if (ctl_client_encode(args[i], key, sizeof(key)) < 0 ||
		    kefs_str_format(url + n, sizeof(url) - n, "%stagKeys=%s", i == 1 ? "?" : "&", key) < 0)
			return ctl_wrong(command, "so many and so long keys do not fit one request");
	}
	return ctl_do(ctl, "DELETE", url, NULL, "Removed tags of", "ResourceId", id);
}
