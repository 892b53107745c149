// SPDX-License-Identifier: GPL-2.0
/* INFO_GET and CONFIG_SET: the module as a whole. */
#include <linux/ktime.h>
#include <linux/random.h>
#include "../core/limits.h"
#include "../core/pool.h"
#include "../core/request.h"
#include "../files/opencache.h"
#include "../files/volume.h"
#include "../state/state.h"
#include "../transport/budget.h"
#include "../transport/conn.h"
#include "genl.h"

static u64 instance __ro_after_init;
static u64 loaded_ms __ro_after_init;

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get_boottime());
}

void __init kefs_cmd_module_init(void)
{
	instance = get_random_u64();
	loaded_ms = now_ms();
}

static bool put_objects(struct sk_buff *skb)
{
	struct kefs_state_counts counts;

	kefs_state_counts(&counts);
	return !nla_put_u32(skb, KEFS_A_INFO_VOLUMES, kefs_volume_count()) &&
	       !nla_put_u32(skb, KEFS_A_INFO_CONNS, kefs_conn_count()) &&
	       !nla_put_u32(skb, KEFS_A_INFO_CLIENTS, counts.clients) &&
	       !nla_put_u32(skb, KEFS_A_INFO_SESSIONS, counts.sessions) &&
	       !nla_put_u32(skb, KEFS_A_INFO_OPENS, counts.opens) &&
	       !nla_put_u32(skb, KEFS_A_INFO_LOCKS, counts.locks) &&
	       !nla_put_u32(skb, KEFS_A_INFO_DELEGATIONS, counts.delegs) &&
	       !nla_put_u32(skb, KEFS_A_INFO_OPEN_FILES, kefs_bfile_open_files());
}

static bool put_means(struct sk_buff *skb)
{
	return !nla_put_u32(skb, KEFS_A_INFO_REQUESTS, kefs_requests_alive()) &&
	       !nla_put_u32(skb, KEFS_A_INFO_PARKED, kefs_requests_parked()) &&
	       !nla_put_u32(skb, KEFS_A_INFO_THREADS, kefs_pool_threads()) &&
	       !nla_put_u64_64bit(skb, KEFS_A_INFO_MEM_USED, kefs_budget_used(), KEFS_A_INFO_PAD) &&
	       !nla_put_u64_64bit(skb, KEFS_A_INFO_MEM_BUDGET, kefs_budget_limit(), KEFS_A_INFO_PAD) &&
	       !nla_put_u32(skb, KEFS_A_INFO_LEASE_SEC, kefs_state_lease());
}

static bool put_info(struct sk_buff *skb)
{
	struct nlattr *nest = nla_nest_start(skb, KEFS_A_INFO);

	if (!nest || nla_put_u32(skb, KEFS_A_INFO_ABI, KEFS_GENL_ABI) ||
	    nla_put_u64_64bit(skb, KEFS_A_INFO_INSTANCE, instance, KEFS_A_INFO_PAD) ||
	    nla_put_u64_64bit(skb, KEFS_A_INFO_UPTIME_MS, now_ms() - loaded_ms, KEFS_A_INFO_PAD) ||
	    !put_objects(skb) || !put_means(skb))
		return false;
	nla_nest_end(skb, nest);
	return true;
}

int kefs_cmd_info_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;

	if (!reply)
		return -ENOMEM;
	head = genlmsg_put_reply(reply, info, &kefs_genl_family, 0, KEFS_CMD_INFO_GET);
	if (!head || !put_info(reply)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, head);
	return genlmsg_reply(reply, info);
}

/* The policy has checked the ranges, so once the budget is set nothing fails any more. */
static int apply_config(struct genl_info *info, struct nlattr **tb)
{
	int err = 0;

	lockdep_assert_held(&kefs_genl_lock);
	if (tb[KEFS_A_CONFIG_MEM_BUDGET])
		err = kefs_budget_set(nla_get_u64(tb[KEFS_A_CONFIG_MEM_BUDGET]));
	if (err) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[KEFS_A_CONFIG_MEM_BUDGET], "memory budget below 16 MiB");
		return err;
	}
	if (tb[KEFS_A_CONFIG_LEASE_SEC])
		err = kefs_state_set_lease(nla_get_u32(tb[KEFS_A_CONFIG_LEASE_SEC]));
	if (!err && tb[KEFS_A_CONFIG_THREADS_MAX])
		err = kefs_pool_set_max(nla_get_u32(tb[KEFS_A_CONFIG_THREADS_MAX]));
	if (!err && tb[KEFS_A_CONFIG_CONNS_MAX])
		err = kefs_conn_set_max(nla_get_u32(tb[KEFS_A_CONFIG_CONNS_MAX]));
	WARN_ON_ONCE(err);
	return err;
}

int kefs_cmd_config_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEFS_A_CONFIG_MAX + 1];
	int err = kefs_genl_object(info, KEFS_A_CONFIG, tb, KEFS_A_CONFIG_MAX);

	if (err)
		return err;
	guard(mutex)(&kefs_genl_lock);
	return apply_config(info, tb);
}
