// SPDX-License-Identifier: GPL-2.0
/*
 * kefs-watchdog: one process for the tunnels of all mounts. One thread; it waits for a signal, a change of the mounts
 * or of RUN_DIR, the end of a stunnel, or the poll interval, and then looks at everything once (watch.c). What it knows
 * is in the state files and in /proc: it may be killed and started at any time, and the tunnels go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "common/log.h"
#include "common/version.h"
#include "conf.h"
#include "file.h"
#include "scan.h"
#include "supervisor.h"

#define EXIT_RUNS	0	/* another one is there: what was wanted */
#define EVENTS		3	/* descriptors before those of the tunnels */

static const char help[] =
	"Usage: kefs-watchdog [--daemon]\n"
	"\n"
	"Looks after the tunnels of mounts made with mount -t efs -o tls: starts a stunnel anew that died, renews\n"
	"certificates, cleans up after umount. mount.efs starts it where it does not run.\n"
	"\n"
	"  --daemon    in the background, log to syslog\n"
	"  --help, --version\n"
	"\n"
	"Configuration: the section [mount-watchdog] of /etc/amazon/efs/efs-utils.conf; SIGHUP reads it again.\n";

struct watchdog {
	struct conf conf;
	struct watches watches;
	struct sockets_table sockets;
	struct pollfd fds[EVENTS + SCAN_WATCHES_MAX];
	int lock_fd;
	bool ended;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* False: it is not to run at all. */
static bool apply_conf(const struct conf *conf)
{
	kefs_log_set_level(strcasecmp(conf->log_level, "debug") ? KEFS_LOG_INFO : KEFS_LOG_DEBUG);
	if (!conf->watchdog)
		log_info("not enabled in %s", CONF_PATH);
	return conf->watchdog;
}

static void load_conf(struct watchdog *dog)
{
	struct failure failure;
	struct conf *conf = malloc(sizeof(*conf));

	if (conf && conf_load(conf, CONF_PATH, &failure) == 0) {
		conf_free(&dog->conf);
		dog->conf = *conf;
		if (!apply_conf(conf))
			dog->ended = true;
	} else if (conf) {
		log_err("%s; going on with what was before", failure.text);
	}
	free(conf);
}

static void reap(struct watchdog *dog)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < dog->watches.count; i++)
			watch_child(dog->watches.all[i], pid, status, now_ms());
}

static void take_signals(struct watchdog *dog)
{
	struct signalfd_siginfo info;

	while (read(dog->fds[0].fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap(dog);
			break;
		case SIGHUP:
			load_conf(dog);
			break;
		default:
			dog->ended = true;
		}
	}
}

static void look(struct watchdog *dog)
{
	struct watches *w = &dog->watches;
	size_t kept = 0;
	int rc = scan(w, now_ms());

	if (rc < 0) {
		log_warn_limited("cannot look at the mounts: %s", kefs_err_name(rc));
		return;
	}
	dog->sockets.filled = false;
	for (size_t i = 0; i < w->count; i++) {
		if (watch_tick(w->all[i], &dog->conf, &dog->sockets, now_ms()))
			watch_free(w->all[i]);
		else
			w->all[kept++] = w->all[i];
	}
	w->count = kept;
}

/* How long until there is something to do of itself. */
static int patience(const struct watchdog *dog)
{
	int64_t now = now_ms(), wait = (int64_t)dog->conf.poll_seconds * 1000;

	for (size_t i = 0; i < dog->watches.count; i++) {
		int64_t retry = dog->watches.all[i]->retry_ms - now;

		if (dog->watches.all[i]->pidfd < 0 && retry > 0 && retry < wait)
			wait = retry;
	}
	return (int)wait;
}

static void wait_for_events(struct watchdog *dog)
{
	char events[4096];
	nfds_t n = EVENTS;

	for (size_t i = 0; i < dog->watches.count; i++)
		dog->fds[n++] = (struct pollfd){ .fd = dog->watches.all[i]->pidfd, .events = POLLIN };
	(void)poll(dog->fds, n, patience(dog));
	if (dog->fds[0].revents)
		take_signals(dog);
	while (read(dog->fds[2].fd, events, sizeof(events)) > 0)
		;
}

static int open_events(struct watchdog *dog)
{
	sigset_t signals;
	int mounts, folders, fd;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	/* Its poll tells of changes as an error condition: proc(5) */
	mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	folders = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0 || mounts < 0 || folders < 0 || inotify_add_watch(folders, RUN_DIR, IN_CREATE | IN_DELETE) < 0)
		return -errno;
	dog->fds[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	dog->fds[1] = (struct pollfd){ .fd = mounts, .events = POLLPRI };
	dog->fds[2] = (struct pollfd){ .fd = folders, .events = POLLIN };
	return 0;
}

/* Two descriptors a tunnel. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int run(struct watchdog *dog)
{
	int rc = open_events(dog);

	if (rc < 0) {
		log_err("cannot start: %s", kefs_err_name(rc));
		return EXIT_FAILURE;
	}
	log_info("kefs-watchdog %s", KEFS_VERSION);
	while (!dog->ended) {
		look(dog);
		wait_for_events(dog);
	}
	/* The tunnels stay: the next one finds them */
	for (size_t i = 0; i < dog->watches.count; i++)
		watch_free(dog->watches.all[i]);
	return EXIT_SUCCESS;
}

/* -1: go on. */
static int parse(int argc, char **argv, bool *ret_daemon)
{
	static const struct option longs[] = { { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { "daemon", no_argument, NULL, 'd' }, { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'h':
			return fputs(help, stdout) < 0;
		case 'V':
			return printf("kefs-watchdog %s\n", KEFS_VERSION) < 0;
		case 'd':
			*ret_daemon = true;
			break;
		default:
			return EXIT_FAILURE;
		}
	}
	return optind == argc ? -1 : EXIT_FAILURE;
}

static int prepare(struct watchdog *dog)
{
	struct failure failure;
	int rc = file_mkdirs(RUN_DIR, 0700);

	if (rc == 0)
		rc = supervisor_lock(&dog->lock_fd);
	if (rc == -EAGAIN) {
		log_info("another kefs-watchdog runs already");
		return EXIT_RUNS;
	}
	if (rc < 0) {
		log_err("%s: %s", RUN_DIR, kefs_err_name(rc));
		return EXIT_FAILURE;
	}
	if (conf_load(&dog->conf, CONF_PATH, &failure) < 0) {
		log_err("%s", failure.text);
		return EXIT_FAILURE;
	}
	return apply_conf(&dog->conf) ? -1 : EXIT_RUNS;
}

int main(int argc, char **argv)
{
	CLEANUP_FREE struct watchdog *dog = calloc(1, sizeof(*dog));
	bool background = false;
	int status = parse(argc, argv, &background);

	if (status >= 0)
		return status;
	kefs_log_open("kefs-watchdog", KEFS_LOG_INFO);
	if (!dog)
		return EXIT_FAILURE;
	(void)signal(SIGPIPE, SIG_IGN);
	raise_limits();
	status = prepare(dog);
	/* The lock is the open file's, and goes along */
	if (status < 0 && background && daemon(0, 0) < 0) {
		log_err("no second process: %s", kefs_err_name(-errno));
		status = EXIT_FAILURE;
	}
	if (status < 0 && background)
		kefs_log_to_syslog();
	if (status < 0)
		status = run(dog);
	conf_free(&dog->conf);
	return status;
}
