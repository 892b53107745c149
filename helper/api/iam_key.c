// SPDX-License-Identifier: GPL-2.0
/* Access keys of users. */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "iam.h"
#include "service/access_keys.h"

#define KEYS_MAX 2		/* of a user */
#define LISTED_MAX 16		/* of the account, which has what it was given */

/* Whose keys: a user, or with none named the caller, which may be the account itself. */
static int owner(struct kefs_query_call *call, struct kefs_identity *ret_user)
{
	memset(ret_user, 0, sizeof(*ret_user));
	if (!kefs_form_get(call->form, "UserName") && call->who->caller.principal.type == KEFS_PRINCIPAL_ROOT)
		return 0;
	return kefs_iam_subject(call, ret_user);
}

static void write_key(struct kefs_query_call *call, const struct kefs_identity *user,
		      const struct kefs_access_key *key)
{
	if (*user->name)
		kefs_xml_text(&call->xml, "UserName", user->name);
	kefs_xml_text(&call->xml, "AccessKeyId", key->id);
	kefs_xml_text(&call->xml, "Status", key->active ? "Active" : "Inactive");
	kefs_xml_time(&call->xml, "CreateDate", key->created_ms);
}

int kefs_iam_create_key(struct kefs_query_call *call)
{
	struct kefs_access_key keys[KEYS_MAX], key;
	struct kefs_identity user;
	size_t count;
	int rc = owner(call, &user);

	if (rc == 0)
		rc = kefs_st_key_list(call->efs->db, user.id, keys, KEYS_MAX, &count, &call->err);
	if (rc < 0)
		return rc;
	if (count == KEYS_MAX)
		return kefs_err_set(&call->err, -KEFS_E_LIMIT_EXCEEDED, "Cannot exceed quota for AccessKeysPerUser: %d", KEYS_MAX);
	rc = kefs_access_keys_make(call->efs->db, user.id, &key, &call->err);
	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, "AccessKey");
	write_key(call, &user, &key);
	kefs_xml_text(&call->xml, "SecretAccessKey", key.secret);
	kefs_xml_close(&call->xml, "AccessKey");
	log_info("the access key %s of %s is created by %s", key.id, *user.name ? user.name : "the account",
		 call->who->caller.arn);
	call->made = json_pack("{s{ss ss}}", "AccessKey", "UserName", user.name, "AccessKeyId", key.id);
	explicit_bzero(&key, sizeof(key));
	return 0;
}

int kefs_iam_list_keys(struct kefs_query_call *call)
{
	struct kefs_access_key keys[LISTED_MAX];
	struct kefs_identity user;
	size_t count = 0;
	int rc = owner(call, &user);

	if (rc == 0)
		rc = kefs_st_key_list(call->efs->db, user.id, keys, LISTED_MAX, &count, &call->err);
	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, "AccessKeyMetadata");
	for (size_t i = 0; i < count; i++) {
		kefs_xml_open(&call->xml, "member");
		write_key(call, &user, &keys[i]);
		kefs_xml_close(&call->xml, "member");
	}
	kefs_xml_close(&call->xml, "AccessKeyMetadata");
	kefs_xml_bool(&call->xml, "IsTruncated", false);
	return 0;
}

static int missing(struct kefs_query_call *call, const char *id, int rc)
{
	return rc == -ENOENT ? kefs_err_set(&call->err, -KEFS_E_NO_SUCH_ENTITY, "The Access Key with id %.128s cannot be found",
					    id) : rc;
}

int kefs_iam_update_key(struct kefs_query_call *call)
{
	struct kefs_identity user;
	const char *id, *status;
	int rc = owner(call, &user);

	if (rc == 0)
		rc = kefs_query_required(call, "AccessKeyId", &id);
	if (rc == 0)
		rc = kefs_query_required(call, "Status", &status);
	if (rc < 0)
		return rc;
	if (strcmp(status, "Active") && strcmp(status, "Inactive"))
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION,
				    "1 validation error detected: Value '%.64s' at 'status' failed to satisfy constraint: Member must "
				    "satisfy enum value set: [Active, Inactive]", status);
	return missing(call, id, kefs_st_key_set_active(call->efs->db, user.id, id, *status == 'A', &call->err));
}

int kefs_iam_delete_key(struct kefs_query_call *call)
{
	struct kefs_identity user;
	const char *id;
	int rc = owner(call, &user);

	if (rc == 0)
		rc = kefs_query_required(call, "AccessKeyId", &id);
	return rc < 0 ? rc : missing(call, id, kefs_st_key_delete(call->efs->db, user.id, id, &call->err));
}
