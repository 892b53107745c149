// SPDX-License-Identifier: GPL-2.0
/* IAM: what its operations are allowed for. */
#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "iam.h"
#include "iam_managed.h"

/*
 * An identity is found in whatever case its name is written: its ARN is that of the one that is found, or a Deny would
 * hold for one spelling only. 0; -ENOENT, and the ARN is as written; -errno.
 */
static int identity_arn(struct kefs_query_call *call, const char *name, struct kefs_identity *ret_identity,
			char *ret_arn)
{
	int rc = kefs_st_identity_get(call->efs->db, kefs_iam_kind(call->op->kind), name, ret_identity, &call->err);

	if (rc == 0)
		kefs_identities_arn(call->efs->identities, ret_identity, ret_arn);
	else if (rc == -ENOENT)
		kefs_iam_arn(call->efs->topology->account, call->op->kind, "/", name, ret_arn);
	return rc;
}

/* Asks for that, on the policy that the parameter names: it is found by that very ARN only. */
static int ask_policy(struct kefs_query_call *call, struct kefs_query_ask ask)
{
	const char *arn = kefs_form_get(call->form, "%s", call->op->param);
	struct kefs_iam_managed policy;

	ask.resource = arn ? arn : "*";
	if (arn && kefs_iam_managed_find(call, &policy) == 0 && !policy.aws)
		ask.tagged_id = policy.own.id;
	return kefs_query_may(call, &ask);
}

/* What the operation's parameter names: like identity_arn(); "*" if there is nothing. */
static int subject_arn(struct kefs_query_call *call, struct kefs_identity *ret_identity, char *ret_arn)
{
	const char *name = kefs_form_get(call->form, "%s", call->op->param);
	const struct kefs_principal *principal = &call->who->caller.principal;

	(void)kefs_str_copy(ret_arn, KEFS_IAM_ARN_SIZE, "*");
	if (!name && !strcmp(call->op->kind, "user") && principal->type == KEFS_PRINCIPAL_USER)
		name = principal->name;
	return name ? identity_arn(call, name, ret_identity, ret_arn) : -ENOENT;
}

/* Asks for that, on the subject. */
static int ask_subject(struct kefs_query_call *call, struct kefs_query_ask ask, struct kefs_identity *ret_identity)
{
	char arn[KEFS_IAM_ARN_SIZE];
	int rc = subject_arn(call, ret_identity, arn), may;

	if (rc < 0 && rc != -ENOENT)
		return rc;
	ask.resource = arn;
	ask.tagged_id = rc == 0 ? ret_identity->id : NULL;
	may = kefs_query_may(call, &ask);
	return may < 0 ? may : rc;
}

/* One that is not there is for the operation to say. */
static int authorize(struct kefs_query_call *call, const struct kefs_query_ask *ask)
{
	struct kefs_identity identity;
	int rc;

	if (!strcmp(call->op->kind, "policy"))
		return ask_policy(call, *ask);
	rc = ask_subject(call, *ask, &identity);
	return rc == -ENOENT ? 0 : rc;
}

int kefs_iam_authorize(struct kefs_query_call *call)
{
	return authorize(call, &(struct kefs_query_ask) { .resource = NULL });
}

int kefs_iam_authorize_attach(struct kefs_query_call *call)
{
	const struct kefs_policy_key key = { .name = "iam:PolicyARN", .value = kefs_form_get(call->form, "PolicyArn") };

	return authorize(call, &(struct kefs_query_ask) { .keys = &key, .key_count = 1 });
}

int kefs_iam_authorize_tag(struct kefs_query_call *call)
{
	struct kefs_tags tags;
	int rc = kefs_query_tags(call, KEFS_IAM_TAGS, &tags);

	if (rc < 0)
		return rc;
	rc = authorize(call, &(struct kefs_query_ask) { .tags = &tags });
	kefs_tags_free(&tags);
	return rc;
}

int kefs_iam_authorize_untag(struct kefs_query_call *call)
{
	const char *keys[KEFS_TAG_MAX + 1];
	const struct kefs_query_ask ask = {
		.tag_keys = keys, .tag_key_count = kefs_query_list(call, KEFS_IAM_TAG_KEYS, keys, KEFS_TAG_MAX + 1),
	};

	return authorize(call, &ask);
}

static int may_make(struct kefs_query_call *call, const struct kefs_tags *tags)
{
	const char *name = kefs_form_get(call->form, "%s", call->op->param), *path = kefs_form_get(call->form, "Path");
	char arn[KEFS_IAM_ARN_SIZE] = "*", tag[24];
	struct kefs_query_ask ask = { .resource = arn, .tags = tags };
	int rc;

	if (name)
		kefs_iam_arn(call->efs->topology->account, call->op->kind, path && kefs_iam_path_valid(path) ? path : "/", name,
			     arn);
	rc = kefs_query_may(call, &ask);
	if (rc < 0 || !kefs_form_has(call->form, KEFS_IAM_TAGS "."))
		return rc;
	(void)kefs_str_format(tag, sizeof(tag), "iam:Tag%c%s", call->op->kind[0] & ~0x20, call->op->kind + 1);
	ask.action = tag;
	return kefs_query_may(call, &ask);
}

int kefs_iam_authorize_new(struct kefs_query_call *call)
{
	struct kefs_tags tags;
	int rc = kefs_query_tags(call, KEFS_IAM_TAGS, &tags);

	if (rc < 0)
		return rc;
	rc = may_make(call, &tags);
	kefs_tags_free(&tags);
	return rc;
}

/* Both for what it is and for what it becomes. */
int kefs_iam_authorize_rename(struct kefs_query_call *call)
{
	const char *name = kefs_form_get(call->form, "New%s", call->op->param), *path = kefs_form_get(call->form, "NewPath");
	char arn[KEFS_IAM_ARN_SIZE];
	struct kefs_identity identity;
	const struct kefs_query_ask ask = { .resource = arn, .tagged_id = identity.id };
	int rc = ask_subject(call, (struct kefs_query_ask) { .resource = NULL }, &identity);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (!name && !path)
		return 0;
	kefs_iam_arn(call->efs->topology->account, call->op->kind,
		     path && kefs_iam_path_valid(path) ? path : identity.path, name ? name : identity.name, arn);
	return kefs_query_may(call, &ask);
}
