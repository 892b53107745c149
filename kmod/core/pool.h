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

struct kefs_work {
	struct list_head node;			/* pool queue; protected by the pool's lock */
	void (*run)(struct kefs_work *work);
};

static inline void kefs_work_init(struct kefs_work *work, void (*run)(struct kefs_work *work))
{
	INIT_LIST_HEAD(&work->node);
	work->run = run;
}

/* Queue; any context, also softirq. Work runs in FIFO order, on the thread that went idle last. */
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
