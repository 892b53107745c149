// SPDX-License-Identifier: GPL-2.0
/* kefsctl fs …: file systems. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "client.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "format.h"
#include "options.h"
#include "table.h"

#define POLL_NS 100000000L

/* The size, or "-" if kefsd does not know it. */
static const char *size_text(const json_t *fs, char *buf)
{
	const json_t *size = json_object_get(fs, "SizeInBytes");

	if (!json_object_get(size, "Timestamp"))
		return "-";
	return ctl_format_size((uint64_t)ctl_int(size, "Value"), buf);
}

static const char *count_text(const json_t *object, const char *key, char *buf)
{
	if (!json_object_get(object, key))
		return "-";
	return ctl_format_count((uint64_t)ctl_int(object, key), buf);
}

static void print_details(const json_t *fs)
{
	char text[CTL_TEXT];

	(void)printf("File system     %s\n", ctl_str(fs, "FileSystemId"));
	if (*ctl_str(fs, "Name"))
		(void)printf("Name            %s\n", ctl_str(fs, "Name"));
	(void)printf("State           %s\n", ctl_str(fs, "LifeCycleState"));
	(void)printf("Size            %s\n", size_text(fs, text));
	(void)printf("Created         %s\n", ctl_format_time(json_number_value(json_object_get(fs, "CreationTime")), text));
	(void)printf("Creation token  %s\n", ctl_str(fs, "CreationToken"));
	(void)printf("Connections     %s\n", count_text(fs, "Connections", text));
	(void)printf("Clients         %s\n", count_text(fs, "Clients", text));
}

enum ctl_exit ctl_fs_create(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	enum { NAME, TOKEN, QUIET };
	struct ctl_option options[] = {
		[NAME] = { .name = "name", .kind = CTL_OPTION_VALUE },
		[TOKEN] = { .name = "token", .kind = CTL_OPTION_VALUE },
		[QUIET] = { .name = "quiet", .kind = CTL_OPTION_FLAG },
	};
	CLEANUP_JSON json_t *body = json_object(), *fs = NULL;
	enum ctl_exit status;
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, options, 3, false, NULL, 0, &count, &err) < 0)
		return ctl_usage(command, &err);
	for (int i = NAME; i <= TOKEN; i++) {
		if (!options[i].value)
			continue;
		if (json_object_set_new(body, i == NAME ? "Name" : "CreationToken", json_string(options[i].value)) < 0) {
			(void)kefs_err_set(&err, -1, "the value of --%s is not valid UTF-8", options[i].name);
			return ctl_usage(command, &err);
		}
	}
	status = ctl_call(ctl, "POST", "/kefs/v1/file-systems", body, &fs);
	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print_json(fs);
	else if (options[QUIET].given)
		(void)printf("%s\n", ctl_str(fs, "FileSystemId"));
	else
		(void)printf("Created file system %s%s%s%s\n", ctl_str(fs, "FileSystemId"), *ctl_str(fs, "Name") ? " (" : "",
			     ctl_str(fs, "Name"), *ctl_str(fs, "Name") ? ")" : "");
	return CTL_OK;
}

static void print_list(const json_t *array)
{
	static const char *const headers[] = {
		"FILE SYSTEM", "NAME", "STATE", ">SIZE", ">CONNECTIONS", ">CLIENTS", "CREATED",
	};
	struct ctl_table table;
	json_t *fs;
	size_t i;

	ctl_table_init(&table, headers, sizeof(headers) / sizeof(headers[0]));
	json_array_foreach(array, i, fs) {
		char size[CTL_TEXT], conns[CTL_TEXT], clients[CTL_TEXT], created[CTL_TEXT];
		const char *const cells[] = {
			ctl_str(fs, "FileSystemId"), ctl_str(fs, "Name"), ctl_str(fs, "LifeCycleState"), size_text(fs, size),
			count_text(fs, "Connections", conns), count_text(fs, "Clients", clients),
			ctl_format_time(json_number_value(json_object_get(fs, "CreationTime")), created),
		};

		ctl_table_add(&table, cells);
	}
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
}

enum ctl_exit ctl_fs_list(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	struct ctl_option options[] = { { .name = "quiet", .kind = CTL_OPTION_FLAG } };
	CLEANUP_JSON json_t *json = NULL;
	const json_t *array;
	enum ctl_exit status;
	struct kefs_err err;
	json_t *fs;
	int count;
	size_t i;

	if (ctl_options_parse(argc, argv, options, 1, false, NULL, 0, &count, &err) < 0)
		return ctl_usage(command, &err);
	status = ctl_all_pages(ctl, "/kefs/v1/file-systems", "FileSystems", "NextMarker", &json);
	if (status != CTL_OK)
		return status;
	array = json_object_get(json, "FileSystems");
	if (ctl->json) {
		ctl_print_json(json);
	} else if (options[0].given) {
		json_array_foreach(array, i, fs)
			(void)printf("%s\n", ctl_str(fs, "FileSystemId"));
	} else if (!json_array_size(array)) {
		(void)printf("There are no file systems; make one with: kefsctl fs create\n");
	} else {
		print_list(array);
	}
	return CTL_OK;
}

enum ctl_exit ctl_fs_show(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, NULL, 0, id);

	(void)kefs_str_format(path, sizeof(path), "/kefs/v1/file-systems/%s", id);
	return status == CTL_OK ? ctl_ask(ctl, "GET", path, NULL, print_details) : status;
}

enum ctl_exit ctl_grace_end(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	char id[KEFS_ID_SIZE], path[CTL_PATH];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, NULL, 0, id);

	if (status != CTL_OK)
		return status;
	(void)kefs_str_format(path, sizeof(path), "/kefs/v1/file-systems/%s/grace", id);
	return ctl_do(ctl, "DELETE", path, NULL, "Ended grace of file system", "FileSystemId", id);
}

/* Until kefsd does not know it any more. */
static enum ctl_exit wait_until_gone(const struct ctl *ctl, const char *path)
{
	const struct timespec nap = { .tv_nsec = POLL_NS };

	for (;;) {
		CLEANUP_JSON json_t *json = NULL;
		struct kefs_err err;
		int status = 0, rc;

		rc = ctl_client_call(ctl->socket, "GET", path, NULL, &status, &json, &err);
		if (rc == 0 && status == 404)
			return CTL_OK;
		if (rc < 0) {
			(void)fprintf(stderr, "kefsctl: waiting for the end of the removal: %s\n", err.text);
			return CTL_UNREACHABLE;
		}
		(void)nanosleep(&nap, NULL);
	}
}

enum ctl_exit ctl_fs_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	enum { FORCE, WAIT };
	struct ctl_option options[] = {
		[FORCE] = { .name = "force", .kind = CTL_OPTION_FLAG },
		[WAIT] = { .name = "wait", .kind = CTL_OPTION_FLAG },
	};
	char id[KEFS_ID_SIZE], path[128], query[160];
	enum ctl_exit status = ctl_fs_argument(ctl, command, argc, argv, options, 2, id);

	if (status != CTL_OK)
		return status;
	(void)kefs_str_format(path, sizeof(path), "/kefs/v1/file-systems/%s", id);
	(void)kefs_str_format(query, sizeof(query), "%s?Force=%s", path, options[FORCE].given ? "true" : "false");
	status = ctl_call(ctl, "DELETE", query, NULL, NULL);
	if (status == CTL_OK && options[WAIT].given)
		status = wait_until_gone(ctl, path);
	if (status != CTL_OK)
		return status;
	if (ctl->json) {
		CLEANUP_JSON json_t *json = json_pack("{ss}", "FileSystemId", id);

		ctl_print_json(json);
	} else {
		(void)printf("Deleted file system %s%s\n", id,
			     options[WAIT].given ? "" : "; its data is being removed in the background");
	}
	return CTL_OK;
}
