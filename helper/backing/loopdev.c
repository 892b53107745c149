// SPDX-License-Identifier: GPL-2.0
#include "loopdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/spawn.h"
#include "common/cleanup.h"
#include "common/str.h"

#define MODPROBE_LIMIT_SEC 60
#define TRIES 32	/* another program may take the free device between our asking and our using it */

/* Does the sysfs file name image? A deleted file's name ends in " (deleted)" and does not match. */
static bool names_image(const char *sysfs_path, const char *image)
{
	CLEANUP_CLOSE int fd = open(sysfs_path, O_RDONLY | O_CLOEXEC);
	char text[PATH_MAX + 16];
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, image);
}

bool kefs_loopdev_backs(dev_t dev, const char *image)
{
	char path[80];

	(void)kefs_str_format(path, sizeof(path), "/sys/dev/block/%u:%u/loop/backing_file", major(dev), minor(dev));
	return names_image(path, image);
}

int kefs_loopdev_find(const char *image, char ret_device[KEFS_LOOPDEV_PATH])
{
	CLEANUP_DIR DIR *dir = opendir("/sys/block");
	const struct dirent *entry;
	char path[320];

	while (dir && (entry = readdir(dir))) {
		if (!kefs_str_after(entry->d_name, "loop"))
			continue;
		(void)kefs_str_format(path, sizeof(path), "/sys/block/%s/loop/backing_file", entry->d_name);
		if (names_image(path, image) &&
		    kefs_str_format(ret_device, KEFS_LOOPDEV_PATH, "/dev/%s", entry->d_name) == 0)
			return 0;
	}
	return -ENOENT;
}

static int configure(int device_fd, int image_fd, const char *image)
{
	struct loop_config config = {
		.fd = (__u32)image_fd,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO,
	};

	/* For losetup's list; cut if it is long. */
	(void)kefs_str_copy((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name), image);
	if (ioctl(device_fd, LOOP_CONFIGURE, &config) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
	return ioctl(device_fd, LOOP_CONFIGURE, &config) < 0 ? -errno : 0;
}

static int attach_once(int control_fd, int image_fd, const char *image, char ret_device[KEFS_LOOPDEV_PATH])
{
	CLEANUP_CLOSE int fd = -1;
	int number, rc;

	number = ioctl(control_fd, LOOP_CTL_GET_FREE);
	if (number < 0)
		return -errno;
	(void)kefs_str_format(ret_device, KEFS_LOOPDEV_PATH, "/dev/loop%d", number);
	fd = open(ret_device, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = configure(fd, image_fd, image);
	return rc < 0 ? rc : take_fd(fd);
}

/* On a machine that has not used a loop device yet the driver need not be loaded, nor the node be there. */
static int open_control(struct kefs_err *err)
{
	static const char *const modprobe[] = { "modprobe", "loop", NULL };
	struct kefs_err why = { "" };
	int fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENODEV)) {
		(void)kefs_spawn_run(modprobe, MODPROBE_LIMIT_SEC, &why);
		fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	}
	if (fd < 0)
		return kefs_err_sys(err, -errno, "/dev/loop-control (does this kernel have the module loop?%s%s)",
				    *why.text ? " " : "", why.text);
	return fd;
}

int kefs_loopdev_attach(const char *image, char ret_device[KEFS_LOOPDEV_PATH], struct kefs_err *err)
{
	CLEANUP_CLOSE int control_fd = open_control(err);
	CLEANUP_CLOSE int image_fd = open(image, O_RDWR | O_CLOEXEC);
	int rc = -EBUSY;

	if (control_fd < 0)
		return control_fd;
	if (image_fd < 0)
		return kefs_err_sys(err, -errno, "pool image %s", image);
	for (int i = 0; i < TRIES && rc == -EBUSY; i++)
		rc = attach_once(control_fd, image_fd, image, ret_device);
	if (rc < 0)
		return kefs_err_sys(err, rc, "attaching pool image %s to a loop device", image);
	return rc;
}
