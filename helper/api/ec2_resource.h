/* SPDX-License-Identifier: GPL-2.0 */
/* Resources of EC2 as policies see them: for EC2's operations, and for what EFS's ones need of it. Inside api/ only. */
#ifndef KEFS_API_EC2_RESOURCE_H
#define KEFS_API_EC2_RESOURCE_H

#include "model/iam.h"
#include "policy/policy.h"
#include "service/efs.h"

/* Not to be copied: key points into it. */
struct kefs_ec2_resource {
	char arn[KEFS_IAM_ARN_SIZE];
	char vpc_arn[KEFS_ARN_SIZE];
	struct kefs_policy_key vpc;	/* ec2:Vpc; without a value if it is in none */
};

/*
 * The resource of a kind ("subnet"; NULL: "*") with this id, "*" for one that is to be made. vpc_id: the VPC that it
 * is, or will be, in; NULL: that is looked up. One that is not there is in none. 0 or -errno with err.
 */
int kefs_ec2_resource(const struct kefs_efs *efs, const char *kind, const char *id, const char *vpc_id,
		      struct kefs_ec2_resource *ret_resource, struct kefs_err *err);

#endif
