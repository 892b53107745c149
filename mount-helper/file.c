// SPDX-License-Identifier: GPL-2.0
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/str.h"

int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct kefs_buf buf = { .cap = max };
	char chunk[4096];
	ssize_t n;
	int rc;

	if (fd < 0)
		return -errno;
	rc = kefs_buf_add(&buf, "", 0);
	while (rc == 0 && (n = read(fd, chunk, sizeof(chunk))) != 0)
		rc = n < 0 ? -errno : kefs_buf_add(&buf, chunk, (size_t)n);
	if (rc < 0) {
		kefs_buf_free(&buf);
		return rc == -EMSGSIZE ? -EFBIG : rc;
	}
	*ret_text = buf.data;
	*ret_len = buf.len;
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_write(const char *path, const void *data, size_t len, mode_t mode, int sync)
{
	CLEANUP_CLOSE int fd = -1;
	char tmp[PATH_MAX];
	int rc;

	rc = kefs_str_format(tmp, sizeof(tmp), "%s.%d.new", path, (int)getpid());
	if (rc < 0)
		return rc;
	(void)unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, data, len);
	if (rc == 0 && sync && fsync(fd) < 0)
		rc = -errno;
	if (rc == 0 && rename(tmp, path) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlink(tmp);
	return rc;
}

int file_mkdirs(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	int rc = kefs_str_copy(part, sizeof(part), path);

	if (rc < 0)
		return rc;
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(part, mode) < 0 && errno != EEXIST ? -errno : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? errno : 0;
}

int file_remove_dir(const char *path)
{
	int rc = nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	if (rc < 0)
		return errno == ENOENT ? 0 : -errno;
	return -rc;
}

int file_absolute(const char *path, char ret_path[PATH_MAX])
{
	char here[PATH_MAX];

	if (*path == '/')
		return kefs_str_copy(ret_path, PATH_MAX, path);
	if (!getcwd(here, sizeof(here)))
		return -errno;
	return kefs_str_format(ret_path, PATH_MAX, "%s/%s", here, path);
}
