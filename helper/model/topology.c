// SPDX-License-Identifier: GPL-2.0
#include "topology.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/str.h"

#define WORDS		"abcdefghijklmnopqrstuvwxyz0123456789-"
#define RESERVED	4	/* addresses at the beginning of a range, */
#define RESOLVER	2	/* of which one is the resolver's */

bool kefs_topology_is_region(const char *text)
{
	size_t len = strlen(text), dashes = 0;

	for (const char *p = text; *p; p++)
		dashes += *p == '-';
	return len > 4 && len < KEFS_REGION_SIZE && islower((unsigned char)text[0]) && islower((unsigned char)text[1]) &&
	       text[2] == '-' && dashes >= 2 && text[strspn(text, WORDS)] == '\0';
}

bool kefs_topology_is_account(const char *text)
{
	return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

/* An id from names: FNV-1a, twice with different beginnings for the 17 digits. */
static void make_id(const struct kefs_topology *topology, const char *prefix, const char *a, const char *b,
		    char *ret_id)
{
	const char *const parts[] = { topology->account, topology->region, prefix, a, b };
	uint64_t high = 0xcbf29ce484222325u, low = 0x84222325cbf29ce4u;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		/* With the NUL, so that "ab" and "c" are not "a" and "bc". */
		for (size_t n = 0; n <= strlen(parts[i]); n++) {
			high = (high ^ (unsigned char)parts[i][n]) * 0x100000001b3u;
			low = (low ^ (unsigned char)parts[i][n]) * 0x100000001b3u;
		}
	}
	(void)kefs_str_format(ret_id, KEFS_ID_SIZE, "%s0%08x%08x", prefix, (unsigned int)(high >> 32),
			      (unsigned int)(low >> 32));
}

/* "us-east-1" to "use1", as the service abbreviates it. */
static void abbreviate(const char *region, char *buf, size_t size)
{
	static const char *const points[] = { "north", "south", "central", "east", "west", "gov", "iso" };
	const char *p = region + 2;
	size_t len = 2;

	(void)kefs_str_copy(buf, size, region);
	while (*p && len + 1 < size) {
		size_t step = 1;

		for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
			if (kefs_str_after(p, points[i]))
				step = strlen(points[i]);
		}
		if (step > 1 || isdigit((unsigned char)*p))
			buf[len++] = *p;
		p += step;
	}
	buf[len] = '\0';
}

/* Zone "us-east-1a" has id "use1-az1"; a zone with a name of another form has it for id too. */
static void make_zone_id(const struct kefs_topology *topology, struct kefs_subnet *subnet)
{
	const char *letter = kefs_str_after(subnet->zone, topology->region);
	char abbreviation[KEFS_ZONE_SIZE - 8];

	if (!letter || !islower((unsigned char)*letter) || letter[1]) {
		(void)kefs_str_copy(subnet->zone_id, sizeof(subnet->zone_id), subnet->zone);
		return;
	}
	abbreviate(topology->region, abbreviation, sizeof(abbreviation));
	(void)kefs_str_format(subnet->zone_id, sizeof(subnet->zone_id), "%s-az%d", abbreviation, *letter - 'a' + 1);
}

static int add_vpc(struct kefs_topology *topology, const char *name, const struct kefs_vpc **ret_vpc)
{
	struct kefs_vpc *vpc;

	for (size_t i = 0; i < topology->vpc_count; i++) {
		if (!strcmp(topology->vpcs[i].name, name)) {
			*ret_vpc = &topology->vpcs[i];
			return 0;
		}
	}
	if (topology->vpc_count == KEFS_VPCS_MAX)
		return -E2BIG;
	vpc = &topology->vpcs[topology->vpc_count++];
	(void)kefs_str_copy(vpc->name, sizeof(vpc->name), name);
	make_id(topology, "vpc-", name, "", vpc->id);
	make_id(topology, "sg-", name, "default", vpc->group_id);
	*ret_vpc = vpc;
	return 0;
}

static int parse_range(const char *text, struct kefs_subnet *subnet)
{
	char address[KEFS_IP_TEXT];
	const char *slash = strchr(text, '/');
	uint64_t prefix;

	if (!slash || kefs_str_format(address, sizeof(address), "%.*s", (int)(slash - text), text) < 0 ||
	    kefs_ip_parse(address, &subnet->network) < 0 || kefs_str_u64(slash + 1, 8, 28, &prefix) < 0)
		return -EINVAL;
	subnet->prefix = (unsigned int)prefix;
	return subnet->network & (UINT32_MAX >> prefix) ? -EINVAL : 0;
}

static bool overlap(const struct kefs_subnet *a, const struct kefs_subnet *b)
{
	unsigned int prefix = a->prefix < b->prefix ? a->prefix : b->prefix;

	return a->vpc == b->vpc && a->network >> (32 - prefix) == b->network >> (32 - prefix);
}

/* Cuts the next word of *text off into buf: 0, -ENOENT at the end, -ENAMETOOLONG. */
static int next_word(const char **text, char *buf, size_t size)
{
	size_t n;

	*text += strspn(*text, " \t");
	n = strcspn(*text, " \t");
	if (!n)
		return -ENOENT;
	*text += n;
	return kefs_str_format(buf, size, "%.*s", (int)n, *text - n);
}

/* One entry, trimmed. */
static int add_subnet(struct kefs_topology *topology, const char *entry, struct kefs_err *err)
{
	struct kefs_subnet *subnet = &topology->subnets[topology->subnet_count];
	char range[24], vpc[KEFS_VPC_NAME_SIZE] = KEFS_DEFAULT_VPC, more[2];
	const char *rest = entry;

	if (topology->subnet_count == KEFS_SUBNETS_MAX)
		return kefs_err_set(err, -EINVAL, "more than %d subnets", KEFS_SUBNETS_MAX);
	if (next_word(&rest, subnet->zone, sizeof(subnet->zone)) < 0 ||
	    next_word(&rest, subnet->interface, sizeof(subnet->interface)) < 0 ||
	    next_word(&rest, range, sizeof(range)) < 0 || next_word(&rest, vpc, sizeof(vpc)) == -ENAMETOOLONG ||
	    next_word(&rest, more, sizeof(more)) != -ENOENT)
		return kefs_err_set(err, -EINVAL, "\"%.80s\" is not of the form ZONE INTERFACE NETWORK/PREFIX [VPC]", entry);
	if (subnet->zone[strspn(subnet->zone, WORDS)])
		return kefs_err_set(err, -EINVAL, "\"%.80s\": a zone is named with letters a to z, digits and -", entry);
	if (parse_range(range, subnet) < 0)
		return kefs_err_set(err, -EINVAL, "\"%.80s\": %s is not an IPv4 network such as 192.0.2.0/24, with 8 to 28 bits",
				    entry, range);
	if (add_vpc(topology, vpc, &subnet->vpc) < 0)
		return kefs_err_set(err, -EINVAL, "more than %d VPCs", KEFS_VPCS_MAX);
	for (size_t i = 0; i < topology->subnet_count; i++) {
		if (overlap(&topology->subnets[i], subnet))
			return kefs_err_set(err, -EINVAL, "\"%.80s\": the range overlaps another one of VPC %s", entry, vpc);
	}
	make_zone_id(topology, subnet);
	make_id(topology, "subnet-", subnet->zone, range, subnet->id);
	topology->subnet_count++;
	return 0;
}

static int add_subnets(struct kefs_topology *topology, const char *text, struct kefs_err *err)
{
	int rc = 0;

	while (rc == 0 && *text) {
		size_t n = strcspn(text, ",");
		char entry[256];

		if (kefs_str_format(entry, sizeof(entry), "%.*s", (int)n, text) < 0)
			return kefs_err_set(err, -EINVAL, "\"%.80s…\" is too long for a subnet", entry);
		rc = add_subnet(topology, entry + strspn(entry, " \t"), err);
		text += n;
		text += *text == ',';
	}
	return rc;
}

int kefs_topology_build(struct kefs_topology *topology, const char *region, const char *account, const char *subnets,
			struct kefs_err *err)
{
	char text[512];

	*topology = (struct kefs_topology) { .subnet_count = 0 };
	if (!kefs_topology_is_region(region) || !kefs_topology_is_account(account))
		return kefs_err_set(err, -EINVAL, "no region or account");
	(void)kefs_str_copy(topology->region, sizeof(topology->region), region);
	(void)kefs_str_copy(topology->account, sizeof(topology->account), account);
	if (*subnets)
		return add_subnets(topology, subnets, err);
	(void)kefs_str_format(text, sizeof(text), "%sa lo 127.66.0.0/16, %sb lo 127.67.0.0/16, %sc lo 127.68.0.0/16", region,
			      region, region);
	return add_subnets(topology, text, err);
}

const struct kefs_subnet *kefs_topology_subnet(const struct kefs_topology *topology, const char *id)
{
	for (size_t i = 0; i < topology->subnet_count; i++) {
		if (!strcmp(topology->subnets[i].id, id))
			return &topology->subnets[i];
	}
	return NULL;
}

bool kefs_topology_zone(const struct kefs_topology *topology, const char *zone, const char **ret_zone_id)
{
	if (ret_zone_id)
		*ret_zone_id = NULL;
	for (size_t i = 0; i < topology->subnet_count; i++) {
		if (strcmp(topology->subnets[i].zone, zone))
			continue;
		if (ret_zone_id)
			*ret_zone_id = topology->subnets[i].zone_id;
		return true;
	}
	return false;
}

const struct kefs_vpc *kefs_topology_default_group(const struct kefs_topology *topology, const char *group_id)
{
	for (size_t i = 0; i < topology->vpc_count; i++) {
		if (!strcmp(topology->vpcs[i].group_id, group_id))
			return &topology->vpcs[i];
	}
	return NULL;
}

uint32_t kefs_subnet_first(const struct kefs_subnet *subnet)
{
	return subnet->network + RESERVED;
}

uint32_t kefs_subnet_last(const struct kefs_subnet *subnet)
{
	return (subnet->network | UINT32_MAX >> subnet->prefix) - 1;
}

uint32_t kefs_subnet_resolver(const struct kefs_subnet *subnet)
{
	return subnet->network + RESOLVER;
}

int kefs_ip_parse(const char *text, uint32_t *ret_ip)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return -EINVAL;
	*ret_ip = ntohl(in.s_addr);
	return 0;
}

void kefs_ip_format(uint32_t ip, char *ret_text)
{
	(void)kefs_str_format(ret_text, KEFS_IP_TEXT, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

void kefs_topology_arn(const struct kefs_topology *topology, const char *kind, const char *id, char *ret_arn)
{
	(void)kefs_str_format(ret_arn, KEFS_ARN_SIZE, "arn:aws:elasticfilesystem:%s:%s:%s/%s", topology->region,
			      topology->account, kind, id);
}

const char *kefs_topology_bare_id(const struct kefs_topology *topology, const char *text, const char *kind,
				  const char *prefix)
{
	char middle[KEFS_ARN_SIZE];
	const char *colon;

	if (!kefs_str_after(text, "arn:"))
		return kefs_id_valid(text, prefix) ? text : NULL;
	colon = strchr(text + 4, ':');
	if (!colon || strncmp(text + 4, "aws", 3) || strspn(text + 4, WORDS) != (size_t)(colon - text - 4))
		return NULL;
	(void)kefs_str_format(middle, sizeof(middle), ":elasticfilesystem:%s:%s:%s/", topology->region, topology->account,
			      kind);
	text = kefs_str_after(colon, middle);
	return text && kefs_id_valid(text, prefix) ? text : NULL;
}
