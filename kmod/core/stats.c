// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>
#include "stats.h"

DEFINE_PER_CPU(u64[__KEFS_CNT_MAX], kefs_counters);

u64 kefs_counter_sum(enum kefs_counter which)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(kefs_counters, cpu)[which]);
	return sum;
}

void kefs_op_stats_sum(struct kefs_op_stats __percpu *stats, struct kefs_op_stats *sum)
{
	const struct kefs_op_stats *from;
	unsigned int i;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		from = per_cpu_ptr(stats, cpu);
		for (i = 0; i < KEFS_STAT_OPS; i++) {
			sum->op[i].count += READ_ONCE(from->op[i].count);
			sum->op[i].errors += READ_ONCE(from->op[i].errors);
			sum->op[i].nsec += READ_ONCE(from->op[i].nsec);
			sum->op[i].bytes += READ_ONCE(from->op[i].bytes);
		}
		sum->traffic.in += READ_ONCE(from->traffic.in);
		sum->traffic.out += READ_ONCE(from->traffic.out);
	}
}
