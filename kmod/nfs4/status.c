// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include "../core/kefs.h"
#include "status.h"

static_assert(NFS4ERR_BADHANDLE - KEFS_ERR_BADHANDLE == KEFS_ERR_OFFSET);
static_assert(NFS4ERR_DELEG_REVOKED - KEFS_ERR_DELEG_REVOKED == KEFS_ERR_OFFSET);
static_assert(NFS4ERR_BADSESSION - KEFS_ERR_BADSESSION == KEFS_ERR_OFFSET);
static_assert(NFS4ERR_SEQ_FALSE_RETRY - KEFS_ERR_SEQ_FALSE_RETRY == KEFS_ERR_OFFSET);

static const struct {
	int err;
	u32 status;
} table[] = {
	{ EPERM,	NFS4ERR_PERM },
	{ ENOENT,	NFS4ERR_NOENT },
	{ EIO,		NFS4ERR_IO },
	{ ENXIO,	NFS4ERR_NXIO },
	{ EBADF,	NFS4ERR_SERVERFAULT },
	{ EAGAIN,	NFS4ERR_DELAY },
	{ EBUSY,	NFS4ERR_DELAY },
	{ ENOMEM,	NFS4ERR_DELAY },
	{ ENFILE,	NFS4ERR_DELAY },	/* fs.file-max: who is not root meets it */
	{ EINTR,	NFS4ERR_DELAY },
	{ EDEADLK,	NFS4ERR_DEADLOCK },	/* a cluster's own locks */
	{ ETXTBSY,	NFS4ERR_ACCESS },
	{ EACCES,	NFS4ERR_ACCESS },
	{ EEXIST,	NFS4ERR_EXIST },
	{ EXDEV,	NFS4ERR_XDEV },
	{ ENOTDIR,	NFS4ERR_NOTDIR },
	{ EISDIR,	NFS4ERR_ISDIR },
	{ EINVAL,	NFS4ERR_INVAL },
	{ EFBIG,	NFS4ERR_FBIG },
	{ EOVERFLOW,	NFS4ERR_FBIG },
	{ ENOSPC,	NFS4ERR_NOSPC },
	{ EROFS,	NFS4ERR_ROFS },
	{ EMLINK,	NFS4ERR_MLINK },
	{ ENAMETOOLONG,	NFS4ERR_NAMETOOLONG },
	{ ENOTEMPTY,	NFS4ERR_NOTEMPTY },
	{ EDQUOT,	NFS4ERR_DQUOT },
	{ ESTALE,	NFS4ERR_STALE },
	{ ENOKEY,	NFS4ERR_ACCESS },	/* an encrypted directory whose key is gone */
	{ EOPNOTSUPP,	NFS4ERR_NOTSUPP },
	{ ENOTSUPP,	NFS4ERR_NOTSUPP },
	{ ETIMEDOUT,	NFS4ERR_DELAY },
	{ ERESTARTSYS,	NFS4ERR_DELAY },
	{ EUCLEAN,	NFS4ERR_IO },		/* EFSCORRUPTED */
	{ EBADMSG,	NFS4ERR_IO },		/* EFSBADCRC */
	{ ENODEV,	NFS4ERR_IO },
	{ EREMOTEIO,	NFS4ERR_IO },
	{ ESHUTDOWN,	NFS4ERR_IO },
	{ ENOTCONN,	NFS4ERR_DELAY },	/* the connection has just gone; the client comes again on another */
	{ E2BIG,	NFS4ERR_REP_TOO_BIG },
	{ KEFS_ERR_LEASE, NFS4ERR_DELAY },
};

u32 kefs_status(int err)
{
	size_t i;

	if (!err)
		return NFS4_OK;
	if (-err >= KEFS_ERR_BADHANDLE && -err <= KEFS_ERR_DELEG_REVOKED)
		return (u32)(-err + KEFS_ERR_OFFSET);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].err == -err)
			return table[i].status;
	/* What a file system may think of is not ours to know; numbers of our own are. */
	WARN_ONCE(-err >= KEFS_ERR_BADHANDLE, "kefs: error %d has no NFS status\n", err);
	pr_debug("error %d has no NFS status\n", err);
	return NFS4ERR_SERVERFAULT;
}
