// SPDX-License-Identifier: GPL-2.0
/* INFO_GET and CONFIG_SET. */
#include <errno.h>
#include <kefs.h>

#include "internal.h"

static int take_info(void *ctx, struct nlattr *object)
{
	struct nlattr *tb[KEFS_A_INFO_MAX + 1];
	struct kefs_kinfo *info = ctx;

	if (kefs_nl_parse(object, KEFS_A_INFO_MAX, tb) < 0)
		return -EBADMSG;
	*info = (struct kefs_kinfo) {
		.abi = kefs_nl_get_u32(tb[KEFS_A_INFO_ABI]),
		.instance = kefs_nl_get_u64(tb[KEFS_A_INFO_INSTANCE]),
		.uptime_ms = kefs_nl_get_u64(tb[KEFS_A_INFO_UPTIME_MS]),
		.volumes = kefs_nl_get_u32(tb[KEFS_A_INFO_VOLUMES]),
		.conns = kefs_nl_get_u32(tb[KEFS_A_INFO_CONNS]),
		.clients = kefs_nl_get_u32(tb[KEFS_A_INFO_CLIENTS]),
		.sessions = kefs_nl_get_u32(tb[KEFS_A_INFO_SESSIONS]),
		.opens = kefs_nl_get_u32(tb[KEFS_A_INFO_OPENS]),
		.locks = kefs_nl_get_u32(tb[KEFS_A_INFO_LOCKS]),
		.delegations = kefs_nl_get_u32(tb[KEFS_A_INFO_DELEGATIONS]),
		.requests = kefs_nl_get_u32(tb[KEFS_A_INFO_REQUESTS]),
		.parked = kefs_nl_get_u32(tb[KEFS_A_INFO_PARKED]),
		.threads = kefs_nl_get_u32(tb[KEFS_A_INFO_THREADS]),
		.mem_used = kefs_nl_get_u64(tb[KEFS_A_INFO_MEM_USED]),
		.mem_budget = kefs_nl_get_u64(tb[KEFS_A_INFO_MEM_BUDGET]),
		.lease_sec = kefs_nl_get_u32(tb[KEFS_A_INFO_LEASE_SEC]),
		.open_files = kefs_nl_get_u32(tb[KEFS_A_INFO_OPEN_FILES]),
	};
	return 0;
}

int kefs_nl_info(void *ctx, struct kefs_kinfo *ret_info, struct kefs_err *err)
{
	struct kefs_kinfo info = { .abi = 0 };
	struct nl_msg *msg;
	int rc = kefs_nl_request(ctx, KEFS_CMD_INFO_GET, 0, &msg, err);

	if (rc == 0)
		rc = kefs_nl_call(ctx, msg, KEFS_A_INFO, take_info, &info, "asking the kernel module for its state", err);
	if (rc < 0)
		return rc;
	if (info.abi != KEFS_GENL_ABI)
		return kefs_err_set(err, -EPROTO,
				    "the kernel module speaks interface version %u, kefsd speaks %u: install module and kefsd of "
				    "one release and reload the module", info.abi, KEFS_GENL_ABI);
	*ret_info = info;
	return 0;
}

int kefs_nl_config_set(void *ctx, const struct kefs_kconfig *config, struct kefs_err *err)
{
	static const char doing[] = "setting the kernel module's limits";
	struct nlattr *nest;
	struct nl_msg *msg;
	int rc = kefs_nl_request(ctx, KEFS_CMD_CONFIG_SET, 0, &msg, err);

	if (rc < 0)
		return rc;
	nest = kefs_nl_nest(msg, KEFS_A_CONFIG);
	if (!nest || nla_put_u64(msg, KEFS_A_CONFIG_MEM_BUDGET, config->mem_budget) < 0 ||
	    nla_put_u32(msg, KEFS_A_CONFIG_LEASE_SEC, config->lease_sec) < 0 ||
	    (config->threads_max && nla_put_u32(msg, KEFS_A_CONFIG_THREADS_MAX, config->threads_max) < 0) ||
	    nla_put_u32(msg, KEFS_A_CONFIG_CONNS_MAX, config->conns_max) < 0)
		return kefs_nl_too_long(msg, doing, err);
	(void)nla_nest_end(msg, nest);
	return kefs_nl_call(ctx, msg, KEFS_A_CONFIG, NULL, NULL, doing, err);
}
