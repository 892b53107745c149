/* SPDX-License-Identifier: GPL-2.0 */
/* What is mounted, from /proc/self/mountinfo alone: no look at a mount ever waits for its server. */
#ifndef KEFS_MOUNT_MOUNTINFO_H
#define KEFS_MOUNT_MOUNTINFO_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define MOUNTINFO_MAX ((size_t)64 * 1024 * 1024)

struct mount_row {
	char mount_point[PATH_MAX], source[PATH_MAX];	/* without escapes */
	char device[24];		/* "0:42" */
	bool nfs;			/* of any version */
	bool loopback;			/* of a server at 127.0.0.1 */
	bool mtls;			/* the kernel encrypts, with a certificate of the client */
	unsigned int port;		/* of an NFS server; 0 = 2049, which the kernel does not show */
};

/* Calls @row for each line of @text that is a mount. Pure. */
void mountinfo_parse(const char *text, void (*row)(void *arg, const struct mount_row *row), void *arg);

/* All of a file in /proc (@path: "/proc/self/mountinfo"). 0 or -errno. */
int mountinfo_each(const char *path, void (*row)(void *arg, const struct mount_row *row), void *arg);

/* The mount that is seen at an absolute path without links. 0, -ENOENT or -errno. */
int mountinfo_find(const char *mount_point, struct mount_row *ret_row);

#endif
