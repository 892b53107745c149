// SPDX-License-Identifier: GPL-2.0
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "file.h"

#define STAT_MAX	((size_t)4096)
#define FIELD_STATE	3
#define FIELD_START	22
#define LISTEN_FD	3		/* sd_listen_fds(3): SD_LISTEN_FDS_START */
#define EXIT_CANNOT_RUN	127

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Fields are counted from the name's closing parenthesis, for the name may hold blanks. */
static int read_stat(pid_t pid, char *ret_state, uint64_t *ret_start)
{
	CLEANUP_FREE char *text = NULL;
	char path[64], *p, *end;
	size_t len;
	int rc;

	(void)kefs_str_format(path, sizeof(path), "/proc/%d/stat", (int)pid);
	rc = file_read(path, STAT_MAX, &text, &len);
	if (rc < 0)
		return -ESRCH;
	p = strrchr(text, ')');
	if (!p || p[1] != ' ')
		return -ESRCH;
	*ret_state = p[2];
	p++;
	for (int field = FIELD_STATE; field < FIELD_START && p; field++)
		p = strchr(p + 1, ' ');
	if (!p)
		return -ESRCH;
	*ret_start = strtoull(p + 1, &end, 10);
	return end > p + 1 ? 0 : -ESRCH;
}

void proc_boot(char *ret_boot, size_t size)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;

	*ret_boot = '\0';
	if (file_read("/proc/sys/kernel/random/boot_id", STAT_MAX, &text, &len) == 0)
		(void)kefs_str_format(ret_boot, size, "%.*s", (int)strcspn(text, "\n"), text);
}

int proc_identify(pid_t pid, struct proc_id *ret_id)
{
	uint64_t start;
	char state;
	int rc = pid > 0 ? read_stat(pid, &state, &start) : -ESRCH;

	if (rc == 0)
		*ret_id = (struct proc_id){ pid, start };
	return rc;
}

bool proc_alive(const struct proc_id *id)
{
	uint64_t start;
	char state;

	return id->pid > 0 && read_stat(id->pid, &state, &start) == 0 && start == id->start && state != 'Z' &&
		state != 'X';
}

int proc_open(const struct proc_id *id)
{
	int fd = id->pid > 0 ? pidfd_open(id->pid, 0) : -1;

	/* Only now is it sure that the pid does not change hands between the look and the use */
	if (fd >= 0 && proc_alive(id))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -ESRCH;
}

static int enter_netns(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
}

/* In the child; never returns. */
static void become(const struct proc_start *start)
{
	char pid[32];
	const char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "LISTEN_FDS=1", pid, NULL };
	union {
		const char *const *in;
		char *const *out;
	} argv = { .in = start->argv }, envp = { .in = env };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int out = start->out_fd >= 0 ? start->out_fd : null;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (start->session)
		(void)setsid();
	/* dup2() onto itself would leave a descriptor closed on exec; ours are above 2 */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(EXIT_CANNOT_RUN);
	if (start->listen_fd == LISTEN_FD ? fcntl(LISTEN_FD, F_SETFD, 0) < 0 :
	    start->listen_fd >= 0 && dup2(start->listen_fd, LISTEN_FD) < 0)
		_exit(EXIT_CANNOT_RUN);
	if (start->netns && *start->netns && enter_netns(start->netns) < 0)
		_exit(EXIT_CANNOT_RUN);
	if (start->listen_fd < 0)
		env[2] = NULL;
	(void)kefs_str_format(pid, sizeof(pid), "LISTEN_PID=%d", (int)getpid());
	(void)execve(start->argv[0], argv.out, envp.out);
	_exit(EXIT_CANNOT_RUN);
}

int proc_start(const struct proc_start *start, pid_t *ret_pid)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(start);
	*ret_pid = pid;
	return 0;
}

/* Reads what there is; false at the end. */
static bool drain(int fd, struct kefs_buf *out)
{
	char chunk[1024];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n > 0)
		(void)kefs_buf_add(out, chunk, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Until the child has ended; what it wrote to @fd meanwhile is read. */
static int watch(int pidfd, int fd, unsigned int limit_ms, struct kefs_buf *out)
{
	int64_t deadline = now_ms() + limit_ms;
	struct pollfd p[2] = { { .fd = pidfd, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	for (;;) {
		int64_t left = limit_ms ? deadline - now_ms() : -1;

		if (limit_ms && left <= 0)
			return -ETIMEDOUT;
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents && !drain(fd, out))
			p[1].fd = -1;
		/* A process that it left behind may hold the pipe open */
		if (p[0].revents) {
			while (p[1].fd >= 0 && poll(&p[1], 1, 0) > 0 && drain(fd, out))
				;
			return 0;
		}
	}
}

int proc_run(const struct proc_start *start, unsigned int limit_ms, struct kefs_buf *out, int *ret_status)
{
	CLEANUP_CLOSE int pidfd = -1;
	struct proc_start with = *start;
	int fds[2], rc;
	pid_t pid = 0;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	with.out_fd = fds[1];
	rc = proc_start(&with, &pid);
	(void)close(fds[1]);
	if (rc == 0) {
		pidfd = pidfd_open(pid, 0);
		rc = pidfd < 0 ? -errno : watch(pidfd, fds[0], limit_ms, out);
		if (rc < 0)
			(void)kill(pid, SIGKILL);
		while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
			;
	}
	(void)close(fds[0]);
	return rc;
}

void proc_end(const struct proc_id *id, unsigned int limit_ms)
{
	CLEANUP_CLOSE int fd = proc_open(id);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return;
	(void)pidfd_send_signal(fd, SIGTERM, NULL, 0);
	if (poll(&p, 1, (int)limit_ms) <= 0) {
		(void)pidfd_send_signal(fd, SIGKILL, NULL, 0);
		(void)poll(&p, 1, (int)limit_ms);
	}
	(void)waitpid(id->pid, NULL, WNOHANG);
}

int proc_in_netns(const char *netns, int (*fn)(void *arg), void *arg)
{
	CLEANUP_CLOSE int own = -1;
	int rc;

	if (!netns || !*netns)
		return fn(arg);
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	rc = own < 0 ? -errno : enter_netns(netns);
	if (rc < 0)
		return rc;
	rc = fn(arg);
	/* What else this process does would be done in the wrong network */
	if (setns(own, CLONE_NEWNET) < 0)
		abort();
	return rc;
}

uint64_t proc_namespace(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

int proc_open_namespace(const char *path, uint64_t number)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return st.st_ino == number ? take_fd(fd) : -ESTALE;
}

/* Of the files FOLDER/NAME/FILE, or FOLDER/NAME, the one of that number. */
static int search_netns(const char *folder, const char *file, uint64_t number, char *ret_path, size_t size)
{
	CLEANUP_DIR DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    kefs_str_format(ret_path, size, "%s/%s%s", folder, entry->d_name, file) == 0 &&
		    proc_namespace(ret_path) == number)
			return 0;
	return -ENOENT;
}

int proc_find_netns(uint64_t number, char *ret_path, size_t size)
{
	if (search_netns("/run/netns", "", number, ret_path, size) == 0)
		return 0;
	return search_netns("/proc", "/ns/net", number, ret_path, size);
}

int proc_find(const char *name, char *ret_path, size_t size)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (kefs_str_format(ret_path, size, "%s/%s", folders[i], name) == 0 && access(ret_path, X_OK) == 0)
			return 0;
	return -ENOENT;
}
