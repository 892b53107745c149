// SPDX-License-Identifier: GPL-2.0
/* kefsctl access-point …: directories of file systems as their clients see them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "options.h"
#include "table.h"

#define PATH	"/2015-02-01/access-points"
#define IDS	160	/* room for "UID:GID" and more groups */

/* "UID:GID[,GID…]" as ids[0], ids[1], …: their number, or -1. */
static int parse_ids(const char *text, uint64_t *ids, int max)
{
	char word[24];
	int n = 0;

	while (n < max) {
		size_t len = strcspn(text, n ? "," : ":");

		if (kefs_str_format(word, sizeof(word), "%.*s", (int)len, text) < 0 ||
		    kefs_str_u64(word, 0, UINT32_MAX, &ids[n++]) < 0)
			return -1;
		if (!text[len])
			return n < 2 ? -1 : n;
		text += len + 1;
	}
	return -1;
}

static int add_user(json_t *body, const char *text)
{
	json_t *user, *groups = json_array();
	uint64_t ids[18];
	int n = parse_ids(text, ids, 18);

	for (int i = 2; i < n; i++)
		(void)json_array_append_new(groups, json_integer((json_int_t)ids[i]));
	if (n < 0) {
		json_decref(groups);
		return -1;
	}
	user = json_pack("{sI sI}", "Uid", (json_int_t)ids[0], "Gid", (json_int_t)ids[1]);
	if (n > 2)
		(void)json_object_set(user, "SecondaryGids", groups);
	json_decref(groups);
	return json_object_set_new(body, "PosixUser", user);
}

static int add_owner(json_t *root, const char *owner, const char *mode)
{
	uint64_t ids[2];

	if (parse_ids(owner, ids, 3) != 2)
		return -1;
	return json_object_set_new(root, "CreationInfo",
				   json_pack("{sI sI ss}", "OwnerUid", (json_int_t)ids[0], "OwnerGid", (json_int_t)ids[1],
					     "Permissions", mode));
}

static void print_created(const json_t *ap)
{
	(void)printf("Created access point %s\n", ctl_str(ap, "AccessPointId"));
}

enum ctl_exit ctl_ap_create(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	enum { PATH_, OWNER, MODE, USER, NAME };
	struct ctl_option o[] = {
		[PATH_] = { .name = "path", .kind = CTL_OPTION_VALUE }, [OWNER] = { .name = "owner", .kind = CTL_OPTION_VALUE },
		[MODE] = { .name = "mode", .kind = CTL_OPTION_VALUE }, [USER] = { .name = "user", .kind = CTL_OPTION_VALUE },
		[NAME] = { .name = "name", .kind = CTL_OPTION_VALUE },
	};
	CLEANUP_JSON json_t *body = NULL, *root = json_object();
	char id[KEFS_ID_SIZE], token[KEFS_ID_SIZE + 4];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, o, 5, id);

	if (status != CTL_OK)
		return status;
	if (kefs_id_new("token-", token) < 0)
		return CTL_FAILED;
	body = json_pack("{ss ss}", "ClientToken", token, "FileSystemId", id);
	if (o[USER].given && add_user(body, o[USER].value) < 0)
		return ctl_wrong(command, "--user takes numbers, such as 1000:1000 or 1000:1000,27,100");
	if (o[OWNER].given != o[MODE].given || (o[OWNER].given && add_owner(root, o[OWNER].value, o[MODE].value) < 0))
		return ctl_wrong(command, "--owner UID:GID and --mode 0755 are given together");
	if (o[PATH_].given && json_object_set_new(root, "Path", json_string(o[PATH_].value)) < 0)
		return ctl_wrong(command, "--path is not valid UTF-8");
	if (json_object_size(root))
		(void)json_object_set(body, "RootDirectory", root);
	if (o[NAME].given &&
	    json_object_set_new(body, "Tags", json_pack("[{ss ss}]", "Key", "Name", "Value", o[NAME].value)) < 0)
		return ctl_wrong(command, "--name is not valid UTF-8");
	return ctl_ask(ctl, "POST", PATH, body, print_created);
}

static const char *user_text(const json_t *ap, char *buf)
{
	const json_t *user = json_object_get(ap, "PosixUser");
	json_t *gid;
	size_t i, n;

	if (!user)
		return "-";
	(void)kefs_str_format(buf, IDS, "%lld:%lld", ctl_int(user, "Uid"), ctl_int(user, "Gid"));
	json_array_foreach(json_object_get(user, "SecondaryGids"), i, gid) {
		n = strlen(buf);
		(void)kefs_str_format(buf + n, IDS - n, ",%lld", (long long)json_integer_value(gid));
	}
	return buf;
}

static void print_list(const json_t *answer)
{
	static const char *const headers[] = { "ACCESS POINT", "NAME", "FILE SYSTEM", "PATH", "USER", "STATE" };
	struct ctl_table table;
	json_t *ap;
	size_t i;

	ctl_table_init(&table, headers, sizeof(headers) / sizeof(headers[0]));
	json_array_foreach(json_object_get(answer, "AccessPoints"), i, ap) {
		char user[IDS];
		const char *const cells[] = {
			ctl_str(ap, "AccessPointId"), ctl_str(ap, "Name"), ctl_str(ap, "FileSystemId"),
			ctl_str(json_object_get(ap, "RootDirectory"), "Path"), user_text(ap, user), ctl_str(ap, "LifeCycleState"),
		};

		ctl_table_add(&table, cells);
	}
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
}

enum ctl_exit ctl_ap_list(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE] = "", path[CTL_PATH], *args[1];
	CLEANUP_JSON json_t *answer = NULL;
	enum ctl_exit status = CTL_OK;
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, NULL, 0, false, args, 1, &count, &err) < 0)
		return ctl_usage(command, &err);
	if (count)
		status = ctl_resolve_fs(ctl, args[0], id);
	if (status != CTL_OK)
		return status;
	(void)kefs_str_format(path, sizeof(path), PATH "?MaxResults=100%s%s", *id ? "&FileSystemId=" : "", id);
	status = ctl_all_pages(ctl, path, "AccessPoints", "NextToken", &answer);
	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print_json(answer);
	else
		print_list(answer);
	return CTL_OK;
}

static void print_one(const json_t *answer)
{
	const json_t *ap = json_array_get(json_object_get(answer, "AccessPoints"), 0);
	const json_t *root = json_object_get(ap, "RootDirectory"), *info = json_object_get(root, "CreationInfo");
	char user[IDS];

	(void)printf("Access point    %s\n", ctl_str(ap, "AccessPointId"));
	if (*ctl_str(ap, "Name"))
		(void)printf("Name            %s\n", ctl_str(ap, "Name"));
	(void)printf("File system     %s\nState           %s\nPath            %s\nUser            %s\n",
		     ctl_str(ap, "FileSystemId"), ctl_str(ap, "LifeCycleState"), ctl_str(root, "Path"), user_text(ap, user));
	if (info)
		(void)printf("Made with       owner %lld:%lld, mode %s\n", ctl_int(info, "OwnerUid"), ctl_int(info, "OwnerGid"),
			     ctl_str(info, "Permissions"));
}

/* The path of the one access point that a command is about. */
static enum ctl_exit one_ap(const struct ctl_command *command, int argc, char **argv, const char *before,
			    char *ret_path, const char **ret_id)
{
	struct kefs_err err;
	char *args[1];
	int count;

	if (ctl_options_parse(argc, argv, NULL, 0, false, args, 1, &count, &err) < 0)
		return ctl_usage(command, &err);
	*ret_id = count ? kefs_id_bare(args[0], "fsap-") : NULL;
	if (!*ret_id)
		return ctl_wrong(command, "which access point? Give its id, fsap-…");
	(void)kefs_str_format(ret_path, CTL_PATH, "%s%s", before, *ret_id);
	return CTL_OK;
}

enum ctl_exit ctl_ap_show(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char path[CTL_PATH];
	const char *id;
	enum ctl_exit status = one_ap(command, argc, argv, PATH "?AccessPointId=", path, &id);

	return status != CTL_OK ? status : ctl_ask(ctl, "GET", path, NULL, print_one);
}

enum ctl_exit ctl_ap_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char path[CTL_PATH];
	const char *id;
	enum ctl_exit status = one_ap(command, argc, argv, PATH "/", path, &id);

	return status != CTL_OK ? status : ctl_do(ctl, "DELETE", path, NULL, "Deleted access point", "AccessPointId", id);
}
