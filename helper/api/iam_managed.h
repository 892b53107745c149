/* SPDX-License-Identifier: GPL-2.0 */
/* Managed policies by their ARN: those that were made here and those that AWS has made. Inside api/ only. */
#ifndef KEFS_API_IAM_MANAGED_H
#define KEFS_API_IAM_MANAGED_H

#include "api/iam.h"
#include "policy/managed.h"
#include "store/st_iam_policy.h"

struct kefs_iam_managed {
	const struct kefs_aws_policy *aws;	/* NULL: one that was made here, */
	struct kefs_managed_policy own;		/* namely this one */
	const char *key;			/* how the store knows it where it is attached */
};

/* The policy that PolicyArn names: 0, ValidationError or NoSuchEntity. */
int kefs_iam_managed_find(struct kefs_query_call *call, struct kefs_iam_managed *ret_policy);
/* The same of one that may be changed: AccessDenied if it is AWS's. */
int kefs_iam_managed_find_own(struct kefs_query_call *call, struct kefs_iam_managed *ret_policy);

#endif
