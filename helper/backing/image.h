/* SPDX-License-Identifier: GPL-2.0 */
/* The pool that kefsd makes for itself: ext4 in a sparse file, mounted by a loop device. */
#ifndef KEFS_BACKING_IMAGE_H
#define KEFS_BACKING_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/*
 * Makes sure that the ext4 file system in the file image is mounted at mount_point: takes the mount that is there
 * (an earlier kefsd's), or mounts an existing image, or makes one of size bytes first. An existing image is never
 * formatted. *ret_made says whether it was made now. 0 or -errno with err; nothing is left half-made.
 */
int kefs_image_open(const char *image, const char *mount_point, uint64_t size, bool *ret_made, struct kefs_err *err);

#endif
