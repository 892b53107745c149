// SPDX-License-Identifier: GPL-2.0
/*
 * Family, policies, operations. Each operation has policies of its own, so that an attribute which is known but has no
 * meaning in it is refused too: what a policy does not list is "Unsupported attribute".
 */
#include <linux/file.h>
#include <linux/module.h>
#include "../core/limits.h"
#include "genl.h"

DEFINE_MUTEX(kefs_genl_lock);

static const struct nla_policy volume_add_policy[KEFS_A_VOLUME_MAX + 1] = {
	[KEFS_A_VOLUME_ID]		= NLA_POLICY_MIN(NLA_U64, 1),
	[KEFS_A_VOLUME_NAME]		= { .type = NLA_NUL_STRING, .len = KEFS_NAME_MAX },
	[KEFS_A_VOLUME_ROOT_FD]		= { .type = NLA_S32 },
	[KEFS_A_VOLUME_KEY]		= NLA_POLICY_EXACT_LEN(KEFS_KEY_SIZE),
	[KEFS_A_VOLUME_FLAGS]		= { .type = NLA_U32 },
	[KEFS_A_VOLUME_RECOVERY_FD]	= { .type = NLA_S32 },
};

static const struct nla_policy volume_del_policy[KEFS_A_VOLUME_MAX + 1] = {
	[KEFS_A_VOLUME_ID]		= NLA_POLICY_MIN(NLA_U64, 1),
	[KEFS_A_VOLUME_FLAGS]		= { .type = NLA_U32 },
};

static const struct nla_policy grace_end_policy[KEFS_A_VOLUME_MAX + 1] = {
	[KEFS_A_VOLUME_ID]		= NLA_POLICY_MIN(NLA_U64, 1),
};

/* (uid_t)-1 is no id. Ranges are not const because 6.1's policies want them so. */
static struct netlink_range_validation id_range = { .max = U32_MAX - 1 };

static const struct nla_policy grant_policy[KEFS_A_GRANT_MAX + 1] = {
	[KEFS_A_GRANT_FLAGS]		= { .type = NLA_U32 },
	[KEFS_A_GRANT_DOMAIN]		= NLA_POLICY_RANGE(NLA_BINARY, 1, KEFS_DOMAIN_MAX),
	[KEFS_A_GRANT_ROOT_FD]		= { .type = NLA_S32 },
	[KEFS_A_GRANT_ACCESS_POINT]	= { .type = NLA_NUL_STRING, .len = KEFS_NAME_MAX },
	[KEFS_A_GRANT_PRINCIPAL]	= { .type = NLA_NUL_STRING, .len = KEFS_PRINCIPAL_MAX },
	[KEFS_A_GRANT_UID]		= NLA_POLICY_FULL_RANGE(NLA_U32, &id_range),
	[KEFS_A_GRANT_GID]		= NLA_POLICY_FULL_RANGE(NLA_U32, &id_range),
	[KEFS_A_GRANT_GIDS]		= NLA_POLICY_RANGE(NLA_BINARY, 0, KEFS_GIDS_MAX * sizeof(u32)),
};

static const struct nla_policy conn_add_policy[KEFS_A_CONN_MAX + 1] = {
	[KEFS_A_CONN_FD]		= { .type = NLA_S32 },
	[KEFS_A_CONN_VOLUME]		= NLA_POLICY_MIN(NLA_U64, 1),
	[KEFS_A_CONN_GRANT]		= NLA_POLICY_NESTED(grant_policy),
	[KEFS_A_CONN_PEER]		= NLA_POLICY_RANGE(NLA_BINARY, sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6)),
	[KEFS_A_CONN_LOCAL]		= NLA_POLICY_RANGE(NLA_BINARY, sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6)),
};

static const struct nla_policy conn_del_policy[KEFS_A_CONN_MAX + 1] = {
	[KEFS_A_CONN_ID]		= NLA_POLICY_MIN(NLA_U64, 1),
	[KEFS_A_CONN_VOLUME]		= NLA_POLICY_MIN(NLA_U64, 1),
};

static const struct nla_policy grant_set_policy[KEFS_A_CONN_MAX + 1] = {
	[KEFS_A_CONN_ID]		= NLA_POLICY_MIN(NLA_U64, 1),
	[KEFS_A_CONN_GRANT]		= NLA_POLICY_NESTED(grant_policy),
};

static struct netlink_range_validation conns_range = { .min = 1, .max = 1048576 };

static const struct nla_policy config_policy[KEFS_A_CONFIG_MAX + 1] = {
	[KEFS_A_CONFIG_MEM_BUDGET]	= { .type = NLA_U64 },
	[KEFS_A_CONFIG_LEASE_SEC]	= NLA_POLICY_RANGE(NLA_U32, 10, 3600),
	[KEFS_A_CONFIG_THREADS_MAX]	= NLA_POLICY_RANGE(NLA_U32, KEFS_THREADS_MIN, 1024),
	[KEFS_A_CONFIG_CONNS_MAX]	= NLA_POLICY_FULL_RANGE(NLA_U32, &conns_range),
};

/* What a dump selects by. */
static const struct nla_policy volume_get_policy[KEFS_A_VOLUME_MAX + 1] = {
	[KEFS_A_VOLUME_ID]		= NLA_POLICY_MIN(NLA_U64, 1),
};

static const struct nla_policy conn_get_policy[KEFS_A_CONN_MAX + 1] = {
	[KEFS_A_CONN_VOLUME]		= NLA_POLICY_MIN(NLA_U64, 1),
};

static const struct nla_policy client_get_policy[KEFS_A_CLIENT_MAX + 1] = {
	[KEFS_A_CLIENT_VOLUME]		= NLA_POLICY_MIN(NLA_U64, 1),
};

static const struct nla_policy stats_get_policy[KEFS_A_STATS_MAX + 1] = {
	[KEFS_A_STATS_VOLUME]		= NLA_POLICY_MIN(NLA_U64, 1),
};

#define REQUEST(name, object, policy)				\
	static const struct nla_policy name[KEFS_A_MAX + 1] = {	\
		[object] = NLA_POLICY_NESTED(policy),		\
	}

REQUEST(config_set_request, KEFS_A_CONFIG, config_policy);
REQUEST(volume_add_request, KEFS_A_VOLUME, volume_add_policy);
REQUEST(volume_del_request, KEFS_A_VOLUME, volume_del_policy);
REQUEST(volume_get_request, KEFS_A_VOLUME, volume_get_policy);
REQUEST(grace_end_request, KEFS_A_VOLUME, grace_end_policy);
REQUEST(conn_add_request, KEFS_A_CONN, conn_add_policy);
REQUEST(conn_del_request, KEFS_A_CONN, conn_del_policy);
REQUEST(conn_get_request, KEFS_A_CONN, conn_get_policy);
REQUEST(grant_set_request, KEFS_A_CONN, grant_set_policy);
REQUEST(client_get_request, KEFS_A_CLIENT, client_get_policy);
REQUEST(stats_get_request, KEFS_A_STATS, stats_get_policy);
static const struct nla_policy empty_request[KEFS_A_MAX + 1] = {};

#define COMMAND(number, request) .cmd = number, .flags = GENL_ADMIN_PERM, .policy = request, .maxattr = KEFS_A_MAX

static const struct genl_ops ops[] = {
	{ COMMAND(KEFS_CMD_INFO_GET, empty_request), .doit = kefs_cmd_info_get },
	{ COMMAND(KEFS_CMD_CONFIG_SET, config_set_request), .doit = kefs_cmd_config_set },
	{ COMMAND(KEFS_CMD_VOLUME_ADD, volume_add_request), .doit = kefs_cmd_volume_add },
	{ COMMAND(KEFS_CMD_VOLUME_DEL, volume_del_request), .doit = kefs_cmd_volume_del },
	{ COMMAND(KEFS_CMD_VOLUME_GET, volume_get_request), .start = kefs_dump_start, .dumpit = kefs_dump_volumes },
	{ COMMAND(KEFS_CMD_CONN_ADD, conn_add_request), .doit = kefs_cmd_conn_add },
	{ COMMAND(KEFS_CMD_CONN_DEL, conn_del_request), .doit = kefs_cmd_conn_del },
	{ COMMAND(KEFS_CMD_CONN_GET, conn_get_request), .start = kefs_dump_start, .dumpit = kefs_dump_conns },
	{ COMMAND(KEFS_CMD_GRANT_SET, grant_set_request), .doit = kefs_cmd_grant_set },
	{ COMMAND(KEFS_CMD_CLIENT_GET, client_get_request), .start = kefs_dump_start, .dumpit = kefs_dump_clients },
	{ COMMAND(KEFS_CMD_STATS_GET, stats_get_request), .start = kefs_dump_start, .dumpit = kefs_dump_stats },
	{ COMMAND(KEFS_CMD_GRACE_END, grace_end_request), .doit = kefs_cmd_grace_end },
};

/*
 * Only in the initial network namespace: who may configure the server is decided there. The sockets come as
 * descriptors and may be of any. parallel_ops: a VOLUME_DEL may wait for the backing store, which must not stop other
 * families' commands; kefs_genl_lock serializes ours.
 */
struct genl_family kefs_genl_family __ro_after_init = {
	.name = KEFS_GENL_NAME,
	.version = KEFS_GENL_VERSION,
	.maxattr = KEFS_A_MAX,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	/* From the first command on: strict in everything. */
	.resv_start_op = KEFS_CMD_UNSPEC + 1,
};

int kefs_genl_nest(struct genl_info *info, struct nlattr *nest, struct nlattr **tb, int max)
{
	return nla_parse_nested(tb, max, nest, NULL, info->extack);
}

int kefs_genl_object(struct genl_info *info, int type, struct nlattr **tb, int max)
{
	if (!info->attrs[type]) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, type);
		NL_SET_ERR_MSG(info->extack, "missing the command's object");
		return -EINVAL;
	}
	return kefs_genl_nest(info, info->attrs[type], tb, max);
}

int kefs_genl_flags(struct genl_info *info, const struct nlattr *attr, u32 known, u32 *ret_flags)
{
	u32 flags = attr ? nla_get_u32(attr) : 0;

	if (flags & ~known) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "unknown flag");
		return -EOPNOTSUPP;
	}
	*ret_flags = flags;
	return 0;
}

int kefs_genl_string(struct genl_info *info, const struct nlattr *attr, const char **ret_string)
{
	const char *string = nla_data(attr);

	if (strlen(string) + 1 != nla_len(attr)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "the string goes on behind its NUL");
		return -EINVAL;
	}
	*ret_string = string;
	return 0;
}

int kefs_genl_dir(struct genl_info *info, const struct nlattr *attr, struct file **ret_dir)
{
	struct file *dir = fget_raw(nla_get_s32(attr));

	if (!dir) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "no such file descriptor");
		return -EBADF;
	}
	if (!S_ISDIR(file_inode(dir)->i_mode)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "not a directory");
		fput(dir);
		return -ENOTDIR;
	}
	*ret_dir = dir;
	return 0;
}

int __init kefs_genl_init(void)
{
	kefs_cmd_module_init();
	return genl_register_family(&kefs_genl_family);
}

void kefs_genl_exit(void)
{
	genl_unregister_family(&kefs_genl_family);
}
