/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tells when files are others than they were, by looking at them: links on the way are followed, and it does not matter
 * how they were replaced. Loop thread only.
 */
#ifndef KEFS_BASE_FILEWATCH_H
#define KEFS_BASE_FILEWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/loop.h"

#define KEFS_FILEWATCH_MAX	8

struct kefs_filewatch;

/* What differs when a file was written or another took its place; all 0: it is not there. */
struct kefs_filewatch_look {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct kefs_filewatch_parts {
	struct kefs_loop *loop;
	const char *paths[KEFS_FILEWATCH_MAX];	/* the caller's, outlive it; the first NULL ends them */
	const struct kefs_filewatch_look *seen;	/* as many: before they were read. NULL: as they are now */
	unsigned int every_ms;			/* how often it looks */
	unsigned int retry_ms;			/* how long after a failure */
	/* Some have changed, and then were left alone from one look to the next. False: to be tried again. */
	bool (*changed)(void *ctx);
	void *ctx;
};

/* Looks at a file. */
struct kefs_filewatch_look kefs_filewatch_look(const char *path);

/* 0 or -errno. */
int kefs_filewatch_new(const struct kefs_filewatch_parts *parts, struct kefs_filewatch **ret_watch);

/* NULL is fine. */
void kefs_filewatch_free(struct kefs_filewatch *watch);

#endif
