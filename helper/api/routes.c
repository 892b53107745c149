// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "api/efs.h"
#include "api/query.h"
#include "common/id.h"
#include "common/str.h"
#include "internal.h"

#define EFS_PREFIX	"/2015-02-01"
#define ROUTES_MAX	80
#define PATTERN_SIZE	96

/*
 * The order counts: a fixed segment stands before a {…} in the same place. data: what the audit log calls it; NULL: it
 * only looks, and is not written down.
 */
static const struct kefs_route own_routes[] = {
	{ "GET", "/kefs/v1/status", kefs_api_status, NULL },
	{ "GET", "/kefs/v1/stats", kefs_api_stats, NULL },
	{ "GET", "/kefs/v1/connections", kefs_api_connections, NULL },
	{ "GET", "/kefs/v1/clients", kefs_api_clients, NULL },
	{ "POST", "/kefs/v1/file-systems", kefs_api_fs_create, "CreateFileSystem" },
	{ "GET", "/kefs/v1/file-systems", kefs_api_fs_list, NULL },
	{ "GET", "/kefs/v1/file-systems/{id}", kefs_api_fs_get, NULL },
	{ "DELETE", "/kefs/v1/file-systems/{id}", kefs_api_fs_delete, "DeleteFileSystem" },
	{ "DELETE", "/kefs/v1/file-systems/{id}/grace", kefs_api_grace_end, "EndGracePeriod" },
	{ "GET", "/kefs/v1/file-systems/{id}/explanation", kefs_api_explain, NULL },
	{ "GET", "/kefs/v1/admin-key", kefs_api_admin_key, "GetAdminKey" },
	{ "GET", "/kefs/v1/ca", kefs_api_ca, NULL },
	{ "GET", "/kefs/v1/topology", kefs_api_topology, NULL },
};

#define OWN_ROUTES (sizeof(own_routes) / sizeof(own_routes[0]))

/* The own routes first, then a route for each operation of the EFS API, and one for the services that share a path. */
static const struct kefs_route *all_routes(size_t *ret_count)
{
	static char patterns[ROUTES_MAX][PATTERN_SIZE];
	static struct kefs_route routes[ROUTES_MAX];
	static size_t count;
	const struct kefs_efs_op *ops;
	size_t op_count;

	if (!count) {
		memcpy(routes, own_routes, sizeof(own_routes));
		count = OWN_ROUTES;
		ops = kefs_efs_ops(&op_count);
		for (size_t i = 0; i < op_count && count < ROUTES_MAX - 1; i++, count++) {
			(void)kefs_str_format(patterns[i], PATTERN_SIZE, EFS_PREFIX "%s", ops[i].pattern);
			routes[count] = (struct kefs_route) { ops[i].method, patterns[i], kefs_efs_handle, &ops[i] };
		}
		routes[count++] = (struct kefs_route) { "POST", "/", kefs_query_handle, NULL };
	}
	*ret_count = count;
	return routes;
}

const struct kefs_route *kefs_api_local_routes(size_t *ret_count)
{
	return all_routes(ret_count);
}

const struct kefs_route *kefs_api_public_routes(size_t *ret_count)
{
	const struct kefs_route *routes = all_routes(ret_count);

	*ret_count -= OWN_ROUTES;
	return routes + OWN_ROUTES;
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
