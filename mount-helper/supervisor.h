/* SPDX-License-Identifier: GPL-2.0 */
/* Whether kefs-watchdog runs, and starting it where it does not. */
#ifndef KEFS_MOUNT_SUPERVISOR_H
#define KEFS_MOUNT_SUPERVISOR_H

/* Takes the place of the one watchdog of this host: 0 with a descriptor to be kept open, -EAGAIN if there is one. */
int supervisor_lock(int *ret_fd);

/* Starts it unless it runs: through systemd where that is the init, else as a daemon. Complains on stderr only. */
void supervisor_start(void);

#endif
