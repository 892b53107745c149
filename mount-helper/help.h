/* SPDX-License-Identifier: GPL-2.0 */
/* What mount.efs says of itself. */
#ifndef KEFS_MOUNT_HELP_H
#define KEFS_MOUNT_HELP_H

extern const char mount_help[];

#endif
