/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The threads that run everything: kthreads with an fs_struct of their own (umask 0), started as work waits and ended
 * when idle. A work item is queued at most once at a time by its owner's own flag (the pool does not check) and may
 * be requeued from its own run(). run() may sleep for backing-store I/O, for nothing longer.
 */
#ifndef KEFS_CORE_POOL_H
#define KEFS_CORE_POOL_H

#include <linux/init.h>
#include <linux/list.h>

/*
 * Work that may have to wait for the same thing, as a disk that does not answer. Threads that run work of a lane are
 * KEFS_LANE_SHARE times as many as those that are left, at most; what comes beyond that waits without a thread. So one
 * lane takes three quarters of all threads, the next one three quarters of the rest, and others go on.
 */
struct kefs_lane {
	struct list_head waiting;		/* struct kefs_work; protected by the pool's lock, as what follows */
	struct list_head held;			/* pool.held while something waits, else empty */
	int running;				/* threads */
};

struct kefs_work {
	struct list_head node;			/* pool queue or lane->waiting; protected by the pool's lock */
	void (*run)(struct kefs_work *work);
	struct kefs_lane *lane;			/* or NULL: always runs. There as long as the work may be queued */
};

static inline void kefs_work_init(struct kefs_work *work, void (*run)(struct kefs_work *work), struct kefs_lane *lane)
{
	INIT_LIST_HEAD(&work->node);
	work->run = run;
	work->lane = lane;
}

static inline void kefs_lane_init(struct kefs_lane *lane)
{
	INIT_LIST_HEAD(&lane->waiting);
	INIT_LIST_HEAD(&lane->held);
	lane->running = 0;
}

/* None of its work is queued or can be any more: waits for the threads that are just about to end some. */
void kefs_lane_drain(struct kefs_lane *lane);

/* Queue; any context, also softirq. Work runs in FIFO order, but for what its lane holds back, on the thread that went
 * idle last. */
void kefs_pool_queue(struct kefs_work *work);

/*
 * On whose behalf the current thread works, for those whom the kernel calls back in the middle of it. Set on a pool
 * thread only, by run(), which takes it back (NULL) before it returns; what it points to is the setter's.
 */
void kefs_pool_set_actor(void *actor);
/* Any context: NULL on a thread that is not the pool's, or works for nobody. */
void *kefs_pool_actor(void);

/* Most threads at once (KEFS_THREADS_MIN..1024). */
int kefs_pool_set_max(unsigned int max);
unsigned int kefs_pool_threads(void);

int __init kefs_pool_init(void);
/* All work must have ended before. Waits for the threads. */
void kefs_pool_exit(void);

#endif
