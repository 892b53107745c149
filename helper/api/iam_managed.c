// SPDX-License-Identifier: GPL-2.0
#include "iam_managed.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"

#define POLICIES_MAX	1500
#define VERSIONS_MAX	5
#define CHARS_MAX	6144

static int not_found(struct kefs_query_call *call, const char *arn)
{
	return kefs_err_set(&call->err, -KEFS_E_NO_SUCH_ENTITY, "Policy %.600s does not exist or is not attachable.", arn);
}

int kefs_iam_managed_find(struct kefs_query_call *call, struct kefs_iam_managed *ret_policy)
{
	const char *arn, *name;
	char its_arn[KEFS_IAM_ARN_SIZE];
	int rc = kefs_query_required(call, "PolicyArn", &arn);

	if (rc < 0)
		return rc;
	if (!kefs_str_after(arn, "arn:aws:iam::") || !strstr(arn, ":policy/"))
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION, "ARN %.600s is not valid.", arn);
	name = strrchr(arn, '/') + 1;
	if (kefs_str_after(arn, "arn:aws:iam::aws:policy/")) {
		ret_policy->aws = kefs_aws_policy_find(name);
		if (!ret_policy->aws || strcmp(ret_policy->aws->name, name) || strcmp(name, arn + 24))
			return not_found(call, arn);
		ret_policy->key = ret_policy->aws->name;
		return 0;
	}
	ret_policy->aws = NULL;
	ret_policy->key = ret_policy->own.id;
	rc = kefs_st_managed_get(call->efs->db, name, &ret_policy->own, &call->err);
	if (rc < 0)
		return rc == -ENOENT ? not_found(call, arn) : rc;
	kefs_iam_arn(call->efs->topology->account, "policy", ret_policy->own.path, ret_policy->own.name, its_arn);
	return strcmp(its_arn, arn) ? not_found(call, arn) : 0;
}

int kefs_iam_managed_find_own(struct kefs_query_call *call, struct kefs_iam_managed *ret_policy)
{
	int rc = kefs_iam_managed_find(call, ret_policy);

	if (rc == 0 && ret_policy->aws)
		rc = kefs_err_set(&call->err, -KEFS_E_IAM_DENIED, "AWS managed policies cannot be changed.");
	return rc;
}

/* --- writing --- */

/* In a list it has neither a description nor tags. */
static int write_own(struct kefs_query_call *call, const char *element, const struct kefs_managed_policy *policy)
{
	bool listed = !strcmp(element, "member");
	char arn[KEFS_IAM_ARN_SIZE];
	int rc = 0;

	kefs_iam_arn(call->efs->topology->account, "policy", policy->path, policy->name, arn);
	kefs_xml_open(&call->xml, element);
	kefs_xml_text(&call->xml, "PolicyName", policy->name);
	kefs_xml_text(&call->xml, "PolicyId", policy->id);
	kefs_xml_text(&call->xml, "Arn", arn);
	kefs_xml_text(&call->xml, "Path", policy->path);
	kefs_xml_format(&call->xml, "DefaultVersionId", "v%u", policy->version);
	kefs_xml_format(&call->xml, "AttachmentCount", "%u", policy->attached);
	kefs_xml_text(&call->xml, "PermissionsBoundaryUsageCount", "0");
	kefs_xml_bool(&call->xml, "IsAttachable", true);
	if (*policy->description && !listed)
		kefs_xml_text(&call->xml, "Description", policy->description);
	kefs_xml_time(&call->xml, "CreateDate", policy->created_ms);
	kefs_xml_time(&call->xml, "UpdateDate", policy->updated_ms);
	if (!listed)
		rc = kefs_iam_write_tags(call, policy->id);
	kefs_xml_close(&call->xml, element);
	return rc;
}

static int write_aws(struct kefs_query_call *call, const char *element, const struct kefs_aws_policy *policy)
{
	int64_t attached = 0;
	int rc = kefs_st_managed_attached(call->efs->db, policy->name, &attached, &call->err);

	kefs_xml_open(&call->xml, element);
	kefs_xml_text(&call->xml, "PolicyName", policy->name);
	kefs_xml_text(&call->xml, "PolicyId", policy->id);
	kefs_xml_format(&call->xml, "Arn", "arn:aws:iam::aws:policy/%s", policy->name);
	kefs_xml_text(&call->xml, "Path", "/");
	kefs_xml_text(&call->xml, "DefaultVersionId", "v1");
	kefs_xml_format(&call->xml, "AttachmentCount", "%lld", (long long)attached);
	kefs_xml_text(&call->xml, "PermissionsBoundaryUsageCount", "0");
	kefs_xml_bool(&call->xml, "IsAttachable", true);
	if (strcmp(element, "member"))
		kefs_xml_text(&call->xml, "Description", policy->description);
	kefs_xml_time(&call->xml, "CreateDate", 0);
	kefs_xml_time(&call->xml, "UpdateDate", 0);
	kefs_xml_close(&call->xml, element);
	return rc;
}

/* --- policies --- */

/* Stores it with its tags, in one change. */
static int store_policy(struct kefs_query_call *call, const struct kefs_managed_policy *policy, const char *document)
{
	struct kefs_db *db = call->efs->db;
	struct kefs_tags tags;
	int rc = kefs_iam_read_tags(call, &tags);

	if (rc < 0)
		return rc;
	rc = kefs_db_begin(db, &call->err);
	if (rc == 0) {
		rc = kefs_st_managed_insert(db, policy, document, POLICIES_MAX, &call->err);
		if (rc == 0)
			rc = kefs_iam_store_tags(call, policy->id, &tags);
		rc = kefs_db_end(db, rc, &call->err);
	}
	kefs_tags_free(&tags);
	if (rc == -EEXIST)
		return kefs_err_set(&call->err, -KEFS_E_ENTITY_EXISTS,
				    "A policy called %s already exists. Duplicate names are not allowed.", policy->name);
	if (rc == -EDQUOT)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "Cannot exceed quota for PoliciesPerAccount: %d",
				    POLICIES_MAX);
	return rc;
}

int kefs_iam_create_policy(struct kefs_query_call *call)
{
	struct kefs_managed_policy policy = { .version = 1 };
	const char *name, *path, *text, *description;
	int rc = kefs_iam_name(call, "PolicyName", 128, &name);

	if (rc == 0)
		rc = kefs_iam_path(call, "Path", &path);
	if (rc == 0)
		rc = kefs_query_required(call, "PolicyDocument", &text);
	if (rc == 0)
		rc = kefs_iam_description(call, &description);
	if (rc == 0)
		rc = kefs_iam_check_policy(call, text, CHARS_MAX);
	if (rc == 0)
		rc = kefs_iam_id_new(KEFS_MANAGED_PREFIX, policy.id);
	if (rc < 0)
		return rc;
	(void)kefs_str_copy(policy.name, sizeof(policy.name), name);
	(void)kefs_str_copy(policy.path, sizeof(policy.path), path);
	(void)kefs_str_copy(policy.description, sizeof(policy.description), description);
	policy.created_ms = policy.updated_ms = kefs_efs_now_ms();
	rc = store_policy(call, &policy, text);
	if (rc < 0)
		return rc;
	log_info("the policy %s is created by %s", name, call->who->caller.arn);
	return write_own(call, "Policy", &policy);
}

int kefs_iam_get_policy(struct kefs_query_call *call)
{
	struct kefs_iam_managed policy;
	int rc = kefs_iam_managed_find(call, &policy);

	if (rc < 0)
		return rc;
	return policy.aws ? write_aws(call, "Policy", policy.aws) : write_own(call, "Policy", &policy.own);
}

int kefs_iam_delete_policy(struct kefs_query_call *call)
{
	struct kefs_iam_managed policy;
	int rc = kefs_iam_managed_find_own(call, &policy);

	if (rc == 0)
		rc = kefs_st_managed_delete(call->efs->db, policy.own.id, &call->err);
	if (rc == -ENOTEMPTY)
		return kefs_err_set(&call->err, -KEFS_E_DELETE_CONFLICT, "%s", policy.own.attached ?
				    "Cannot delete a policy attached to entities." :
				    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
				    "The default version is deleted with the policy.");
	return rc;
}

/* AWS's and ours come in one order of names. */
struct policy_listing {
	struct kefs_query_call *call;
	struct kefs_iam_pager pager;
	size_t next_aws;
	bool only_attached, aws, own;
};

static int64_t aws_attached(struct policy_listing *listing, const struct kefs_aws_policy *policy)
{
	struct kefs_err err;
	int64_t count = 0;

	(void)kefs_st_managed_attached(listing->call->efs->db, policy->name, &count, &err);
	return count;
}

/* Those of AWS whose names come before name (NULL: the rest). */
static int list_aws_before(struct policy_listing *listing, const char *name)
{
	const struct kefs_aws_policy *policy;
	int rc = 0;

	while (listing->aws && rc == 0 && (policy = kefs_aws_policy_at(listing->next_aws)) != NULL &&
	       (!name || strcasecmp(policy->name, name) < 0)) {
		listing->next_aws++;
		if ((!listing->only_attached || aws_attached(listing, policy)) &&
		    kefs_iam_pager_take(&listing->pager, policy->name, true))
			rc = write_aws(listing->call, "member", policy);
	}
	return rc;
}

static int list_one(void *ctx, const struct kefs_managed_policy *policy)
{
	struct policy_listing *listing = ctx;
	int rc = list_aws_before(listing, policy->name);

	if (rc == 0 && listing->own && (!listing->only_attached || policy->attached) &&
	    kefs_iam_pager_take(&listing->pager, policy->name, false))
		rc = write_own(listing->call, "member", policy);
	return rc;
}

int kefs_iam_list_policies(struct kefs_query_call *call)
{
	const char *scope = kefs_form_get(call->form, "Scope"), *prefix = kefs_form_get(call->form, "PathPrefix");
	struct policy_listing listing = { .call = call, .aws = true, .own = true };
	int rc = kefs_iam_pager_begin(call, &listing.pager);

	if (rc == 0)
		rc = kefs_query_flag(call, "OnlyAttached", &listing.only_attached);
	if (rc < 0)
		return rc;
	if (scope && strcmp(scope, "All")) {
		listing.aws = !strcmp(scope, "AWS");
		listing.own = !strcmp(scope, "Local");
		if (!listing.aws && !listing.own)
			return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION, "1 validation error detected: Value '%.64s' at 'scope' "
					    "failed to satisfy constraint: Member must satisfy enum value set: [All, AWS, Local]", scope);
	}
	if (prefix && strcmp(prefix, "/"))
		listing.aws = false;
	kefs_xml_open(&call->xml, "Policies");
	rc = kefs_st_managed_list(call->efs->db, prefix ? prefix : "/", listing.pager.after, POLICIES_MAX, list_one, &listing,
				  &call->err);
	if (rc == 0)
		rc = list_aws_before(&listing, NULL);
	kefs_xml_close(&call->xml, "Policies");
	kefs_iam_pager_end(call, &listing.pager);
	return rc;
}

/* --- versions --- */

static void write_version(struct kefs_query_call *call, const char *element, uint32_t version, bool is_default,
			  int64_t created_ms, const char *document)
{
	kefs_xml_open(&call->xml, element);
	if (document)
		kefs_xml_encoded(&call->xml, "Document", document);
	kefs_xml_format(&call->xml, "VersionId", "v%u", version);
	kefs_xml_bool(&call->xml, "IsDefaultVersion", is_default);
	kefs_xml_time(&call->xml, "CreateDate", created_ms);
	kefs_xml_close(&call->xml, element);
}

int kefs_iam_create_version(struct kefs_query_call *call)
{
	struct kefs_iam_managed policy;
	int64_t now = kefs_efs_now_ms();
	bool make_default;
	const char *text;
	uint32_t version;
	int rc = kefs_iam_managed_find_own(call, &policy);

	if (rc == 0)
		rc = kefs_query_required(call, "PolicyDocument", &text);
	if (rc == 0)
		rc = kefs_query_flag(call, "SetAsDefault", &make_default);
	if (rc == 0)
		rc = kefs_iam_check_policy(call, text, CHARS_MAX);
	if (rc == 0)
		rc = kefs_st_version_add(call->efs->db, policy.own.id, text, make_default, VERSIONS_MAX, now, &version,
					 &call->err);
	if (rc == -EDQUOT)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "A managed policy can have up to %d versions. Before you "
				    "create a new version, you must delete an existing version.", VERSIONS_MAX);
	if (rc == 0)
		write_version(call, "PolicyVersion", version, make_default, now, NULL);
	return rc;
}

static int no_version(struct kefs_query_call *call, const char *text)
{
	return kefs_err_set(&call->err, -KEFS_E_NO_SUCH_ENTITY, "Policy version %.16s does not exist.", text);
}

/* "v2" */
static int read_version(struct kefs_query_call *call, uint32_t *ret_version)
{
	const char *text;
	uint64_t number;
	int rc = kefs_query_required(call, "VersionId", &text);

	if (rc < 0)
		return rc;
	if (text[0] != 'v' || kefs_str_u64(text + 1, 1, UINT32_MAX, &number) < 0)
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION, "1 validation error detected: Value '%.64s' at 'versionId' "
				    "failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*",
				    text);
	*ret_version = (uint32_t)number;
	return 0;
}

int kefs_iam_get_version(struct kefs_query_call *call)
{
	CLEANUP_FREE char *document = NULL;
	struct kefs_iam_managed policy;
	int64_t created_ms = 0;
	uint32_t version;
	int rc = kefs_iam_managed_find(call, &policy);

	if (rc == 0)
		rc = read_version(call, &version);
	if (rc < 0)
		return rc;
	if (policy.aws) {
		if (version != 1)
			return no_version(call, kefs_form_get(call->form, "VersionId"));
		write_version(call, "PolicyVersion", 1, true, 0, policy.aws->document);
		return 0;
	}
	rc = kefs_st_version_get(call->efs->db, policy.own.id, version, &document, &created_ms, &call->err);
	if (rc < 0)
		return rc == -ENOENT ? no_version(call, kefs_form_get(call->form, "VersionId")) : rc;
	write_version(call, "PolicyVersion", version, version == policy.own.version, created_ms, document);
	return 0;
}

struct version_listing {
	struct kefs_query_call *call;
	uint32_t is_default;
};

static int list_version(void *ctx, uint32_t version, int64_t created_ms)
{
	const struct version_listing *listing = ctx;

	write_version(listing->call, "member", version, version == listing->is_default, created_ms, NULL);
	return 0;
}

int kefs_iam_list_versions(struct kefs_query_call *call)
{
	struct version_listing listing = { .call = call };
	struct kefs_iam_managed policy;
	int rc = kefs_iam_managed_find(call, &policy);

	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, "Versions");
	if (policy.aws) {
		write_version(call, "member", 1, true, 0, NULL);
	} else {
		listing.is_default = policy.own.version;
		rc = kefs_st_version_list(call->efs->db, policy.own.id, list_version, &listing, &call->err);
	}
	kefs_xml_close(&call->xml, "Versions");
	kefs_xml_bool(&call->xml, "IsTruncated", false);
	return rc;
}

int kefs_iam_set_default_version(struct kefs_query_call *call)
{
	struct kefs_iam_managed policy;
	uint32_t version;
	int rc = kefs_iam_managed_find_own(call, &policy);

	if (rc == 0)
		rc = read_version(call, &version);
	if (rc == 0)
		rc = kefs_st_version_set_default(call->efs->db, policy.own.id, version, kefs_efs_now_ms(), &call->err);
	return rc == -ENOENT ? no_version(call, kefs_form_get(call->form, "VersionId")) : rc;
}

int kefs_iam_delete_version(struct kefs_query_call *call)
{
	struct kefs_iam_managed policy;
	uint32_t version;
	int rc = kefs_iam_managed_find_own(call, &policy);

	if (rc == 0)
		rc = read_version(call, &version);
	if (rc == 0 && version == policy.own.version)
		return kefs_err_set(&call->err, -KEFS_E_DELETE_CONFLICT, "Cannot delete the default version of a policy.");
	if (rc == 0)
		rc = kefs_st_version_delete(call->efs->db, policy.own.id, version, &call->err);
	return rc == -ENOENT ? no_version(call, kefs_form_get(call->form, "VersionId")) : rc;
}
