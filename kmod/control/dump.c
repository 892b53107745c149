// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps. Each walks by id, from the object behind the last one that was sent, and holds nothing between messages: what
 * comes or goes meanwhile may be missed, all else is sent once. An object that does not fit any more is the first one
 * of the next message.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include "../core/stats.h"
#include "../files/grant.h"
#include "../files/volume.h"
#include "../server.h"
#include "../state/client.h"
#include "../state/recovery.h"
#include "../transport/conn.h"
#include "genl.h"

/* Room for the largest object: statistics with a row for every operation. */
#define DUMP_ROOM 8192

struct dump {			/* in cb->ctx */
	u64 volume;		/* of this one only, or 0 */
	u64 after;		/* id of the last object sent; of a client walk: the walker's cursor */
	bool module_sent;	/* STATS_GET */
};

static struct dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump) > sizeof(cb->ctx));
	return (struct dump *)cb->ctx;
}

int kefs_dump_start(struct netlink_callback *cb)
{
	static const struct {
		int object, volume, max;
	} selectors[] = {
		{ KEFS_A_VOLUME, KEFS_A_VOLUME_ID, KEFS_A_VOLUME_MAX },
		{ KEFS_A_CONN, KEFS_A_CONN_VOLUME, KEFS_A_CONN_MAX },
		{ KEFS_A_CLIENT, KEFS_A_CLIENT_VOLUME, KEFS_A_CLIENT_MAX },
		{ KEFS_A_STATS, KEFS_A_STATS_VOLUME, KEFS_A_STATS_MAX },
	};
	struct nlattr **attrs = kefs_genl_dump_attrs(cb);
	unsigned int i;

	cb->min_dump_alloc = DUMP_ROOM;
	for (i = 0; i < ARRAY_SIZE(selectors); i++) {
		struct nlattr *object = attrs[selectors[i].object], *volume;

		if (!object)
			continue;
		volume = nla_find_nested(object, selectors[i].volume);
		if (volume)
			dump_of(cb)->volume = nla_get_u64(volume);
	}
	return 0;
}

/*
 * One message around what @put writes into the object's nest. -EMSGSIZE if it does not fit: the message is taken back,
 * and if others precede it in @skb the dump goes on with this object in the next one.
 */
static int dump_object(struct sk_buff *skb, struct netlink_callback *cb, int cmd, int type,
		       bool (*put)(struct sk_buff *skb, void *arg), void *arg)
{
	struct nlattr *nest;
	void *head;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &kefs_genl_family, NLM_F_MULTI, cmd);
	if (!head)
		return -EMSGSIZE;
	nest = nla_nest_start(skb, type);
	if (!nest || !put(skb, arg)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	genlmsg_end(skb, head);
	return 0;
}

/* What a dumpit returns when it had to stop at @err. */
static int dump_cut(struct sk_buff *skb, int err)
{
	return err == -EMSGSIZE && skb->len ? skb->len : err;
}

static bool put_volume(struct sk_buff *skb, void *arg)
{
	struct kefs_volume *volume = arg;
	struct kefs_grace_info grace;

	kefs_recovery_info(volume->recovery, &grace);
	if (grace.left_ms && (nla_put_u32(skb, KEFS_A_VOLUME_GRACE_MS, grace.left_ms) ||
			      nla_put_u32(skb, KEFS_A_VOLUME_GRACE_AWAITED, grace.awaited)))
		return false;
	return !nla_put_u64_64bit(skb, KEFS_A_VOLUME_ID, volume->id, KEFS_A_VOLUME_PAD) &&
	       !nla_put_string(skb, KEFS_A_VOLUME_NAME, volume->name) &&
	       !nla_put_u32(skb, KEFS_A_VOLUME_FLAGS, volume->flags) &&
	       !nla_put_u32(skb, KEFS_A_VOLUME_CONNS, kefs_server_volume_conns(volume)) &&
	       !nla_put_u32(skb, KEFS_A_VOLUME_CLIENTS, kefs_server_volume_clients(volume));
}

/* The volume to send next, with a reference, or NULL: the selected one, or each after the last that was sent. */
static struct kefs_volume *dump_volume(const struct dump *dump)
{
	if (!dump->volume)
		return kefs_volume_next(dump->after);
	return dump->after ? NULL : kefs_volume_find(dump->volume);
}

int kefs_dump_volumes(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct kefs_volume *volume;
	int err;

	while ((volume = dump_volume(dump))) {
		u64 id = volume->id;

		err = dump_object(skb, cb, KEFS_CMD_VOLUME_GET, KEFS_A_VOLUME, put_volume, volume);
		kefs_volume_put(volume);
		if (err)
			return dump_cut(skb, err);
		dump->after = id;
	}
	return 0;
}

static bool put_grant(struct sk_buff *skb, const struct kefs_grant *grant)
{
	struct nlattr *nest = nla_nest_start(skb, KEFS_A_CONN_GRANT);

	if (!nest || nla_put_u32(skb, KEFS_A_GRANT_FLAGS, grant->flags) ||
	    nla_put(skb, KEFS_A_GRANT_DOMAIN, grant->domain_len, grant->domain))
		return false;
	if (*grant->access_point && nla_put_string(skb, KEFS_A_GRANT_ACCESS_POINT, grant->access_point))
		return false;
	if (*grant->principal && nla_put_string(skb, KEFS_A_GRANT_PRINCIPAL, grant->principal))
		return false;
	if (grant->flags & KEFS_GRANT_F_ENFORCE_IDS &&
	    (nla_put_u32(skb, KEFS_A_GRANT_UID, grant->uid) || nla_put_u32(skb, KEFS_A_GRANT_GID, grant->gid) ||
	     nla_put(skb, KEFS_A_GRANT_GIDS, grant->nr_gids * sizeof(u32), grant->gids)))
		return false;
	nla_nest_end(skb, nest);
	return true;
}

static bool put_sockaddr(struct sk_buff *skb, int type, const struct sockaddr_storage *addr)
{
	size_t len = addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	return !nla_put(skb, type, len, addr);
}

struct conn_row {
	struct kefs_conn_info info;
	const struct kefs_grant *grant;
};

static bool put_conn(struct sk_buff *skb, void *arg)
{
	const struct conn_row *row = arg;
	const struct kefs_conn_info *info = &row->info;

	return !nla_put_u64_64bit(skb, KEFS_A_CONN_ID, info->id, KEFS_A_CONN_PAD) &&
	       !nla_put_u64_64bit(skb, KEFS_A_CONN_VOLUME, row->grant->volume->id, KEFS_A_CONN_PAD) &&
	       put_grant(skb, row->grant) &&
	       put_sockaddr(skb, KEFS_A_CONN_PEER, &info->peer) &&
	       put_sockaddr(skb, KEFS_A_CONN_LOCAL, &info->local) &&
	       !nla_put_u8(skb, KEFS_A_CONN_RELAYED, info->relayed) &&
	       !nla_put_u64_64bit(skb, KEFS_A_CONN_AGE_MS, info->age_ms, KEFS_A_CONN_PAD) &&
	       !nla_put_u64_64bit(skb, KEFS_A_CONN_IDLE_MS, info->idle_ms, KEFS_A_CONN_PAD) &&
	       !nla_put_u64_64bit(skb, KEFS_A_CONN_REQUESTS, info->requests, KEFS_A_CONN_PAD) &&
	       !nla_put_u64_64bit(skb, KEFS_A_CONN_BYTES_IN, info->bytes_in, KEFS_A_CONN_PAD) &&
	       !nla_put_u64_64bit(skb, KEFS_A_CONN_BYTES_OUT, info->bytes_out, KEFS_A_CONN_PAD) &&
	       !nla_put_u32(skb, KEFS_A_CONN_IN_FLIGHT, info->in_flight);
}

/* Nothing is sent for a connection of another volume than the wanted one, or one that is going. */
static int dump_conn(struct sk_buff *skb, struct netlink_callback *cb, struct kefs_conn *conn)
{
	u64 volume = dump_of(cb)->volume;
	struct kefs_grant *grant = kefs_server_conn_grant(conn);
	struct conn_row row = { .grant = grant };
	int err = 0;

	if (grant && (!volume || grant->volume->id == volume)) {
		kefs_conn_info(conn, &row.info);
		err = dump_object(skb, cb, KEFS_CMD_CONN_GET, KEFS_A_CONN, put_conn, &row);
	}
	kefs_grant_put(grant);
	return err;
}

int kefs_dump_conns(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct kefs_conn *conn;
	int err;

	while ((conn = kefs_conn_next(dump->after))) {
		u64 id = kefs_conn_id(conn);

		err = dump_conn(skb, cb, conn);
		kefs_conn_put(conn);
		if (err)
			return dump_cut(skb, err);
		dump->after = id;
	}
	return 0;
}

static bool put_client(struct sk_buff *skb, void *arg)
{
	const struct kefs_client_info *info = arg;

	return !nla_put_u64_64bit(skb, KEFS_A_CLIENT_ID, info->id, KEFS_A_CLIENT_PAD) &&
	       !nla_put_u64_64bit(skb, KEFS_A_CLIENT_VOLUME, info->volume, KEFS_A_CLIENT_PAD) &&
	       !nla_put(skb, KEFS_A_CLIENT_OWNER, info->owner_len, info->owner) &&
	       (!info->peer_len || !nla_put(skb, KEFS_A_CLIENT_PEER, info->peer_len, info->peer)) &&
	       !nla_put_u8(skb, KEFS_A_CLIENT_CONFIRMED, info->confirmed) &&
	       !nla_put_u64_64bit(skb, KEFS_A_CLIENT_RENEWED_MS, info->renewed_ms, KEFS_A_CLIENT_PAD) &&
	       !nla_put_u32(skb, KEFS_A_CLIENT_SESSIONS, info->sessions) &&
	       !nla_put_u32(skb, KEFS_A_CLIENT_OPENS, info->opens) &&
	       !nla_put_u32(skb, KEFS_A_CLIENT_LOCKS, info->locks) &&
	       !nla_put_u32(skb, KEFS_A_CLIENT_DELEGATIONS, info->delegs) &&
	       !nla_put_u8(skb, KEFS_A_CLIENT_RECLAIMED, info->reclaimed);
}

int kefs_dump_clients(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kefs_client_info *info __free(kfree) = kmalloc(sizeof(*info), GFP_KERNEL);
	struct dump *dump = dump_of(cb);
	u64 cursor = dump->after;
	int err;

	if (!info)
		return -ENOMEM;
	while (kefs_server_client_next(dump->volume, &cursor, info)) {
		err = dump_object(skb, cb, KEFS_CMD_CLIENT_GET, KEFS_A_CLIENT, put_client, info);
		if (err)
			return dump_cut(skb, err);
		dump->after = cursor;
	}
	return 0;
}

static bool put_counters(struct sk_buff *skb, void *arg)
{
	struct nlattr *attr;
	unsigned int i;
	u64 *sums;

	attr = nla_reserve_64bit(skb, KEFS_A_STATS_COUNTERS, __KEFS_CNT_MAX * sizeof(u64), KEFS_A_STATS_PAD);
	if (!attr)
		return false;
	sums = nla_data(attr);
	for (i = 0; i < __KEFS_CNT_MAX; i++)
		sums[i] = kefs_counter_sum(i);
	return true;
}

/* Rows of operations that were seen. */
static bool put_op_rows(struct sk_buff *skb, const struct kefs_op_stats *sum)
{
	struct kefs_op_stat *row;
	struct nlattr *attr;
	unsigned int op, nr = 0;

	for (op = 0; op < KEFS_STAT_OPS; op++)
		nr += sum->op[op].count != 0;
	attr = nla_reserve_64bit(skb, KEFS_A_STATS_OPS, nr * sizeof(*row), KEFS_A_STATS_PAD);
	if (!attr)
		return false;
	row = nla_data(attr);
	for (op = 0; op < KEFS_STAT_OPS; op++) {
		const struct kefs_op_row *from = &sum->op[op];

		if (from->count)
			*row++ = (struct kefs_op_stat){ .op = op, .count = from->count, .errors = from->errors,
							.nsec = from->nsec, .bytes = from->bytes };
	}
	return true;
}

struct stats_row {
	u64 volume;
	struct kefs_op_stats sum;
};

static bool put_stats(struct sk_buff *skb, void *arg)
{
	const struct stats_row *row = arg;

	return !nla_put_u64_64bit(skb, KEFS_A_STATS_VOLUME, row->volume, KEFS_A_STATS_PAD) &&
	       put_op_rows(skb, &row->sum) &&
	       !nla_put_u64_64bit(skb, KEFS_A_STATS_BYTES_IN, row->sum.traffic.in, KEFS_A_STATS_PAD) &&
	       !nla_put_u64_64bit(skb, KEFS_A_STATS_BYTES_OUT, row->sum.traffic.out, KEFS_A_STATS_PAD);
}

static int dump_volume_stats(struct sk_buff *skb, struct netlink_callback *cb, struct stats_row *row)
{
	struct dump *dump = dump_of(cb);
	struct kefs_volume *volume;
	int err;

	while ((volume = dump_volume(dump))) {
		row->volume = volume->id;
		kefs_op_stats_sum(volume->stats, &row->sum);
		kefs_volume_put(volume);
		err = dump_object(skb, cb, KEFS_CMD_STATS_GET, KEFS_A_STATS, put_stats, row);
		if (err)
			return err;
		dump->after = row->volume;
	}
	return 0;
}

/* The module's own counters come first, unless one volume was asked for. */
int kefs_dump_stats(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct stats_row *row __free(kfree) = kmalloc(sizeof(*row), GFP_KERNEL);
	struct dump *dump = dump_of(cb);
	int err = 0;

	if (!row)
		return -ENOMEM;
	if (!dump->volume && !dump->module_sent) {
		err = dump_object(skb, cb, KEFS_CMD_STATS_GET, KEFS_A_STATS, put_counters, NULL);
		dump->module_sent = !err;
	}
	return dump_cut(skb, err ?: dump_volume_stats(skb, cb, row));
}
