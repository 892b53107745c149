/* SPDX-License-Identifier: GPL-2.0 */
/* What a command line asks for, made into the one command that will be run. Pure. */
#ifndef KEFS_MOUNT_PLAN_H
#define KEFS_MOUNT_PLAN_H

#include "options.h"

struct plan {
	char *source;			/* "192.0.2.1:/path" */
	char *options;			/* for mount.nfs4 */
};

/*
 * @device: REMOTE[:PATH] as amazon-efs-utils has it, with REMOTE a file system id or a host. @list loses the options
 * that are not mount.nfs4's and gains EFS's. 0, or -EINVAL with a message in @error (@size bytes), or -ENOMEM.
 */
int plan_make(const char *device, struct option_list *list, struct plan *plan, char *error, unsigned long size);
void plan_free(struct plan *plan);

#endif
