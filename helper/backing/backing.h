/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pool: the directory, on some file system of the host, that holds every Kefs file system as a directory.
 *
 *   <pool>/kefs-pool            the pool's id: tells the store's own pool from another, or from an empty mount point
 *   <pool>/file-systems/<id>/   a file system's root
 *   <pool>/recovery/<id>        which clients of it may reclaim after a restart; the kernel module's, never exported
 *   <pool>/making/              directories of access points that are not whole yet
 *   <pool>/trash/               what is being removed
 */
#ifndef KEFS_BACKING_BACKING_H
#define KEFS_BACKING_BACKING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"
#include "model/server.h"
#include "model/settings.h"

struct kefs_backing;

/*
 * Finds or makes the pool that the settings ask for and checks that it can be served: a directory, writable, on a
 * file system with file handles. 0 or -errno with err saying what is wrong and the remedy.
 */
int kefs_backing_open(const struct kefs_settings *settings, struct kefs_backing **ret_backing, struct kefs_err *err);

/* Lets go of it; what is mounted stays mounted. NULL is fine. */
void kefs_backing_free(struct kefs_backing *backing);

/*
 * Reads the pool's id: 0 and ret_id (KEFS_UUID_SIZE), -ENOENT if the pool has none yet, or -errno with err.
 */
int kefs_backing_read_id(const struct kefs_backing *backing, char *ret_id, struct kefs_err *err);

/* Gives a pool without id this one, on stable storage, and makes its folders. */
int kefs_backing_write_id(const struct kefs_backing *backing, const char *id, struct kefs_err *err);

/* Opens the folders of a pool that has an id, making those that are missing; before any call of fsdir.h. */
int kefs_backing_open_folders(struct kefs_backing *backing, struct kefs_err *err);

/* What there is to know of it now. */
void kefs_backing_get_info(const struct kefs_backing *backing, struct kefs_pool_info *ret_info);

/* Can it tell how much a project has (quota.h)? */
bool kefs_backing_has_quota(const struct kefs_backing *backing);

/* The pool's directory; stays the backing's. */
int kefs_backing_fd(const struct kefs_backing *backing);

/* The trash directory, and that of what is being made; they stay the backing's. */
int kefs_backing_trash_fd(const struct kefs_backing *backing);
int kefs_backing_making_fd(const struct kefs_backing *backing);

#endif
