// SPDX-License-Identifier: GPL-2.0
/* Questions to kefsd and what is said of the answers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "client.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "options.h"

enum ctl_exit ctl_usage(const struct ctl_command *command, const struct kefs_err *err)
{
	(void)fprintf(stderr, "kefsctl: %s\n", err->text);
	(void)fprintf(stderr, "Usage: kefsctl %s%s%s\nTry 'kefsctl %s --help'.\n", command->words,
		      *command->args ? " " : "", command->args, command->words);
	return CTL_USAGE;
}

void ctl_print_json(const json_t *json)
{
	(void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(13));
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
}

long long ctl_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *ctl_str(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static enum ctl_exit fail(const struct ctl *ctl, enum ctl_exit status, const char *code, const char *message)
{
	CLEANUP_JSON json_t *json = NULL;

	(void)fprintf(stderr, "kefsctl: %s\n", message);
	if (ctl->json) {
		json = json_pack("{ss ss}", "ErrorCode", code, "Message", message);
		ctl_print_json(json);
	}
	return status;
}

enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, const char *path, const json_t *body,
		       json_t **ret_json)
{
	CLEANUP_JSON json_t *json = NULL;
	struct kefs_err err;
	int status = 0, rc;

	rc = ctl_client_call(ctl->socket, method, path, body, &status, &json, &err);
	if (rc == -EACCES || rc == -EPERM)
		(void)kefs_err_set(&err, rc, "%s: only root may use it (sudo kefsctl …)", ctl->socket);
	else if (rc == -ENOENT || rc == -ECONNREFUSED)
		(void)kefs_err_set(&err, rc, "kefsd does not listen at %s: is it running? (systemctl status kefsd)", ctl->socket);
	if (rc < 0)
		return fail(ctl, CTL_UNREACHABLE, "Unreachable", err.text);
	if (status >= 400) {
		const char *message = ctl_str(json, "Message");

		(void)kefs_err_set(&err, -EIO, "kefsd answered with HTTP status %d", status);
		return fail(ctl, status == 404 ? CTL_NOT_FOUND : CTL_FAILED, ctl_str(json, "ErrorCode"),
			    *message ? message : err.text);
	}
	if (ret_json) {
		*ret_json = json;
		json = NULL;
	}
	return CTL_OK;
}

enum ctl_exit ctl_resolve_fs(const struct ctl *ctl, const char *id_or_name, char *ret_id)
{
	CLEANUP_JSON json_t *json = NULL;
	const char *found = NULL;
	enum ctl_exit status;
	struct kefs_err err;
	json_t *fs;
	size_t i;

	if (kefs_id_bare(id_or_name, "fs-")) {
		(void)kefs_str_copy(ret_id, KEFS_ID_SIZE, kefs_id_bare(id_or_name, "fs-"));
		return CTL_OK;
	}
	status = ctl_all_pages(ctl, "/kefs/v1/file-systems", "FileSystems", "NextMarker", &json);
	if (status != CTL_OK)
		return status;
	json_array_foreach(json_object_get(json, "FileSystems"), i, fs) {
		if (strcmp(ctl_str(fs, "Name"), id_or_name) || !strcmp(ctl_str(fs, "LifeCycleState"), "deleting"))
			continue;
		if (found) {
			(void)kefs_err_set(&err, -EINVAL, "more than one file system is named '%s' (%s, %s): give the id", id_or_name,
					   found, ctl_str(fs, "FileSystemId"));
			return fail(ctl, CTL_FAILED, "AmbiguousName", err.text);
		}
		found = ctl_str(fs, "FileSystemId");
	}
	if (!found) {
		(void)kefs_err_set(&err, -ENOENT, "there is no file system with the id or name '%s'", id_or_name);
		return fail(ctl, CTL_NOT_FOUND, "FileSystemNotFound", err.text);
	}
	(void)kefs_str_copy(ret_id, KEFS_ID_SIZE, found);
	return CTL_OK;
}

enum ctl_exit ctl_ask(const struct ctl *ctl, const char *method, const char *path, const json_t *body,
		      void (*print)(const json_t *answer))
{
	CLEANUP_JSON json_t *answer = NULL;
	enum ctl_exit status = ctl_call(ctl, method, path, body, &answer);

	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print_json(answer);
	else
		print(answer);
	return CTL_OK;
}

enum ctl_exit ctl_do(const struct ctl *ctl, const char *method, const char *path, const json_t *body, const char *done,
		     const char *key, const char *id)
{
	CLEANUP_JSON json_t *json = json_pack("{ss}", key, id);
	enum ctl_exit status = ctl_call(ctl, method, path, body, NULL);

	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print_json(json);
	else
		(void)printf("%s %s\n", done, id);
	return CTL_OK;
}

enum ctl_exit ctl_wrong(const struct ctl_command *command, const char *what)
{
	struct kefs_err err;

	(void)kefs_err_set(&err, -EINVAL, "%s", what);
	return ctl_usage(command, &err);
}

enum ctl_exit ctl_fs_argument(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv,
			      struct ctl_option *options, size_t count, char *ret_id)
{
	struct kefs_err err;
	char *args[1];
	int n;

	if (ctl_options_parse(argc, argv, options, count, false, args, 1, &n, &err) < 0)
		return ctl_usage(command, &err);
	if (n != 1)
		return ctl_wrong(command, "which file system? Give its id or name");
	return ctl_resolve_fs(ctl, args[0], ret_id);
}

enum ctl_exit ctl_all_pages(const struct ctl *ctl, const char *path, const char *key, const char *token,
			    json_t **ret_answer)
{
	const char *name = !strcmp(token, "NextMarker") ? "Marker" : token;
	CLEANUP_JSON json_t *all = json_array();
	char next[CTL_PATH] = "";

	for (;;) {
		CLEANUP_JSON json_t *page = NULL;
		char url[2 * CTL_PATH], encoded[CTL_PATH];
		enum ctl_exit status;

		(void)kefs_str_format(url, sizeof(url), "%s%s%s%s%s", path, *next ? (strchr(path, '?') ? "&" : "?") : "",
				      *next ? name : "", *next ? "=" : "", next);
		status = ctl_call(ctl, "GET", url, NULL, &page);
		if (status != CTL_OK)
			return status;
		(void)json_array_extend(all, json_object_get(page, key));
		if (!*ctl_str(page, token) || ctl_client_encode(ctl_str(page, token), encoded, sizeof(encoded)) < 0)
			break;
		(void)kefs_str_copy(next, sizeof(next), encoded);
	}
	*ret_answer = json_pack("{sO}", key, all);
	return CTL_OK;
}
