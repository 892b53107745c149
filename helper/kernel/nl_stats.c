// SPDX-License-Identifier: GPL-2.0
/* STATS_GET. */
#include <assert.h>
#include <errno.h>
#include <kefs.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static_assert(sizeof(struct kefs_op_stat) == 40, "the row as the kernel lays it out");

static void take_ops(struct kefs_kstats *stats, const struct nlattr *attr)
{
	size_t count = attr ? (size_t)nla_len(attr) / sizeof(struct kefs_op_stat) : 0;
	const char *rows = attr ? nla_data(attr) : NULL;

	if (count > KEFS_KVIEW_OPS)
		count = KEFS_KVIEW_OPS;
	for (size_t i = 0; i < count; i++) {
		struct kefs_op_stat row;

		memcpy(&row, rows + i * sizeof(row), sizeof(row));
		stats->ops[i] = (struct kefs_kop) { row.op, row.count, row.errors, row.nsec, row.bytes };
	}
	stats->op_count = count;
}

static void take_counters(struct kefs_kstats *stats, const struct nlattr *attr)
{
	size_t count = attr ? (size_t)nla_len(attr) / sizeof(uint64_t) : 0;

	if (count > KEFS_KVIEW_COUNTERS)
		count = KEFS_KVIEW_COUNTERS;
	if (count)
		memcpy(stats->counters, nla_data(attr), count * sizeof(uint64_t));
	stats->counter_count = count;
}

static int take_stats(void *ctx, struct nlattr *object)
{
	struct nlattr *tb[KEFS_A_STATS_MAX + 1];
	struct kefs_kstats *stats;

	if (kefs_nl_parse(object, KEFS_A_STATS_MAX, tb) < 0)
		return -EBADMSG;
	stats = kefs_nl_list_add(ctx);
	if (!stats)
		return -ENOMEM;
	stats->volume = kefs_nl_get_u64(tb[KEFS_A_STATS_VOLUME]);
	stats->bytes_in = kefs_nl_get_u64(tb[KEFS_A_STATS_BYTES_IN]);
	stats->bytes_out = kefs_nl_get_u64(tb[KEFS_A_STATS_BYTES_OUT]);
	take_ops(stats, tb[KEFS_A_STATS_OPS]);
	take_counters(stats, tb[KEFS_A_STATS_COUNTERS]);
	return 0;
}

int kefs_nl_stats(void *ctx, uint64_t volume, struct kefs_kstats **ret_list, size_t *ret_count, struct kefs_err *err)
{
	static const struct kefs_nl_dump dump = {
		KEFS_CMD_STATS_GET, KEFS_A_STATS, KEFS_A_STATS_VOLUME, take_stats, sizeof(struct kefs_kstats),
		"reading the kernel module's counters",
	};
	struct kefs_nl_list list;
	int rc = kefs_nl_dump(ctx, &dump, volume, &list, err);

	if (rc == 0) {
		*ret_list = list.data;
		*ret_count = list.count;
	}
	return rc;
}
