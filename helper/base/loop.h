/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The event loop. Threading model: see loop.c. A callback runs in the loop's thread and returns nothing: what goes
 * wrong in it is that callback's to deal with. Callbacks may add, change and remove any source, their own included.
 */
#ifndef KEFS_BASE_LOOP_H
#define KEFS_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct kefs_loop;
struct kefs_source;

/* events are EPOLLIN, EPOLLOUT, … as epoll reports them. */
typedef void (*kefs_loop_fd_fn)(void *ctx, int fd, uint32_t events);
typedef void (*kefs_loop_fn)(void *ctx);
typedef void (*kefs_loop_signal_fn)(void *ctx, int signal);

/* A new loop: 0 or -errno. */
int kefs_loop_new(struct kefs_loop **ret_loop);

/* Frees the loop; its sources must be gone. NULL is fine. */
void kefs_loop_free(struct kefs_loop *loop);

/* Runs until kefs_loop_exit(); can be run again. 0 or -errno of the loop itself. */
int kefs_loop_run(struct kefs_loop *loop);

/* Makes kefs_loop_run() return after the running callback. */
void kefs_loop_exit(struct kefs_loop *loop);

/* Milliseconds of the monotonic clock, the same throughout one turn of the loop. */
uint64_t kefs_loop_now_ms(struct kefs_loop *loop);

/* Watches a descriptor, which stays the caller's. 0 or -errno. */
int kefs_loop_add_fd(struct kefs_loop *loop, int fd, uint32_t events, kefs_loop_fd_fn fn, void *ctx,
		     struct kefs_source **ret_source);

/* Switches a source off and on; a timer that is off does not run down. */
void kefs_loop_enable(struct kefs_source *source, bool on);

/* A timer that runs once after ms milliseconds; kefs_loop_rearm() sets it again. 0 or -errno. */
int kefs_loop_add_timer(struct kefs_loop *loop, uint64_t ms, kefs_loop_fn fn, void *ctx,
			struct kefs_source **ret_source);

/* Sets a timer, whether it ran or not, to ms milliseconds from now. */
void kefs_loop_rearm(struct kefs_source *source, uint64_t ms);

/* Takes a signal by signalfd; it is blocked for the program from now on, threads made later included. 0 or -errno. */
int kefs_loop_add_signal(struct kefs_loop *loop, int signal, kefs_loop_signal_fn fn, void *ctx,
			 struct kefs_source **ret_source);

/*
 * Removes a source; its callback will not run again. NULL is fine. Always returns NULL, to be assigned. That of a
 * descriptor goes before the descriptor is closed: a process that is being started has copies of all of ours, so that
 * epoll would go on telling of it, and sd-event ends the program then.
 */
struct kefs_source *kefs_loop_remove(struct kefs_source *source);

#endif
