// SPDX-License-Identifier: GPL-2.0
#include "caller.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "internal.h"

/* Behind the n-th slash of text. */
static const char *after_slash(const char *text, int n)
{
	for (; n; text++)
		n -= *text == '/';
	return text;
}

/* What the parts of a session's ARN say of its role, unless it was given. */
static int fill_session(const char *resource, const char *role_arn, struct kefs_caller *caller)
{
	const char *role = after_slash(resource, 1), *name = after_slash(resource, 2);
	int rc;

	caller->principal.type = KEFS_PRINCIPAL_SESSION;
	if (role_arn)
		rc = kefs_str_copy(caller->role_arn, sizeof(caller->role_arn), role_arn);
	else
		rc = kefs_str_format(caller->role_arn, sizeof(caller->role_arn), "%.*s:iam::%s:role/%.*s",
				     (int)(strstr(caller->arn, ":sts:") - caller->arn), caller->arn, caller->account,
				     (int)(name - 1 - role), role);
	caller->principal.role_arn = caller->role_arn;
	return rc < 0 ? rc : kefs_str_copy(caller->name, sizeof(caller->name), name);
}

static int fill_user(const char *resource, struct kefs_caller *caller)
{
	bool federated = resource[0] == 'f';

	caller->principal.type = federated ? KEFS_PRINCIPAL_FEDERATED : KEFS_PRINCIPAL_USER;
	return kefs_str_copy(caller->name, sizeof(caller->name), strrchr(resource, '/') + 1);
}

static int fill_root(const char *account, struct kefs_caller *caller)
{
	caller->principal.type = KEFS_PRINCIPAL_ROOT;
	(void)kefs_str_format(caller->account, sizeof(caller->account), "%.12s", account);
	if (*caller->arn != 'a')
		(void)kefs_str_format(caller->arn, sizeof(caller->arn), "arn:aws:iam::%s:root", caller->account);
	return 0;
}

/* The ARN has been found to be one of those that a policy may name. */
static int fill_arn(const char *role_arn, struct kefs_caller *caller)
{
	const char *account = strstr(caller->arn, "::") + 2, *resource = account + 13;
	int rc;

	(void)kefs_str_format(caller->account, sizeof(caller->account), "%.12s", account);
	if (kefs_str_after(resource, "role/"))
		return -EINVAL;
	rc = *resource == 'a' ? fill_session(resource, role_arn, caller) : fill_user(resource, caller);
	caller->principal.name = caller->name;
	return rc;
}

static int fill(const char *text, const char *role_arn, const char *id, struct kefs_caller *caller)
{
	const char *account = principal_account(text);
	int rc;

	if (!strcmp(text, "anonymous"))
		return 0;
	rc = kefs_str_copy(caller->arn, sizeof(caller->arn), text);
	if (rc == 0 && id)
		rc = kefs_str_copy(caller->id, sizeof(caller->id), id);
	if (rc < 0 || (!account && !principal_arn_valid(text)))
		return -EINVAL;
	caller->principal.account = caller->account;
	caller->principal.arn = caller->arn;
	caller->principal.id = id ? caller->id : NULL;
	return account ? fill_root(account, caller) : fill_arn(role_arn, caller);
}

int kefs_caller_parse(const char *text, const char *role_arn, const char *id, struct kefs_caller *ret_caller,
		      struct kefs_err *err)
{
	memset(ret_caller, 0, sizeof(*ret_caller));
	if (fill(text, role_arn, id, ret_caller) < 0)
		return kefs_err_set(err, -EINVAL, "\"%.256s\" is not \"anonymous\", an account, or the ARN of an account's root, "
				    "a user, a role's session or a federated user", text);
	return 0;
}
