/* SPDX-License-Identifier: GPL-2.0 */
/* Other processes: started with a fixed PATH and environment, known again by their start time, never by pid alone. */
#ifndef KEFS_MOUNT_PROC_H
#define KEFS_MOUNT_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"

/* A process; pid 0 is none. */
struct proc_id {
	pid_t pid;
	uint64_t start;		/* in clock ticks since boot, /proc/PID/stat */
};

/* The name of this boot of the machine; "" where it has none. */
void proc_boot(char *ret_boot, size_t size);

/* Who has that pid now. 0, -ESRCH. */
int proc_identify(pid_t pid, struct proc_id *ret_id);
/* Is it still there, and no zombie? */
bool proc_alive(const struct proc_id *id);
/* A pidfd of it: closed on exec. -ESRCH if it is gone. */
int proc_open(const struct proc_id *id);

struct proc_start {
	const char *const *argv;	/* argv[0] is a path */
	const char *netns;		/* file of a network namespace; NULL or "": ours */
	int listen_fd;			/* handed over as systemd does (LISTEN_FDS); -1: none */
	int out_fd;			/* its stdout and stderr; -1: /dev/null */
	bool session;			/* in one of its own: it outlives us */
};

/* Starts a program; stdin is /dev/null. 0 or -errno; a program that cannot be run exits with 127. */
int proc_start(const struct proc_start *start, pid_t *ret_pid);

/*
 * Runs a program to its end, for at most @limit_ms (0: for ever), then kills it. What it writes comes into @out, which
 * has a cap; the rest is dropped. 0 with the wait status, -ETIMEDOUT, or -errno.
 */
int proc_run(const struct proc_start *start, unsigned int limit_ms, struct kefs_buf *out, int *ret_status);

/* Ends a process: SIGTERM, and SIGKILL after @limit_ms. */
void proc_end(const struct proc_id *id, unsigned int limit_ms);

/* Runs @fn in a network namespace and comes back. What @fn returns, or -errno. NULL or "": ours. */
int proc_in_netns(const char *netns, int (*fn)(void *arg), void *arg);

/* The inode of a namespace, which is its number; 0 if there is no such file. */
uint64_t proc_namespace(const char *path);

/* Opens it if it is the one of that number, closed on exec. -ESTALE if not, -errno. */
int proc_open_namespace(const char *path, uint64_t number);

/* A file of a network namespace of that number: one that ip-netns(8) named, or any process is in. 0 or -ENOENT. */
int proc_find_netns(uint64_t number, char *ret_path, size_t size);

/* Where a program is: in /usr/sbin, /usr/bin, /sbin or /bin. 0 or -ENOENT. */
int proc_find(const char *name, char *ret_path, size_t size);

#endif
