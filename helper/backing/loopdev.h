/* SPDX-License-Identifier: GPL-2.0 */
/* Loop devices. */
#ifndef KEFS_BACKING_LOOPDEV_H
#define KEFS_BACKING_LOOPDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"

#define KEFS_LOOPDEV_PATH 32	/* "/dev/loop1048575" */

/*
 * Attaches an image file to a free loop device: direct I/O where the file allows it, detached by itself when the
 * last user is gone. Returns the device's descriptor, to be kept open until it is mounted, or -errno.
 */
int kefs_loopdev_attach(const char *image, char ret_device[KEFS_LOOPDEV_PATH], struct kefs_err *err);

/* Is the block device dev a loop device over image (a real path)? */
bool kefs_loopdev_backs(dev_t dev, const char *image);

/* Looks for a loop device over image: 0 and its path, or -ENOENT. */
int kefs_loopdev_find(const char *image, char ret_device[KEFS_LOOPDEV_PATH]);

#endif
