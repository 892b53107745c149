/* SPDX-License-Identifier: GPL-2.0 */
/* errno and the layers' own codes made into nfsstat4: the only place. */
#ifndef KEFS_NFS4_STATUS_H
#define KEFS_NFS4_STATUS_H

#include "proto.h"

/* @err: 0, -errno or -KEFS_ERR_*. What has no NFS name is NFS4ERR_SERVERFAULT; want of memory is NFS4ERR_DELAY. */
u32 kefs_status(int err);

#endif
