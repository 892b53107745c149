// SPDX-License-Identifier: GPL-2.0
#include "nft.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/spawn.h"
#include "common/cleanup.h"
#include "common/fail.h"

#define LIMIT_SEC 10

static int write_file(const char *path, const char *text, size_t len)
{
	CLEANUP_CLOSE int fd = -1;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int kefs_nft_load(const char *path, const char *commands, size_t len, struct kefs_err *err)
{
	const char *const argv[] = { "nft", "-f", path, NULL };
	int rc;

	kefs_fail_point("filter-write");
	rc = write_file(path, commands, len);
	if (rc < 0)
		return kefs_err_sys(err, rc, "writing %s", path);
	kefs_fail_point("filter-load");
	rc = kefs_spawn_run(argv, LIMIT_SEC, err);
	kefs_fail_point("filter-loaded");
	return rc;
}
