/* SPDX-License-Identifier: GPL-2.0 */
/* Scope-bound resources: declare with CLEANUP(x), hand over with take_ptr() or take_fd(). */
#ifndef KEFS_COMMON_CLEANUP_H
#define KEFS_COMMON_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(fn)	__attribute__((cleanup(fn)))
#define CLEANUP_FREE	CLEANUP(kefs_cleanup_free)
#define CLEANUP_CLOSE	CLEANUP(kefs_cleanup_close)
#define CLEANUP_DIR	CLEANUP(kefs_cleanup_closedir)
#define CLEANUP_FILE	CLEANUP(kefs_cleanup_fclose)

/* Gives the pointer to the caller: the variable becomes NULL, so that its clean-up does nothing. */
#define take_ptr(p) ({ __typeof__(p) take_ptr_ = (p); (p) = NULL; take_ptr_; })

/* Gives the descriptor to the caller: the variable becomes -1. */
#define take_fd(fd) ({ int take_fd_ = (fd); (fd) = -1; take_fd_; })

/* free() through a pointer to the pointer. */
static inline void kefs_cleanup_free(void *p)
{
	free(*(void **)p);
}

/* Closes the descriptor unless it is negative; errno is kept. */
static inline void kefs_cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}

/* closedir() unless NULL. */
static inline void kefs_cleanup_closedir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* fclose() unless NULL; for files that were only read. */
static inline void kefs_cleanup_fclose(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

#endif
