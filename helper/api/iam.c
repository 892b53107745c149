// SPDX-License-Identifier: GPL-2.0
/* IAM: the operations, and what they share. */
#include "iam.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "iam_managed.h"
#include "store/st_tag.h"

#define MAX_ITEMS 1000
#define ITEMS 100
#define AWS_MARK '/'	/* ends the marker of a page whose last one is a policy of AWS's: names do not have it */

enum kefs_identity_kind kefs_iam_kind(const char *name)
{
	return *name == 'u' ? KEFS_IDENTITY_USER : *name == 'g' ? KEFS_IDENTITY_GROUP : KEFS_IDENTITY_ROLE;
}

int kefs_iam_missing(struct kefs_query_call *call, const char *what, const char *name)
{
	return kefs_err_set(&call->err, -KEFS_E_NO_SUCH_ENTITY, "The %s with name %.128s cannot be found.", what, name);
}

static int find(struct kefs_query_call *call, enum kefs_identity_kind kind, const char *name,
		struct kefs_identity *ret_identity)
{
	int rc = kefs_st_identity_get(call->efs->db, kind, name, ret_identity, &call->err);

	return rc == -ENOENT ? kefs_iam_missing(call, kefs_identity_kind_name(kind), name) : rc;
}

int kefs_iam_find(struct kefs_query_call *call, enum kefs_identity_kind kind, const char *param,
		  struct kefs_identity *ret_identity)
{
	const char *name;
	int rc = kefs_query_required(call, param, &name);

	return rc < 0 ? rc : find(call, kind, name, ret_identity);
}

int kefs_iam_subject(struct kefs_query_call *call, struct kefs_identity *ret_identity)
{
	enum kefs_identity_kind kind = kefs_iam_kind(call->op->kind);
	const struct kefs_principal *principal = &call->who->caller.principal;

	if (kind == KEFS_IDENTITY_USER && !kefs_form_get(call->form, "UserName")) {
		if (principal->type == KEFS_PRINCIPAL_USER)
			return find(call, kind, principal->name, ret_identity);
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION, "Must specify userName when calling with non-User credentials");
	}
	return kefs_iam_find(call, kind, call->op->param, ret_identity);
}

int kefs_iam_name(struct kefs_query_call *call, const char *param, size_t max, const char **ret_name)
{
	int rc = kefs_query_required(call, param, ret_name);

	if (rc < 0 || kefs_iam_name_valid(*ret_name, max))
		return rc;
	return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION,
			    "The specified value for %c%s is invalid. It must contain 1 to %zu alphanumeric characters and/or the "
			    "following: +=,.@_-", param[0] | 0x20, param + 1, max);
}

int kefs_iam_path(struct kefs_query_call *call, const char *param, const char **ret_path)
{
	const char *path = kefs_form_get(call->form, "%s", param);

	*ret_path = path ? path : "/";
	if (kefs_iam_path_valid(*ret_path))
		return 0;
	return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION,
			    "The specified value for %c%s is invalid. It must begin and end with / and contain only alphanumeric "
			    "characters and/or the following: /+=,.@_-", param[0] | 0x20, param + 1);
}

int kefs_iam_description(struct kefs_query_call *call, const char **ret_text)
{
	const char *text = kefs_form_get(call->form, "Description");

	*ret_text = text ? text : "";
	if (strlen(*ret_text) <= 1000)
		return 0;
	return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION, "1 validation error detected: Value at 'description' failed to "
			    "satisfy constraint: Member must have length less than or equal to 1000");
}

int kefs_iam_pager_begin(struct kefs_query_call *call, struct kefs_iam_pager *ret_pager)
{
	const char *marker = kefs_form_get(call->form, "Marker");
	size_t len = marker ? strlen(marker) : 0;

	*ret_pager = (struct kefs_iam_pager) { .after_aws = len && marker[len - 1] == AWS_MARK };
	if (marker && (kefs_str_format(ret_pager->after, sizeof(ret_pager->after), "%.*s", (int)len - ret_pager->after_aws,
				       marker) < 0 || !kefs_iam_name_valid(ret_pager->after, KEFS_IAM_NAME_SIZE - 1)))
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION, "Invalid Marker");
	return kefs_query_number(call, "MaxItems", 1, MAX_ITEMS, ITEMS, &ret_pager->max);
}

/* As the store orders them; inline policies may differ in nothing but case. */
static bool is_behind(const struct kefs_iam_pager *pager, const char *name, bool aws)
{
	int order = strcasecmp(name, pager->after);

	if (order == 0)
		order = aws - pager->after_aws;
	return order ? order > 0 : strcmp(name, pager->after) > 0;
}

bool kefs_iam_pager_take(struct kefs_iam_pager *pager, const char *name, bool aws)
{
	if (pager->more || !is_behind(pager, name, aws))
		return false;
	if (pager->shown == pager->max) {
		pager->more = true;
		return false;
	}
	pager->shown++;
	pager->last_aws = aws;
	(void)kefs_str_copy(pager->last, sizeof(pager->last), name);
	return true;
}

void kefs_iam_pager_end(struct kefs_query_call *call, const struct kefs_iam_pager *pager)
{
	const char mark[] = { AWS_MARK, '\0' };

	kefs_xml_bool(&call->xml, "IsTruncated", pager->more);
	if (pager->more)
		kefs_xml_format(&call->xml, "Marker", "%s%s", pager->last, pager->last_aws ? mark : "");
}

/* --- tags --- */

int kefs_iam_read_tags(struct kefs_query_call *call, struct kefs_tags *ret_tags)
{
	int rc = kefs_query_tags(call, KEFS_IAM_TAGS, ret_tags);

	if (rc < 0)
		return rc;
	rc = kefs_tags_check(ret_tags, &call->err);
	if (rc < 0)
		kefs_tags_free(ret_tags);
	return rc == -KEFS_E_BAD_REQUEST ? -KEFS_E_IAM_INPUT : rc;
}

int kefs_iam_store_tags(struct kefs_query_call *call, const char *id, const struct kefs_tags *tags)
{
	int rc = tags->count ? kefs_st_tags_set(call->efs->db, id, tags, &call->err) : 0;

	return rc == -EDQUOT ? -KEFS_E_LIMIT_EXCEEDED : rc;
}

int kefs_iam_write_tags(struct kefs_query_call *call, const char *id)
{
	struct kefs_tags tags;
	int rc = kefs_st_tag_list(call->efs->db, id, 0, KEFS_TAG_MAX, &tags, &call->err);

	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, "Tags");
	for (size_t i = 0; i < tags.count; i++) {
		kefs_xml_open(&call->xml, "member");
		kefs_xml_text(&call->xml, "Key", tags.tags[i].key);
		kefs_xml_text(&call->xml, "Value", tags.tags[i].value);
		kefs_xml_close(&call->xml, "member");
	}
	kefs_xml_close(&call->xml, "Tags");
	kefs_tags_free(&tags);
	return 0;
}

/* The id of the policy that has the tags, or is to have others. */
static int find_policy(struct kefs_query_call *call, bool change, char ret_id[KEFS_IAM_ID_SIZE])
{
	struct kefs_iam_managed policy;
	int rc = change ? kefs_iam_managed_find_own(call, &policy) : kefs_iam_managed_find(call, &policy);

	if (rc == 0)
		(void)kefs_str_copy(ret_id, KEFS_IAM_ID_SIZE, policy.aws ? "" : policy.own.id);
	return rc;
}

/* The same of whatever the operation is about. */
static int find_tagged(struct kefs_query_call *call, bool change, char ret_id[KEFS_IAM_ID_SIZE])
{
	struct kefs_identity identity;
	int rc;

	if (!strcmp(call->op->kind, "policy"))
		return find_policy(call, change, ret_id);
	rc = kefs_iam_subject(call, &identity);
	if (rc == 0)
		(void)kefs_str_copy(ret_id, KEFS_IAM_ID_SIZE, identity.id);
	return rc;
}

int kefs_iam_tag(struct kefs_query_call *call)
{
	char id[KEFS_IAM_ID_SIZE];
	struct kefs_tags tags;
	int rc = find_tagged(call, true, id);

	if (rc == 0)
		rc = kefs_iam_read_tags(call, &tags);
	if (rc < 0)
		return rc;
	rc = kefs_iam_store_tags(call, id, &tags);
	kefs_tags_free(&tags);
	return rc;
}

int kefs_iam_untag(struct kefs_query_call *call)
{
	const char *keys[KEFS_TAG_MAX + 1];
	size_t count = kefs_query_list(call, KEFS_IAM_TAG_KEYS, keys, KEFS_TAG_MAX + 1);
	char id[KEFS_IAM_ID_SIZE];
	int rc = find_tagged(call, true, id);

	if (rc < 0)
		return rc;
	if (count > KEFS_TAG_MAX)
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION, "1 validation error detected: Value at 'tagKeys' failed to "
				    "satisfy constraint: Member must have length less than or equal to %d", KEFS_TAG_MAX);
	return kefs_st_tags_remove(call->efs->db, id, keys, count, &call->err);
}

int kefs_iam_list_tags(struct kefs_query_call *call)
{
	char id[KEFS_IAM_ID_SIZE];
	int rc = find_tagged(call, false, id);

	if (rc == 0)
		rc = kefs_iam_write_tags(call, id);
	if (rc == 0)
		kefs_xml_bool(&call->xml, "IsTruncated", false);
	return rc;
}

/* --- the table --- */

/* A limit that is not there: who asks for it must not get somebody without one. */
static const char *const no_boundary[] = { "PermissionsBoundary", NULL };

#define ROW(op, fn, k, p, may)	.name = op, .run = fn, .kind = k, .param = p, .authorize = may
#define LIST(op, fn)		{ .name = op, .run = fn }
#define READ(op, fn, k, p)	{ ROW(op, fn, k, p, kefs_iam_authorize) }
#define MAKE(op, fn, k, p)	{ ROW(op, fn, k, p, kefs_iam_authorize), .changes = true }
#define DO(op, fn, k, p)	{ ROW(op, fn, k, p, kefs_iam_authorize), .changes = true, .bare = true }
#define TAG(op, k, p)		{ ROW(op, kefs_iam_tag, k, p, kefs_iam_authorize_tag), .changes = true, .bare = true }
#define UNTAG(op, k, p)		{ ROW(op, kefs_iam_untag, k, p, kefs_iam_authorize_untag), .changes = true, .bare = true }
#define NEW(op, fn, k, p)	{ ROW(op, fn, k, p, kefs_iam_authorize_new), .changes = true, .refused = no_boundary }
#define RENAME(op, fn, k, p)	{ ROW(op, fn, k, p, kefs_iam_authorize_rename), .changes = true, .bare = true }
#define ATTACH(op, fn, k, p)	{ ROW(op, fn, k, p, kefs_iam_authorize_attach), .changes = true, .bare = true }

static const struct kefs_query_op ops[] = {
	NEW("CreateUser", kefs_iam_create_user, "user", "UserName"),
	READ("GetUser", kefs_iam_get, "user", "UserName"),
	LIST("ListUsers", kefs_iam_list_users),
	RENAME("UpdateUser", kefs_iam_rename, "user", "UserName"),
	DO("DeleteUser", kefs_iam_delete, "user", "UserName"),
	TAG("TagUser", "user", "UserName"),
	UNTAG("UntagUser", "user", "UserName"),
	READ("ListUserTags", kefs_iam_list_tags, "user", "UserName"),
	NEW("CreateGroup", kefs_iam_create_group, "group", "GroupName"),
	READ("GetGroup", kefs_iam_get_group, "group", "GroupName"),
	LIST("ListGroups", kefs_iam_list_groups),
	READ("ListGroupsForUser", kefs_iam_list_groups_for_user, "user", "UserName"),
	RENAME("UpdateGroup", kefs_iam_rename, "group", "GroupName"),
	DO("DeleteGroup", kefs_iam_delete, "group", "GroupName"),
	DO("AddUserToGroup", kefs_iam_add_user, "group", "GroupName"),
	DO("RemoveUserFromGroup", kefs_iam_remove_user, "group", "GroupName"),
	NEW("CreateRole", kefs_iam_create_role, "role", "RoleName"),
	READ("GetRole", kefs_iam_get, "role", "RoleName"),
	LIST("ListRoles", kefs_iam_list_roles),
	READ("ListInstanceProfilesForRole", kefs_iam_list_profiles, "role", "RoleName"),
	MAKE("UpdateRole", kefs_iam_update_role, "role", "RoleName"),
	DO("UpdateAssumeRolePolicy", kefs_iam_update_trust, "role", "RoleName"),
	DO("DeleteRole", kefs_iam_delete, "role", "RoleName"),
	TAG("TagRole", "role", "RoleName"),
	UNTAG("UntagRole", "role", "RoleName"),
	READ("ListRoleTags", kefs_iam_list_tags, "role", "RoleName"),
	MAKE("CreateAccessKey", kefs_iam_create_key, "user", "UserName"),
	READ("ListAccessKeys", kefs_iam_list_keys, "user", "UserName"),
	DO("UpdateAccessKey", kefs_iam_update_key, "user", "UserName"),
	DO("DeleteAccessKey", kefs_iam_delete_key, "user", "UserName"),
	DO("PutUserPolicy", kefs_iam_put_inline, "user", "UserName"),
	READ("GetUserPolicy", kefs_iam_get_inline, "user", "UserName"),
	DO("DeleteUserPolicy", kefs_iam_delete_inline, "user", "UserName"),
	READ("ListUserPolicies", kefs_iam_list_inline, "user", "UserName"),
	DO("PutGroupPolicy", kefs_iam_put_inline, "group", "GroupName"),
	READ("GetGroupPolicy", kefs_iam_get_inline, "group", "GroupName"),
	DO("DeleteGroupPolicy", kefs_iam_delete_inline, "group", "GroupName"),
	READ("ListGroupPolicies", kefs_iam_list_inline, "group", "GroupName"),
	DO("PutRolePolicy", kefs_iam_put_inline, "role", "RoleName"),
	READ("GetRolePolicy", kefs_iam_get_inline, "role", "RoleName"),
	DO("DeleteRolePolicy", kefs_iam_delete_inline, "role", "RoleName"),
	READ("ListRolePolicies", kefs_iam_list_inline, "role", "RoleName"),
	ATTACH("AttachUserPolicy", kefs_iam_attach, "user", "UserName"),
	ATTACH("DetachUserPolicy", kefs_iam_detach, "user", "UserName"),
	READ("ListAttachedUserPolicies", kefs_iam_list_attached, "user", "UserName"),
	ATTACH("AttachGroupPolicy", kefs_iam_attach, "group", "GroupName"),
	ATTACH("DetachGroupPolicy", kefs_iam_detach, "group", "GroupName"),
	READ("ListAttachedGroupPolicies", kefs_iam_list_attached, "group", "GroupName"),
	ATTACH("AttachRolePolicy", kefs_iam_attach, "role", "RoleName"),
	ATTACH("DetachRolePolicy", kefs_iam_detach, "role", "RoleName"),
	READ("ListAttachedRolePolicies", kefs_iam_list_attached, "role", "RoleName"),
	NEW("CreatePolicy", kefs_iam_create_policy, "policy", "PolicyName"),
	READ("GetPolicy", kefs_iam_get_policy, "policy", "PolicyArn"),
	LIST("ListPolicies", kefs_iam_list_policies),
	TAG("TagPolicy", "policy", "PolicyArn"),
	UNTAG("UntagPolicy", "policy", "PolicyArn"),
	READ("ListPolicyTags", kefs_iam_list_tags, "policy", "PolicyArn"),
	DO("DeletePolicy", kefs_iam_delete_policy, "policy", "PolicyArn"),
	MAKE("CreatePolicyVersion", kefs_iam_create_version, "policy", "PolicyArn"),
	READ("GetPolicyVersion", kefs_iam_get_version, "policy", "PolicyArn"),
	READ("ListPolicyVersions", kefs_iam_list_versions, "policy", "PolicyArn"),
	DO("SetDefaultPolicyVersion", kefs_iam_set_default_version, "policy", "PolicyArn"),
	DO("DeletePolicyVersion", kefs_iam_delete_version, "policy", "PolicyArn"),
};

const struct kefs_query_op *kefs_iam_ops(size_t *ret_count)
{
	*ret_count = sizeof(ops) / sizeof(ops[0]);
	return ops;
}
