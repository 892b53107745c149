/* SPDX-License-Identifier: GPL-2.0 */
/* The ways to carry out a plan that leave something behind for kefs-watchdog; exec.c chooses. */
#ifndef KEFS_MOUNT_WAYS_H
#define KEFS_MOUNT_WAYS_H

#include "creds.h"
#include "exec.h"

/*
 * The ways with a certificate of the mount's own, with @creds in it, or anonymous if NULL; RUN_DIR is there. 0, or
 * negative with @failure.
 */

/* Through a stunnel. */
int way_tunnel(const struct exec_request *request, const struct creds *creds, struct failure *failure);

/* By the kernel's own TLS. */
int way_kernel(const struct exec_request *request, const struct creds *creds, struct failure *failure);

/* Runs mount.nfs4 as the plan wants it run. 0, or the exit status; @failure's text may be empty. */
int ways_mount(const struct exec_request *request, const char *source, const char *options, struct failure *failure);

/* The mount target's, as mount.nfs4 is told it: "ADDRESS:/PATH". free(). NULL: no memory. */
char *ways_source(const struct exec_request *request);

#endif
