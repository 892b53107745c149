/* SPDX-License-Identifier: GPL-2.0 */
/* One run: a seed, a number of steps, a fresh directory and fresh clients. */
#ifndef KEFS_TESTS_ADVERSARY_RUN_H
#define KEFS_TESTS_ADVERSARY_RUN_H

#include "talk.h"

struct options {
	struct rpc4_addr addr;
	uint64_t seed;
	bool seeded;
	unsigned long steps;
	unsigned int seconds;		/* 0: until the steps are done */
	unsigned int lease_s, overlap, hook_every;
	bool naps, lenient, shrink, verbose, quiet;
	const char *restart, *helper;	/* commands */
};

/* What was covered: op and status of every answer. */
#define COVERED 512
struct coverage {
	struct { uint32_t op, status; unsigned long n; } row[COVERED];
	unsigned int n, models;		/* models: most at once */
	unsigned int cut_short;		/* seeds that ended because more models are possible than are kept */
	unsigned long requests, steps, drops, recalls, notifications, restarts, helped;
	uint64_t grace_until_ms;	/* as the models have it: a restart is felt by the seeds that come after it */
};

enum run_result { RUN_OK, RUN_WRONG, RUN_TROUBLE };

/*
 * @skip, if not NULL, has a byte for each step that is not to be made. *@ret_at is the step that failed. Stops after
 * @until_ms (of talk_now_ms()).
 */
enum run_result run_seed(const struct options *o, uint64_t seed, unsigned long steps, const uint8_t *skip,
			 uint64_t until_ms, unsigned long *ret_at, struct coverage *cov);

#endif
