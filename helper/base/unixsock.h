/* SPDX-License-Identifier: GPL-2.0 */
/* UNIX stream sockets. */
#ifndef KEFS_BASE_UNIXSOCK_H
#define KEFS_BASE_UNIXSOCK_H

#include <sys/types.h>

#include "common/err.h"

/*
 * A listening socket at path, mode 0600. A socket that nobody listens on is replaced; one in use is -EADDRINUSE.
 * Returns the descriptor (non-blocking, close-on-exec) or -errno.
 */
int kefs_unixsock_listen(const char *path, struct kefs_err *err);

/* Connects (blocking). Returns the descriptor or -errno. */
int kefs_unixsock_connect(const char *path, struct kefs_err *err);

/* Who is at the other end of a UNIX socket: 0 or -errno. */
int kefs_unixsock_peer(int fd, uid_t *ret_uid, pid_t *ret_pid);

#endif
