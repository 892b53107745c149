// SPDX-License-Identifier: GPL-2.0
/* A chain for each group, which accepts, and one for each address, which asks those of its groups and drops. */
#include "packet_filter.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "model/group_rule.h"
#include "net/nft.h"
#include "service/efs.h"
#include "store/st_group.h"
#include "store/st_tag.h"

#define NFS_PORT	2049
#define TEXT_MAX	((size_t)16 * 1024 * 1024)
#define BLOCKS_MAX	64	/* of a group's members */

struct writer {
	struct kefs_db *db;
	const struct kefs_topology *topology;
	struct kefs_buf *buf;
	struct kefs_err *err;
	uint32_t address;	/* of the chain that is open; 0: none */
	size_t targets;
};

/* Chains are called as groups are, but for the dash. */
static int open_group(struct writer *writer, const char *id)
{
	return kefs_buf_format(writer->buf, "\tchain sg_%s {\n", id + strlen(KEFS_GROUP_PREFIX));
}

static int accept_block(struct writer *writer, const char *cidr)
{
	/* Mount targets have no IPv6 addresses. */
	if (strchr(cidr, ':'))
		return 0;
	return kefs_buf_format(writer->buf, "\t\tip saddr %s accept\n", cidr);
}

/* --- members of groups --- */

static int next_block(const char **text, char *ret_cidr)
{
	char word[KEFS_RULE_SOURCE_SIZE];
	size_t len;

	*text += strspn(*text, " ");
	len = strcspn(*text, " ");
	if (!len)
		return 0;
	if (kefs_str_format(word, sizeof(word), "%.*s", (int)len, *text) < 0)
		return -EINVAL;
	*text += len;
	return kefs_cidr_normalize(word, strchr(word, ':') != NULL, ret_cidr) < 0 ? -EINVAL : 1;
}

int kefs_packet_filter_check_members(const char *value)
{
	char cidr[KEFS_RULE_SOURCE_SIZE];
	int rc;

	while ((rc = next_block(&value, cidr)) > 0)
		;
	return rc;
}

static int accept_vpc(struct writer *writer, const struct kefs_vpc *vpc)
{
	char network[KEFS_IP_TEXT];
	int rc = kefs_buf_format(writer->buf, "\t\tiif lo accept\n");

	for (size_t i = 0; i < writer->topology->subnet_count && rc == 0; i++) {
		const struct kefs_subnet *subnet = &writer->topology->subnets[i];

		if (subnet->vpc != vpc)
			continue;
		kefs_ip_format(subnet->network, network);
		rc = kefs_buf_format(writer->buf, "\t\tip saddr %s/%u accept\n", network, subnet->prefix);
	}
	return rc;
}

static int accept_members(struct writer *writer, const char *group_id)
{
	const struct kefs_vpc *vpc = kefs_topology_default_group(writer->topology, group_id);
	char cidr[KEFS_RULE_SOURCE_SIZE];
	struct kefs_tags tags;
	const char *value;
	int rc = kefs_st_tag_list(writer->db, group_id, 0, KEFS_TAG_MAX, &tags, writer->err);

	if (rc < 0)
		return rc;
	value = kefs_tags_find(&tags, KEFS_GROUP_MEMBERS_TAG);
	if (!value && vpc)
		rc = accept_vpc(writer, vpc);
	for (int i = 0; value && i < BLOCKS_MAX && rc == 0 && next_block(&value, cidr) > 0; i++)
		rc = accept_block(writer, cidr);
	kefs_tags_free(&tags);
	return rc;
}

/* --- chains of groups --- */

static int write_rule(void *ctx, const struct kefs_group_rule *rule)
{
	struct writer *writer = ctx;

	if (!kefs_rule_lets_in(rule, NFS_PORT))
		return 0;
	return kefs_str_after(rule->source, KEFS_GROUP_PREFIX) ? accept_members(writer, rule->source) :
								 accept_block(writer, rule->source);
}

static int write_group(void *ctx, const struct kefs_security_group *group)
{
	struct writer *writer = ctx;
	int rc = open_group(writer, group->id);

	if (rc == 0)
		rc = kefs_st_rule_list(writer->db, group->id, write_rule, writer, writer->err);
	return rc < 0 ? rc : kefs_buf_format(writer->buf, "\t}\n");
}

/* --- chains of addresses --- */

static int close_target(struct writer *writer)
{
	return writer->address ? kefs_buf_format(writer->buf, "\t\tdrop\n\t}\n") : 0;
}

static int write_target(void *ctx, uint32_t address, const char *group_id)
{
	struct writer *writer = ctx;
	int rc = 0;

	if (address != writer->address) {
		rc = close_target(writer);
		if (rc == 0)
			rc = kefs_buf_format(writer->buf, "\tchain to_%08x {\n", address);
		writer->address = address;
		writer->targets++;
	}
	if (rc < 0 || !*group_id)
		return rc;
	return kefs_buf_format(writer->buf, "\t\tjump sg_%s\n", group_id + strlen(KEFS_GROUP_PREFIX));
}

static int write_element(void *ctx, uint32_t address, const char *group_id)
{
	struct writer *writer = ctx;
	char text[KEFS_IP_TEXT];

	(void)group_id;
	if (address == writer->address)
		return 0;
	writer->address = address;
	kefs_ip_format(address, text);
	return kefs_buf_format(writer->buf, "\t\t\t%s : goto to_%08x,\n", text, address);
}

static int write_table(struct writer *writer)
{
	int rc = kefs_buf_format(writer->buf, "table inet kefs {\n");

	if (rc == 0)
		rc = kefs_st_group_list(writer->db, write_group, writer, writer->err);
	if (rc == 0)
		rc = kefs_st_group_targets(writer->db, write_target, writer, writer->err);
	if (rc == 0)
		rc = close_target(writer);
	writer->address = 0;
	if (rc == 0)
		rc = kefs_buf_format(writer->buf, "\tchain input {\n\t\ttype filter hook input priority -5; policy accept;\n");
	if (rc == 0 && writer->targets)
		rc = kefs_buf_format(writer->buf, "\t\ttcp dport %d ip daddr vmap {\n", NFS_PORT);
	if (rc == 0)
		rc = kefs_st_group_targets(writer->db, write_element, writer, writer->err);
	if (rc == 0 && writer->targets)
		rc = kefs_buf_format(writer->buf, "\t\t}\n");
	return rc < 0 ? rc : kefs_buf_format(writer->buf, "\t}\n}\n");
}

int kefs_packet_filter_write(struct kefs_db *db, const struct kefs_topology *topology, struct kefs_buf *buf,
			     size_t *ret_targets, struct kefs_err *err)
{
	struct writer writer = { .db = db, .topology = topology, .buf = buf, .err = err };
	int rc;

	buf->cap = TEXT_MAX;
	/* The first line makes the second one possible the first time. */
	rc = kefs_buf_format(buf, "table inet kefs\ndelete table inet kefs\n");
	if (rc == 0)
		rc = write_table(&writer);
	if (rc < 0)
		return rc == -EMSGSIZE || rc == -ENOMEM ? kefs_err_sys(err, rc, "writing the packet filter") : rc;
	*ret_targets = writer.targets;
	return 0;
}

int kefs_packet_filter_apply(struct kefs_db *db, const struct kefs_topology *topology, const char *path,
			     bool *ret_made, struct kefs_err *err)
{
	struct kefs_buf buf = { .data = NULL };
	size_t targets = 0;
	int rc = kefs_packet_filter_write(db, topology, &buf, &targets, err);

	if (rc == 0)
		rc = kefs_nft_load(path, buf.data, buf.len, err);
	kefs_buf_free(&buf);
	*ret_made = rc == 0;
	return rc == -ENOENT && !targets ? 0 : rc;
}

/* --- default groups --- */

static int make_rule(const char *group_id, bool egress, const char *source, struct kefs_group_rule *ret_rule)
{
	*ret_rule = (struct kefs_group_rule) {
		.egress = egress, .protocol = KEFS_PROTOCOL_ALL, .from_port = -1, .to_port = -1,
	};
	(void)kefs_str_copy(ret_rule->group_id, sizeof(ret_rule->group_id), group_id);
	(void)kefs_str_copy(ret_rule->source, sizeof(ret_rule->source), source);
	return kefs_id_new(KEFS_RULE_PREFIX, ret_rule->id);
}

static int store_default(struct kefs_db *db, const struct kefs_vpc *vpc, struct kefs_err *err)
{
	struct kefs_security_group group = { .name = "default", .description = "default VPC security group" };
	struct kefs_group_rule rules[2];
	int rc = make_rule(vpc->group_id, false, vpc->group_id, &rules[0]);

	if (rc == 0)
		rc = make_rule(vpc->group_id, true, "0.0.0.0/0", &rules[1]);
	if (rc < 0)
		return kefs_err_sys(err, rc, "drawing an id");
	(void)kefs_str_copy(group.id, sizeof(group.id), vpc->group_id);
	(void)kefs_str_copy(group.vpc_id, sizeof(group.vpc_id), vpc->id);
	return kefs_st_group_insert(db, &group, rules, 2, INT64_MAX, kefs_efs_now_ms(), err);
}

int kefs_packet_filter_defaults(struct kefs_db *db, const struct kefs_topology *topology, struct kefs_err *err)
{
	char vpc_id[KEFS_ID_SIZE];
	int rc = 0;

	for (size_t i = 0; i < topology->vpc_count && rc == 0; i++) {
		const struct kefs_vpc *vpc = &topology->vpcs[i];

		rc = kefs_st_group_vpc(db, vpc->group_id, vpc_id, err);
		if (rc == -ENOENT)
			rc = store_default(db, vpc, err);
	}
	return rc;
}
