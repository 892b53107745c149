// SPDX-License-Identifier: GPL-2.0
/*
 * The image is formatted under the name "<image>.tmp" and renamed when it is whole, so that a file under the final
 * name is always an image that was finished; a .tmp file is what a crash left and is made anew. The mount outlives
 * kefsd: the kernel module goes on serving from it.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backing/loopdev.h"
#include "base/spawn.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"

#define MKFS_LIMIT_SEC	600
#define FREE_MIN	(64ull << 20)	/* what a freshly formatted image takes, and something to work with */
#define BIG_IMAGE	(4ull << 30)

/* The folder that holds path; ret_dir has room for PATH_MAX. */
static void parent_of(const char *path, char *ret_dir)
{
	char copy[PATH_MAX];

	(void)kefs_str_copy(copy, sizeof(copy), path);
	(void)kefs_str_copy(ret_dir, PATH_MAX, dirname(copy));
}

static int check_space(const char *dir, const char *image, uint64_t size, struct kefs_err *err)
{
	struct statvfs vfs;
	uint64_t room;

	if (statvfs(dir, &vfs) < 0)
		return kefs_err_sys(err, -errno, "%s", dir);
	room = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (room < FREE_MIN)
		return kefs_err_set(err, -ENOSPC,
				    "%s has %llu MiB free, too little for the pool image %s: make room, move state_dir, or name "
				    "a directory as pool in kefsd.conf", dir, (unsigned long long)(room >> 20), image);
	if (room < size)
		log_warn("pool image %s may grow to %llu MiB, but %s has only %llu MiB free: make room before it fills up",
			 image, (unsigned long long)(size >> 20), dir, (unsigned long long)(room >> 20));
	return 0;
}

static int make_sparse(const char *path, uint64_t size, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = -1;
	int rc;

	if (unlink(path) < 0 && errno != ENOENT)
		return kefs_err_sys(err, -errno, "removing the left-over %s", path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return kefs_err_sys(err, -errno, "creating pool image %s", path);
	if (ftruncate(fd, (off_t)size) == 0)
		return 0;
	rc = -errno;
	if (rc == -EFBIG)
		return kefs_err_set(err, rc, "the disk that holds %s allows no file of %llu MiB: set a smaller pool_image_size",
				    path, (unsigned long long)(size >> 20));
	return kefs_err_sys(err, rc, "giving pool image %s its size", path);
}

/*
 * Project quota for sizes in O(1), encryption for encrypted file systems. Only the project quota is kept: user and
 * group quota would cost every change two more updates. mke2fs knows that a sparse file reads as zeros and leaves
 * no inode table for the kernel to initialise; of the journal it must be told. The journal is bounded, or a large
 * image's would come to take 1 GiB.
 */
static int format(const char *path, uint64_t size, struct kefs_err *err)
{
	const char *argv[] = {
		"mkfs.ext4", "-q", "-F", "-m", "0", "-O", "project,quota,encrypt", "-E",
		"quotatype=prjquota,lazy_journal_init=1", "-L", "kefs-pool", path, NULL, NULL, NULL,
	};
	int rc;

	if (size >= BIG_IMAGE) {
		argv[11] = "-J";
		argv[12] = "size=128";
		argv[13] = path;
	}
	rc = kefs_spawn_run(argv, MKFS_LIMIT_SEC, err);
	if (rc == -ENOENT)
		return kefs_err_prefix(err, rc, "formatting pool image %s (install the package e2fsprogs): ", path);
	return rc < 0 ? kefs_err_prefix(err, rc, "formatting pool image %s: ", path) : 0;
}

/* Gives the finished image its name, on stable storage. */
static int publish(const char *tmp, const char *image, const char *dir, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = open(tmp, O_RDONLY | O_CLOEXEC);
	CLEANUP_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || dir_fd < 0 || fsync(fd) < 0 || rename(tmp, image) < 0 || fsync(dir_fd) < 0)
		return kefs_err_sys(err, -errno, "storing pool image %s", image);
	return 0;
}

static int make_image(const char *image, uint64_t size, struct kefs_err *err)
{
	char dir[PATH_MAX], tmp[PATH_MAX];
	int rc;

	parent_of(image, dir);
	rc = kefs_str_format(tmp, sizeof(tmp), "%s.tmp", image);
	if (rc < 0)
		return kefs_err_sys(err, rc, "%s", image);
	rc = check_space(dir, image, size, err);
	if (rc == 0)
		rc = make_sparse(tmp, size, err);
	if (rc == 0)
		rc = format(tmp, size, err);
	if (rc == 0)
		rc = publish(tmp, image, dir, err);
	if (rc < 0)
		(void)unlink(tmp);
	return rc;
}

static int mount_image(const char *image, const char *mount_point, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = -1;
	char device[KEFS_LOOPDEV_PATH];

	if (kefs_loopdev_find(image, device) == 0)
		return kefs_err_set(err, -EBUSY,
				    "pool image %s is in use as %s but not mounted at %s: unmount it there (findmnt %s), then detach "
				    "it with losetup -d %s", image, device, mount_point, device, device);
	fd = kefs_loopdev_attach(image, device, err);
	if (fd < 0)
		return fd;
	if (mount(device, mount_point, "ext4", MS_NOATIME | MS_NODEV | MS_NOSUID, "prjquota") == 0)
		return 0;
	if (errno == ENODEV)
		return kefs_err_set(err, -errno, "this kernel has no ext4: load its module, or name a directory as pool in kefsd.conf");
	return kefs_err_sys(err, -errno,
			    "mounting pool image %s at %s: look into the kernel log; if the image is damaged run e2fsck -f %s, "
			    "if this kernel lacks quota for ext4 (CONFIG_QFMT_V2) name a directory as pool in kefsd.conf",
			    image, mount_point, image);
}

/* 1: our image is mounted there; 0: nothing is; -errno: something else is. */
static int is_mounted(const char *image, const char *mount_point, struct kefs_err *err)
{
	struct stat st, parent;
	char dir[PATH_MAX];

	parent_of(mount_point, dir);
	if (stat(mount_point, &st) < 0)
		return kefs_err_sys(err, -errno, "%s", mount_point);
	if (stat(dir, &parent) < 0)
		return kefs_err_sys(err, -errno, "%s", dir);
	if (st.st_dev == parent.st_dev)
		return 0;
	if (kefs_loopdev_backs(st.st_dev, image))
		return 1;
	return kefs_err_set(err, -EBUSY,
			    "something else than pool image %s is mounted at %s (findmnt %s): unmount it, or set another "
			    "state_dir", image, mount_point, mount_point);
}

int kefs_image_open(const char *image, const char *mount_point, uint64_t size, bool *ret_made, struct kefs_err *err)
{
	bool made = false, made_dir = mkdir(mount_point, 0700) == 0;
	struct stat st;
	int rc;

	if (!made_dir && errno != EEXIST)
		return kefs_err_sys(err, -errno, "creating %s", mount_point);
	rc = is_mounted(image, mount_point, err);
	if (rc < 0)
		return rc;
	*ret_made = false;
	if (rc > 0)
		return 0;
	if (stat(image, &st) < 0) {
		if (errno != ENOENT)
			return kefs_err_sys(err, -errno, "pool image %s", image);
		rc = make_image(image, size, err);
		made = rc == 0;
	} else if (!S_ISREG(st.st_mode)) {
		rc = kefs_err_set(err, -EINVAL, "pool image %s is not a regular file: move it away", image);
	}
	if (rc == 0)
		rc = mount_image(image, mount_point, err);
	if (rc < 0 && made)
		(void)unlink(image);
	if (rc < 0 && made_dir)
		(void)rmdir(mount_point);
	if (rc == 0)
		*ret_made = made;
	return rc;
}
