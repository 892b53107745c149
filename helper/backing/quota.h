/* SPDX-License-Identifier: GPL-2.0 */
/* Project quota: how much a file system holds, in O(1). */
#ifndef KEFS_BACKING_QUOTA_H
#define KEFS_BACKING_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

/* Does the file system that fd is on account by project? */
bool kefs_quota_works(int fd);

/*
 * Gives a directory a project id that everything made in it inherits. 0, or -EOPNOTSUPP if the file system knows
 * no project ids.
 */
int kefs_quota_set_project(int dir_fd, uint32_t project);

/*
 * Gives the directory to_fd the project id that from_fd hands on, so that it can be moved to there. 0, also where there
 * are no project ids.
 */
int kefs_quota_copy_project(int from_fd, int to_fd);

/* Bytes that a project holds on the file system that fd is on: 0 or -errno. */
int kefs_quota_usage(int fd, uint32_t project, uint64_t *ret_bytes);

#endif
