// SPDX-License-Identifier: GPL-2.0
/* EC2: the operations, filters and tags. */
#include "ec2.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/str.h"
#include "service/endpoints.h"
#include "service/packet_filter.h"
#include "store/st_group.h"
#include "store/st_tag.h"

#define FILTERS_MAX	200
#define VALUES_MAX	200

/* --- filters --- */

static bool value_wanted(const struct kefs_query_call *call, unsigned int filter, const char *value)
{
	size_t count;
	const struct kefs_form_param *const *values = kefs_form_range(call->form, &count, "Filter.%u.Value.", filter);

	for (size_t i = 0; i < count; i++) {
		if (fnmatch(values[i]->value, value, 0) == 0)
			return true;
	}
	return false;
}

static bool tag_wanted(const struct kefs_query_call *call, unsigned int filter, const char *name,
		       const struct kefs_tags *tags)
{
	const char *key = kefs_str_after(name, "tag:");

	for (size_t i = 0; i < tags->count; i++) {
		const struct kefs_tag *tag = &tags->tags[i];

		if (key ? !strcmp(tag->key, key) && value_wanted(call, filter, tag->value) :
			  value_wanted(call, filter, tag->key))
			return true;
	}
	return false;
}

static int one_filter(struct kefs_query_call *call, unsigned int filter, const char *name, const struct kefs_tags *tags,
		      const struct kefs_ec2_attribute *attributes, size_t count)
{
	bool known = false;

	if (kefs_str_after(name, "tag:") || !strcmp(name, "tag-key"))
		return tag_wanted(call, filter, name, tags);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(attributes[i].name, name))
			continue;
		known = true;
		if (attributes[i].value && value_wanted(call, filter, attributes[i].value))
			return 1;
	}
	return known ? 0 : kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE, "The filter '%.64s' is invalid", name);
}

bool kefs_ec2_listed(const struct kefs_query_call *call, const char *param, const char *value)
{
	size_t count;
	const struct kefs_form_param *const *values = kefs_form_range(call->form, &count, "%s.", param);

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(values[i]->value, value))
			return true;
	}
	return !count;
}

/* What is not looked at would give more, or less, than was asked for. */
static int check_limits(struct kefs_query_call *call, unsigned int filter)
{
	size_t count;

	(void)kefs_form_range(call->form, &count, "Filter.%u.Value.", filter);
	if (count <= VALUES_MAX && filter <= FILTERS_MAX)
		return 0;
	return kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE, "The request must not have more than %d filters of %d values",
			    FILTERS_MAX, VALUES_MAX);
}

int kefs_ec2_wanted(struct kefs_query_call *call, const char *param, const char *id,
		    const struct kefs_ec2_attribute *attributes, size_t count)
{
	struct kefs_tags tags = { .count = 0 };
	int rc = 1;

	if (param && !kefs_ec2_listed(call, param, id))
		return 0;
	if (kefs_form_has(call->form, "Filter.")) {
		rc = kefs_st_tag_list(call->efs->db, id, 0, KEFS_TAG_MAX, &tags, &call->err);
		rc = rc < 0 ? rc : 1;
	}
	for (unsigned int i = 1; rc > 0; i++) {
		const char *name = kefs_form_get(call->form, "Filter.%u.Name", i);

		if (!name)
			break;
		rc = check_limits(call, i);
		if (rc == 0)
			rc = one_filter(call, i, name, &tags, attributes, count);
	}
	kefs_tags_free(&tags);
	return rc;
}

int kefs_ec2_check_ids(struct kefs_query_call *call, const char *param, const char *what, int fault,
		       bool (*exists)(struct kefs_query_call *call, const char *id))
{
	for (unsigned int i = 1;; i++) {
		const char *id = kefs_form_get(call->form, "%s.%u", param, i);

		if (!id)
			return 0;
		if (!exists(call, id))
			return kefs_err_set(&call->err, -fault, "The %s '%.64s' does not exist", what, id);
	}
}

/* --- tags --- */

static void write_tag_set(struct kefs_query_call *call, const struct kefs_tags *tags)
{
	kefs_xml_open(&call->xml, "tagSet");
	for (size_t i = 0; i < tags->count; i++) {
		kefs_xml_open(&call->xml, "item");
		kefs_xml_text(&call->xml, "key", tags->tags[i].key);
		kefs_xml_text(&call->xml, "value", tags->tags[i].value);
		kefs_xml_close(&call->xml, "item");
	}
	kefs_xml_close(&call->xml, "tagSet");
}

int kefs_ec2_write_tags(struct kefs_query_call *call, const char *id)
{
	struct kefs_tags tags;
	int rc = kefs_st_tag_list(call->efs->db, id, 0, KEFS_TAG_MAX, &tags, &call->err);

	if (rc < 0)
		return rc;
	write_tag_set(call, &tags);
	kefs_tags_free(&tags);
	return 0;
}

static int check_tags(struct kefs_query_call *call, const struct kefs_tags *tags)
{
	const char *members = kefs_tags_find(tags, KEFS_GROUP_MEMBERS_TAG);
	int rc;

	if (members && kefs_packet_filter_check_members(members) < 0)
		return kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE,
				    "The value of the tag " KEFS_GROUP_MEMBERS_TAG " must be CIDR blocks with spaces between them");
	rc = kefs_tags_check(tags, &call->err);
	return rc == -KEFS_E_BAD_REQUEST ? -KEFS_E_PARAMETER_VALUE : rc;
}

/* To be freed. */
static int read_tags(struct kefs_query_call *call, const char *prefix, struct kefs_tags *ret_tags)
{
	int rc = kefs_query_tags(call, prefix, ret_tags);

	if (rc < 0)
		return rc;
	rc = check_tags(call, ret_tags);
	if (rc < 0)
		kefs_tags_free(ret_tags);
	return rc;
}

int kefs_ec2_new_tags(struct kefs_query_call *call, struct kefs_tags *ret_tags)
{
	return read_tags(call, KEFS_EC2_NEW_TAGS, ret_tags);
}

int kefs_ec2_store_tags(struct kefs_query_call *call, const char *id, const struct kefs_tags *tags)
{
	int rc = tags->count ? kefs_st_tags_set(call->efs->db, id, tags, &call->err) : 0;

	return rc == -EDQUOT ? -KEFS_E_PARAMETER_VALUE : rc;
}

/* What can have tags here: VPCs, subnets and groups. */
static const char *kind_of(struct kefs_query_call *call, const char *id)
{
	const struct kefs_topology *topology = call->efs->topology;
	char vpc_id[KEFS_ID_SIZE];

	for (size_t i = 0; i < topology->vpc_count; i++) {
		if (!strcmp(topology->vpcs[i].id, id))
			return "vpc";
	}
	if (kefs_topology_subnet(topology, id))
		return "subnet";
	return kefs_st_group_vpc(call->efs->db, id, vpc_id, &call->err) == 0 ? "security-group" : NULL;
}

int kefs_ec2_resources(struct kefs_query_call *call, const char *ret_ids[KEFS_EC2_RESOURCES_MAX], size_t *ret_count)
{
	size_t count = 0;
	const char *id;

	while ((id = kefs_form_get(call->form, "ResourceId.%zu", count + 1)) != NULL) {
		if (count == KEFS_EC2_RESOURCES_MAX)
			return kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE,
					    "The request must not name more than %d resources", KEFS_EC2_RESOURCES_MAX);
		ret_ids[count++] = id;
	}
	*ret_count = count;
	return 0;
}

typedef int (*change_fn)(struct kefs_query_call *call, const char *id, const struct kefs_tags *tags);

/* Calls one for each ResourceId, when all are known to be. */
static int all_resources(struct kefs_query_call *call, change_fn one, const struct kefs_tags *tags)
{
	const char *ids[KEFS_EC2_RESOURCES_MAX];
	size_t count;
	int rc = kefs_ec2_resources(call, ids, &count);

	if (rc == 0 && !count)
		return kefs_err_set(&call->err, -KEFS_E_MISSING_PARAMETER,
				    "The request must contain the parameter resourceIdSet");
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (!kind_of(call, ids[i]))
			return kefs_err_set(&call->err, -KEFS_E_EC2_ID, "The ID '%.64s' is not valid", ids[i]);
	}
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = one(call, ids[i], tags);
	return rc;
}

static int each_resource(struct kefs_query_call *call, change_fn one, const struct kefs_tags *tags)
{
	struct kefs_db *db = call->efs->db;
	int rc = kefs_db_begin(db, &call->err);

	return rc < 0 ? rc : kefs_db_end(db, all_resources(call, one, tags), &call->err);
}

/* Is this one named: without tags any is, without a value its key is enough (API page DeleteTags)? */
static bool is_named(const struct kefs_query_call *call, const struct kefs_tags *named, const struct kefs_tag *tag)
{
	for (size_t i = 0; i < named->count; i++) {
		if (!strcmp(named->tags[i].key, tag->key) && (!kefs_form_get(call->form, KEFS_EC2_TAGS ".%zu.Value", i + 1) ||
							      !strcmp(named->tags[i].value, tag->value)))
			return true;
	}
	return !named->count;
}

static int untag_one(struct kefs_query_call *call, const char *id, const struct kefs_tags *named)
{
	const char *keys[KEFS_TAG_MAX];
	struct kefs_tags tags;
	size_t count = 0;
	int rc = kefs_st_tag_list(call->efs->db, id, 0, KEFS_TAG_MAX, &tags, &call->err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < tags.count; i++) {
		if (is_named(call, named, &tags.tags[i]))
			keys[count++] = tags.tags[i].key;
	}
	rc = count ? kefs_st_tags_remove(call->efs->db, id, keys, count, &call->err) : 0;
	kefs_tags_free(&tags);
	return rc;
}

int kefs_ec2_enforce(struct kefs_query_call *call)
{
	return kefs_endpoints_filter(call->efs->endpoints, &call->err);
}

/* The tags are freed. */
static int change_tags(struct kefs_query_call *call, change_fn one, struct kefs_tags *tags)
{
	int rc = each_resource(call, one, tags);

	kefs_tags_free(tags);
	if (rc == 0)
		rc = kefs_ec2_enforce(call);
	if (rc == 0)
		kefs_xml_bool(&call->xml, "return", true);
	return rc;
}

static int create_tags(struct kefs_query_call *call)
{
	struct kefs_tags tags;
	int rc = read_tags(call, KEFS_EC2_TAGS, &tags);

	return rc < 0 ? rc : change_tags(call, kefs_ec2_store_tags, &tags);
}

static int delete_tags(struct kefs_query_call *call)
{
	struct kefs_tags tags;
	int rc = kefs_query_tags(call, KEFS_EC2_TAGS, &tags);

	if (rc < 0)
		return rc;
	if (tags.count > KEFS_TAG_MAX) {
		kefs_tags_free(&tags);
		return kefs_err_set(&call->err, -KEFS_E_PARAMETER_VALUE, "The request must not name more than %d tags", KEFS_TAG_MAX);
	}
	return change_tags(call, untag_one, &tags);
}

static int describe_one(struct kefs_query_call *call, const char *id)
{
	const char *kind = kind_of(call, id);
	struct kefs_tags tags = { .count = 0 };
	int rc = kefs_st_tag_list(call->efs->db, id, 0, KEFS_TAG_MAX, &tags, &call->err);

	for (size_t i = 0; rc >= 0 && i < tags.count; i++) {
		const struct kefs_ec2_attribute attributes[] = {
			{ "resource-id", id }, { "resource-type", kind }, { "key", tags.tags[i].key },
			{ "value", tags.tags[i].value },
		};

		rc = kefs_ec2_wanted(call, NULL, id, attributes, sizeof(attributes) / sizeof(attributes[0]));
		if (rc <= 0)
			continue;
		kefs_xml_open(&call->xml, "item");
		kefs_xml_text(&call->xml, "resourceId", id);
		kefs_xml_text(&call->xml, "resourceType", kind);
		kefs_xml_text(&call->xml, "key", tags.tags[i].key);
		kefs_xml_text(&call->xml, "value", tags.tags[i].value);
		kefs_xml_close(&call->xml, "item");
	}
	kefs_tags_free(&tags);
	return rc < 0 ? rc : 0;
}

static int describe_group_tags(void *ctx, const struct kefs_security_group *group)
{
	return describe_one(ctx, group->id);
}

static int describe_tags(struct kefs_query_call *call)
{
	const struct kefs_topology *topology = call->efs->topology;
	struct kefs_err err;
	int rc = 0;

	kefs_xml_open(&call->xml, "tagSet");
	for (size_t i = 0; i < topology->vpc_count && rc == 0; i++)
		rc = describe_one(call, topology->vpcs[i].id);
	for (size_t i = 0; i < topology->subnet_count && rc == 0; i++)
		rc = describe_one(call, topology->subnets[i].id);
	if (rc == 0)
		rc = kefs_st_group_list(call->efs->db, describe_group_tags, call, &err);
	kefs_xml_close(&call->xml, "tagSet");
	return rc;
}

void kefs_ec2_write_arn(struct kefs_query_call *call, const char *element, const char *kind, const char *id)
{
	kefs_xml_format(&call->xml, element, "arn:aws:ec2:%s:%s:%s/%s", call->efs->topology->region,
			call->efs->topology->account, kind, id);
}

#define ROW(op, fn)	{ .name = op, .run = fn }
#define GROUP(op, fn)	{ .name = op, .run = fn, .authorize = kefs_ec2_authorize_group }
#define TAGS(op, fn)	{ .name = op, .run = fn, .authorize = kefs_ec2_authorize_tags }

static const struct kefs_query_op ops[] = {
	ROW("DescribeRegions", kefs_ec2_regions),
	ROW("DescribeAvailabilityZones", kefs_ec2_zones),
	ROW("DescribeVpcs", kefs_ec2_vpcs),
	ROW("DescribeSubnets", kefs_ec2_subnets),
	ROW("DescribeNetworkInterfaces", kefs_ec2_interfaces),
	ROW("DescribeSecurityGroups", kefs_ec2_groups),
	ROW("DescribeSecurityGroupRules", kefs_ec2_rules),
	{ .name = "CreateSecurityGroup", .run = kefs_ec2_create_group, .authorize = kefs_ec2_authorize_new_group },
	GROUP("DeleteSecurityGroup", kefs_ec2_delete_group),
	GROUP("AuthorizeSecurityGroupIngress", kefs_ec2_authorize_ingress),
	GROUP("AuthorizeSecurityGroupEgress", kefs_ec2_authorize_egress),
	GROUP("RevokeSecurityGroupIngress", kefs_ec2_revoke_ingress),
	GROUP("RevokeSecurityGroupEgress", kefs_ec2_revoke_egress),
	TAGS("CreateTags", create_tags),
	TAGS("DeleteTags", delete_tags),
	ROW("DescribeTags", describe_tags),
};

const struct kefs_query_op *kefs_ec2_ops(size_t *ret_count)
{
	*ret_count = sizeof(ops) / sizeof(ops[0]);
	return ops;
}
