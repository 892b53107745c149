// SPDX-License-Identifier: GPL-2.0
/* STS: who am I, and keys that end. */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "query.h"
#include "service/access_keys.h"
#include "store/st_iam_policy.h"

#define POLICY_CHARS	2048

/* AWS slows callers down. One who has a key must not take all of the others' sessions. */
static const struct kefs_session_limits limits = { .all = 100000, .each = 10000 };

/* "AIDA…", "AROA…:session", or the account. */
static void user_id(const struct kefs_who *who, char *ret_id, size_t size)
{
	const struct kefs_principal *principal = &who->caller.principal;

	if (principal->type == KEFS_PRINCIPAL_SESSION)
		(void)kefs_str_format(ret_id, size, "%s:%s", principal->id, principal->name);
	else
		(void)kefs_str_copy(ret_id, size, principal->id ? principal->id : principal->account);
}

static int get_caller_identity(struct kefs_query_call *call)
{
	char id[KEFS_IAM_ID_SIZE + KEFS_SESSION_NAME_SIZE];

	user_id(call->who, id, sizeof(id));
	kefs_xml_text(&call->xml, "Arn", call->who->caller.arn);
	kefs_xml_text(&call->xml, "UserId", id);
	kefs_xml_text(&call->xml, "Account", call->who->caller.account);
	return 0;
}

static void write_credentials(struct kefs_query_call *call, const struct kefs_session *session)
{
	kefs_xml_open(&call->xml, "Credentials");
	kefs_xml_text(&call->xml, "AccessKeyId", session->id);
	kefs_xml_text(&call->xml, "SecretAccessKey", session->secret);
	kefs_xml_text(&call->xml, "SessionToken", session->token);
	kefs_xml_time(&call->xml, "Expiration", session->expires_sec * 1000);
	kefs_xml_close(&call->xml, "Credentials");
}

static void set_time(struct kefs_session *session, uint64_t seconds)
{
	session->issued_sec = kefs_efs_now_ms() / 1000;
	session->expires_sec = session->issued_sec + (int64_t)seconds;
}

/* Draws and stores a session whose identity, name and time are set, and writes its credentials. */
static int make_session(struct kefs_query_call *call, struct kefs_session *session, const char *policy)
{
	int rc = kefs_access_keys_draw(session);

	if (rc < 0)
		return kefs_err_sys(&call->err, rc, "drawing a key");
	rc = kefs_st_session_insert(call->efs->db, session, policy, &limits, &call->err);
	if (rc == -EDQUOT)
		return kefs_err_set(&call->err, -KEFS_E_THROTTLING, "Rate exceeded");
	if (rc == 0)
		write_credentials(call, session);
	return rc;
}

/* --- AssumeRole --- */

/* As kefs_query_may() says it: who may not learns nothing of what is there. */
static int denied(struct kefs_query_call *call, const char *role)
{
	return kefs_err_set(&call->err, -KEFS_E_IAM_DENIED,
			    "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", call->who->caller.arn, role);
}

/* The role of an ARN, which must be exactly its. */
static int find_role(struct kefs_query_call *call, const char *arn, struct kefs_identity *ret_role)
{
	const char *name = strrchr(arn, '/');
	char its_arn[KEFS_IAM_ARN_SIZE];
	int rc;

	if (!kefs_str_after(arn, "arn:aws:iam::") || !name || !strstr(arn, ":role/"))
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION, "%.256s is invalid", arn);
	rc = kefs_st_identity_get(call->efs->db, KEFS_IDENTITY_ROLE, name + 1, ret_role, &call->err);
	if (rc < 0)
		return rc == -ENOENT ? denied(call, arn) : rc;
	kefs_identities_arn(call->efs->identities, ret_role, its_arn);
	return strcmp(its_arn, arn) ? denied(call, arn) : 0;
}

/* Do the role's trust policy and the caller's own ones let him? */
static int check_trust(struct kefs_query_call *call, const struct kefs_identity *role, const char *arn,
		       const char *name)
{
	struct kefs_principals_owner owner = { call->efs->db, role->id };
	const struct kefs_policy_rules rules = {
		.kind = KEFS_POLICY_TRUST, .name = "the trust policy", .resolve = kefs_identities_resolve_stored,
		.ctx = &owner, .chars_max = KEFS_POLICY_TEXT_MAX,
	};
	const struct kefs_policy_key keys[] = {
		{ .name = "sts:RoleSessionName", .value = name },
		{ .name = "sts:ExternalId", .value = kefs_form_get(call->form, "ExternalId") },
	};
	struct kefs_query_ask ask = {
		.resource = arn, .tagged_id = role->id, .keys = keys, .key_count = sizeof(keys) / sizeof(keys[0]),
	};
	CLEANUP_FREE char *text = NULL;
	struct kefs_policy *trust = NULL;
	int rc = kefs_st_identity_trust(call->efs->db, role->id, &text, &call->err);

	if (rc == 0)
		rc = kefs_policy_parse(text, strlen(text), &rules, &trust, &call->err);
	ask.policy = trust;
	if (rc == 0)
		rc = kefs_query_may(call, &ask);
	kefs_policy_free(trust);
	return rc;
}

static int check_session_policy(struct kefs_query_call *call, const char *text)
{
	const struct kefs_policy_rules rules = {
		.kind = KEFS_POLICY_IDENTITY, .name = "the session policy", .chars_max = POLICY_CHARS,
	};
	struct kefs_policy *policy = NULL;
	int rc = kefs_policy_parse(text, strlen(text), &rules, &policy, &call->err);

	kefs_policy_free(policy);
	return rc == -EINVAL || rc == -E2BIG ? -KEFS_E_MALFORMED_POLICY : rc;
}

static int read_session(struct kefs_query_call *call, const struct kefs_identity *role, const char *name,
			struct kefs_session *session)
{
	uint64_t seconds;
	int rc = kefs_query_number(call, "DurationSeconds", KEFS_SESSION_SEC_MIN, KEFS_SESSION_SEC_MAX,
				   KEFS_SESSION_SEC_DEFAULT, &seconds);

	if (rc < 0)
		return rc;
	if (seconds > role->session_sec)
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION,
				    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
	if (!kefs_session_name_valid(name))
		return kefs_err_set(&call->err, -KEFS_E_IAM_VALIDATION,
				    "1 validation error detected: Value '%.128s' at 'roleSessionName' failed to satisfy constraint: "
				    "Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}", name);
	(void)kefs_str_copy(session->identity_id, sizeof(session->identity_id), role->id);
	(void)kefs_str_copy(session->name, sizeof(session->name), name);
	set_time(session, seconds);
	return 0;
}

static int assume_role(struct kefs_query_call *call)
{
	const char *arn, *name, *policy = kefs_form_get(call->form, "Policy");
	struct kefs_session session = { .id = "" };
	struct kefs_identity role;
	int rc = kefs_query_required(call, "RoleArn", &arn);

	if (rc == 0)
		rc = kefs_query_required(call, "RoleSessionName", &name);
	if (rc == 0 && call->who->caller.principal.type == KEFS_PRINCIPAL_ROOT)
		rc = kefs_err_set(&call->err, -KEFS_E_IAM_DENIED, "Roles may not be assumed by root accounts.");
	if (rc == 0)
		rc = find_role(call, arn, &role);
	if (rc == 0)
		rc = check_trust(call, &role, arn, name);
	if (rc == 0)
		rc = read_session(call, &role, name, &session);
	if (rc == 0 && policy)
		rc = check_session_policy(call, policy);
	if (rc == 0)
		rc = make_session(call, &session, policy ? policy : "");
	explicit_bzero(session.secret, sizeof(session.secret));
	if (rc < 0)
		return rc;
	log_info("%s has assumed the role %s as %s", call->who->caller.arn, arn, name);
	kefs_xml_open(&call->xml, "AssumedRoleUser");
	kefs_xml_format(&call->xml, "AssumedRoleId", "%s:%s", role.id, name);
	kefs_xml_format(&call->xml, "Arn", "arn:aws:sts::%s:assumed-role/%s/%s", call->efs->topology->account, role.name,
			name);
	kefs_xml_close(&call->xml, "AssumedRoleUser");
	call->made = json_pack("{s{ss} s{so so}}", "Credentials", "AccessKeyId", session.id, "AssumedRoleUser",
			       "AssumedRoleId", json_sprintf("%s:%s", role.id, name), "Arn",
			       json_sprintf("arn:aws:sts::%s:assumed-role/%s/%s", call->efs->topology->account, role.name, name));
	return 0;
}

static int get_session_token(struct kefs_query_call *call)
{
	struct kefs_session session = { .id = "" };
	uint64_t seconds;
	int rc = kefs_query_number(call, "DurationSeconds", KEFS_SESSION_SEC_MIN, 129600, KEFS_SESSION_SEC_MAX, &seconds);

	if (rc < 0)
		return rc;
	if (call->who->session)
		return kefs_err_set(&call->err, -KEFS_E_IAM_DENIED, "Cannot call GetSessionToken with session credentials");
	(void)kefs_str_copy(session.identity_id, sizeof(session.identity_id), call->who->identity_id);
	set_time(&session, seconds);
	rc = make_session(call, &session, "");
	explicit_bzero(session.secret, sizeof(session.secret));
	if (rc == 0)
		call->made = json_pack("{s{ss}}", "Credentials", "AccessKeyId", session.id);
	return rc;
}

static const char *const not_there[] = {
	"PolicyArns.member.", "ProvidedContexts.member.", "SerialNumber", "SourceIdentity", "Tags.member.", "TokenCode",
	"TransitiveTagKeys.member.", NULL,
};

static const struct kefs_query_op ops[] = {
	{ .name = "GetCallerIdentity", .run = get_caller_identity, .everybody = true },
	/* Decided with the role's trust policy */
	{ .name = "AssumeRole", .run = assume_role, .everybody = true, .refused = not_there },
	{ .name = "GetSessionToken", .run = get_session_token, .everybody = true, .refused = not_there },
};

const struct kefs_query_op *kefs_sts_ops(size_t *ret_count)
{
	*ret_count = sizeof(ops) / sizeof(ops[0]);
	return ops;
}
