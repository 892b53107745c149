// SPDX-License-Identifier: GPL-2.0
/* Where this deployment is, as configured: what one needs to know to make a mount target. */
#include "common/str.h"
#include "internal.h"

static json_t *vpc_json(const struct kefs_vpc *vpc, bool is_default)
{
	return json_pack("{ss ss ss sb}", "VpcId", vpc->id, "Name", vpc->name, "DefaultSecurityGroupId", vpc->group_id,
			 "IsDefault", is_default);
}

static json_t *subnet_json(const struct kefs_subnet *subnet)
{
	char network[KEFS_IP_TEXT], range[KEFS_IP_TEXT + 4];

	kefs_ip_format(subnet->network, network);
	(void)kefs_str_format(range, sizeof(range), "%s/%u", network, subnet->prefix);
	return json_pack("{ss ss ss ss ss ss}", "SubnetId", subnet->id, "VpcId", subnet->vpc->id, "AvailabilityZoneName",
			 subnet->zone, "AvailabilityZoneId", subnet->zone_id, "Interface", subnet->interface, "CidrBlock", range);
}

void kefs_api_topology(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	const struct kefs_topology *topology = api->efs->topology;
	json_t *vpcs = json_array(), *subnets = json_array();

	(void)request;
	for (size_t i = 0; i < topology->vpc_count; i++)
		(void)json_array_append_new(vpcs, vpc_json(&topology->vpcs[i], i == 0));
	for (size_t i = 0; i < topology->subnet_count; i++)
		(void)json_array_append_new(subnets, subnet_json(&topology->subnets[i]));
	kefs_reply_json(reply, 200, json_pack("{ss ss so so}", "Region", topology->region, "Account", topology->account,
					      "Vpcs", vpcs, "Subnets", subnets));
}
