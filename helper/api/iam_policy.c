// SPDX-License-Identifier: GPL-2.0
/* Policies of identities: their own, and what is attached to them. */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "iam.h"
#include "iam_managed.h"
#include "store/st_iam_policy.h"

#define ATTACHED_MAX 20

/* Characters of all own policies together: of a user, a group, a role. */
static const int64_t inline_chars[] = { 2048, 5120, 10240 };

int kefs_iam_check_policy(struct kefs_query_call *call, const char *text, size_t chars_max)
{
	const struct kefs_policy_rules rules = { .kind = KEFS_POLICY_IDENTITY, .name = "the policy", .chars_max = chars_max };
	struct kefs_policy *policy = NULL;
	int rc = kefs_policy_parse(text, strlen(text), &rules, &policy, &call->err);

	kefs_policy_free(policy);
	if (rc == -E2BIG)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "Cannot exceed quota for PolicySize: %zu", chars_max);
	return rc == -EINVAL ? -KEFS_E_MALFORMED_POLICY : rc;
}

/* --- their own --- */

static int subject_and_name(struct kefs_query_call *call, struct kefs_identity *ret_identity, const char **ret_name)
{
	int rc = kefs_iam_subject(call, ret_identity);

	return rc < 0 ? rc : kefs_iam_name(call, "PolicyName", 128, ret_name);
}

int kefs_iam_put_inline(struct kefs_query_call *call)
{
	struct kefs_identity identity;
	const char *name, *text;
	int rc = subject_and_name(call, &identity, &name);

	if (rc == 0)
		rc = kefs_query_required(call, "PolicyDocument", &text);
	if (rc == 0)
		rc = kefs_iam_check_policy(call, text, (size_t)inline_chars[identity.kind]);
	if (rc == 0)
		rc = kefs_st_inline_set(call->efs->db, identity.id, name, text, 4 * inline_chars[identity.kind], &call->err);
	if (rc == -EDQUOT)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "Maximum policy size of %lld bytes exceeded for %s %s",
				    (long long)inline_chars[identity.kind], call->op->kind, identity.name);
	return rc;
}

static int missing_inline(struct kefs_query_call *call, const char *name, int rc)
{
	char what[24];

	(void)kefs_str_format(what, sizeof(what), "%s policy", call->op->kind);
	return rc == -ENOENT ? kefs_iam_missing(call, what, name) : rc;
}

int kefs_iam_get_inline(struct kefs_query_call *call)
{
	CLEANUP_FREE char *text = NULL;
	struct kefs_identity identity;
	const char *name;
	int rc = subject_and_name(call, &identity, &name);

	if (rc == 0)
		rc = missing_inline(call, name, kefs_st_inline_get(call->efs->db, identity.id, name, &text, &call->err));
	if (rc < 0)
		return rc;
	kefs_xml_text(&call->xml, call->op->param, identity.name);
	kefs_xml_text(&call->xml, "PolicyName", name);
	kefs_xml_encoded(&call->xml, "PolicyDocument", text);
	return 0;
}

int kefs_iam_delete_inline(struct kefs_query_call *call)
{
	struct kefs_identity identity;
	const char *name;
	int rc = subject_and_name(call, &identity, &name);

	return rc < 0 ? rc : missing_inline(call, name, kefs_st_inline_delete(call->efs->db, identity.id, name, &call->err));
}

struct listing {
	struct kefs_query_call *call;
	struct kefs_iam_pager pager;
};

static int list_name(void *ctx, const char *name, const char *document)
{
	struct listing *listing = ctx;

	(void)document;
	if (kefs_iam_pager_take(&listing->pager, name, false))
		kefs_xml_text(&listing->call->xml, "member", name);
	return 0;
}

/* A page of what the store lists for the identity, each written by one. */
static int list_page(struct kefs_query_call *call, const char *element, kefs_st_policy_fn one,
		     int (*list)(struct kefs_db *db, const char *identity_id, kefs_st_policy_fn each, void *ctx,
				 struct kefs_err *err))
{
	struct listing listing = { .call = call };
	struct kefs_identity identity;
	int rc = kefs_iam_subject(call, &identity);

	if (rc == 0)
		rc = kefs_iam_pager_begin(call, &listing.pager);
	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, element);
	rc = list(call->efs->db, identity.id, one, &listing, &call->err);
	kefs_xml_close(&call->xml, element);
	kefs_iam_pager_end(call, &listing.pager);
	return rc;
}

int kefs_iam_list_inline(struct kefs_query_call *call)
{
	return list_page(call, "PolicyNames", list_name, kefs_st_inline_list);
}

/* --- what is attached --- */

int kefs_iam_attach(struct kefs_query_call *call)
{
	struct kefs_iam_managed policy;
	struct kefs_identity identity;
	int rc = kefs_iam_subject(call, &identity);

	if (rc == 0)
		rc = kefs_iam_managed_find(call, &policy);
	if (rc == 0)
		rc = kefs_st_attach(call->efs->db, identity.id, policy.key, ATTACHED_MAX, &call->err);
	if (rc == -EDQUOT)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "Cannot exceed quota for PoliciesPer%c%s: %d",
				    call->op->kind[0] & ~0x20, call->op->kind + 1, ATTACHED_MAX);
	return rc;
}

int kefs_iam_detach(struct kefs_query_call *call)
{
	struct kefs_iam_managed policy;
	struct kefs_identity identity;
	int rc = kefs_iam_subject(call, &identity);

	if (rc == 0)
		rc = kefs_iam_managed_find(call, &policy);
	if (rc == 0)
		rc = kefs_st_detach(call->efs->db, identity.id, policy.key, &call->err);
	if (rc == -ENOENT)
		return kefs_err_set(&call->err, -KEFS_E_NO_SUCH_ENTITY, "Policy %s was not found.",
				    kefs_form_get(call->form, "PolicyArn"));
	return rc;
}

static int list_attached(void *ctx, const char *name, const char *path)
{
	struct listing *listing = ctx;
	char arn[KEFS_IAM_ARN_SIZE];

	if (!kefs_iam_pager_take(&listing->pager, name, !*path))
		return 0;
	kefs_iam_arn(*path ? listing->call->efs->topology->account : "aws", "policy", *path ? path : "/", name, arn);
	kefs_xml_open(&listing->call->xml, "member");
	kefs_xml_text(&listing->call->xml, "PolicyName", name);
	kefs_xml_text(&listing->call->xml, "PolicyArn", arn);
	kefs_xml_close(&listing->call->xml, "member");
	return 0;
}

int kefs_iam_list_attached(struct kefs_query_call *call)
{
	return list_page(call, "AttachedPolicies", list_attached, kefs_st_attached_list);
}
