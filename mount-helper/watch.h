/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One tunnel under kefs-watchdog's eyes, or the certificate that tlshd presents (tlshd.h), which has no process.
 * Nothing here waits: what takes time (stunnel's start and end, the renewal of a certificate, which asks others for
 * credentials, in a process of its own) is begun, and looked after the next time.
 */
#ifndef KEFS_MOUNT_WATCH_H
#define KEFS_MOUNT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "sockets.h"
#include "state.h"

struct watch {
	struct state state;
	bool tlshd;		/* the certificate that tlshd presents, no tunnel */
	int64_t claimed;	/* of that: tlshd_claimed() when its state was read */
	bool loaded;		/* state was read, and mount.efs is done with it */
	bool listed;		/* its folder was there at the last look */
	bool mounted;		/* so was its mount */
	bool elsewhere;		/* or one of its port where others may have tunnels of their own */
	int pidfd;		/* of stunnel; -1: it does not run, as far as is known */
	int listen_fd;		/* stunnel's socket: connections wait in it while stunnel is away; -1: not yet borrowed */
	int netns_fd;		/* of its network, if that is not ours; -1: not known */
	int64_t found_ms;	/* when the folder was first seen */
	int64_t started_ms;	/* when stunnel was started here; 0 = elsewhere */
	int64_t retry_ms;	/* not to be started again before; and how long to wait the next time */
	unsigned int backoff_ms;
	int64_t unmounted_ms;	/* since when a client is seen without a mount; 0 = none was */
	unsigned int quiet;	/* looks in a row that saw neither mount nor client */
	int64_t quiet_ms;	/* since when */
	bool lingers;		/* umount -l, and files are open: the client may be only between connections */
	int64_t ending_ms;	/* stunnel was told to end; 0 = not */
	pid_t renewer;		/* the process that makes a new certificate; 0 = none */
	int64_t renew_ms;	/* not before, after a failure */
	int64_t stuck_ms;	/* since when connections wait that stunnel does not take; 0 = none */
};

/* A folder that was found. NULL: no memory. */
struct watch *watch_new(const char *name, int64_t now_ms);
void watch_free(struct watch *watch);

/*
 * Reads its state until mount.efs is done with it. To be called before the mounts are looked at: without the state it
 * is not known which one is this one's, nor is the mount there for sure.
 */
void watch_load(struct watch *watch, int64_t now_ms);

/*
 * Looks after it. True when it is over: folder and tunnel are gone, and so should the watch be. sockets: one for all
 * watches of a round.
 */
bool watch_tick(struct watch *watch, const struct conf *conf, struct sockets_table *sockets, int64_t now_ms);

/* A child of this process has ended: if it is the watch's renewer, the certificate is put to use. */
void watch_child(struct watch *watch, pid_t pid, int status, int64_t now_ms);

#endif
