// SPDX-License-Identifier: GPL-2.0
/* EC2: where this is, and the interfaces of mount targets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "ec2.h"
#include "store/st_mount_target.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int kefs_ec2_regions(struct kefs_query_call *call)
{
	const char *region = call->efs->topology->region;
	const struct kefs_ec2_attribute attributes[] = {
		{ "region-name", region }, { "endpoint", "" }, { "opt-in-status", "opt-in-not-required" },
	};
	int rc = kefs_ec2_wanted(call, "RegionName", region, attributes, COUNT(attributes));

	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, "regionInfo");
	if (rc) {
		kefs_xml_open(&call->xml, "item");
		kefs_xml_text(&call->xml, "regionName", region);
		kefs_xml_format(&call->xml, "regionEndpoint", "ec2.%s.amazonaws.com", region);
		kefs_xml_text(&call->xml, "optInStatus", "opt-in-not-required");
		kefs_xml_close(&call->xml, "item");
	}
	kefs_xml_close(&call->xml, "regionInfo");
	return 0;
}

/* --- zones --- */

static bool zone_exists(struct kefs_query_call *call, const char *name)
{
	return kefs_topology_zone(call->efs->topology, name, NULL);
}

static int write_zone(struct kefs_query_call *call, const struct kefs_subnet *subnet)
{
	const char *region = call->efs->topology->region;
	const struct kefs_ec2_attribute attributes[] = {
		{ "zone-name", subnet->zone }, { "zone-id", subnet->zone_id }, { "state", "available" },
		{ "region-name", region }, { "zone-type", "availability-zone" }, { "opt-in-status", "opt-in-not-required" },
	};
	int rc = kefs_ec2_wanted(call, "ZoneName", subnet->zone, attributes, COUNT(attributes));

	if (rc <= 0)
		return rc;
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, "optInStatus", "opt-in-not-required");
	kefs_xml_text(&call->xml, "zoneName", subnet->zone);
	kefs_xml_text(&call->xml, "zoneId", subnet->zone_id);
	kefs_xml_text(&call->xml, "zoneState", "available");
	kefs_xml_text(&call->xml, "regionName", region);
	kefs_xml_text(&call->xml, "groupName", region);
	kefs_xml_text(&call->xml, "networkBorderGroup", region);
	kefs_xml_text(&call->xml, "zoneType", "availability-zone");
	kefs_xml_close(&call->xml, "item");
	return 0;
}

/* Is it the first subnet of its zone? */
static bool is_first(const struct kefs_topology *topology, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (!strcmp(topology->subnets[j].zone, topology->subnets[i].zone))
			return false;
	}
	return true;
}

int kefs_ec2_zones(struct kefs_query_call *call)
{
	const struct kefs_topology *topology = call->efs->topology;
	int rc = kefs_ec2_check_ids(call, "ZoneName", "availability zone", KEFS_E_PARAMETER_VALUE, zone_exists);

	kefs_xml_open(&call->xml, "availabilityZoneInfo");
	for (size_t i = 0; i < topology->subnet_count && rc == 0; i++) {
		if (is_first(topology, i))
			rc = write_zone(call, &topology->subnets[i]);
	}
	kefs_xml_close(&call->xml, "availabilityZoneInfo");
	return rc;
}

/* --- VPCs --- */

static bool vpc_exists(struct kefs_query_call *call, const char *id)
{
	for (size_t i = 0; i < call->efs->topology->vpc_count; i++) {
		if (!strcmp(call->efs->topology->vpcs[i].id, id))
			return true;
	}
	return false;
}

/* A VPC is given no range: the smallest that holds those of its subnets. */
static void vpc_range(const struct kefs_topology *topology, const struct kefs_vpc *vpc, char *ret_text, size_t size)
{
	uint32_t network = 0, mask = 0;
	unsigned int prefix = 0;
	char text[KEFS_IP_TEXT];
	bool any = false;

	for (size_t i = 0; i < topology->subnet_count; i++) {
		const struct kefs_subnet *subnet = &topology->subnets[i];

		if (subnet->vpc != vpc)
			continue;
		if (!any || subnet->prefix < prefix)
			prefix = subnet->prefix;
		if (!any)
			network = subnet->network;
		any = true;
		for (mask = ~0u << (32 - prefix); prefix && (subnet->network & mask) != (network & mask); mask <<= 1)
			prefix--;
	}
	kefs_ip_format(prefix ? network & (~0u << (32 - prefix)) : 0, text);
	(void)kefs_str_format(ret_text, size, "%s/%u", text, prefix);
}

static int write_vpc(struct kefs_query_call *call, const struct kefs_vpc *vpc, bool is_default)
{
	char range[KEFS_IP_TEXT + 4];
	const struct kefs_ec2_attribute attributes[] = {
		{ "vpc-id", vpc->id }, { "is-default", is_default ? "true" : "false" },
		{ "isDefault", is_default ? "true" : "false" }, { "state", "available" }, { "cidr", range },
		{ "owner-id", call->efs->topology->account },
	};
	int rc;

	vpc_range(call->efs->topology, vpc, range, sizeof(range));
	rc = kefs_ec2_wanted(call, "VpcId", vpc->id, attributes, COUNT(attributes));
	if (rc <= 0)
		return rc;
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, "vpcId", vpc->id);
	kefs_xml_text(&call->xml, "ownerId", call->efs->topology->account);
	kefs_xml_text(&call->xml, "state", "available");
	kefs_xml_text(&call->xml, "cidrBlock", range);
	kefs_xml_text(&call->xml, "instanceTenancy", "default");
	kefs_xml_bool(&call->xml, "isDefault", is_default);
	rc = kefs_ec2_write_tags(call, vpc->id);
	kefs_xml_close(&call->xml, "item");
	return rc;
}

int kefs_ec2_vpcs(struct kefs_query_call *call)
{
	const struct kefs_topology *topology = call->efs->topology;
	int rc = kefs_ec2_check_ids(call, "VpcId", "vpc ID", KEFS_E_EC2_VPC_NOT_FOUND, vpc_exists);

	kefs_xml_open(&call->xml, "vpcSet");
	for (size_t i = 0; i < topology->vpc_count && rc == 0; i++)
		rc = write_vpc(call, &topology->vpcs[i], i == 0);
	kefs_xml_close(&call->xml, "vpcSet");
	return rc;
}

/* --- subnets --- */

static bool subnet_exists(struct kefs_query_call *call, const char *id)
{
	return kefs_topology_subnet(call->efs->topology, id);
}

static int write_subnet(struct kefs_query_call *call, const struct kefs_subnet *subnet, bool is_default)
{
	const struct kefs_topology *topology = call->efs->topology;
	char range[KEFS_IP_TEXT + 4], network[KEFS_IP_TEXT];
	const struct kefs_ec2_attribute attributes[] = {
		{ "subnet-id", subnet->id }, { "vpc-id", subnet->vpc->id }, { "availability-zone", subnet->zone },
		{ "availabilityZone", subnet->zone }, { "availability-zone-id", subnet->zone_id }, { "state", "available" },
		{ "cidr-block", range }, { "default-for-az", is_default ? "true" : "false" },
		{ "owner-id", topology->account },
	};
	int64_t used = 0;
	int rc;

	kefs_ip_format(subnet->network, network);
	(void)kefs_str_format(range, sizeof(range), "%s/%u", network, subnet->prefix);
	rc = kefs_ec2_wanted(call, "SubnetId", subnet->id, attributes, COUNT(attributes));
	if (rc <= 0)
		return rc;
	rc = kefs_st_mount_target_in_subnet(call->efs->db, subnet->id, &used, &call->err);
	if (rc < 0)
		return rc;
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, "subnetId", subnet->id);
	kefs_ec2_write_arn(call, "subnetArn", "subnet", subnet->id);
	kefs_xml_text(&call->xml, "state", "available");
	kefs_xml_text(&call->xml, "vpcId", subnet->vpc->id);
	kefs_xml_text(&call->xml, "ownerId", topology->account);
	kefs_xml_text(&call->xml, "cidrBlock", range);
	kefs_xml_format(&call->xml, "availableIpAddressCount", "%lld",
			(long long)(kefs_subnet_last(subnet) - kefs_subnet_first(subnet)) + 1 - (long long)used);
	kefs_xml_text(&call->xml, "availabilityZone", subnet->zone);
	kefs_xml_text(&call->xml, "availabilityZoneId", subnet->zone_id);
	kefs_xml_bool(&call->xml, "defaultForAz", is_default);
	kefs_xml_bool(&call->xml, "mapPublicIpOnLaunch", false);
	rc = kefs_ec2_write_tags(call, subnet->id);
	kefs_xml_close(&call->xml, "item");
	return rc;
}

int kefs_ec2_subnets(struct kefs_query_call *call)
{
	const struct kefs_topology *topology = call->efs->topology;
	int rc = kefs_ec2_check_ids(call, "SubnetId", "subnet ID", KEFS_E_EC2_SUBNET_NOT_FOUND, subnet_exists);

	kefs_xml_open(&call->xml, "subnetSet");
	for (size_t i = 0; i < topology->subnet_count && rc == 0; i++)
		rc = write_subnet(call, &topology->subnets[i], topology->subnets[i].vpc == topology->vpcs && is_first(topology, i));
	kefs_xml_close(&call->xml, "subnetSet");
	return rc;
}

/* --- interfaces --- */

static void write_interface(struct kefs_query_call *call, const struct kefs_mount_target *target,
			    const struct kefs_groups *groups, const char *address, const char *description)
{
	kefs_xml_open(&call->xml, "item");
	kefs_xml_text(&call->xml, "networkInterfaceId", target->interface_id);
	kefs_xml_text(&call->xml, "subnetId", target->subnet_id);
	kefs_xml_text(&call->xml, "vpcId", target->vpc_id);
	kefs_xml_text(&call->xml, "availabilityZone", target->zone);
	kefs_xml_text(&call->xml, "description", description);
	kefs_xml_text(&call->xml, "ownerId", call->efs->topology->account);
	kefs_xml_bool(&call->xml, "requesterManaged", true);
	kefs_xml_text(&call->xml, "status", "in-use");
	kefs_xml_text(&call->xml, "privateIpAddress", address);
	kefs_xml_text(&call->xml, "interfaceType", "interface");
	kefs_xml_open(&call->xml, "groupSet");
	for (size_t i = 0; i < groups->count; i++) {
		kefs_xml_open(&call->xml, "item");
		kefs_xml_text(&call->xml, "groupId", groups->ids[i]);
		kefs_xml_close(&call->xml, "item");
	}
	kefs_xml_close(&call->xml, "groupSet");
	kefs_xml_close(&call->xml, "item");
}

static int one_interface(struct kefs_query_call *call, const struct kefs_mount_target *target)
{
	char description[160], address[KEFS_IP_TEXT];
	struct kefs_groups groups = { .count = 0 };
	struct kefs_ec2_attribute attributes[KEFS_EC2_ATTRIBUTES_MAX] = {
		{ "network-interface-id", target->interface_id }, { "subnet-id", target->subnet_id },
		{ "vpc-id", target->vpc_id }, { "availability-zone", target->zone }, { "description", description },
		{ "private-ip-address", address }, { "addresses.private-ip-address", address }, { "status", "in-use" },
		{ "interface-type", "interface" }, { "requester-managed", "true" }, { "group-id", NULL },
	};
	size_t count = 10;
	int rc = kefs_st_mount_target_groups(call->efs->db, target->id, &groups, &call->err);

	if (rc < 0)
		return rc;
	kefs_ip_format(target->address, address);
	(void)kefs_str_format(description, sizeof(description), "EFS mount target for %s (%s)", target->fs_id, target->id);
	for (size_t i = 0; i < groups.count; i++)
		attributes[count++] = (struct kefs_ec2_attribute) { "group-id", groups.ids[i] };
	rc = kefs_ec2_wanted(call, "NetworkInterfaceId", target->interface_id, attributes, count > 10 ? count : 11);
	if (rc > 0)
		write_interface(call, target, &groups, address, description);
	return rc;
}

/* A page of mount targets, those that are wanted counted. *ret_last: there are no more. */
static int page_of_interfaces(struct kefs_query_call *call, struct kefs_page *page, unsigned int *count, bool *ret_last)
{
	struct kefs_mount_target_list list;
	int rc = kefs_st_mount_target_list(call->efs->db, "", page, &list, &call->err);

	if (rc < 0)
		return rc;
	*ret_last = list.count <= KEFS_PAGE_MAX;
	for (size_t i = 0; i < list.count && i < KEFS_PAGE_MAX && rc >= 0; i++) {
		rc = one_interface(call, &list.targets[i]);
		*count += rc > 0;
		page->after_ms = list.targets[i].created_ms;
		(void)kefs_str_copy(page->after_id, sizeof(page->after_id), list.targets[i].id);
	}
	free(list.targets);
	return rc < 0 ? rc : 0;
}

int kefs_ec2_interfaces(struct kefs_query_call *call)
{
	const char *first = kefs_form_get(call->form, "NetworkInterfaceId.1");
	struct kefs_page page = { .limit = KEFS_PAGE_MAX };
	unsigned int count = 0;
	bool last = false;
	int rc = 0;

	kefs_xml_open(&call->xml, "networkInterfaceSet");
	while (!last && rc == 0)
		rc = page_of_interfaces(call, &page, &count, &last);
	kefs_xml_close(&call->xml, "networkInterfaceSet");
	if (rc == 0 && first && !count && !kefs_form_has(call->form, "Filter."))
		return kefs_err_set(&call->err, -KEFS_E_EC2_INTERFACE_NOT_FOUND, "The networkInterface ID '%.64s' does not exist",
				    first);
	return rc;
}
