// SPDX-License-Identifier: GPL-2.0
#include "quota.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

bool kefs_quota_works(int fd)
{
	uint32_t format = 0;

	return syscall(SYS_quotactl_fd, fd, QCMD((unsigned int)Q_GETFMT, PRJQUOTA), 0, &format) == 0;
}

int kefs_quota_set_project(int dir_fd, uint32_t project)
{
	struct fsxattr attr;

	if (ioctl(dir_fd, FS_IOC_FSGETXATTR, &attr) < 0)
		return -EOPNOTSUPP;
	attr.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	attr.fsx_projid = project;
	if (ioctl(dir_fd, FS_IOC_FSSETXATTR, &attr) == 0)
		return 0;
	return errno == ENOTTY || errno == EINVAL ? -EOPNOTSUPP : -errno;
}

int kefs_quota_copy_project(int from_fd, int to_fd)
{
	struct fsxattr attr;
	int rc;

	if (ioctl(from_fd, FS_IOC_FSGETXATTR, &attr) < 0 || !(attr.fsx_xflags & FS_XFLAG_PROJINHERIT))
		return 0;
	rc = kefs_quota_set_project(to_fd, attr.fsx_projid);
	return rc == -EOPNOTSUPP ? 0 : rc;
}

int kefs_quota_usage(int fd, uint32_t project, uint64_t *ret_bytes)
{
	struct if_dqblk block = { .dqb_curspace = 0 };

	if (syscall(SYS_quotactl_fd, fd, QCMD((unsigned int)Q_GETQUOTA, PRJQUOTA), project, &block) < 0) {
		/* XFS: no record means that nothing was ever written under this id. */
		if (errno != ENOENT && errno != ESRCH)
			return -errno;
		if (errno == ESRCH && !kefs_quota_works(fd))
			return -ESRCH;
	}
	*ret_bytes = block.dqb_curspace;
	return 0;
}
