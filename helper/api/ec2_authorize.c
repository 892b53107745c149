// SPDX-License-Identifier: GPL-2.0
/* EC2: what its operations are allowed for. */
#include <string.h>

#include "common/str.h"
#include "ec2.h"

#define TAGS_ACTION "ec2:CreateTags"

static int may(struct kefs_query_call *call, const char *kind, const char *id, const char *action,
	       const struct kefs_policy_key *key)
{
	const struct kefs_topology *topology = call->efs->topology;
	char arn[KEFS_IAM_ARN_SIZE] = "*";
	const struct kefs_query_ask ask = { .action = action, .resource = arn, .keys = key, .key_count = key ? 1 : 0 };

	if (kind)
		(void)kefs_str_format(arn, sizeof(arn), "arn:aws:ec2:%s:%s:%s/%s", topology->region, topology->account, kind, id);
	return kefs_query_may(call, &ask);
}

/* Is it a fault of the caller's, which the operation will say again if he may hear it? */
static bool is_fault(int rc)
{
	return rc <= -KEFS_E_FIRST;
}

/* The group by its id, whichever way the request names it. */
int kefs_ec2_authorize_group(struct kefs_query_call *call)
{
	const char *id = kefs_form_get(call->form, "GroupId");
	struct kefs_security_group group;
	int rc = kefs_ec2_find_group(call, &group);

	if (rc < 0 && !is_fault(rc))
		return rc;
	return may(call, "security-group", rc == 0 ? group.id : id ? id : "*", NULL, NULL);
}

int kefs_ec2_authorize_new_group(struct kefs_query_call *call)
{
	const struct kefs_policy_key key = { .name = "ec2:CreateAction", .value = call->op->name };
	const char *vpc = kefs_form_get(call->form, "VpcId");
	int rc = may(call, "security-group", "*", NULL, NULL);

	if (rc == 0)
		rc = may(call, "vpc", vpc ? vpc : call->efs->topology->vpcs[0].id, NULL, NULL);
	if (rc == 0 && kefs_form_has(call->form, "TagSpecification."))
		rc = may(call, "security-group", "*", TAGS_ACTION, &key);
	return rc;
}

/* By its form, so that it need not be there: NULL if nothing here has such ids. */
static const char *kind_of(const char *id)
{
	static const char *const kinds[][2] = {
		{ KEFS_GROUP_PREFIX, "security-group" }, { "subnet-", "subnet" }, { "vpc-", "vpc" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kefs_str_after(id, kinds[i][0]))
			return kinds[i][1];
	}
	return NULL;
}

/* Each of them; a tag says who is a member of a group. */
int kefs_ec2_authorize_tags(struct kefs_query_call *call)
{
	const char *id = kefs_form_get(call->form, "ResourceId.1");
	int rc = id ? 0 : may(call, NULL, NULL, NULL, NULL);

	for (unsigned int i = 2; rc == 0 && id; i++) {
		rc = may(call, kind_of(id), id, NULL, NULL);
		id = kefs_form_get(call->form, "ResourceId.%u", i);
	}
	return rc;
}
