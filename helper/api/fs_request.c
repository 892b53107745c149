// SPDX-License-Identifier: GPL-2.0
#include "fs_request.h"

#include <errno.h>

#include "base/json.h"

int kefs_fs_request_decode(const char *body, size_t len, struct kefs_fs_request *ret_request, struct kefs_err *err)
{
	struct kefs_fs_request request = { .name = "" };
	CLEANUP_JSON json_t *json = NULL;
	int rc;

	rc = kefs_json_parse(body, len, &json, err);
	if (rc == 0)
		rc = kefs_json_string(json, "Name", false, request.name, sizeof(request.name), err);
	if (rc == 0)
		rc = kefs_json_string(json, "CreationToken", false, request.token, sizeof(request.token), err);
	if (rc == 0)
		rc = kefs_fs_check_name(request.name, err);
	if (rc == 0 && json_object_get(json, "CreationToken"))
		rc = kefs_fs_check_token(request.token, err);
	if (rc == 0)
		*ret_request = request;
	return rc;
}
