// SPDX-License-Identifier: GPL-2.0
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "proc.h"
#include "state.h"

#define LOCK_FILE	RUN_DIR "/.watchdog"
#define LIMIT_MS	10000
#define WORDS_MAX	((size_t)2048)

int supervisor_lock(int *ret_fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	CLEANUP_CLOSE int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	*ret_fd = take_fd(fd);
	return 0;
}

/* Asked without taking the lock, so that nobody who wants it finds it taken by the question. */
static bool runs(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	CLEANUP_CLOSE int fd = open(LOCK_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool run(const char *const argv[])
{
	const struct proc_start start = { argv, NULL, -1, -1, false };
	struct kefs_buf said = { .cap = WORDS_MAX };
	int status = 0;
	bool ok = proc_run(&start, LIMIT_MS, &said, &status) == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;

	kefs_buf_free(&said);
	return ok;
}

void supervisor_start(void)
{
	static const char *const systemd[] = { "/usr/bin/systemctl", "start", "--no-block", "kefs-watchdog.service", NULL };
	char program[PATH_MAX];
	const char *const daemon[] = { program, "--daemon", NULL };

	if (runs())
		return;
	/* sd_booted(3); a mount unit that waited for another unit's start would wait for itself: --no-block */
	if (access("/run/systemd/system", F_OK) == 0 && run(systemd))
		return;
	if (proc_find("kefs-watchdog", program, sizeof(program)) == 0 && run(daemon))
		return;
	(void)fprintf(stderr, "mount.efs: warning: kefs-watchdog does not start: nobody restarts the tunnel or renews its certificate\n");
}
