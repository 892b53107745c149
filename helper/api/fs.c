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

/* As the EFS API describes it, with what the kernel knows; if it cannot be asked the store's part is enough. */
static json_t *fs_json(const struct kefs_api *api, const struct kefs_fs *fs)
{
	json_t *object = kefs_efs_fs_json(api->efs, fs, NULL);
	CLEANUP_FREE struct kefs_kvolume *volume = NULL;
	size_t count = 0;

	if (object && api->kernel.ops->volume_list(api->kernel.ctx, fs->volume_id, &volume, &count, NULL) == 0 && count) {
		(void)json_object_set_new(object, "Connections", json_integer(volume->conns));
		(void)json_object_set_new(object, "Clients", json_integer(volume->clients));
	}
	return object;
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
	kefs_reply_json(reply, 201, fs ? kefs_efs_fs_json(api->efs, fs, NULL) : NULL);
}

/* The entries of a page; ret_next gets the next one's token, "" if there is none. */
static json_t *list_page(const struct kefs_api *api, const struct kefs_page *page, char *ret_next)
{
	const struct kefs_fs_list *list = kefs_volumes_list(api->volumes);
	bool reads = kefs_db_begin_read(api->efs->db);
	const struct kefs_fs *last = NULL;
	json_t *array = json_array();

	*ret_next = '\0';
	for (size_t i = 0; i < list->count && !*ret_next; i++) {
		const struct kefs_fs *fs = &list->fs[i];

		if (!kefs_page_is_after(page, fs->created_ms, fs->id))
			continue;
		if (last && json_array_size(array) >= page->limit) {
			kefs_page_token('f', last->created_ms, last->id, ret_next);
		} else {
			(void)json_array_append_new(array, fs_json(api, fs));
			last = fs;
		}
	}
	if (reads)
		kefs_db_end_read(api->efs->db);
	return array;
}

void kefs_api_fs_list(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	char token[KEFS_PAGE_TOKEN_SIZE], next[KEFS_PAGE_TOKEN_SIZE];
	const struct kefs_api *api = ctx;
	struct kefs_page page;
	struct kefs_err err;
	json_t *array;

	if (kefs_http_query(request, "Marker", token, sizeof(token)) < 0 || kefs_page_start('f', token, 0, &page, &err) < 0) {
		kefs_reply_error(reply, 400, "BadRequest", "Invalid Marker");
		return;
	}
	array = list_page(api, &page, next);
	kefs_reply_json(reply, 200, *next ? json_pack("{so ss}", "FileSystems", array, "NextMarker", next) :
					    json_pack("{so}", "FileSystems", array));
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
	const struct kefs_fs *fs = named(api, request, reply);

	if (fs)
		kefs_reply_json(reply, 200, fs_json(api, fs));
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
