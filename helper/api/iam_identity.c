// SPDX-License-Identifier: GPL-2.0
/* Users, groups and roles. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "iam.h"

#define USERS_MAX	5000
#define GROUPS_MAX	300
#define ROLES_MAX	1000
#define TRUST_CHARS	2048
#define MEMBER_OF_MAX	10

/* "User", "Group", "Role": elements, and beginnings of their members' names. */
static const char *const elements[] = { "User", "Group", "Role" };

static void write_members(struct kefs_query_call *call, const struct kefs_identity *identity)
{
	const char *element = elements[identity->kind];
	char arn[KEFS_IAM_ARN_SIZE], name[16];

	kefs_identities_arn(call->efs->identities, identity, arn);
	kefs_xml_text(&call->xml, "Path", identity->path);
	(void)kefs_str_format(name, sizeof(name), "%sName", element);
	kefs_xml_text(&call->xml, name, identity->name);
	(void)kefs_str_format(name, sizeof(name), "%sId", element);
	kefs_xml_text(&call->xml, name, identity->id);
	kefs_xml_text(&call->xml, "Arn", arn);
	kefs_xml_time(&call->xml, "CreateDate", identity->created_ms);
}

/* Of a role also what it trusts. 0 or -errno. */
static int write_identity(struct kefs_query_call *call, const char *element, const struct kefs_identity *identity,
			  bool tags)
{
	CLEANUP_FREE char *trust = NULL;
	int rc = 0;

	if (identity->kind == KEFS_IDENTITY_ROLE)
		rc = kefs_st_identity_trust(call->efs->db, identity->id, &trust, &call->err);
	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, element);
	write_members(call, identity);
	if (trust) {
		kefs_xml_encoded(&call->xml, "AssumeRolePolicyDocument", trust);
		if (*identity->description)
			kefs_xml_text(&call->xml, "Description", identity->description);
		kefs_xml_format(&call->xml, "MaxSessionDuration", "%u", identity->session_sec);
	}
	if (tags)
		rc = kefs_iam_write_tags(call, identity->id);
	kefs_xml_close(&call->xml, element);
	return rc;
}

/* --- making one --- */

static int insert(struct kefs_query_call *call, const struct kefs_identity *identity, const char *trust)
{
	static const int64_t limits[] = { USERS_MAX, GROUPS_MAX, ROLES_MAX };
	const char *element = elements[identity->kind];
	int rc = kefs_st_identity_insert(call->efs->db, identity, trust, limits[identity->kind], &call->err);

	if (rc == -EEXIST)
		return kefs_err_set(&call->err, -KEFS_E_ENTITY_EXISTS, "%s with name %s already exists.", element, identity->name);
	if (rc == -EDQUOT)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "Cannot exceed quota for %ssPerAccount: %lld", element,
				    (long long)limits[identity->kind]);
	return rc;
}

/* Name and path for a new one of the kind. */
static int begin(struct kefs_query_call *call, enum kefs_identity_kind kind, struct kefs_identity *ret_identity)
{
	const char *name, *path;
	int rc = kefs_iam_name(call, call->op->param, kind == KEFS_IDENTITY_GROUP ? 128 : 64, &name);

	if (rc == 0)
		rc = kefs_iam_path(call, "Path", &path);
	if (rc < 0)
		return rc;
	rc = kefs_identity_make(kind, kefs_efs_now_ms(), ret_identity);
	if (rc < 0)
		return kefs_err_sys(&call->err, rc, "drawing an id");
	(void)kefs_str_copy(ret_identity->name, sizeof(ret_identity->name), name);
	(void)kefs_str_copy(ret_identity->path, sizeof(ret_identity->path), path);
	return 0;
}

/* Stores it with its tags and, of a role, its trust policy and whom that means, in one change; and writes it. */
static int finish(struct kefs_query_call *call, const struct kefs_identity *identity, const char *trust,
		  const struct kefs_policy *policy)
{
	struct kefs_tags tags;
	struct kefs_db *db = call->efs->db;
	int rc = kefs_iam_read_tags(call, &tags);

	if (rc < 0)
		return rc;
	rc = kefs_db_begin(db, &call->err);
	if (rc == 0) {
		rc = insert(call, identity, trust);
		if (rc == 0)
			rc = kefs_iam_store_tags(call, identity->id, &tags);
		/* Until this is stored the role's principals mean nobody. */
		if (rc == 0 && policy)
			rc = kefs_identities_store_principals(db, identity->id, policy, &call->err);
		rc = kefs_db_end(db, rc, &call->err);
	}
	kefs_tags_free(&tags);
	if (rc == 0)
		log_info("%s %s is created by %s", kefs_identity_kind_name(identity->kind), identity->name,
			 call->who->caller.arn);
	return rc < 0 ? rc : write_identity(call, elements[identity->kind], identity, identity->kind != KEFS_IDENTITY_GROUP);
}

int kefs_iam_create_user(struct kefs_query_call *call)
{
	struct kefs_identity user;
	int rc = begin(call, KEFS_IDENTITY_USER, &user);

	return rc < 0 ? rc : finish(call, &user, "", NULL);
}

int kefs_iam_create_group(struct kefs_query_call *call)
{
	struct kefs_identity group;
	int rc = begin(call, KEFS_IDENTITY_GROUP, &group);

	return rc < 0 ? rc : finish(call, &group, "", NULL);
}

/* A trust policy, compiled, to be freed: 0 or MalformedPolicyDocument. */
static int parse_trust(struct kefs_query_call *call, const char *text, struct kefs_policy **ret_policy)
{
	const struct kefs_policy_rules rules = {
		.kind = KEFS_POLICY_TRUST, .name = "the trust policy", .chars_max = TRUST_CHARS,
		.resolve = kefs_identities_resolve, .ctx = call->efs->identities,
	};
	int rc = kefs_policy_parse(text, strlen(text), &rules, ret_policy, &call->err);

	if (rc == -E2BIG)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "Cannot exceed quota for ACLSizePerRole: %d", TRUST_CHARS);
	return rc == -EINVAL ? -KEFS_E_MALFORMED_POLICY : rc;
}

/* Stores a trust policy and whom it means, in one transaction. */
static int store_trust(struct kefs_query_call *call, const char *id, const char *text,
		       const struct kefs_policy *policy)
{
	struct kefs_db *db = call->efs->db;
	int rc = kefs_db_begin(db, &call->err);

	if (rc < 0)
		return rc;
	rc = kefs_st_identity_set_trust(db, id, text, &call->err);
	if (rc == 0)
		rc = kefs_identities_store_principals(db, id, policy, &call->err);
	return kefs_db_end(db, rc, &call->err);
}

static int session_length(struct kefs_query_call *call, uint32_t preset, uint32_t *ret_seconds)
{
	uint64_t seconds;
	int rc = kefs_query_number(call, "MaxSessionDuration", 3600, KEFS_SESSION_SEC_MAX, preset, &seconds);

	*ret_seconds = (uint32_t)seconds;
	return rc;
}

int kefs_iam_create_role(struct kefs_query_call *call)
{
	const char *trust, *description;
	struct kefs_policy *policy = NULL;
	struct kefs_identity role;
	int rc = begin(call, KEFS_IDENTITY_ROLE, &role);

	if (rc == 0)
		rc = kefs_query_required(call, "AssumeRolePolicyDocument", &trust);
	if (rc == 0)
		rc = kefs_iam_description(call, &description);
	if (rc == 0)
		rc = session_length(call, KEFS_SESSION_SEC_DEFAULT, &role.session_sec);
	if (rc == 0)
		rc = parse_trust(call, trust, &policy);
	if (rc == 0) {
		(void)kefs_str_copy(role.description, sizeof(role.description), description);
		rc = finish(call, &role, trust, policy);
	}
	kefs_policy_free(policy);
	return rc;
}

int kefs_iam_update_trust(struct kefs_query_call *call)
{
	struct kefs_policy *policy = NULL;
	struct kefs_identity role;
	const char *trust;
	int rc = kefs_iam_subject(call, &role);

	if (rc == 0)
		rc = kefs_query_required(call, "PolicyDocument", &trust);
	if (rc == 0)
		rc = parse_trust(call, trust, &policy);
	if (rc == 0)
		rc = store_trust(call, role.id, trust, policy);
	kefs_policy_free(policy);
	return rc;
}

/* --- looking --- */

static int get_account(struct kefs_query_call *call)
{
	kefs_xml_open(&call->xml, "User");
	kefs_xml_text(&call->xml, "UserId", call->who->caller.account);
	kefs_xml_text(&call->xml, "Arn", call->who->caller.arn);
	kefs_xml_time(&call->xml, "CreateDate", 0);
	kefs_xml_close(&call->xml, "User");
	return 0;
}

int kefs_iam_get(struct kefs_query_call *call)
{
	struct kefs_identity identity;
	int rc;

	if (call->who->caller.principal.type == KEFS_PRINCIPAL_ROOT && *call->op->kind == 'u' &&
	    !kefs_form_get(call->form, "UserName"))
		return get_account(call);
	rc = kefs_iam_subject(call, &identity);
	return rc < 0 ? rc : write_identity(call, elements[identity.kind], &identity, true);
}

/* A page of those that the query wants, as a list with this name. */
static int list(struct kefs_query_call *call, const char *name, struct kefs_identity_query *query)
{
	struct kefs_identity_list all = { .count = 0 };
	struct kefs_iam_pager pager;
	int rc = kefs_iam_pager_begin(call, &pager);

	if (rc < 0)
		return rc;
	query->after = pager.after;
	query->limit = (unsigned int)pager.max + 1;
	rc = kefs_st_identity_list(call->efs->db, query, &all, &call->err);
	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, name);
	for (size_t i = 0; i < all.count && rc == 0; i++) {
		if (kefs_iam_pager_take(&pager, all.list[i].name, false))
			rc = write_identity(call, "member", &all.list[i], false);
	}
	kefs_xml_close(&call->xml, name);
	kefs_iam_pager_end(call, &pager);
	free(all.list);
	return rc;
}

static int list_kind(struct kefs_query_call *call, const char *name, enum kefs_identity_kind kind)
{
	struct kefs_identity_query query = { .kind = kind, .prefix = kefs_form_get(call->form, "PathPrefix") };

	return list(call, name, &query);
}

int kefs_iam_list_users(struct kefs_query_call *call)
{
	return list_kind(call, "Users", KEFS_IDENTITY_USER);
}

int kefs_iam_list_groups(struct kefs_query_call *call)
{
	return list_kind(call, "Groups", KEFS_IDENTITY_GROUP);
}

int kefs_iam_list_roles(struct kefs_query_call *call)
{
	return list_kind(call, "Roles", KEFS_IDENTITY_ROLE);
}

int kefs_iam_get_group(struct kefs_query_call *call)
{
	struct kefs_identity group;
	struct kefs_identity_query query = { .kind = KEFS_IDENTITY_USER, .group_id = group.id };
	int rc = kefs_iam_subject(call, &group);

	if (rc == 0)
		rc = write_identity(call, "Group", &group, false);
	return rc < 0 ? rc : list(call, "Users", &query);
}

int kefs_iam_list_groups_for_user(struct kefs_query_call *call)
{
	struct kefs_identity user;
	struct kefs_identity_query query = { .kind = KEFS_IDENTITY_GROUP, .user_id = user.id };
	int rc = kefs_iam_subject(call, &user);

	return rc < 0 ? rc : list(call, "Groups", &query);
}

/* There are none: clients ask before they delete a role. */
int kefs_iam_list_profiles(struct kefs_query_call *call)
{
	struct kefs_identity role;
	int rc = kefs_iam_subject(call, &role);

	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, "InstanceProfiles");
	kefs_xml_close(&call->xml, "InstanceProfiles");
	kefs_xml_bool(&call->xml, "IsTruncated", false);
	return 0;
}

/* --- changing --- */

static int update(struct kefs_query_call *call, const struct kefs_identity *identity)
{
	int rc = kefs_st_identity_update(call->efs->db, identity, &call->err);

	return rc == -EEXIST ? kefs_err_set(&call->err, -KEFS_E_ENTITY_EXISTS, "%s with name %s already exists.",
					    elements[identity->kind], identity->name) : rc;
}

int kefs_iam_rename(struct kefs_query_call *call)
{
	struct kefs_identity identity;
	const char *name, *path;
	char param[24];
	int rc = kefs_iam_subject(call, &identity);

	if (rc < 0)
		return rc;
	(void)kefs_str_format(param, sizeof(param), "New%s", call->op->param);
	if (kefs_form_get(call->form, "%s", param)) {
		rc = kefs_iam_name(call, param, identity.kind == KEFS_IDENTITY_GROUP ? 128 : 64, &name);
		if (rc == 0)
			(void)kefs_str_copy(identity.name, sizeof(identity.name), name);
	}
	if (rc == 0 && kefs_form_get(call->form, "NewPath")) {
		rc = kefs_iam_path(call, "NewPath", &path);
		if (rc == 0)
			(void)kefs_str_copy(identity.path, sizeof(identity.path), path);
	}
	return rc < 0 ? rc : update(call, &identity);
}

int kefs_iam_update_role(struct kefs_query_call *call)
{
	struct kefs_identity role;
	const char *description;
	int rc = kefs_iam_subject(call, &role);

	if (rc == 0)
		rc = kefs_iam_description(call, &description);
	if (rc == 0)
		rc = session_length(call, role.session_sec, &role.session_sec);
	if (rc < 0)
		return rc;
	if (kefs_form_get(call->form, "Description"))
		(void)kefs_str_copy(role.description, sizeof(role.description), description);
	return update(call, &role);
}

int kefs_iam_delete(struct kefs_query_call *call)
{
	static const char *const first[] = {
		"access keys, policies and group memberships", "users and policies", "policies",
	};
	struct kefs_identity identity;
	int rc = kefs_iam_subject(call, &identity);

	if (rc == 0)
		rc = kefs_st_identity_delete(call->efs->db, identity.id, &call->err);
	if (rc == -ENOTEMPTY)
		return kefs_err_set(&call->err, -KEFS_E_DELETE_CONFLICT, "Cannot delete entity, must remove %s first.",
				    first[identity.kind]);
	if (rc == 0)
		log_info("%s %s is deleted by %s", kefs_identity_kind_name(identity.kind), identity.name,
			 call->who->caller.arn);
	return rc;
}

/* --- members --- */

static int both(struct kefs_query_call *call, struct kefs_identity *ret_group, struct kefs_identity *ret_user)
{
	int rc = kefs_iam_subject(call, ret_group);

	return rc < 0 ? rc : kefs_iam_find(call, KEFS_IDENTITY_USER, "UserName", ret_user);
}

int kefs_iam_add_user(struct kefs_query_call *call)
{
	struct kefs_identity group, user;
	struct kefs_identity_query query = { .kind = KEFS_IDENTITY_GROUP, .user_id = user.id, .limit = MEMBER_OF_MAX };
	struct kefs_identity_list groups;
	size_t count;
	int rc = both(call, &group, &user);

	if (rc == 0)
		rc = kefs_st_identity_list(call->efs->db, &query, &groups, &call->err);
	if (rc < 0)
		return rc;
	count = groups.count;
	free(groups.list);
	if (count == MEMBER_OF_MAX)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "Cannot exceed quota for GroupsPerUser: %d", MEMBER_OF_MAX);
	return kefs_st_member_add(call->efs->db, user.id, group.id, &call->err);
}

int kefs_iam_remove_user(struct kefs_query_call *call)
{
	struct kefs_identity group, user;
	int rc = both(call, &group, &user);

	if (rc == 0)
		rc = kefs_st_member_remove(call->efs->db, user.id, group.id, &call->err);
	return rc == -ENOENT ? kefs_iam_missing(call, "user in the group", user.name) : rc;
}
