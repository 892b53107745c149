// SPDX-License-Identifier: GPL-2.0
#include "efs.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "common/log.h"
#include "common/str.h"
#include "internal.h"
#include "store/db.h"

/* Where a fixed segment and a {…} compete the fixed one stands first. */
static const struct kefs_efs_op ops[] = {
	{ "CreateFileSystem", "POST", "/file-systems", 201, kefs_shape_create_file_system, kefs_efs_create_file_system },
	{ "DescribeFileSystems", "GET", "/file-systems", 200, kefs_shape_describe_file_systems,
	  kefs_efs_describe_file_systems },
	{ "DescribeReplicationConfigurations", "GET", "/file-systems/replication-configurations", 200,
	  kefs_shape_describe_replications, kefs_efs_describe_replications },
	{ "UpdateFileSystem", "PUT", "/file-systems/{id}", 202, kefs_shape_update_file_system, kefs_efs_update_file_system },
	{ "DeleteFileSystem", "DELETE", "/file-systems/{id}", 204, kefs_shape_file_system, kefs_efs_delete_file_system },
	{ "UpdateFileSystemProtection", "PUT", "/file-systems/{id}/protection", 200, kefs_shape_update_protection,
	  kefs_efs_update_protection },
	{ "PutFileSystemPolicy", "PUT", "/file-systems/{id}/policy", 200, kefs_shape_put_policy, kefs_efs_put_policy },
	{ "DescribeFileSystemPolicy", "GET", "/file-systems/{id}/policy", 200, kefs_shape_file_system,
	  kefs_efs_describe_policy },
	{ "DeleteFileSystemPolicy", "DELETE", "/file-systems/{id}/policy", 200, kefs_shape_file_system,
	  kefs_efs_delete_policy },
	{ "PutLifecycleConfiguration", "PUT", "/file-systems/{id}/lifecycle-configuration", 200, kefs_shape_put_lifecycle,
	  kefs_efs_put_lifecycle },
	{ "DescribeLifecycleConfiguration", "GET", "/file-systems/{id}/lifecycle-configuration", 200,
	  kefs_shape_file_system, kefs_efs_describe_lifecycle },
	{ "PutBackupPolicy", "PUT", "/file-systems/{id}/backup-policy", 200, kefs_shape_put_backup, kefs_efs_put_backup },
	{ "DescribeBackupPolicy", "GET", "/file-systems/{id}/backup-policy", 200, kefs_shape_file_system,
	  kefs_efs_describe_backup },
	{ "CreateReplicationConfiguration", "POST", "/file-systems/{id}/replication-configuration", 200,
	  kefs_shape_create_replication, kefs_efs_create_replication },
	{ "DeleteReplicationConfiguration", "DELETE", "/file-systems/{id}/replication-configuration", 204,
	  kefs_shape_delete_replication, kefs_efs_delete_replication },
	{ "CreateMountTarget", "POST", "/mount-targets", 200, kefs_shape_create_mount_target, kefs_efs_create_mount_target },
	{ "DescribeMountTargets", "GET", "/mount-targets", 200, kefs_shape_describe_mount_targets,
	  kefs_efs_describe_mount_targets },
	{ "DeleteMountTarget", "DELETE", "/mount-targets/{id}", 204, kefs_shape_mount_target, kefs_efs_delete_mount_target },
	{ "DescribeMountTargetSecurityGroups", "GET", "/mount-targets/{id}/security-groups", 200, kefs_shape_mount_target,
	  kefs_efs_describe_groups },
	{ "ModifyMountTargetSecurityGroups", "PUT", "/mount-targets/{id}/security-groups", 204, kefs_shape_modify_groups,
	  kefs_efs_modify_groups },
	{ "CreateAccessPoint", "POST", "/access-points", 200, kefs_shape_create_access_point, kefs_efs_create_access_point },
	{ "DescribeAccessPoints", "GET", "/access-points", 200, kefs_shape_describe_access_points,
	  kefs_efs_describe_access_points },
	{ "DeleteAccessPoint", "DELETE", "/access-points/{id}", 204, kefs_shape_access_point, kefs_efs_delete_access_point },
	{ "TagResource", "POST", "/resource-tags/{id}", 200, kefs_shape_tag_resource, kefs_efs_tag_resource },
	{ "UntagResource", "DELETE", "/resource-tags/{id}", 200, kefs_shape_untag_resource, kefs_efs_untag_resource },
	{ "ListTagsForResource", "GET", "/resource-tags/{id}", 200, kefs_shape_list_tags, kefs_efs_list_tags },
	{ "PutAccountPreferences", "PUT", "/account-preferences", 200, kefs_shape_put_preferences,
	  kefs_efs_put_preferences },
	{ "DescribeAccountPreferences", "GET", "/account-preferences", 200, kefs_shape_describe_preferences,
	  kefs_efs_describe_preferences },
	{ "CreateTags", "POST", "/create-tags/{id}", 204, kefs_shape_create_tags, kefs_efs_create_tags },
	{ "DeleteTags", "POST", "/delete-tags/{id}", 204, kefs_shape_delete_tags, kefs_efs_delete_tags },
	{ "DescribeTags", "GET", "/tags/{id}/", 200, kefs_shape_describe_tags, kefs_efs_describe_tags },
	/* Without the slash at the end, too. */
	{ "DescribeTags", "GET", "/tags/{id}", 200, kefs_shape_describe_tags, kefs_efs_describe_tags },
};

const struct kefs_efs_op *kefs_efs_ops(size_t *ret_count)
{
	*ret_count = sizeof(ops) / sizeof(ops[0]);
	return ops;
}

/* A fault's own text is for the caller; what went wrong inside is for the log. */
static void fail(const struct kefs_efs_call *call, const struct kefs_efs_op *op, int rc, struct kefs_http_reply *reply)
{
	const struct kefs_fault_info *info = kefs_fault_info(rc);

	if (rc > -KEFS_E_FIRST) {
		log_err("%s: %s", op->name, call->err.text);
		kefs_reply_error(reply, info->status, info->code, "The service has failed inside; its log says how");
		return;
	}
	kefs_reply_error(reply, info->status, info->code, "%s", call->err.text);
	if (*call->extra_value)
		kefs_reply_add(reply, call->extra, call->extra_value);
}

/* Who asks, what, and whether he may; then does it. */
static int run(struct kefs_efs_call *call, const struct kefs_efs_op *op, const struct kefs_http_request *request,
	       struct kefs_who *who, json_t **ret_in)
{
	int rc = kefs_identities_recall(call->efs->identities, request->caller->access_key, kefs_efs_now_ms() / 1000, who,
					&call->err);

	kefs_api_note(request, "elasticfilesystem", op->name, rc == 0 ? who : NULL);
	if (rc == 0)
		rc = kefs_efs_input(op->shape, request, ret_in, &call->err);
	call->in = *ret_in;
	request->note->parameters = json_incref(*ret_in);
	if (rc == 0)
		rc = kefs_efs_authorize(call, op->name);
	return rc < 0 ? rc : op->run(call);
}

void kefs_efs_handle(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_efs_op *op = request->match->route->data;
	const struct kefs_api *api = ctx;
	struct kefs_who who;
	struct kefs_efs_call call = { .api = api, .efs = api->efs, .who = &who, .caller = request->caller };
	bool reads = !strcmp(op->method, "GET") && kefs_db_begin_read(api->efs->db);
	CLEANUP_JSON json_t *in = NULL;
	int rc = run(&call, op, request, &who, &in);

	if (reads)
		kefs_db_end_read(api->efs->db);
	if (rc < 0) {
		json_decref(call.out);
		fail(&call, op, rc, reply);
	} else if (call.out) {
		request->note->response = json_incref(call.out);
		kefs_reply_json(reply, op->status, call.out);
	} else {
		kefs_reply_empty(reply, op->status);
	}
}

int kefs_efs_page(struct kefs_efs_call *call, char kind, bool marker, struct kefs_page *ret_page)
{
	return kefs_page_start(kind, kefs_in_string(call->in, marker ? "Marker" : "NextToken"),
			       (uint64_t)kefs_in_integer(call->in, marker ? "MaxItems" : "MaxResults"), ret_page, &call->err);
}

int kefs_efs_out(struct kefs_efs_call *call, json_t *out)
{
	if (!out)
		return kefs_err_sys(&call->err, -ENOMEM, "writing the answer");
	json_decref(call->out);
	call->out = out;
	return 0;
}

int kefs_efs_list(struct kefs_efs_call *call, const char *name, json_t *list, char kind, bool marker,
		  const struct kefs_efs_next *next)
{
	const char *given = kefs_in_string(call->in, "Marker");
	char token[KEFS_PAGE_TOKEN_SIZE];
	int rc = kefs_efs_out(call, json_pack("{so}", name, list));

	if (rc < 0)
		return rc;
	if (marker && *given)
		(void)json_object_set_new(call->out, "Marker", json_string(given));
	if (!next->more)
		return 0;
	kefs_page_token(kind, next->ms, next->id, token);
	return json_object_set_new(call->out, marker ? "NextMarker" : "NextToken", json_string(token)) < 0 ?
		       kefs_err_sys(&call->err, -ENOMEM, "writing the answer") : 0;
}

double kefs_efs_seconds(int64_t ms)
{
	return (double)ms / 1000;
}
