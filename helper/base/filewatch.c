// SPDX-License-Identifier: GPL-2.0
#include "filewatch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

struct kefs_filewatch {
	struct kefs_filewatch_parts parts;
	struct kefs_source *timer;
	struct kefs_filewatch_look last[KEFS_FILEWATCH_MAX];
	bool settling;
	uint64_t retry_ms;		/* not to be called before; 0: it did not fail */
};

static bool same(const struct kefs_filewatch_look *a, const struct kefs_filewatch_look *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

struct kefs_filewatch_look kefs_filewatch_look(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (struct kefs_filewatch_look) { st.st_dev, st.st_ino, st.st_size, st.st_ctim } :
				      (struct kefs_filewatch_look) { .size = 0 };
}

/* Is any another than at the last look? */
static bool look_again(struct kefs_filewatch *watch)
{
	bool differs = false;

	for (size_t i = 0; i < KEFS_FILEWATCH_MAX && watch->parts.paths[i]; i++) {
		struct kefs_filewatch_look now = kefs_filewatch_look(watch->parts.paths[i]);

		differs |= !same(&now, &watch->last[i]);
		watch->last[i] = now;
	}
	return differs;
}

static void on_timer(void *ctx)
{
	struct kefs_filewatch *watch = ctx;
	uint64_t now = kefs_loop_now_ms(watch->parts.loop);

	if (look_again(watch)) {
		watch->settling = true;
		watch->retry_ms = 0;
	} else if (watch->settling && now >= watch->retry_ms) {
		watch->settling = !watch->parts.changed(watch->parts.ctx);
		watch->retry_ms = now + watch->parts.retry_ms;
	}
	kefs_loop_rearm(watch->timer, watch->parts.every_ms);
}

int kefs_filewatch_new(const struct kefs_filewatch_parts *parts, struct kefs_filewatch **ret_watch)
{
	struct kefs_filewatch *watch = calloc(1, sizeof(*watch));
	int rc;

	if (!watch)
		return -ENOMEM;
	watch->parts = *parts;
	(void)look_again(watch);
	for (size_t i = 0; parts->seen && i < KEFS_FILEWATCH_MAX && parts->paths[i]; i++)
		watch->last[i] = parts->seen[i];
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
