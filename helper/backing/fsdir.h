/* SPDX-License-Identifier: GPL-2.0 */
/* A file system's directory in the pool: made, opened, thrown away, removed. */
#ifndef KEFS_BACKING_FSDIR_H
#define KEFS_BACKING_FSDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "backing/backing.h"
#include "common/err.h"

/*
 * Makes the directory (0755, root) with its project id, on stable storage. -EEXIST if there is one: a new file
 * system has an id that nothing can have.
 */
int kefs_fsdir_make(const struct kefs_backing *backing, const char *directory, uint32_t project, struct kefs_err *err);

/* Opens it (O_PATH), or -ENOENT, -ENOTDIR with err. Returns the descriptor. */
int kefs_fsdir_open(const struct kefs_backing *backing, const char *directory, struct kefs_err *err);

/*
 * Opens the file in which the kernel module keeps the clients of a file system, made if need be: empty, with room for
 * some on disk, and its name on stable storage. Returns the descriptor, or -errno with err.
 */
int kefs_fsdir_open_recovery(const struct kefs_backing *backing, const char *id, struct kefs_err *err);

/* Removes that file. 0 also if there is none. */
int kefs_fsdir_remove_recovery(const struct kefs_backing *backing, const char *id, struct kefs_err *err);

/* Moves it into the trash under the file system's id, at once. 0 also if it is not there (any more). */
int kefs_fsdir_discard(const struct kefs_backing *backing, const char *directory, const char *id,
		       struct kefs_err *err);

/*
 * Removes what the trash holds of one file system: the directory named id and what the removal itself puts beside
 * it as "id.<number>". Deep trees need neither a deep stack nor many descriptors. For a worker thread: takes only
 * the descriptor of the trash. stop is asked now and then. 0, -ECANCELED, or -errno; can be called again.
 */
int kefs_fsdir_purge(int trash_fd, const char *id, bool (*stop)(void *ctx), void *ctx);

/*
 * Calls found for each file system id that the trash holds something of, as found(ctx, id). 0 or -errno.
 */
int kefs_fsdir_list_trash(const struct kefs_backing *backing, void (*found)(void *ctx, const char *id), void *ctx);

#endif
