// SPDX-License-Identifier: GPL-2.0
#include "fsdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backing/quota.h"
#include "common/cleanup.h"
#include "common/fail.h"
#include "common/id.h"
#include "common/str.h"

#define RECOVERY_ROOM (256 * 1024)	/* 126 clients need no more space when they come */

static int sync_parent(const struct kefs_backing *backing)
{
	CLEANUP_CLOSE int fd = openat(kefs_backing_fd(backing), "file-systems", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int set_up(const struct kefs_backing *backing, int fd, uint32_t project)
{
	int rc = 0;

	if (fchmod(fd, 0755) < 0 || fchown(fd, 0, 0) < 0)
		return -errno;
	rc = kefs_quota_set_project(fd, project);
	if (rc < 0 && rc != -EOPNOTSUPP)
		return rc;
	return fsync(fd) < 0 ? -errno : sync_parent(backing);
}

int kefs_fsdir_make(const struct kefs_backing *backing, const char *directory, uint32_t project, struct kefs_err *err)
{
	int pool_fd = kefs_backing_fd(backing), rc;
	CLEANUP_CLOSE int fd = -1;

	kefs_fail_point("directory-make");
	if (mkdirat(pool_fd, directory, 0700) < 0)
		return kefs_err_sys(err, -errno, "creating directory %s in the pool", directory);
	kefs_fail_point("directory-made");
	fd = openat(pool_fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	rc = fd < 0 ? -errno : set_up(backing, fd, project);
	if (rc < 0) {
		(void)unlinkat(pool_fd, directory, AT_REMOVEDIR);
		return kefs_err_sys(err, rc, "setting up directory %s in the pool", directory);
	}
	return 0;
}

int kefs_fsdir_open(const struct kefs_backing *backing, const char *directory, struct kefs_err *err)
{
	int fd = openat(kefs_backing_fd(backing), directory, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? kefs_err_sys(err, -errno, "directory %s in the pool", directory) : fd;
}

/* The name is stable before the kernel module relies on it; the room may be missing on a full disk. */
static int make_recovery(const struct kefs_backing *backing, const char *path)
{
	CLEANUP_CLOSE int dir_fd = openat(kefs_backing_fd(backing), "recovery", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int fd = openat(kefs_backing_fd(backing), path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	kefs_fail_point("record-made");
	if (dir_fd < 0 || fd < 0)
		return -errno;
	(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, RECOVERY_ROOM);
	return fsync(fd) < 0 || fsync(dir_fd) < 0 ? -errno : take_fd(fd);
}

int kefs_fsdir_open_recovery(const struct kefs_backing *backing, const char *id, struct kefs_err *err)
{
	char path[KEFS_ID_SIZE + 16];
	int fd;

	(void)kefs_str_format(path, sizeof(path), "recovery/%s", id);
	/* One that is there was made stable by who made it, or when the folders were opened. */
	fd = openat(kefs_backing_fd(backing), path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		fd = errno == ENOENT ? make_recovery(backing, path) : -errno;
	return fd < 0 ? kefs_err_sys(err, fd, "file %s in the pool", path) : fd;
}

int kefs_fsdir_remove_recovery(const struct kefs_backing *backing, const char *id, struct kefs_err *err)
{
	char path[KEFS_ID_SIZE + 16];

	(void)kefs_str_format(path, sizeof(path), "recovery/%s", id);
	kefs_fail_point("record-remove");
	if (unlinkat(kefs_backing_fd(backing), path, 0) < 0 && errno != ENOENT)
		return kefs_err_sys(err, -errno, "removing %s in the pool", path);
	return 0;
}

int kefs_fsdir_discard(const struct kefs_backing *backing, const char *directory, const char *id, struct kefs_err *err)
{
	int rc;

	kefs_fail_point("directory-discard");
	if (renameat(kefs_backing_fd(backing), directory, kefs_backing_trash_fd(backing), id) < 0) {
		if (errno == ENOENT)
			return 0;
		return kefs_err_sys(err, -errno, "moving directory %s of the pool into the trash", directory);
	}
	kefs_fail_point("directory-discarded");
	rc = sync_parent(backing);
	if (rc == 0 && fsync(kefs_backing_trash_fd(backing)) < 0)
		rc = -errno;
	return rc < 0 ? kefs_err_sys(err, rc, "syncing the pool's trash") : 0;
}

/* Is name the id, or "id.<number>"? */
static bool belongs(const char *name, const char *id)
{
	const char *rest = kefs_str_after(name, id);

	return rest && (!*rest || *rest == '.');
}

/* Moves a directory that is not empty into the trash itself, so that the tree becomes flat. */
static int hoist(int dir_fd, const char *name, int trash_fd, const char *id)
{
	static const unsigned int tries = 8;
	char target[KEFS_ID_SIZE + 24];
	uint64_t number;
	int rc = -EEXIST;

	for (unsigned int i = 0; i < tries && rc == -EEXIST; i++) {
		rc = kefs_id_random(&number, sizeof(number));
		if (rc < 0)
			return rc;
		(void)kefs_str_format(target, sizeof(target), "%s.%llx", id, (unsigned long long)number);
		rc = renameat2(dir_fd, name, trash_fd, target, RENAME_NOREPLACE) < 0 ? -errno : 0;
	}
	return rc;
}

static int remove_entry(int dir_fd, const struct dirent *entry, int trash_fd, const char *id)
{
	bool is_dir = entry->d_type == DT_DIR;

	if (entry->d_type == DT_UNKNOWN) {
		struct stat st;

		if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 : -errno;
		is_dir = S_ISDIR(st.st_mode);
	}
	if (unlinkat(dir_fd, entry->d_name, is_dir ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT)
		return 0;
	if (is_dir && (errno == ENOTEMPTY || errno == EEXIST))
		return hoist(dir_fd, entry->d_name, trash_fd, id);
	return -errno;
}

/* Opens a directory to be read: 0, or -errno (-ENOTDIR and -ELOOP: it is something else). */
static int open_to_read(int dir_fd, const char *name, DIR **ret_dir)
{
	CLEANUP_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	*ret_dir = fdopendir(fd);
	if (!*ret_dir)
		return -errno;
	(void)take_fd(fd);
	return 0;
}

/* Removes what is in a directory of the trash, but for what had to be hoisted. */
static int empty(DIR *dir, int trash_fd, const char *id, bool (*stop)(void *ctx), void *ctx)
{
	const struct dirent *entry;
	int rc = 0;

	while (rc == 0 && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		rc = stop(ctx) ? -ECANCELED : remove_entry(dirfd(dir), entry, trash_fd, id);
	}
	return rc;
}

/* Empties and removes one entry of the trash. */
static int purge_one(int trash_fd, const char *name, const char *id, bool (*stop)(void *ctx), void *ctx)
{
	CLEANUP_DIR DIR *dir = NULL;
	int rc = open_to_read(trash_fd, name, &dir);

	if (rc == -ENOTDIR || rc == -ELOOP)
		return unlinkat(trash_fd, name, 0) < 0 ? -errno : 0;
	if (rc == 0)
		rc = empty(dir, trash_fd, id, stop, ctx);
	/* An entry that readdir() skipped because we removed others leaves the directory for the next round. */
	if (rc == 0 && unlinkat(trash_fd, name, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY && errno != EEXIST)
		rc = -errno;
	return rc;
}

static int purge_round(int trash_fd, const char *id, bool (*stop)(void *ctx), void *ctx)
{
	CLEANUP_DIR DIR *dir = NULL;
	const struct dirent *entry;
	int found = 0, rc = open_to_read(trash_fd, ".", &dir);

	while (rc == 0 && (entry = readdir(dir))) {
		if (!belongs(entry->d_name, id))
			continue;
		found = 1;
		rc = purge_one(trash_fd, entry->d_name, id, stop, ctx);
	}
	return rc < 0 ? rc : found;
}

int kefs_fsdir_purge(int trash_fd, const char *id, bool (*stop)(void *ctx), void *ctx)
{
	int rc;

	do {
		kefs_fail_point("trash-purge");
		rc = purge_round(trash_fd, id, stop, ctx);
	} while (rc > 0);
	if (rc == 0 && fsync(trash_fd) < 0)
		rc = -errno;
	return rc;
}

int kefs_fsdir_list_trash(const struct kefs_backing *backing, void (*found)(void *ctx, const char *id), void *ctx)
{
	CLEANUP_DIR DIR *dir = NULL;
	const struct dirent *entry;
	char id[KEFS_ID_SIZE];
	int rc = open_to_read(kefs_backing_trash_fd(backing), ".", &dir);

	if (rc < 0)
		return rc;
	while ((entry = readdir(dir))) {
		if (kefs_str_format(id, sizeof(id), "%.*s", (int)strcspn(entry->d_name, "."), entry->d_name) == 0 &&
		    kefs_id_valid(id, "fs-"))
			found(ctx, id);
	}
	return 0;
}
