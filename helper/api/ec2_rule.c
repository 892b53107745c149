// SPDX-License-Identifier: GPL-2.0
/* EC2: rules of security groups, given and taken. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "ec2.h"
#include "store/st_group.h"

#define REQUEST_MAX	200	/* rules in one request */
#define RULES_MAX	120	/* of a group: 60 for each direction, as EC2 has it */
#define DESCRIPTION_MAX	255

/* The rules that a request asks for. */
struct rules {
	struct kefs_query_call *call;
	const struct kefs_security_group *group;
	bool egress;
	struct kefs_group_rule *list;	/* REQUEST_MAX */
	size_t count;
};

static int bad_port(struct kefs_query_call *call, const char *text)
{
	return kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE, "Invalid value '%.32s' for portRange: it must be from -1 to 65535",
			    text);
}

static int read_port(struct kefs_query_call *call, const char *prefix, const char *name, int *ret_port)
{
	const char *text = kefs_form_get(call->form, "%s%s", prefix, name);
	uint64_t port;

	*ret_port = -1;
	if (!text || !strcmp(text, "-1"))
		return 0;
	if (kefs_str_u64(text, 0, 65535, &port) < 0)
		return bad_port(call, text);
	*ret_port = (int)port;
	return 0;
}

/* What all rules of one permission share: prefix is "IpPermissions.1." or "". */
static int read_base(struct rules *rules, const char *prefix, struct kefs_group_rule *ret_rule)
{
	struct kefs_query_call *call = rules->call;
	const char *protocol = kefs_form_get(call->form, "%sIpProtocol", prefix);
	struct kefs_err err;
	int rc;

	*ret_rule = (struct kefs_group_rule) { .egress = rules->egress };
	(void)kefs_str_copy(ret_rule->group_id, sizeof(ret_rule->group_id), rules->group->id);
	if (!protocol)
		return kefs_err_set(&call->err, -KEFS_E_MISSING_PARAMETER, "The request must contain the parameter ipProtocol");
	if (kefs_protocol_parse(protocol, &ret_rule->protocol) < 0)
		return kefs_err_set(&call->err, -KEFS_E_EC2_PERMISSION_MALFORMED,
				    "Unsupported IP protocol \"%.32s\"", protocol);
	rc = read_port(call, prefix, "FromPort", &ret_rule->from_port);
	if (rc == 0)
		rc = read_port(call, prefix, "ToPort", &ret_rule->to_port);
	if (rc == 0 && kefs_rule_check_ports(ret_rule, &err) < 0)
		rc = kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE, "%s", err.text);
	return rc;
}

static int add(struct rules *rules, const struct kefs_group_rule *base, const char *source, const char *description)
{
	struct kefs_query_call *call = rules->call;
	struct kefs_group_rule *rule;

	if (rules->count == REQUEST_MAX)
		return kefs_err_set(&call->err, -KEFS_E_EC2_RULE_LIMIT,
				    "The maximum number of rules per security group has been reached.");
	if (description && strlen(description) > DESCRIPTION_MAX)
		return kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE, "A rule's description has up to %d characters",
				    DESCRIPTION_MAX);
	rule = &rules->list[rules->count++];
	*rule = *base;
	(void)kefs_str_copy(rule->source, sizeof(rule->source), source);
	(void)kefs_str_copy(rule->description, sizeof(rule->description), description ? description : "");
	return kefs_id_new(KEFS_RULE_PREFIX, rule->id);
}

static int add_cidr(struct rules *rules, const struct kefs_group_rule *base, const char *text, bool ipv6,
		    const char *description)
{
	char cidr[KEFS_RULE_SOURCE_SIZE];

	if (kefs_cidr_normalize(text, ipv6, cidr) < 0)
		return kefs_err_set(&rules->call->err, -KEFS_E_PARAMETER_VALUE,
				    "CIDR block %.64s is malformed", text);
	return add(rules, base, cidr, description);
}

/* A group of the same VPC. */
static int add_group(struct rules *rules, const struct kefs_group_rule *base, const char *id, const char *description)
{
	struct kefs_query_call *call = rules->call;
	char vpc_id[KEFS_ID_SIZE] = "";
	int rc;

	if (!kefs_id_valid(id, KEFS_GROUP_PREFIX))
		return kefs_err_set(&call->err, -KEFS_E_EC2_GROUP_MALFORMED, "Invalid id: \"%.64s\" (expecting \"sg-...\")", id);
	rc = kefs_st_group_vpc(call->efs->db, id, vpc_id, &call->err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (strcmp(vpc_id, rules->group->vpc_id))
		return kefs_err_set(&call->err, -KEFS_E_EC2_GROUP_NOT_FOUND, "The security group '%.64s' does not exist", id);
	return add(rules, base, id, description);
}

static int read_sources(struct rules *rules, const char *prefix, const struct kefs_group_rule *base)
{
	const struct kefs_form *form = rules->call->form;
	const char *text;
	int rc = 0;

	for (unsigned int i = 1; rc == 0 && (text = kefs_form_get(form, "%sIpRanges.%u.CidrIp", prefix, i)) != NULL; i++)
		rc = add_cidr(rules, base, text, false, kefs_form_get(form, "%sIpRanges.%u.Description", prefix, i));
	for (unsigned int i = 1; rc == 0 && (text = kefs_form_get(form, "%sIpv6Ranges.%u.CidrIpv6", prefix, i)) != NULL; i++)
		rc = add_cidr(rules, base, text, true, kefs_form_get(form, "%sIpv6Ranges.%u.Description", prefix, i));
	for (unsigned int i = 1; rc == 0 && (text = kefs_form_get(form, "%sGroups.%u.GroupId", prefix, i)) != NULL; i++)
		rc = add_group(rules, base, text, kefs_form_get(form, "%sGroups.%u.Description", prefix, i));
	return rc;
}

static int read_permission(struct rules *rules, const char *prefix)
{
	struct kefs_group_rule base;
	size_t before = rules->count;
	int rc = read_base(rules, prefix, &base);

	if (rc == 0)
		rc = read_sources(rules, prefix, &base);
	if (rc == 0 && rules->count == before)
		rc = kefs_err_set(&rules->call->err, -KEFS_E_MISSING_PARAMETER,
				  "A permission needs an IP range or a group that is here");
	return rc;
}

/* The older way: one permission right in the request. */
static int read_flat(struct rules *rules)
{
	const char *cidr = kefs_form_get(rules->call->form, "CidrIp");
	struct kefs_group_rule base;
	int rc = read_base(rules, "", &base);

	if (rc < 0)
		return rc;
	if (!cidr)
		return kefs_err_set(&rules->call->err, -KEFS_E_MISSING_PARAMETER, "The request must contain the parameter cidrIp");
	return add_cidr(rules, &base, cidr, false, NULL);
}

struct by_id {
	struct rules *rules;
	const char *id;
	bool found;
};

static int take_by_id(void *ctx, const struct kefs_group_rule *rule)
{
	struct by_id *wanted = ctx;

	if (strcmp(rule->id, wanted->id) || rule->egress != wanted->rules->egress ||
	    wanted->rules->count == REQUEST_MAX)
		return 0;
	wanted->rules->list[wanted->rules->count++] = *rule;
	wanted->found = true;
	return 0;
}

/* Rules to revoke by their ids. */
static int read_ids(struct rules *rules)
{
	struct kefs_query_call *call = rules->call;
	int rc = 0;

	for (unsigned int i = 1; rc == 0; i++) {
		struct by_id wanted = { rules, kefs_form_get(call->form, "SecurityGroupRuleId.%u", i), false };

		if (!wanted.id)
			break;
		rc = kefs_st_rule_list(call->efs->db, rules->group->id, take_by_id, &wanted, &call->err);
		if (rc == 0 && !wanted.found)
			rc = kefs_err_set(&call->err, -KEFS_E_EC2_RULE_NOT_FOUND, "The security group rule ID '%.64s' does not exist",
					  wanted.id);
	}
	return rc;
}

static int read_rules(struct rules *rules, bool by_id)
{
	const struct kefs_form *form = rules->call->form;
	char prefix[40];
	int rc = 0;

	if (by_id && kefs_form_has(form, "SecurityGroupRuleId."))
		return read_ids(rules);
	if (!kefs_form_has(form, "IpPermissions."))
		return read_flat(rules);
	for (unsigned int i = 1; rc == 0; i++) {
		(void)kefs_str_format(prefix, sizeof(prefix), "IpPermissions.%u.", i);
		if (!kefs_form_has(form, "%s", prefix))
			break;
		rc = read_permission(rules, prefix);
	}
	return rc;
}

static void describe(const struct kefs_group_rule *rule, char *text, size_t size)
{
	char protocol[8];

	kefs_protocol_format(rule->protocol, protocol);
	(void)kefs_str_format(text, size, "peer: %s, %s, from port: %d, to port: %d", rule->source, protocol,
			      rule->from_port, rule->to_port);
}

static int give_more(struct rules *rules)
{
	struct kefs_query_call *call = rules->call;
	char text[160];
	size_t which = 0;
	int rc = kefs_st_rule_add(call->efs->db, rules->list, rules->count, RULES_MAX, kefs_efs_now_ms(), &which, &call->err);

	if (rc == -EEXIST) {
		describe(&rules->list[which], text, sizeof(text));
		return kefs_err_set(&call->err, -KEFS_E_EC2_PERMISSION_DUPLICATE,
				    "the specified rule \"%s, ALLOW\" already exists", text);
	}
	if (rc == -EDQUOT)
		return kefs_err_set(&call->err, -KEFS_E_EC2_RULE_LIMIT,
				    "The maximum number of rules per security group has been reached.");
	if (rc < 0)
		return rc;
	kefs_xml_bool(&call->xml, "return", true);
	kefs_xml_open(&call->xml, "securityGroupRuleSet");
	for (size_t i = 0; i < rules->count; i++)
		kefs_ec2_write_rule(call, &rules->list[i]);
	kefs_xml_close(&call->xml, "securityGroupRuleSet");
	return 0;
}

static int take_away(struct rules *rules)
{
	struct kefs_query_call *call = rules->call;
	char text[160];
	size_t which = 0;
	int rc = kefs_st_rule_remove(call->efs->db, rules->list, rules->count, &which, &call->err);

	if (rc == -ENOENT) {
		describe(&rules->list[which], text, sizeof(text));
		return kefs_err_set(&call->err, -KEFS_E_EC2_PERMISSION_NOT_FOUND,
				    "The specified rule \"%s\" does not exist in this security group.", text);
	}
	if (rc == 0)
		kefs_xml_bool(&call->xml, "return", true);
	return rc;
}

static int change(struct kefs_query_call *call, bool egress, bool give)
{
	CLEANUP_FREE struct kefs_group_rule *list = calloc(REQUEST_MAX, sizeof(*list));
	struct kefs_security_group group;
	struct rules rules = { .call = call, .group = &group, .egress = egress, .list = list };
	int rc;

	if (!list)
		return kefs_err_sys(&call->err, -ENOMEM, "rules");
	rc = kefs_ec2_find_group(call, &group);
	if (rc == 0)
		rc = read_rules(&rules, !give);
	if (rc == 0)
		rc = give ? give_more(&rules) : take_away(&rules);
	if (rc == 0)
		log_info("%zu rules of security group %s are %s by %s", rules.count, group.id, give ? "added" : "removed",
			 call->who->caller.arn);
	return rc < 0 ? rc : kefs_ec2_enforce(call);
}

int kefs_ec2_authorize_ingress(struct kefs_query_call *call)
{
	return change(call, false, true);
}

int kefs_ec2_authorize_egress(struct kefs_query_call *call)
{
	return change(call, true, true);
}

int kefs_ec2_revoke_ingress(struct kefs_query_call *call)
{
	return change(call, false, false);
}

int kefs_ec2_revoke_egress(struct kefs_query_call *call)
{
	return change(call, true, false);
}
