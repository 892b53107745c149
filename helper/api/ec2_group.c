// SPDX-License-Identifier: GPL-2.0
/* EC2: security groups. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "ec2.h"
#include "store/st_group.h"

#define GROUPS_MAX	2500
#define NAME_CHARS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=&;{}!$*"

static int no_group(struct kefs_query_call *call, const char *id)
{
	return kefs_err_set(&call->err, -KEFS_E_EC2_GROUP_NOT_FOUND, "The security group '%.64s' does not exist", id);
}

struct by_name {
	const char *vpc_id, *name;
	struct kefs_security_group *group;
	bool found;
};

static int look_at(void *ctx, const struct kefs_security_group *group)
{
	struct by_name *wanted = ctx;

	if (strcmp(group->vpc_id, wanted->vpc_id) || strcmp(group->name, wanted->name))
		return 0;
	*wanted->group = *group;
	wanted->found = true;
	return 0;
}

int kefs_ec2_find_group(struct kefs_query_call *call, struct kefs_security_group *ret_group)
{
	const char *id = kefs_form_get(call->form, "GroupId"), *name = kefs_form_get(call->form, "GroupName");
	struct by_name wanted = { call->efs->topology->vpcs[0].id, name, ret_group, false };
	int rc;

	if (id) {
		if (!kefs_id_valid(id, KEFS_GROUP_PREFIX))
			return kefs_err_set(&call->err, -KEFS_E_EC2_GROUP_MALFORMED, "Invalid id: \"%.64s\" (expecting \"sg-...\")",
					    id);
		rc = kefs_st_group_get(call->efs->db, id, ret_group, &call->err);
		return rc == -ENOENT ? no_group(call, id) : rc;
	}
	if (!name)
		return kefs_err_set(&call->err, -KEFS_E_MISSING_PARAMETER,
				    "The request must contain the parameter groupName or groupId");
	rc = kefs_st_group_list(call->efs->db, look_at, &wanted, &call->err);
	return rc == 0 && !wanted.found ? no_group(call, name) : rc;
}

/* --- describe --- */

static void write_range(struct kefs_query_call *call, const char *element, const struct kefs_group_rule *rule)
{
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, element, rule->source);
	if (*rule->description)
		kefs_xml_text(&call->xml, "description", rule->description);
	kefs_xml_close(&call->xml, "item");
}

static void write_pair(struct kefs_query_call *call, const struct kefs_group_rule *rule)
{
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, "userId", call->efs->topology->account);
	kefs_xml_text(&call->xml, "groupId", rule->source);
	if (*rule->description)
		kefs_xml_text(&call->xml, "description", rule->description);
	kefs_xml_close(&call->xml, "item");
}

enum form { FORM_GROUP, FORM_IPV4, FORM_IPV6 };

static enum form form_of(const struct kefs_group_rule *rule)
{
	if (kefs_str_after(rule->source, KEFS_GROUP_PREFIX))
		return FORM_GROUP;
	return strchr(rule->source, ':') ? FORM_IPV6 : FORM_IPV4;
}

/* A permission has one form of source here; EC2 puts several under one protocol and range of ports. */
static int write_permission(struct kefs_query_call *call, const struct kefs_group_rule *rule)
{
	enum form form = form_of(rule);
	char protocol[8];

	kefs_protocol_format(rule->protocol, protocol);
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, "ipProtocol", protocol);
	if (rule->protocol != KEFS_PROTOCOL_ALL) {
		kefs_xml_format(&call->xml, "fromPort", "%d", rule->from_port);
		kefs_xml_format(&call->xml, "toPort", "%d", rule->to_port);
	}
	kefs_xml_open(&call->xml, "groups");
	if (form == FORM_GROUP)
		write_pair(call, rule);
	kefs_xml_close(&call->xml, "groups");
	kefs_xml_open(&call->xml, "ipRanges");
	if (form == FORM_IPV4)
		write_range(call, "cidrIp", rule);
	kefs_xml_close(&call->xml, "ipRanges");
	kefs_xml_open(&call->xml, "ipv6Ranges");
	if (form == FORM_IPV6)
		write_range(call, "cidrIpv6", rule);
	kefs_xml_close(&call->xml, "ipv6Ranges");
	kefs_xml_close(&call->xml, "item");
	return 0;
}

struct permissions {
	struct kefs_query_call *call;
	bool egress;
};

static int each_permission(void *ctx, const struct kefs_group_rule *rule)
{
	const struct permissions *permissions = ctx;

	return rule->egress == permissions->egress ? write_permission(permissions->call, rule) : 0;
}

static int write_permissions(struct kefs_query_call *call, const char *element, const char *group_id, bool egress)
{
	struct permissions permissions = { call, egress };
	int rc;

	kefs_xml_open(&call->xml, element);
	rc = kefs_st_rule_list(call->efs->db, group_id, each_permission, &permissions, &call->err);
	kefs_xml_close(&call->xml, element);
	return rc;
}

static int write_group(void *ctx, const struct kefs_security_group *group)
{
	struct kefs_query_call *call = ctx;
	const struct kefs_ec2_attribute attributes[] = {
		{ "group-id", group->id }, { "group-name", group->name }, { "vpc-id", group->vpc_id },
		{ "description", group->description }, { "owner-id", call->efs->topology->account },
	};
	int rc = kefs_ec2_listed(call, "GroupName", group->name) ?
			 kefs_ec2_wanted(call, "GroupId", group->id, attributes, sizeof(attributes) / sizeof(attributes[0])) : 0;

	if (rc <= 0)
		return rc;
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, "ownerId", call->efs->topology->account);
	kefs_xml_text(&call->xml, "groupId", group->id);
	kefs_xml_text(&call->xml, "groupName", group->name);
	kefs_xml_text(&call->xml, "groupDescription", group->description);
	kefs_xml_text(&call->xml, "vpcId", group->vpc_id);
	kefs_ec2_write_arn(call, "securityGroupArn", "security-group", group->id);
	rc = write_permissions(call, "ipPermissions", group->id, false);
	if (rc == 0)
		rc = write_permissions(call, "ipPermissionsEgress", group->id, true);
	if (rc == 0)
		rc = kefs_ec2_write_tags(call, group->id);
	kefs_xml_close(&call->xml, "item");
	return rc;
}

static bool group_exists(struct kefs_query_call *call, const char *id)
{
	char vpc_id[KEFS_ID_SIZE];

	return kefs_st_group_vpc(call->efs->db, id, vpc_id, &call->err) == 0;
}

/* A fault of a row function comes through the store as any other error: what it said is kept. */
static int list_all(struct kefs_query_call *call, const char *element,
		    int (*list)(struct kefs_query_call *call, struct kefs_err *err))
{
	struct kefs_err err;
	int rc;

	kefs_xml_open(&call->xml, element);
	rc = list(call, &err);
	kefs_xml_close(&call->xml, element);
	if (rc < 0 && rc > -KEFS_E_FIRST)
		call->err = err;
	return rc;
}

static int list_groups(struct kefs_query_call *call, struct kefs_err *err)
{
	return kefs_st_group_list(call->efs->db, write_group, call, err);
}

int kefs_ec2_groups(struct kefs_query_call *call)
{
	int rc = kefs_ec2_check_ids(call, "GroupId", "security group", KEFS_E_EC2_GROUP_NOT_FOUND, group_exists);

	return rc < 0 ? rc : list_all(call, "securityGroupInfo", list_groups);
}

void kefs_ec2_write_rule(struct kefs_query_call *call, const struct kefs_group_rule *rule)
{
	char protocol[8];

	kefs_protocol_format(rule->protocol, protocol);
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, "securityGroupRuleId", rule->id);
	kefs_ec2_write_arn(call, "securityGroupRuleArn", "security-group-rule", rule->id);
	kefs_xml_text(&call->xml, "groupId", rule->group_id);
	kefs_xml_text(&call->xml, "groupOwnerId", call->efs->topology->account);
	kefs_xml_bool(&call->xml, "isEgress", rule->egress);
	kefs_xml_text(&call->xml, "ipProtocol", protocol);
	kefs_xml_format(&call->xml, "fromPort", "%d", rule->from_port);
	kefs_xml_format(&call->xml, "toPort", "%d", rule->to_port);
	if (form_of(rule) == FORM_GROUP) {
		kefs_xml_open(&call->xml, "referencedGroupInfo");
		kefs_xml_text(&call->xml, "groupId", rule->source);
		kefs_xml_text(&call->xml, "userId", call->efs->topology->account);
		kefs_xml_close(&call->xml, "referencedGroupInfo");
	} else {
		kefs_xml_text(&call->xml, form_of(rule) == FORM_IPV4 ? "cidrIpv4" : "cidrIpv6", rule->source);
	}
	if (*rule->description)
		kefs_xml_text(&call->xml, "description", rule->description);
	kefs_xml_close(&call->xml, "item");
}

static int write_listed_rule(void *ctx, const struct kefs_group_rule *rule)
{
	struct kefs_query_call *call = ctx;
	const struct kefs_ec2_attribute attributes[] = {
		{ "group-id", rule->group_id }, { "security-group-rule-id", rule->id },
	};
	int rc = kefs_ec2_wanted(call, "SecurityGroupRuleId", rule->id, attributes,
				 sizeof(attributes) / sizeof(attributes[0]));

	if (rc > 0)
		kefs_ec2_write_rule(call, rule);
	return rc < 0 ? rc : 0;
}

static int list_rules(struct kefs_query_call *call, struct kefs_err *err)
{
	return kefs_st_rule_list(call->efs->db, "", write_listed_rule, call, err);
}

int kefs_ec2_rules(struct kefs_query_call *call)
{
	return list_all(call, "securityGroupRuleSet", list_rules);
}

/* --- making and removing --- */

static int check_text(struct kefs_query_call *call, const char *what, const char *text)
{
	if (strlen(text) <= 255 && !text[strspn(text, NAME_CHARS)])
		return 0;
	return kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE, "Value (%.64s) for parameter %s is invalid. It has up to 255 "
			    "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*", text, what);
}

/* The VPC of a new group: the default one unless another is named. */
static int find_vpc(struct kefs_query_call *call, const char **ret_id)
{
	const struct kefs_topology *topology = call->efs->topology;
	const char *id = kefs_form_get(call->form, "VpcId");

	for (size_t i = 0; i < topology->vpc_count; i++) {
		if (!id || !strcmp(topology->vpcs[i].id, id)) {
			*ret_id = topology->vpcs[i].id;
			return 0;
		}
	}
	return kefs_err_set(&call->err, -KEFS_E_EC2_VPC_NOT_FOUND, "The vpc ID '%.64s' does not exist", id ? id : "");
}

/* Everything may go out, as of every new group. */
static int make_egress(const struct kefs_security_group *group, struct kefs_group_rule *ret_rule)
{
	*ret_rule = (struct kefs_group_rule) {
		.egress = true, .protocol = KEFS_PROTOCOL_ALL, .from_port = -1, .to_port = -1, .source = "0.0.0.0/0",
	};
	(void)kefs_str_copy(ret_rule->group_id, sizeof(ret_rule->group_id), group->id);
	return kefs_id_new(KEFS_RULE_PREFIX, ret_rule->id);
}

static int make_group(struct kefs_query_call *call, struct kefs_security_group *group)
{
	const char *name, *description, *vpc_id = NULL;
	int rc = kefs_query_required(call, "GroupName", &name);

	if (rc == 0)
		rc = kefs_query_required(call, "GroupDescription", &description);
	if (rc == 0)
		rc = check_text(call, "GroupName", name);
	if (rc == 0)
		rc = check_text(call, "GroupDescription", description);
	if (rc == 0 && kefs_str_after(name, "sg-"))
		rc = kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE,
				  "Value (%.64s) for parameter GroupName is invalid. It may not begin with sg-", name);
	if (rc == 0 && !strcmp(name, "default"))
		rc = kefs_err_set(&call->err, -KEFS_E_EC2_GROUP_RESERVED,
				  "Cannot use reserved security group name: default");
	if (rc == 0)
		rc = find_vpc(call, &vpc_id);
	if (rc < 0)
		return rc;
	*group = (struct kefs_security_group) { .id = "" };
	(void)kefs_str_copy(group->name, sizeof(group->name), name);
	(void)kefs_str_copy(group->description, sizeof(group->description), description);
	(void)kefs_str_copy(group->vpc_id, sizeof(group->vpc_id), vpc_id);
	return kefs_id_new(KEFS_GROUP_PREFIX, group->id);
}

/* With its tags, in one change. */
static int store_group(struct kefs_query_call *call, const struct kefs_security_group *group,
		       const struct kefs_group_rule *egress)
{
	struct kefs_db *db = call->efs->db;
	struct kefs_tags tags;
	int rc = kefs_ec2_new_tags(call, &tags);

	if (rc < 0)
		return rc;
	rc = kefs_db_begin(db, &call->err);
	if (rc == 0) {
		rc = kefs_st_group_insert(db, group, egress, 1, GROUPS_MAX, kefs_efs_now_ms(), &call->err);
		if (rc == 0)
			rc = kefs_ec2_store_tags(call, group->id, &tags);
		rc = kefs_db_end(db, rc, &call->err);
	}
	kefs_tags_free(&tags);
	return rc;
}

int kefs_ec2_create_group(struct kefs_query_call *call)
{
	struct kefs_security_group group;
	struct kefs_group_rule egress;
	int rc = make_group(call, &group);

	if (rc == 0)
		rc = make_egress(&group, &egress);
	if (rc == 0)
		rc = store_group(call, &group, &egress);
	if (rc == -EEXIST)
		return kefs_err_set(&call->err, -KEFS_E_EC2_GROUP_DUPLICATE,
				    "The security group '%s' already exists for VPC '%s'", group.name, group.vpc_id);
	if (rc == -EDQUOT)
		return kefs_err_set(&call->err, -KEFS_E_EC2_GROUP_LIMIT,
				    "The maximum number of security groups has been reached.");
	if (rc < 0)
		return rc;
	log_info("security group %s (%s) is created by %s", group.id, group.name, call->who->caller.arn);
	kefs_xml_bool(&call->xml, "return", true);
	kefs_xml_text(&call->xml, "groupId", group.id);
	kefs_ec2_write_arn(call, "securityGroupArn", "security-group", group.id);
	return kefs_ec2_write_tags(call, group.id);
}

int kefs_ec2_delete_group(struct kefs_query_call *call)
{
	struct kefs_security_group group;
	int rc = kefs_ec2_find_group(call, &group);

	if (rc < 0)
		return rc;
	if (!strcmp(group.name, "default"))
		return kefs_err_set(&call->err, -KEFS_E_EC2_CANNOT_DELETE,
				    "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", group.id);
	rc = kefs_st_group_delete(call->efs->db, group.id, &call->err);
	if (rc == -ENOTEMPTY)
		return kefs_err_set(&call->err, -KEFS_E_EC2_DEPENDENCY, "resource %s has a dependent object", group.id);
	if (rc < 0)
		return rc;
	log_info("security group %s is deleted by %s", group.id, call->who->caller.arn);
	kefs_xml_bool(&call->xml, "return", true);
	kefs_xml_text(&call->xml, "groupId", group.id);
	return kefs_ec2_enforce(call);
}
