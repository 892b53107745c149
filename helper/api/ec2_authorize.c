// SPDX-License-Identifier: GPL-2.0
/* EC2: what its operations are allowed for. */
#include <string.h>

#include "common/str.h"
#include "ec2.h"
#include "ec2_resource.h"
#include "store/st_tag.h"

#define TAGS_ACTION "ec2:CreateTags"

/* One thing to be allowed. */
struct wanted {
	const char *action;			/* NULL: the operation's own */
	const char *kind, *id;			/* NULL: "*" */
	const char *vpc_id;			/* of something new */
	const struct kefs_tags *tags;		/* NULL: none */
};

static int may(struct kefs_query_call *call, const struct wanted *wanted)
{
	struct kefs_ec2_resource resource;
	struct kefs_policy_key keys[2];
	const struct kefs_query_ask ask = {
		.action = wanted->action, .resource = resource.arn, .tagged_id = wanted->id, .tags = wanted->tags, .keys = keys,
		.key_count = 2,
	};
	int rc = kefs_ec2_resource(call->efs, wanted->kind, wanted->id, wanted->vpc_id, &resource, &call->err);

	if (rc < 0)
		return rc;
	keys[0] = resource.vpc;
	/* What another action than the operation's own is asked for */
	keys[1] = (struct kefs_policy_key) { .name = "ec2:CreateAction", .value = wanted->action ? call->op->name : NULL };
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
	return may(call, &(struct wanted) { .kind = "security-group", .id = rc == 0 ? group.id : id ? id : "*" });
}

static int may_make_group(struct kefs_query_call *call, const struct kefs_tags *tags)
{
	const char *named = kefs_form_get(call->form, "VpcId");
	const char *vpc = named ? named : call->efs->topology->vpcs[0].id;
	struct wanted group = { .kind = "security-group", .id = "*", .vpc_id = vpc, .tags = tags };
	int rc = may(call, &group);

	if (rc == 0)
		rc = may(call, &(struct wanted) { .kind = "vpc", .id = vpc });
	group.action = TAGS_ACTION;
	return rc == 0 && kefs_form_has(call->form, "TagSpecification.") ? may(call, &group) : rc;
}

int kefs_ec2_authorize_new_group(struct kefs_query_call *call)
{
	struct kefs_tags tags;
	int rc = kefs_query_tags(call, KEFS_EC2_NEW_TAGS, &tags);

	if (rc < 0)
		return rc;
	rc = may_make_group(call, &tags);
	kefs_tags_free(&tags);
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

/* One of them. Who takes all of its tags away names those that it has: a Deny by aws:TagKeys holds for them. */
static int may_tag(struct kefs_query_call *call, const char *id, const struct kefs_tags *tags)
{
	struct wanted wanted = { .kind = kind_of(id), .tags = tags };
	struct kefs_tags all = { .count = 0 };
	int rc = 0;

	wanted.id = wanted.kind ? id : NULL;
	if (wanted.kind && !tags->count) {
		rc = kefs_st_tag_list(call->efs->db, id, 0, KEFS_TAG_MAX, &all, &call->err);
		wanted.tags = &all;
	}
	if (rc >= 0)
		rc = may(call, &wanted);
	kefs_tags_free(&all);
	return rc;
}

/* Each of them; a tag says who is a member of a group. */
int kefs_ec2_authorize_tags(struct kefs_query_call *call)
{
	const char *ids[KEFS_EC2_RESOURCES_MAX];
	struct kefs_tags tags;
	size_t count;
	int rc = kefs_ec2_resources(call, ids, &count);

	if (rc == 0)
		rc = kefs_query_tags(call, KEFS_EC2_TAGS, &tags);
	if (rc < 0)
		return rc;
	if (!count)
		rc = may(call, &(struct wanted) { .tags = &tags });
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = may_tag(call, ids[i], &tags);
	kefs_tags_free(&tags);
	return rc;
}
