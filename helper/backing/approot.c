// SPDX-License-Identifier: GPL-2.0
/*
 * A directory is made in a folder of the pool where no client comes, given its owner and mode, and then moved to its
 * place, so that nobody sees it half made or stands in its way, and a crash leaves none that the next connection would
 * take for whole. Clients may change things in that place at the same time: each step works on descriptors, and what it
 * finds in the end is what counts.
 */
#include "approot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backing/quota.h"
#include "common/cleanup.h"
#include "common/fail.h"
#include "common/str.h"

#define NEW_NAME	"new"	/* one thread makes them, one after the other */
#define TRIES		4

/* One component, which has no slash. */
static int open_one(int dir_fd, const char *name, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	long fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* In the folder, where one may lie from before a crash. */
static int make_beside(int making_fd, int dir_fd, const struct kefs_approot_new *make)
{
	CLEANUP_CLOSE int parent_fd = open_one(dir_fd, ".", O_RDONLY);
	CLEANUP_CLOSE int fd = -1;
	int rc;

	if (unlinkat(making_fd, NEW_NAME, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	if (mkdirat(making_fd, NEW_NAME, 0700) < 0)
		return -errno;
	fd = open_one(making_fd, NEW_NAME, O_RDONLY);
	if (fd < 0 || parent_fd < 0)
		return fd < 0 ? fd : parent_fd;
	rc = kefs_quota_copy_project(parent_fd, fd);
	if (rc < 0)
		return rc;
	/* The owner first: a change of it may clear bits of the mode. */
	if (fchown(fd, make->uid, make->gid) < 0 || fchmod(fd, make->mode) < 0)
		return -errno;
	return 0;
}

/* 0 also if somebody else was first. */
static int make_one(int making_fd, int dir_fd, const char *name, const struct kefs_approot_new *make)
{
	int rc = make_beside(making_fd, dir_fd, make);

	kefs_fail_point("root-made");
	if (rc == 0 && renameat2(making_fd, NEW_NAME, dir_fd, name, RENAME_NOREPLACE) < 0)
		rc = -errno;
	kefs_fail_point("root-moved");
	if (rc < 0)
		(void)unlinkat(making_fd, NEW_NAME, AT_REMOVEDIR);
	return rc == -EEXIST ? 0 : rc;
}

/* The component, made if it is missing and make is given. */
static int step(int making_fd, int dir_fd, const char *name, const struct kefs_approot_new *make)
{
	int rc, fd = open_one(dir_fd, name, O_PATH);

	for (int i = 0; i < TRIES && fd == -ENOENT && make; i++) {
		rc = make_one(making_fd, dir_fd, name, make);
		if (rc < 0)
			return rc;
		fd = open_one(dir_fd, name, O_PATH);
	}
	return fd;
}

int kefs_approot_open(int volume_fd, int making_fd, const char *path, const struct kefs_approot_new *make,
		      struct kefs_err *err)
{
	static const struct kefs_approot_new on_the_way = { .mode = 0755 };
	CLEANUP_CLOSE int fd = open_one(volume_fd, ".", O_PATH);
	const char *rest = path + strspn(path, "/");
	char name[NAME_MAX + 1];

	while (fd >= 0 && *rest) {
		size_t len = strcspn(rest, "/");
		const char *next = rest + len + strspn(rest + len, "/");
		int below;

		if (kefs_str_format(name, sizeof(name), "%.*s", (int)len, rest) < 0)
			return kefs_err_set(err, -ENAMETOOLONG, "%s: a name is too long", path);
		below = step(making_fd, fd, name, !make ? NULL : *next ? &on_the_way : make);
		(void)close(fd);
		fd = below;
		rest = next;
	}
	return fd < 0 ? kefs_err_sys(err, fd, "the access point's directory %s", path) : take_fd(fd);
}
