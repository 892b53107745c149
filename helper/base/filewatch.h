/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tells when files are others than they were, by looking at them: links on the way are followed, and it does not matter
 * how they were replaced. Loop thread only.
 */
#ifndef KEFS_BASE_FILEWATCH_H
#define KEFS_BASE_FILEWATCH_H

#include <stddef.h>

#include "base/loop.h"

#define KEFS_FILEWATCH_MAX	8

struct kefs_filewatch;

struct kefs_filewatch_parts {
	struct kefs_loop *loop;
	const char *paths[KEFS_FILEWATCH_MAX];	/* the caller's, outlive it; the first NULL ends them */
	unsigned int every_ms;			/* how often it looks */
	void (*changed)(void *ctx);		/* some have changed, and then were left alone from one look to the next */
	void *ctx;
};

/* 0 or -errno. */
int kefs_filewatch_new(const struct kefs_filewatch_parts *parts, struct kefs_filewatch **ret_watch);

/* NULL is fine. */
void kefs_filewatch_free(struct kefs_filewatch *watch);

#endif
