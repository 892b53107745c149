// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "common/id.h"
#include "internal.h"

/* The order counts: a fixed segment stands before a {…} in the same place. */
static const struct kefs_route routes[] = {
	{ "GET", "/kefs/v1/status", kefs_api_status },
	{ "GET", "/kefs/v1/stats", kefs_api_stats },
	{ "GET", "/kefs/v1/connections", kefs_api_connections },
	{ "GET", "/kefs/v1/clients", kefs_api_clients },
	{ "POST", "/kefs/v1/file-systems", kefs_api_fs_create },
	{ "GET", "/kefs/v1/file-systems", kefs_api_fs_list },
	{ "GET", "/kefs/v1/file-systems/{id}", kefs_api_fs_get },
	{ "DELETE", "/kefs/v1/file-systems/{id}", kefs_api_fs_delete },
	{ "DELETE", "/kefs/v1/file-systems/{id}/grace", kefs_api_grace_end },
};

const struct kefs_route *kefs_api_routes(size_t *ret_count)
{
	*ret_count = sizeof(routes) / sizeof(routes[0]);
	return routes;
}

/* The service's codes and statuses (EFS API reference, "Common errors" and each operation's). */
static const struct {
	int code;
	unsigned int status;
	const char *name;
} failures[] = {
	{ -EINVAL, 400, "BadRequest" },
	{ -ENOENT, 404, "FileSystemNotFound" },
	{ -EEXIST, 409, "FileSystemAlreadyExists" },
	{ -EBUSY, 409, "FileSystemInUse" },
	{ -EALREADY, 409, "IncorrectFileSystemLifeCycleState" },
	{ -EDQUOT, 403, "FileSystemLimitExceeded" },
};

void kefs_api_fail(struct kefs_http_reply *reply, int code, const struct kefs_err *err)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].code == code) {
			kefs_reply_error(reply, failures[i].status, failures[i].name, "%s", err->text);
			return;
		}
	}
	kefs_reply_error(reply, 500, "InternalServerError", "%s", err->text);
}

int kefs_api_query_volume(const struct kefs_api *api, const struct kefs_http_request *request, uint64_t *ret_volume,
			  struct kefs_http_reply *reply)
{
	char text[KEFS_ROUTE_PARAM_SIZE];
	const struct kefs_fs *fs;
	const char *id;

	if (kefs_http_query(request, "FileSystemId", text, sizeof(text)) < 0) {
		kefs_reply_error(reply, 400, "BadRequest", "FileSystemId is not valid");
		return -EINVAL;
	}
	if (!*text) {
		*ret_volume = 0;
		return 0;
	}
	id = kefs_id_bare(text, KEFS_FS_PREFIX);
	fs = id ? kefs_fs_find(kefs_volumes_list(api->volumes), id) : NULL;
	if (!fs) {
		kefs_reply_error(reply, 404, "FileSystemNotFound", "File system '%s' does not exist.", text);
		return -ENOENT;
	}
	*ret_volume = fs->volume_id;
	return 0;
}
