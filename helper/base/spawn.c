// SPDX-License-Identifier: GPL-2.0
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/str.h"

#define TAIL_SIZE 256

static const char *const fixed_path[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int find_program(const char *name, char *ret_path, size_t size)
{
	for (size_t i = 0; i < sizeof(fixed_path) / sizeof(fixed_path[0]); i++) {
		if (kefs_str_format(ret_path, size, "%s/%s", fixed_path[i], name) == 0 && access(ret_path, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

/* posix_spawn wants "char *const []" but does not write through it. */
static char *const *unconst(const char *const *list)
{
	union {
		const char *const *in;
		char *const *out;
	} u = { .in = list };

	return u.out;
}

/* Starts the program with stdin from in_fd (-1: /dev/null), stdout and stderr into out_fd, default signals. */
static int start(const char *path, const char *const argv[], int in_fd, int out_fd, pid_t *ret_pid)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if (posix_spawn_file_actions_init(&actions) || posix_spawnattr_init(&attr))
		return -ENOMEM;
	if (in_fd >= 0)
		rc = posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	else
		rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, out_fd, STDERR_FILENO);
	if (!rc)
		rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!rc)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(&attr, &all);
	if (!rc)
		rc = posix_spawn(ret_pid, path, &actions, &attr, unconst(argv), unconst(environment));
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

/* Keeps the last bytes of the output; returns at its end, or -ETIMEDOUT. */
static int read_tail(int fd, uint64_t deadline, char tail[TAIL_SIZE])
{
	size_t len = 0;

	tail[0] = '\0';
	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		uint64_t now = now_ms();
		char chunk[TAIL_SIZE / 2];
		ssize_t n;

		if (now >= deadline)
			return -ETIMEDOUT;
		if (poll(&pfd, 1, (int)(deadline - now)) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		if (len + (size_t)n >= TAIL_SIZE) {
			size_t cut = len + (size_t)n - (TAIL_SIZE - 1);

			memmove(tail, tail + cut, len - cut);
			len -= cut;
		}
		memcpy(tail + len, chunk, (size_t)n);
		len += (size_t)n;
		tail[len] = '\0';
	}
}

/* One line of printable text out of what the program wrote. */
static void flatten(char *text)
{
	size_t len = strlen(text);

	while (len && (unsigned char)text[len - 1] <= ' ')
		text[--len] = '\0';
	for (; *text; text++) {
		if ((unsigned char)*text < ' ')
			*text = ' ';
	}
}

static int judge(const char *name, int status, int read_rc, unsigned int limit_sec, const char *tail,
		 struct kefs_err *err)
{
	const char *colon = *tail ? ": " : "";

	if (read_rc == -ETIMEDOUT)
		return kefs_err_set(err, -ETIMEDOUT, "%s did not finish within %u seconds%s%s", name, limit_sec, colon, tail);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		return kefs_err_set(err, -EIO, "%s failed with exit status %d%s%s", name, WEXITSTATUS(status), colon, tail);
	return kefs_err_set(err, -EIO, "%s was killed by signal %d%s%s", name, WTERMSIG(status), colon, tail);
}

static int find(const char *name, char *ret_path, size_t size, struct kefs_err *err)
{
	if (find_program(name, ret_path, size) < 0)
		return kefs_err_set(err, -ENOENT, "program %s was not found in /usr/sbin, /usr/bin, /sbin or /bin", name);
	return 0;
}

int kefs_spawn_start(const char *const argv[], pid_t *ret_pid, struct kefs_err *err)
{
	char path[64];
	int rc = find(argv[0], path, sizeof(path), err);

	if (rc < 0)
		return rc;
	rc = start(path, argv, -1, STDERR_FILENO, ret_pid);
	return rc < 0 ? kefs_err_sys(err, rc, "running %s", path) : 0;
}

int kefs_spawn_start_on(const char *const argv[], int stdin_fd, pid_t *ret_pid, struct kefs_err *err)
{
	int rc = start(argv[0], argv, stdin_fd, STDERR_FILENO, ret_pid);

	return rc < 0 ? kefs_err_sys(err, rc, "running %s", argv[0]) : 0;
}

int kefs_spawn_run(const char *const argv[], unsigned int limit_sec, struct kefs_err *err)
{
	CLEANUP_CLOSE int read_fd = -1;
	char path[64], tail[TAIL_SIZE];
	int fds[2], status = 0, rc;
	pid_t pid = 0;

	rc = find(argv[0], path, sizeof(path), err);
	if (rc < 0)
		return rc;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return kefs_err_sys(err, -errno, "running %s", argv[0]);
	read_fd = fds[0];
	rc = start(path, argv, -1, fds[1], &pid);
	(void)close(fds[1]);
	if (rc < 0)
		return kefs_err_sys(err, rc, "running %s", path);
	rc = read_tail(read_fd, now_ms() + (uint64_t)limit_sec * 1000, tail);
	if (rc < 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	flatten(tail);
	return judge(argv[0], status, rc, limit_sec, tail, err);
}
