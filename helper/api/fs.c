// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/efs.h"
#include "api/fs_request.h"
#include "base/json.h"
#include "common/cleanup.h"
#include "common/str.h"
#include "internal.h"
#include "service/mount_targets.h"

/* As the EFS API describes it, with what the kernel knows. */
static json_t *fs_json(const struct kefs_api *api, const struct kefs_fs *fs, const struct kefs_kvolume *volume)
{
	json_t *object = kefs_efs_fs_json(api->efs, fs, NULL);

	if (object && volume) {
		(void)json_object_set_new(object, "Connections", json_integer(volume->conns));
		(void)json_object_set_new(object, "Clients", json_integer(volume->clients));
	}
	return object;
}

static int by_id(const void *a, const void *b)
{
	const struct kefs_kvolume *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* What the kernel says of each volume, by id; nothing if it cannot be asked: the store knows the rest. */
static size_t kernel_volumes(const struct kefs_api *api, struct kefs_kvolume **ret_list)
{
	size_t count = 0;

	if (api->kernel.ops->volume_list(api->kernel.ctx, ret_list, &count, NULL) < 0)
		return 0;
	if (count)
		qsort(*ret_list, count, sizeof(**ret_list), by_id);
	return count;
}

static const struct kefs_kvolume *find_volume(const struct kefs_kvolume *list, size_t count, uint64_t id)
{
	const struct kefs_kvolume wanted = { .id = id };

	return count ? bsearch(&wanted, list, count, sizeof(*list), by_id) : NULL;
}

void kefs_api_fs_create(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	char taken_id[KEFS_ID_SIZE] = "";
	struct kefs_fs_request wanted;
	const struct kefs_fs *fs = NULL;
	struct kefs_err err;
	int rc;

	rc = kefs_fs_request_decode(request->body, request->body_len, &wanted, &err);
	if (rc == 0)
		rc = kefs_volumes_create(api->volumes, &wanted, &fs, taken_id, &err);
	if (rc < 0) {
		/* Only a taken token is a conflict; the same errno from the disk is not. */
		kefs_api_fail(reply, rc == -EEXIST && !*taken_id ? -EIO : rc == -ENOENT || rc == -EBUSY ? -EIO : rc, &err);
		if (rc == -EEXIST && *taken_id)
			kefs_reply_add(reply, "FileSystemId", taken_id);
		return;
	}
	kefs_reply_json(reply, 201, fs ? fs_json(api, fs, NULL) : NULL);
}

void kefs_api_fs_list(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	const struct kefs_fs_list *list = kefs_volumes_list(api->volumes);
	CLEANUP_FREE struct kefs_kvolume *volumes = NULL;
	size_t count = kernel_volumes(api, &volumes);
	bool reads = kefs_db_begin_read(api->efs->db);
	json_t *array = json_array();

	(void)request;
	for (size_t i = 0; i < list->count; i++)
		(void)json_array_append_new(array, fs_json(api, &list->fs[i],
							   find_volume(volumes, count, list->fs[i].volume_id)));
	if (reads)
		kefs_db_end_read(api->efs->db);
	kefs_reply_json(reply, 200, json_pack("{so}", "FileSystems", array));
}

/* The file system that the path names, or NULL and an error reply. */
static const struct kefs_fs *named(const struct kefs_api *api, const struct kefs_http_request *request,
				   struct kefs_http_reply *reply)
{
	const char *id = kefs_id_bare(request->match->params[0], KEFS_FS_PREFIX);
	const struct kefs_fs *fs = id ? kefs_fs_find(kefs_volumes_list(api->volumes), id) : NULL;

	if (!fs)
		kefs_reply_error(reply, 404, "FileSystemNotFound", "File system '%s' does not exist.",
				 request->match->params[0]);
	return fs;
}

void kefs_api_fs_get(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	CLEANUP_FREE struct kefs_kvolume *volumes = NULL;
	size_t count = kernel_volumes(api, &volumes);
	const struct kefs_fs *fs = named(api, request, reply);

	if (fs)
		kefs_reply_json(reply, 200, fs_json(api, fs, find_volume(volumes, count, fs->volume_id)));
}

void kefs_api_fs_delete(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	const struct kefs_fs *fs = named(api, request, reply);
	char text[16];
	struct kefs_err err;
	bool force = false;
	int rc;

	if (!fs)
		return;
	if (kefs_http_query(request, "Force", text, sizeof(text)) < 0 || (*text && kefs_str_bool(text, &force) < 0)) {
		kefs_reply_error(reply, 400, "BadRequest", "Force must be true or false");
		return;
	}
	/* Their addresses go with them: else somebody else's file system would answer there. */
	rc = force ? kefs_mount_targets_delete_all(api->efs, fs->id, &err) : 0;
	if (rc == 0)
		rc = kefs_volumes_delete(api->volumes, fs->id, force, &err);
	if (rc < 0)
		kefs_api_fail(reply, rc, &err);
	else
		kefs_reply_empty(reply, 204);
}

void kefs_api_grace_end(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	const struct kefs_fs *fs = named(api, request, reply);
	struct kefs_err err;
	int rc;

	if (!fs)
		return;
	rc = api->kernel.ops->grace_end(api->kernel.ctx, fs->volume_id, &err);
	if (rc == -ESRCH)
		kefs_reply_error(reply, 409, "IncorrectFileSystemLifeCycleState", "File system '%s' is not in grace.", fs->id);
	else if (rc < 0)
		kefs_api_fail(reply, rc, &err);
	else
		kefs_reply_empty(reply, 204);
}
