/* SPDX-License-Identifier: GPL-2.0 */
/* The directory that an access point shows as its root. */
#ifndef KEFS_BACKING_APPROOT_H
#define KEFS_BACKING_APPROOT_H

#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

/* How it is to be made if it is missing. */
struct kefs_approot_new {
	uint32_t uid, gid;
	mode_t mode;
};

/*
 * Opens (O_PATH) the directory at path ("/a/b") below the open directory volume_fd, without following a symbolic
 * link or leaving the file system. What is missing is made, if make is given: directories on the way are root's with
 * mode 0755, the last is as make says, and none is there before it is. One that exists is left as it is. making_fd is
 * the pool's folder for what is being made. The descriptor; -ENOENT without make; -ENOTDIR, -ELOOP if something else is
 * there, or another -errno, with err.
 */
int kefs_approot_open(int volume_fd, int making_fd, const char *path, const struct kefs_approot_new *make,
		      struct kefs_err *err);

#endif
