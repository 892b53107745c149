// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of the EFS API, whatever is in them: through routes, shapes, operations and services to a store in memory.
 * The input is a method's number, then lines: path, query; the rest is the body. An answer is always made; an internal
 * error is a bug, and so is an error without code and message. There is one file system; making and deleting more of
 * them is not this target's.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/efs.h"
#include "common/log.h"
#include "common/str.h"
#include "service/access.h"
#include "service/endpoints.h"
#include "service/identities.h"
#include "store/st_mount_target.h"
#include "store/st_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kefs_db *db;
static struct kefs_identities *identities;
static struct kefs_fs the_fs;
static struct kefs_fs_list list = { .fs = &the_fs, .count = 1 };
static struct kefs_topology topology;
static const struct kefs_limits limits = {
	.file_systems = 2, .access_points = 3, .mount_targets = 3, .provisioned_mibps = 100,
};
static const struct kefs_efs efs = { .db = NULL, .topology = &topology, .limits = &limits };

const struct kefs_fs_list *kefs_volumes_list(const struct kefs_volumes *volumes)
{
	(void)volumes;
	return &list;
}

int kefs_volumes_refresh(struct kefs_volumes *volumes, const char *id, struct kefs_err *err)
{
	(void)volumes;
	(void)id;
	return kefs_st_fs_get(db, "fs-12345678", &the_fs, err);
}

int kefs_volumes_create(struct kefs_volumes *volumes, const struct kefs_fs_request *request,
			const struct kefs_fs **ret_fs, char *ret_taken_id, struct kefs_err *err)
{
	(void)volumes;
	(void)request;
	(void)ret_fs;
	(void)ret_taken_id;
	return kefs_err_set(err, -EDQUOT, "no more");
}

int kefs_volumes_delete(struct kefs_volumes *volumes, const char *id, bool force, struct kefs_err *err)
{
	(void)volumes;
	(void)id;
	(void)force;
	return kefs_err_set(err, -EBUSY, "in use");
}

/* Nothing is enforced here. */
int kefs_endpoints_add(const struct kefs_endpoints *endpoints, const struct kefs_mount_target *target,
		       struct kefs_err *err)
{
	(void)endpoints;
	(void)target;
	(void)err;
	return 0;
}

int kefs_endpoints_remove(const struct kefs_endpoints *endpoints, const struct kefs_mount_target *target,
			  struct kefs_err *err)
{
	(void)endpoints;
	return kefs_st_mount_target_delete(db, target->id, err);
}

int kefs_endpoints_filter(const struct kefs_endpoints *endpoints, struct kefs_err *err)
{
	(void)endpoints;
	(void)err;
	return 0;
}

void kefs_access_policy_changed(struct kefs_access *access, const char *fs_id)
{
	(void)access;
	(void)fs_id;
}

int kefs_volumes_usage(const struct kefs_volumes *volumes, const struct kefs_fs *fs, uint64_t *ret_bytes)
{
	(void)volumes;
	(void)fs;
	*ret_bytes = 6144;
	return 0;
}

static void set_up(void)
{
	struct kefs_fs_request request = { .name = "n", .token = "t" };
	char taken[KEFS_ID_SIZE];
	struct kefs_err err;

	kefs_log_set_level(KEFS_LOG_ERR);
	if (kefs_topology_build(&topology, "us-east-1", "000000000000", "", &err) < 0 ||
	    kefs_db_open(":memory:", &db, &err) < 0 || kefs_fs_make(&request, 1, &the_fs) < 0)
		abort();
	if (kefs_identities_new(&(struct kefs_identities_parts) { .db = db, .topology = &topology }, &identities, &err) < 0)
		abort();
	(void)kefs_str_copy(the_fs.id, sizeof(the_fs.id), "fs-12345678");
	the_fs.state = KEFS_FS_AVAILABLE;
	if (kefs_st_fs_insert(db, &the_fs, NULL, 2, taken, &err) < 0)
		abort();
}

/* Cuts a line off: its text, NUL-terminated in place. */
static char *cut(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	*text = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}

static void check(const struct kefs_http_reply *reply)
{
	const char *code = json_string_value(json_object_get(reply->body, "ErrorCode"));

	if (reply->status < 200 || reply->status >= 500)
		abort();
	if (reply->status < 300 && !reply->error)
		return;
	if (!reply->error || !code || strcmp(code, reply->error) ||
	    !json_string_value(json_object_get(reply->body, "Message")))
		abort();
}

static void ask(const char *method, const char *path, const char *query, const char *body)
{
	static const struct kefs_http_caller caller = { .account = "000000000000", .arn = "arn:aws:iam::000000000000:root" };
	struct kefs_efs with_db = efs;
	const struct kefs_api api = { .efs = &with_db };
	struct kefs_http_reply reply = { .status = 0 };
	struct kefs_http_note note = { .service = "" };
	struct kefs_route_match match;
	const struct kefs_http_request request = {
		.method = method,
		.path = path,
		.query = query,
		.match = &match,
		.body = body,
		.body_len = strlen(body),
		.caller = &caller,
		.note = &note,
	};
	const struct kefs_efs_op *ops;
	size_t count;

	with_db.db = db;
	with_db.identities = identities;
	ops = kefs_efs_ops(&count);
	for (size_t i = 0; i < count; i++) {
		const struct kefs_route route = { ops[i].method, ops[i].pattern, kefs_efs_handle, &ops[i] };

		if (kefs_route_find(&route, 1, method, path, &match) < 0)
			continue;
		kefs_efs_handle((void *)(uintptr_t)&api, &request, &reply);
		check(&reply);
		kefs_reply_free(&reply);
		json_decref(note.identity);
		json_decref(note.parameters);
		json_decref(note.response);
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
	char *text, *rest, *path, *query;

	if (!db)
		set_up();
	if (!size)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	rest = text;
	path = cut(&rest);
	query = cut(&rest);
	ask(methods[data[0] % 4], path, query, rest);
	free(text);
	return 0;
}
