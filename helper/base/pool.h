/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Worker threads for what would hold the loop up. A job is a struct of its own that holds copies of all it needs:
 * run() works on it in a worker and may touch nothing else; done() gets it back in the loop's thread.
 */
#ifndef KEFS_BASE_POOL_H
#define KEFS_BASE_POOL_H

#include <stdbool.h>

#include "base/loop.h"

struct kefs_pool;

/* Embedded as the first member of the caller's job struct. */
struct kefs_job {
	/* In a worker. Looks at kefs_pool_stopping() now and then and returns early if it says so. */
	void (*run)(struct kefs_job *job);
	/* In the loop's thread, afterwards, exactly once; owns the job from then on (frees it). */
	void (*done)(struct kefs_job *job);
	/* The pool's own. */
	struct kefs_pool *pool;
	struct kefs_job *next;
};

/* Starts threads workers (1..64). 0 or -errno. */
int kefs_pool_new(struct kefs_loop *loop, unsigned int threads, struct kefs_pool **ret_pool);

/* Queues a job, which is the pool's until done() is called. Called from the loop's thread only. */
void kefs_pool_submit(struct kefs_pool *pool, struct kefs_job *job);

/* For run(): is the program on its way out? */
bool kefs_pool_stopping(const struct kefs_job *job);

/* Waits for the running jobs, calls done() for all, queued ones included (unrun), and frees the pool. NULL is fine. */
void kefs_pool_free(struct kefs_pool *pool);

#endif
