// SPDX-License-Identifier: GPL-2.0
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define THREADS_MAX 64

struct job_list {
	struct kefs_job *first, **end;
};

struct kefs_pool {
	pthread_mutex_t lock;		/* waiting, finished */
	pthread_cond_t wake;		/* waiting is not empty, or stopping */
	struct job_list waiting, finished;
	atomic_bool stopping;
	unsigned int thread_count;	/* loop thread only, as the rest */
	pthread_t threads[THREADS_MAX];
	int event_fd;			/* written by workers: finished is not empty */
	struct kefs_source *source;
};

static void list_init(struct job_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

static void list_push(struct job_list *list, struct kefs_job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
}

static struct kefs_job *list_pop(struct job_list *list)
{
	struct kefs_job *job = list->first;

	if (job) {
		list->first = job->next;
		if (!list->first)
			list->end = &list->first;
	}
	return job;
}

static void *worker(void *arg)
{
	struct kefs_pool *pool = arg;
	const uint64_t one = 1;
	struct kefs_job *job;

	(void)pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->waiting.first && !atomic_load(&pool->stopping))
			(void)pthread_cond_wait(&pool->wake, &pool->lock);
		if (atomic_load(&pool->stopping))
			break;
		job = list_pop(&pool->waiting);
		(void)pthread_mutex_unlock(&pool->lock);
		job->run(job);
		(void)pthread_mutex_lock(&pool->lock);
		list_push(&pool->finished, job);
		/* Cannot fail: the counter does not reach 2^64 - 1. */
		(void)!write(pool->event_fd, &one, sizeof(one));
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* done() runs without the lock: it may submit the next job. */
static void deliver(struct kefs_pool *pool, struct job_list *list)
{
	struct kefs_job *job;

	for (;;) {
		(void)pthread_mutex_lock(&pool->lock);
		job = list_pop(list);
		(void)pthread_mutex_unlock(&pool->lock);
		if (!job)
			return;
		job->done(job);
	}
}

static void on_finished(void *ctx, int fd, uint32_t events)
{
	struct kefs_pool *pool = ctx;
	uint64_t count;

	(void)events;
	(void)!read(fd, &count, sizeof(count));
	deliver(pool, &pool->finished);
}

/* Workers take no signals: they are the loop's. */
static int start_workers(struct kefs_pool *pool, unsigned int threads)
{
	sigset_t all, old;
	int rc = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	while (pool->thread_count < threads && rc == 0) {
		rc = -pthread_create(&pool->threads[pool->thread_count], NULL, worker, pool);
		if (rc == 0)
			pool->thread_count++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

int kefs_pool_new(struct kefs_loop *loop, unsigned int threads, struct kefs_pool **ret_pool)
{
	struct kefs_pool *pool;
	int rc;

	if (!threads || threads > THREADS_MAX)
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->wake, NULL);
	list_init(&pool->waiting);
	list_init(&pool->finished);
	pool->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = pool->event_fd < 0 ? -errno : 0;
	if (rc == 0)
		rc = kefs_loop_add_fd(loop, pool->event_fd, EPOLLIN, on_finished, pool, &pool->source);
	if (rc == 0)
		rc = start_workers(pool, threads);
	if (rc < 0) {
		kefs_pool_free(pool);
		return rc;
	}
	*ret_pool = pool;
	return 0;
}

void kefs_pool_submit(struct kefs_pool *pool, struct kefs_job *job)
{
	job->pool = pool;
	(void)pthread_mutex_lock(&pool->lock);
	list_push(&pool->waiting, job);
	(void)pthread_cond_signal(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
}

bool kefs_pool_stopping(const struct kefs_job *job)
{
	return atomic_load(&job->pool->stopping);
}

void kefs_pool_free(struct kefs_pool *pool)
{
	if (!pool)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	atomic_store(&pool->stopping, true);
	(void)pthread_cond_broadcast(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned int i = 0; i < pool->thread_count; i++)
		(void)pthread_join(pool->threads[i], NULL);
	deliver(pool, &pool->finished);
	deliver(pool, &pool->waiting);
	(void)kefs_loop_remove(pool->source);
	if (pool->event_fd >= 0)
		(void)close(pool->event_fd);
	(void)pthread_cond_destroy(&pool->wake);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
}
