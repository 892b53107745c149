/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeps a program running: started again when it ends, a moment later and ever less soon while it keeps ending. One
 * that outlived an earlier run of ours is known by its pid file and ended first. Loop thread only.
 */
#ifndef KEFS_BASE_KEEPER_H
#define KEFS_BASE_KEEPER_H

#include <sys/types.h>

#include "base/loop.h"
#include "common/err.h"

struct kefs_keeper;

struct kefs_keeper_parts {
	struct kefs_loop *loop;
	const char *const *argv;	/* as kefs_spawn_run() has it; it stays in the foreground. The caller's, outlives it */
	const char *pid_file;		/* copied */
	/* It ended by itself and will be started again; status is waitpid()'s, or -1 if it was not our child. */
	void (*ended)(void *ctx, int status);
	void *ctx;
};

/* Starts it. 0; -ENOENT: no such program; -errno. */
int kefs_keeper_new(const struct kefs_keeper_parts *parts, struct kefs_keeper **ret_keeper, struct kefs_err *err);

/* Ends the program, waits for that (2 s, then kills it), and forgets it. NULL is fine. */
void kefs_keeper_free(struct kefs_keeper *keeper);

/* The process id now, or 0 between two lives. */
pid_t kefs_keeper_pid(const struct kefs_keeper *keeper);

#endif
