// SPDX-License-Identifier: GPL-2.0
/*
 * Threading model. One thread, the main one, runs this loop (sd-event over epoll) and everything else: the
 * acceptor, the control socket, the database, netlink, timers, signals (by signalfd). No object outside base/pool
 * is ever seen by two threads, so there are no locks outside it. Work that would hold the loop up (removing a
 * deleted file system's tree) goes to base/pool: the job gets a copy of what it needs and gives a message back,
 * which is delivered by a descriptor of this loop. Netlink calls, small SQLite transactions and single system calls
 * on the pool are done in place: they take well under a millisecond, or a disk flush.
 */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-event.h>
#include <time.h>

struct kefs_loop {
	sd_event *event;
	bool stop;
};

struct kefs_source {
	sd_event_source *source;
	union {
		kefs_loop_fd_fn fd_fn;
		kefs_loop_fn fn;
		kefs_loop_signal_fn signal_fn;
	};
	void *ctx;
};

int kefs_loop_new(struct kefs_loop **ret_loop)
{
	struct kefs_loop *loop = calloc(1, sizeof(*loop));
	int rc;

	if (!loop)
		return -ENOMEM;
	rc = sd_event_new(&loop->event);
	if (rc < 0) {
		free(loop);
		return rc;
	}
	*ret_loop = loop;
	return 0;
}

void kefs_loop_free(struct kefs_loop *loop)
{
	if (!loop)
		return;
	(void)sd_event_unref(loop->event);
	free(loop);
}

int kefs_loop_run(struct kefs_loop *loop)
{
	int rc = 0;

	loop->stop = false;
	while (!loop->stop && rc >= 0)
		rc = sd_event_run(loop->event, UINT64_MAX);
	return rc < 0 ? rc : 0;
}

void kefs_loop_exit(struct kefs_loop *loop)
{
	loop->stop = true;
}

uint64_t kefs_loop_now_ms(struct kefs_loop *loop)
{
	uint64_t usec = 0;

	(void)sd_event_now(loop->event, CLOCK_MONOTONIC, &usec);
	return usec / 1000;
}

static int on_fd(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	struct kefs_source *source = ctx;

	(void)s;
	source->fd_fn(source->ctx, fd, events);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct kefs_source *source = ctx;

	(void)s;
	(void)usec;
	source->fn(source->ctx);
	return 0;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *ctx)
{
	struct kefs_source *source = ctx;

	(void)s;
	source->signal_fn(source->ctx, (int)si->ssi_signo);
	return 0;
}

static int finish(struct kefs_source *source, int rc, struct kefs_source **ret_source)
{
	if (rc < 0) {
		free(source);
		return rc;
	}
	*ret_source = source;
	return 0;
}

int kefs_loop_add_fd(struct kefs_loop *loop, int fd, uint32_t events, kefs_loop_fd_fn fn, void *ctx,
		     struct kefs_source **ret_source)
{
	struct kefs_source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->fd_fn = fn;
	source->ctx = ctx;
	return finish(source, sd_event_add_io(loop->event, &source->source, fd, events, on_fd, source), ret_source);
}

int kefs_loop_add_timer(struct kefs_loop *loop, uint64_t ms, kefs_loop_fn fn, void *ctx,
			struct kefs_source **ret_source)
{
	struct kefs_source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->fn = fn;
	source->ctx = ctx;
	return finish(source, sd_event_add_time_relative(loop->event, &source->source, CLOCK_MONOTONIC, ms * 1000, 1000,
							 on_timer, source), ret_source);
}

int kefs_loop_add_signal(struct kefs_loop *loop, int signal, kefs_loop_signal_fn fn, void *ctx,
			 struct kefs_source **ret_source)
{
	struct kefs_source *source = calloc(1, sizeof(*source));
	sigset_t set;

	if (!source)
		return -ENOMEM;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, signal);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return finish(source, -errno, ret_source);
	source->signal_fn = fn;
	source->ctx = ctx;
	return finish(source, sd_event_add_signal(loop->event, &source->source, signal, on_signal, source), ret_source);
}

void kefs_loop_enable(struct kefs_source *source, bool on)
{
	(void)sd_event_source_set_enabled(source->source, on ? SD_EVENT_ON : SD_EVENT_OFF);
}

void kefs_loop_rearm(struct kefs_source *source, uint64_t ms)
{
	(void)sd_event_source_set_time_relative(source->source, ms * 1000);
	(void)sd_event_source_set_enabled(source->source, SD_EVENT_ONESHOT);
}

struct kefs_source *kefs_loop_remove(struct kefs_source *source)
{
	if (source) {
		(void)sd_event_source_disable_unref(source->source);
		free(source);
	}
	return NULL;
}
