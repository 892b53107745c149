/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU counters: of the module (events of enum kefs_counter) and sets of per-operation rows that objects own. */
#ifndef KEFS_CORE_STATS_H
#define KEFS_CORE_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <kefs.h>	/* uapi */

#define KEFS_STAT_OPS 80	/* rows: NFSv4 op numbers below it; 0 is NULL, 1 a whole compound, 2 OP_ILLEGAL */

struct kefs_op_row {
	u64 count, errors, nsec, bytes;
};

struct kefs_traffic {
	u64 in, out;			/* bytes */
};

struct kefs_op_stats {			/* one per CPU */
	struct kefs_op_row op[KEFS_STAT_OPS];
	struct kefs_traffic traffic;
};

DECLARE_PER_CPU(u64[__KEFS_CNT_MAX], kefs_counters);

/* Any context. */
static inline void kefs_count(enum kefs_counter which)
{
	this_cpu_inc(kefs_counters[which]);
}

static inline void kefs_count_op(struct kefs_op_stats __percpu *stats, unsigned int op, bool error, u64 nsec, u64 bytes)
{
	struct kefs_op_row *row;

	if (op >= KEFS_STAT_OPS)
		op = 2;
	row = &get_cpu_ptr(stats)->op[op];
	row->count++;
	row->errors += error;
	row->nsec += nsec;
	row->bytes += bytes;
	put_cpu_ptr(stats);
}

u64 kefs_counter_sum(enum kefs_counter which);
/* Sum over CPUs into @sum (caller's memory, zeroed here). */
void kefs_op_stats_sum(struct kefs_op_stats __percpu *stats, struct kefs_op_stats *sum);

#endif
