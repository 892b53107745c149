/* SPDX-License-Identifier: GPL-2.0 */
/* EC2's operations, and what they share. Inside api/ only. */
#ifndef KEFS_API_EC2_H
#define KEFS_API_EC2_H

#include "api/query.h"
#include "model/group_rule.h"

#define KEFS_EC2_ATTRIBUTES_MAX 16
#define KEFS_EC2_RESOURCES_MAX	100	/* of one CreateTags or DeleteTags */

/* Where tags are among the parameters, as kefs_query_tags() wants it: of CreateTags, and of something new. */
#define KEFS_EC2_TAGS		"Tag"
#define KEFS_EC2_NEW_TAGS	"TagSpecification.1.Tag"

/* What filters see of an object; a name may stand more than once. */
struct kefs_ec2_attribute {
	const char *name, *value;
};

/*
 * Is the object with this id one that the request asks for? By the list of ids (param "VpcId"; NULL: there is no such
 * list), by the filters, and tag:… by its tags. 1, 0, or InvalidParameterValue for a filter that there is not.
 */
int kefs_ec2_wanted(struct kefs_query_call *call, const char *param, const char *id,
		    const struct kefs_ec2_attribute *attributes, size_t count);

/* Is the value one of a list of parameters ("GroupName"), or is there no such list? */
bool kefs_ec2_listed(const struct kefs_query_call *call, const char *param, const char *value);

/* Each id of a list must be there: 0, or the fault with EC2's words ("The vpc ID 'x' does not exist"). */
int kefs_ec2_check_ids(struct kefs_query_call *call, const char *param, const char *what, int fault,
		       bool (*exists)(struct kefs_query_call *call, const char *id));

/* <tagSet>. 0 or -errno. */
int kefs_ec2_write_tags(struct kefs_query_call *call, const char *id);

/* The tags of something that is to be made, checked, to be freed: 0 or InvalidParameterValue. */
int kefs_ec2_new_tags(struct kefs_query_call *call, struct kefs_tags *ret_tags);

/* Stores them: 0 or InvalidParameterValue. */
int kefs_ec2_store_tags(struct kefs_query_call *call, const char *id, const struct kefs_tags *tags);

/* The ids of ResourceId, which may be none: 0, or InvalidParameterValue for too many. */
int kefs_ec2_resources(struct kefs_query_call *call, const char *ret_ids[KEFS_EC2_RESOURCES_MAX], size_t *ret_count);

/* "arn:aws:ec2:…:<kind>/<id>" as an element. */
void kefs_ec2_write_arn(struct kefs_query_call *call, const char *element, const char *kind, const char *id);

/* Who reaches mount targets is another one now: 0, or an internal error. */
int kefs_ec2_enforce(struct kefs_query_call *call);

/* The group that GroupId names, or GroupName in the default VPC. 0, MissingParameter, InvalidGroup.NotFound. */
int kefs_ec2_find_group(struct kefs_query_call *call, struct kefs_security_group *ret_group);

/* One rule as <item> of <securityGroupRuleSet>. */
void kefs_ec2_write_rule(struct kefs_query_call *call, const struct kefs_group_rule *rule);

/*
 * What an operation is allowed for (ec2_authorize.c): the group that kefs_ec2_find_group() finds; a new group, the VPC
 * that it is in, and its tags; each ResourceId.
 */
int kefs_ec2_authorize_group(struct kefs_query_call *call);
int kefs_ec2_authorize_new_group(struct kefs_query_call *call);
int kefs_ec2_authorize_tags(struct kefs_query_call *call);

/* Operations; the rows are in ec2.c. */
int kefs_ec2_regions(struct kefs_query_call *call);
int kefs_ec2_zones(struct kefs_query_call *call);
int kefs_ec2_vpcs(struct kefs_query_call *call);
int kefs_ec2_subnets(struct kefs_query_call *call);
int kefs_ec2_interfaces(struct kefs_query_call *call);
int kefs_ec2_groups(struct kefs_query_call *call);
int kefs_ec2_rules(struct kefs_query_call *call);
int kefs_ec2_create_group(struct kefs_query_call *call);
int kefs_ec2_delete_group(struct kefs_query_call *call);
int kefs_ec2_authorize_ingress(struct kefs_query_call *call);
int kefs_ec2_authorize_egress(struct kefs_query_call *call);
int kefs_ec2_revoke_ingress(struct kefs_query_call *call);
int kefs_ec2_revoke_egress(struct kefs_query_call *call);

#endif
