// SPDX-License-Identifier: GPL-2.0
#include "ec2_resource.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "store/st_group.h"

/* "" if there is none. */
static int find_vpc(const struct kefs_efs *efs, const char *kind, const char *id, char *ret_id, struct kefs_err *err)
{
	const struct kefs_subnet *subnet;
	int rc;

	*ret_id = '\0';
	if (!strcmp(kind, "subnet")) {
		subnet = kefs_topology_subnet(efs->topology, id);
		return subnet ? kefs_str_copy(ret_id, KEFS_ID_SIZE, subnet->vpc->id) : 0;
	}
	if (strcmp(kind, "security-group"))
		return 0;
	rc = kefs_st_group_vpc(efs->db, id, ret_id, err);
	return rc == -ENOENT ? 0 : rc;
}

int kefs_ec2_resource(const struct kefs_efs *efs, const char *kind, const char *id, const char *vpc_id,
		      struct kefs_ec2_resource *ret_resource, struct kefs_err *err)
{
	const struct kefs_topology *topology = efs->topology;
	char found[KEFS_ID_SIZE];
	int rc = 0;

	*ret_resource = (struct kefs_ec2_resource) { .arn = "*", .vpc.name = "ec2:Vpc" };
	if (kind && !vpc_id) {
		rc = find_vpc(efs, kind, id, found, err);
		vpc_id = found;
	}
	if (rc < 0 || !kind)
		return rc;
	(void)kefs_str_format(ret_resource->arn, sizeof(ret_resource->arn), "arn:aws:ec2:%s:%s:%s/%s", topology->region,
			      topology->account, kind, id);
	if (!*vpc_id)
		return 0;
	(void)kefs_str_format(ret_resource->vpc_arn, sizeof(ret_resource->vpc_arn), "arn:aws:ec2:%s:%s:vpc/%s",
			      topology->region, topology->account, vpc_id);
	ret_resource->vpc.value = ret_resource->vpc_arn;
	return 0;
}
