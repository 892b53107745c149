// SPDX-License-Identifier: GPL-2.0
/*
 * The pid file holds "PID START": start is the process's start time of /proc/PID/stat, so that another program that got
 * the same number is not taken for ours.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/spawn.h"
#include "common/cleanup.h"
#include "common/str.h"

#define PAUSE_MIN_MS	100
#define PAUSE_MAX_MS	10000
#define STEADY_MS	10000	/* one that lived so long is started at once the next time */
#define END_MS		2000
#define PATH_SIZE	1024

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct kefs_keeper {
	struct kefs_keeper_parts parts;
	char pid_file[PATH_SIZE];
	struct kefs_source *timer, *watch;
	pid_t pid;		/* 0: none */
	int pidfd;
	uint64_t started_ms, pause_ms;
};

static int open_pid(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;	/* close-on-exec by itself */
}

/* 0 if there is no such process. */
static unsigned long long start_time(pid_t pid)
{
	unsigned long long start = 0;
	char path[64], text[1024];
	const char *p;
	ssize_t n;
	int fd;

	(void)kefs_str_format(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	p = strrchr(text, ')');		/* behind the name, which may be anything; then the 3rd to the 22nd field */
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, " %llu", &start) == 1 ? start : 0;
}

static int write_pid(const struct kefs_keeper *keeper, pid_t pid)
{
	int fd = open(keeper->pid_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int rc = fd < 0 || dprintf(fd, "%d %llu\n", (int)pid, start_time(pid)) < 0 ? -errno : 0;

	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* Asks it to end, then makes it. It may be beyond our reach: another user's now, and we are no longer root. */
static void end(int pidfd)
{
	static const int signals[] = { SIGTERM, SIGKILL };
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	bool ended = false;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && !ended; i++) {
		int rc = (int)syscall(SYS_pidfd_send_signal, pidfd, signals[i], NULL, 0);

		ended = poll(&pfd, 1, rc == 0 ? END_MS : 0) > 0;
	}
}

/* What an earlier run left behind. The pidfd is taken before the look at whose it is. */
static void end_old(const struct kefs_keeper *keeper)
{
	unsigned long long start;
	int pid, pidfd;
	FILE *f = fopen(keeper->pid_file, "re");

	if (!f)
		return;
	if (fscanf(f, "%d %llu", &pid, &start) == 2 && pid > 1) {
		pidfd = open_pid(pid);
		if (pidfd >= 0 && start && start_time(pid) == start)
			end(pidfd);
		if (pidfd >= 0)
			(void)close(pidfd);
	}
	(void)fclose(f);
}

/* One that has not ended goes on without us. */
static int reap(struct kefs_keeper *keeper)
{
	siginfo_t info = { .si_pid = 0 };
	int status = -1;

	if (waitid((idtype_t)P_PIDFD, (id_t)keeper->pidfd, &info, WEXITED | WNOHANG) == 0 && info.si_pid)
		status = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : W_EXITCODE(0, info.si_status);
	keeper->watch = kefs_loop_remove(keeper->watch);
	(void)close(keeper->pidfd);
	keeper->pidfd = -1;
	keeper->pid = 0;
	return status;
}

static void on_end(void *ctx, int fd, uint32_t events)
{
	struct kefs_keeper *keeper = ctx;
	uint64_t lived = kefs_loop_now_ms(keeper->parts.loop) - keeper->started_ms;
	int status = reap(keeper);

	(void)fd;
	(void)events;
	if (lived >= STEADY_MS)
		keeper->pause_ms = PAUSE_MIN_MS;
	kefs_loop_rearm(keeper->timer, keeper->pause_ms);
	kefs_loop_enable(keeper->timer, true);
	keeper->pause_ms = keeper->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : keeper->pause_ms * 2;
	keeper->parts.ended(keeper->parts.ctx, status);
}

static int start(struct kefs_keeper *keeper, struct kefs_err *err)
{
	pid_t pid;
	int rc = kefs_spawn_start(keeper->parts.argv, &pid, err);

	if (rc < 0)
		return rc;
	keeper->pid = pid;
	keeper->started_ms = kefs_loop_now_ms(keeper->parts.loop);
	keeper->pidfd = open_pid(pid);
	if (keeper->pidfd < 0)
		return kefs_err_sys(err, keeper->pidfd, "watching %s", keeper->parts.argv[0]);
	rc = write_pid(keeper, pid);
	if (rc < 0)
		return kefs_err_sys(err, rc, "writing %s", keeper->pid_file);
	rc = kefs_loop_add_fd(keeper->parts.loop, keeper->pidfd, EPOLLIN, on_end, keeper, &keeper->watch);
	return rc < 0 ? kefs_err_sys(err, rc, "watching %s", keeper->parts.argv[0]) : 0;
}

static void stop(struct kefs_keeper *keeper)
{
	if (keeper->pid <= 0)
		return;
	if (keeper->pidfd >= 0) {
		end(keeper->pidfd);
		(void)reap(keeper);
	} else {		/* no descriptor could be had for it: it is our child, so the number is still its own */
		(void)kill(keeper->pid, SIGKILL);
		(void)waitpid(keeper->pid, NULL, 0);
		keeper->pid = 0;
	}
}

static void again(void *ctx)
{
	struct kefs_keeper *keeper = ctx;
	struct kefs_err err;

	kefs_loop_enable(keeper->timer, false);
	if (start(keeper, &err) == 0)
		return;
	stop(keeper);
	kefs_loop_rearm(keeper->timer, PAUSE_MAX_MS);
	kefs_loop_enable(keeper->timer, true);
}

int kefs_keeper_new(const struct kefs_keeper_parts *parts, struct kefs_keeper **ret_keeper, struct kefs_err *err)
{
	struct kefs_keeper *keeper = calloc(1, sizeof(*keeper));
	int rc;

	if (!keeper)
		return kefs_err_sys(err, -ENOMEM, "keeping %s", parts->argv[0]);
	keeper->parts = *parts;
	keeper->pidfd = -1;
	keeper->pause_ms = PAUSE_MIN_MS;
	rc = kefs_str_copy(keeper->pid_file, sizeof(keeper->pid_file), parts->pid_file);
	if (rc == 0)
		rc = kefs_loop_add_timer(parts->loop, PAUSE_MIN_MS, again, keeper, &keeper->timer);
	if (rc < 0) {
		free(keeper);
		return kefs_err_sys(err, rc, "keeping %s", parts->argv[0]);
	}
	kefs_loop_enable(keeper->timer, false);
	end_old(keeper);
	rc = start(keeper, err);
	if (rc < 0) {
		kefs_keeper_free(keeper);
		return rc;
	}
	*ret_keeper = keeper;
	return 0;
}

void kefs_keeper_free(struct kefs_keeper *keeper)
{
	if (!keeper)
		return;
	stop(keeper);
	(void)kefs_loop_remove(keeper->timer);
	(void)unlink(keeper->pid_file);
	free(keeper);
}

pid_t kefs_keeper_pid(const struct kefs_keeper *keeper)
{
	return keeper->pid;
}
