// SPDX-License-Identifier: GPL-2.0
#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/str.h"

struct kefs_fail_page *kefs_fail_page;

int kefs_fail_open(const char *path, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;
	void *page;

	if (!path)
		return 0;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return kefs_err_sys(err, -errno, "fail points in %s", path);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) ||
	    st.st_size < (off_t)sizeof(*kefs_fail_page))
		return kefs_err_set(err, -EPERM, "fail points in %s: it must be a file of 64 bytes that nobody else can write", path);
	page = mmap(NULL, sizeof(*kefs_fail_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return kefs_err_sys(err, -errno, "fail points in %s", path);
	kefs_fail_page = page;
	return 0;
}

void kefs_fail_hit(const char *name)
{
	if (__atomic_load_n(&kefs_fail_page->left, __ATOMIC_SEQ_CST) <= 0)
		return;
	(void)kefs_str_copy(kefs_fail_page->last, sizeof(kefs_fail_page->last), name);
	if (__atomic_sub_fetch(&kefs_fail_page->left, 1, __ATOMIC_SEQ_CST))
		return;
	(void)kill(getpid(), SIGKILL);
	/* A signal to oneself may come a moment later */
	for (;;)
		(void)pause();
}
