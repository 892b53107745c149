/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <stdlib.h>
#include <linux/types.h>

#define GFP_KERNEL 0
#define GFP_KERNEL_ACCOUNT 0

/* A test sets it to have the next so many allocations fail. */
extern unsigned int shim_fail_allocs;

static inline void *kvmalloc(size_t size, int flags)
{
	(void)flags;
	if (shim_fail_allocs) {
		shim_fail_allocs--;
		return NULL;
	}
	return malloc(size);
}

static inline void kvfree(const void *p)
{
	free((void *)(uintptr_t)p);
}

#endif
