/* SPDX-License-Identifier: GPL-2.0 */
/* Runs programs: no shell, a fixed PATH and environment, no descriptors passed on. */
#ifndef KEFS_BASE_SPAWN_H
#define KEFS_BASE_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"

/*
 * argv[0] is looked up in a fixed PATH (/usr/sbin:/usr/bin:/sbin:/bin). Blocks until the program is done or
 * limit_sec is over, when it is killed. 0 if it exited with 0; -ENOENT if there is no such program, -ETIMEDOUT,
 * -EIO if it failed: err then has the last of what it wrote.
 */
int kefs_spawn_run(const char *const argv[], unsigned int limit_sec, struct kefs_err *err);

/* Starts it, with our standard error for what it says, and returns: a child to wait for. 0; -ENOENT; -errno. */
int kefs_spawn_start(const char *const argv[], pid_t *ret_pid, struct kefs_err *err);

/* Starts the program at that path with a descriptor of ours as its standard input. As kefs_spawn_start(). */
int kefs_spawn_start_on(const char *const argv[], int stdin_fd, pid_t *ret_pid, struct kefs_err *err);

#endif
