// SPDX-License-Identifier: GPL-2.0
#include "filewatch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What differs when a file was written or another took its place; all 0: it is not there. */
struct look {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct kefs_filewatch {
	struct kefs_filewatch_parts parts;
	struct kefs_source *timer;
	struct look last[KEFS_FILEWATCH_MAX];
	bool settling;
};

static bool same(const struct look *a, const struct look *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Is any another than at the last look? */
static bool look_again(struct kefs_filewatch *watch)
{
	bool differs = false;

	for (size_t i = 0; i < KEFS_FILEWATCH_MAX && watch->parts.paths[i]; i++) {
		struct look now = { .size = 0 };
		struct stat st;

		if (stat(watch->parts.paths[i], &st) == 0)
			now = (struct look) { st.st_dev, st.st_ino, st.st_size, st.st_ctim };
		differs |= !same(&now, &watch->last[i]);
		watch->last[i] = now;
	}
	return differs;
}

static void on_timer(void *ctx)
{
	struct kefs_filewatch *watch = ctx;
	bool differs = look_again(watch), settled = watch->settling && !differs;

	watch->settling = differs;
	kefs_loop_rearm(watch->timer, watch->parts.every_ms);
	if (settled)
		watch->parts.changed(watch->parts.ctx);
}

int kefs_filewatch_new(const struct kefs_filewatch_parts *parts, struct kefs_filewatch **ret_watch)
{
	struct kefs_filewatch *watch = calloc(1, sizeof(*watch));
	int rc;

	if (!watch)
		return -ENOMEM;
	watch->parts = *parts;
	(void)look_again(watch);
	rc = kefs_loop_add_timer(parts->loop, parts->every_ms, on_timer, watch, &watch->timer);
	if (rc < 0) {
		free(watch);
		return rc;
	}
	*ret_watch = watch;
	return 0;
}

void kefs_filewatch_free(struct kefs_filewatch *watch)
{
	if (!watch)
		return;
	(void)kefs_loop_remove(watch->timer);
	free(watch);
}
