/* SPDX-License-Identifier: GPL-2.0 */
/* Leaving the terminal, for systems without a service manager. */
#ifndef KEFS_BASE_DAEMON_H
#define KEFS_BASE_DAEMON_H

/*
 * Forks. In the parent it returns 1 when the child has said that it is ready or has ended: *ret_status is then the
 * status to exit with. In the child it returns 0: it has a session of its own, and *ret_ready_fd is for
 * kefs_daemon_ready(). -errno if it could not fork.
 */
int kefs_daemon_detach(int *ret_ready_fd, int *ret_status);

/* In the child: lets go of the terminal and tells the parent. Closes ready_fd. */
void kefs_daemon_ready(int ready_fd);

#endif
