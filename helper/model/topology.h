/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where this deployment is: region, account, availability zones, VPCs, and subnets, each of which is an interface of
 * this host and a range of IPv4 addresses. It comes from the configuration; ids are made from names, so that they
 * stay the same over restarts and moves of lines. Pure.
 */
#ifndef KEFS_MODEL_TOPOLOGY_H
#define KEFS_MODEL_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"

#define KEFS_REGION_SIZE	65
#define KEFS_ACCOUNT_SIZE	13
#define KEFS_ZONE_SIZE		65
#define KEFS_INTERFACE_SIZE	16
#define KEFS_VPC_NAME_SIZE	33
#define KEFS_SUBNETS_MAX	64
#define KEFS_VPCS_MAX		16
#define KEFS_ARN_SIZE		192
#define KEFS_SUBNETS_TEXT	4096
#define KEFS_DEFAULT_VPC	"default"
#define KEFS_IP_TEXT		16	/* "255.255.255.255" and a NUL */

struct kefs_vpc {
	char id[KEFS_ID_SIZE];
	char name[KEFS_VPC_NAME_SIZE];
	char group_id[KEFS_ID_SIZE];	/* its default security group */
};

struct kefs_subnet {
	char id[KEFS_ID_SIZE];
	const struct kefs_vpc *vpc;
	char zone[KEFS_ZONE_SIZE];
	char zone_id[KEFS_ZONE_SIZE];
	char interface[KEFS_INTERFACE_SIZE];
	uint32_t network;	/* host byte order */
	unsigned int prefix;	/* 8..28 */
};

/* Not to be copied: subnets point into vpcs. */
struct kefs_topology {
	char region[KEFS_REGION_SIZE];
	char account[KEFS_ACCOUNT_SIZE];
	struct kefs_vpc vpcs[KEFS_VPCS_MAX];
	size_t vpc_count;
	struct kefs_subnet subnets[KEFS_SUBNETS_MAX];
	size_t subnet_count;
};

/* Is it a region's name ("eu-central-1"); 12 digits? */
bool kefs_topology_is_region(const char *text);
bool kefs_topology_is_account(const char *text);

/*
 * Fills in the topology. subnets is a list of "ZONE INTERFACE NETWORK/PREFIX [VPC]" with commas between them, of
 * which the first one's VPC is the default one; "" means three zones of the region with ranges of 127.0.0.0/8.
 * 0, or -EINVAL with err, which names the entry.
 */
int kefs_topology_build(struct kefs_topology *topology, const char *region, const char *account, const char *subnets,
			struct kefs_err *err);

/* The subnet with this id, or NULL. */
const struct kefs_subnet *kefs_topology_subnet(const struct kefs_topology *topology, const char *id);

/* Is there such a zone? *ret_zone_id (may be NULL) is then its id; else NULL. */
bool kefs_topology_zone(const struct kefs_topology *topology, const char *zone, const char **ret_zone_id);

/* The VPC whose default security group this is, or NULL. */
const struct kefs_vpc *kefs_topology_default_group(const struct kefs_topology *topology, const char *group_id);

/* The first and the last address that a mount target can have: as in a VPC not the first four nor the last one. */
uint32_t kefs_subnet_first(const struct kefs_subnet *subnet);
uint32_t kefs_subnet_last(const struct kefs_subnet *subnet);

/* The address of the subnet's resolver, as in a VPC the third one. */
uint32_t kefs_subnet_resolver(const struct kefs_subnet *subnet);

/* "192.0.2.1" in host byte order: 0 or -EINVAL. And back; ret_text has KEFS_IP_TEXT bytes. */
int kefs_ip_parse(const char *text, uint32_t *ret_ip);
void kefs_ip_format(uint32_t ip, char *ret_text);

/* "arn:aws:elasticfilesystem:<region>:<account>:<kind>/<id>"; ret_arn has KEFS_ARN_SIZE bytes. */
void kefs_topology_arn(const struct kefs_topology *topology, const char *kind, const char *id, char *ret_arn);

/*
 * The id that text means, a bare one or an ARN of that kind ("file-system") in any partition, of this region and
 * account. A pointer into text, or NULL.
 */
const char *kefs_topology_bare_id(const struct kefs_topology *topology, const char *text, const char *kind,
				  const char *prefix);

#endif
