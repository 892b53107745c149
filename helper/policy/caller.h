/* SPDX-License-Identifier: GPL-2.0 */
/* Principals from their names. Pure. */
#ifndef KEFS_POLICY_CALLER_H
#define KEFS_POLICY_CALLER_H

#include "policy/policy.h"

#define KEFS_CALLER_ARN_SIZE	2048

/* A principal and the texts that it points to: not to be copied. */
struct kefs_caller {
	struct kefs_principal principal;
	char account[13];
	char arn[KEFS_CALLER_ARN_SIZE], role_arn[KEFS_CALLER_ARN_SIZE];
	char name[256];
	char id[KEFS_POLICY_ID_SIZE];
};

/*
 * Fills the caller from "anonymous", an account's 12 digits, or the ARN of an account's root, user, role's session
 * ("…:assumed-role/ops/monday") or federated user; id is the unique id of the user or the session's role, or NULL. A
 * session's ARN does not say its role's path: role_arn is NULL for a role without one, else the role's ARN. 0 or
 * -EINVAL with err.
 */
int kefs_caller_parse(const char *text, const char *role_arn, const char *id, struct kefs_caller *ret_caller,
		      struct kefs_err *err);

#endif
