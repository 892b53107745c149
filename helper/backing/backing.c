// SPDX-License-Identifier: GPL-2.0
#include "backing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "backing/image.h"
#include "backing/quota.h"
#include "common/cleanup.h"
#include "common/str.h"

#define ID_FILE "kefs-pool"

struct kefs_backing {
	char *path, *image;
	char type[16];
	int fd, trash_fd, making_fd;
	bool made, quota;
};

static const struct {
	uint32_t magic;
	const char *name;
} types[] = {
	{ 0xef53, "ext4" }, { 0x58465342, "xfs" }, { 0x9123683e, "btrfs" }, { 0x01021994, "tmpfs" }, { 0x00c36400, "ceph" },
	{ 0x794c7630, "overlay" }, { 0x6969, "nfs" }, { 0xf2f52010, "f2fs" }, { 0x01021997, "9p" }, { 0x2fc12fc1, "zfs" },
};

static void find_type(struct kefs_backing *backing)
{
	struct statfs fs;

	if (fstatfs(backing->fd, &fs) < 0)
		fs.f_type = 0;
	(void)kefs_str_format(backing->type, sizeof(backing->type), "0x%x", (unsigned int)fs.f_type);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].magic == (uint32_t)fs.f_type)
			(void)kefs_str_copy(backing->type, sizeof(backing->type), types[i].name);
	}
}

/* Clients name files by handles that must stay good over restarts: the file system must have them. */
static int check_handles(const struct kefs_backing *backing, struct kefs_err *err)
{
	union {
		struct file_handle fh;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .fh.handle_bytes = MAX_HANDLE_SZ };
	int mount_id;

	if (name_to_handle_at(backing->fd, "", &u.fh, &mount_id, AT_EMPTY_PATH) == 0)
		return 0;
	return kefs_err_set(err, -EOPNOTSUPP,
			    "pool %s lies on a file system (%s) that has no file handles, so NFS cannot serve it: use ext4, xfs, "
			    "btrfs or ceph", backing->path, backing->type);
}

static int open_directory(struct kefs_backing *backing, struct kefs_err *err)
{
	backing->fd = open(backing->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (backing->fd < 0 && errno == ENOTDIR)
		return kefs_err_set(err, -ENOTDIR, "pool %s is not a directory: name a directory, or leave pool empty for an image",
				    backing->path);
	if (backing->fd < 0 && errno == ENOENT)
		return kefs_err_set(err, -ENOENT,
				    "pool %s does not exist: create the directory (or mount its disk), or leave pool empty for an image",
				    backing->path);
	if (backing->fd < 0)
		return kefs_err_sys(err, -errno, "pool %s", backing->path);
	find_type(backing);
	if (faccessat(backing->fd, ".", W_OK, 0) < 0)
		return kefs_err_sys(err, -errno, "pool %s cannot be written", backing->path);
	return check_handles(backing, err);
}

static int open_image(struct kefs_backing *backing, const struct kefs_settings *settings, struct kefs_err *err)
{
	CLEANUP_FREE char *state_dir = realpath(settings->state_dir, NULL);

	if (!state_dir)
		return kefs_err_sys(err, -errno, "state_dir %s", settings->state_dir);
	if (asprintf(&backing->image, "%s/pool.img", state_dir) < 0) {
		backing->image = NULL;
		return kefs_err_sys(err, -ENOMEM, "pool");
	}
	if (asprintf(&backing->path, "%s/pool", state_dir) < 0) {
		backing->path = NULL;
		return kefs_err_sys(err, -ENOMEM, "pool");
	}
	return kefs_image_open(backing->image, backing->path, settings->pool_image_size, &backing->made, err);
}

int kefs_backing_open(const struct kefs_settings *settings, struct kefs_backing **ret_backing, struct kefs_err *err)
{
	struct kefs_backing *backing = calloc(1, sizeof(*backing));
	int rc = 0;

	if (!backing)
		return kefs_err_sys(err, -ENOMEM, "pool");
	backing->fd = -1;
	backing->trash_fd = -1;
	backing->making_fd = -1;
	if (*settings->pool) {
		backing->path = strdup(settings->pool);
		rc = backing->path ? 0 : kefs_err_sys(err, -ENOMEM, "pool");
	} else {
		rc = open_image(backing, settings, err);
	}
	if (rc == 0)
		rc = open_directory(backing, err);
	if (rc < 0) {
		kefs_backing_free(backing);
		return rc;
	}
	backing->quota = kefs_quota_works(backing->fd);
	*ret_backing = backing;
	return 0;
}

void kefs_backing_free(struct kefs_backing *backing)
{
	if (!backing)
		return;
	if (backing->fd >= 0)
		(void)close(backing->fd);
	if (backing->trash_fd >= 0)
		(void)close(backing->trash_fd);
	if (backing->making_fd >= 0)
		(void)close(backing->making_fd);
	free(backing->path);
	free(backing->image);
	free(backing);
}

int kefs_backing_read_id(const struct kefs_backing *backing, char *ret_id, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = openat(backing->fd, ID_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[KEFS_UUID_SIZE + 8];
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return kefs_err_sys(err, -errno, "%s/" ID_FILE, backing->path);
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return kefs_err_sys(err, -errno, "%s/" ID_FILE, backing->path);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strlen(text) != KEFS_UUID_SIZE - 1 || strspn(text, "0123456789abcdef-") != KEFS_UUID_SIZE - 1)
		return kefs_err_set(err, -EUCLEAN, "%s/" ID_FILE " does not hold a pool id: restore it (the store has it), or "
				    "name another directory as pool", backing->path);
	return kefs_str_copy(ret_id, KEFS_UUID_SIZE, text);
}

int kefs_backing_write_id(const struct kefs_backing *backing, const char *id, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = -1;
	char line[KEFS_UUID_SIZE + 1];
	size_t len;

	(void)kefs_str_format(line, sizeof(line), "%s\n", id);
	len = strlen(line);
	fd = openat(backing->fd, ID_FILE ".tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, line, len) != (ssize_t)len || fsync(fd) < 0 ||
	    renameat(backing->fd, ID_FILE ".tmp", backing->fd, ID_FILE) < 0 || fsync(backing->fd) < 0)
		return kefs_err_sys(err, errno ? -errno : -EIO, "writing %s/" ID_FILE, backing->path);
	return 0;
}

static int open_folder(const struct kefs_backing *backing, const char *name, int *ret_fd, struct kefs_err *err)
{
	*ret_fd = openat(backing->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret_fd < 0 ? kefs_err_sys(err, -errno, "%s/%s", backing->path, name) : 0;
}

int kefs_backing_open_folders(struct kefs_backing *backing, struct kefs_err *err)
{
	static const char *const folders[] = { "file-systems", "recovery", "making", "trash" };
	CLEANUP_CLOSE int recovery_fd = -1;
	int rc;

	/* 0700: only the kernel module, which starts inside, has business here. */
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (mkdirat(backing->fd, folders[i], 0700) < 0 && errno != EEXIST)
			return kefs_err_sys(err, -errno, "creating %s/%s", backing->path, folders[i]);
	}
	if (fsync(backing->fd) < 0)
		return kefs_err_sys(err, -errno, "pool %s", backing->path);
	/* A record of clients that was made as kefsd was killed: its name is to be stable, too (fsdir.h). */
	rc = open_folder(backing, "recovery", &recovery_fd, err);
	if (rc < 0)
		return rc;
	if (fsync(recovery_fd) < 0)
		return kefs_err_sys(err, -errno, "%s/recovery", backing->path);
	rc = open_folder(backing, "making", &backing->making_fd, err);
	return rc < 0 ? rc : open_folder(backing, "trash", &backing->trash_fd, err);
}

void kefs_backing_get_info(const struct kefs_backing *backing, struct kefs_pool_info *ret_info)
{
	struct statfs fs = { .f_bsize = 0 };

	if (fstatfs(backing->fd, &fs) < 0)
		fs = (struct statfs) { .f_bsize = 0 };
	*ret_info = (struct kefs_pool_info) {
		.path = backing->path,
		.image = backing->image,
		.type = backing->type,
		.made = backing->made,
		.quota = backing->quota,
		.size = (uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize,
		.room = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize,
	};
}

bool kefs_backing_has_quota(const struct kefs_backing *backing)
{
	return backing->quota;
}

int kefs_backing_fd(const struct kefs_backing *backing)
{
	return backing->fd;
}

int kefs_backing_trash_fd(const struct kefs_backing *backing)
{
	return backing->trash_fd;
}

int kefs_backing_making_fd(const struct kefs_backing *backing)
{
	return backing->making_fd;
}
