// SPDX-License-Identifier: GPL-2.0
#include "sync.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/log.h"

#define CHECK_MS	10000	/* while all is well */
#define RETRY_MS	1000	/* while it is not */
#define REDO_MS		1000	/* not more often than that */

struct kefs_sync {
	struct kefs_sync_parts parts;
	struct kefs_source *timer;
	uint64_t instance;	/* of the module that was brought in step; 0: none */
	uint64_t redone_ms;	/* when it was last asked to compare them; 0: never */
	bool stale;		/* compare the volumes at the next look */
};

static int bring_in_step(struct kefs_sync *sync, const struct kefs_kinfo *info, struct kefs_err *err)
{
	struct kefs_reconcile_result result = { .kept = 0 };
	bool news;
	int rc;

	rc = sync->parts.kernel.ops->config_set(sync->parts.kernel.ctx, &sync->parts.config, err);
	if (rc == 0)
		rc = kefs_volumes_reconcile(sync->parts.volumes, &result, err);
	if (rc < 0)
		return rc;
	sync->instance = info->instance;
	/* What failed may have failed for a passing reason */
	news = !sync->stale || result.added || result.removed;
	sync->stale = result.failed > 0;
	if (news)
		log_info("kernel module in step: %zu file systems kept, %zu added, %zu removed, %zu failed", result.kept,
			 result.added, result.removed, result.failed);
	return 0;
}

static void went_down(struct kefs_sync *sync, const char *why)
{
	if (!sync->instance)
		return;
	sync->instance = 0;
	log_err("the kernel module does not answer any more; new connections wait: %s", why);
	kefs_volumes_kernel_gone(sync->parts.volumes);
	sync->parts.changed(sync->parts.ctx, false);
}

void kefs_sync_check(struct kefs_sync *sync)
{
	struct kefs_kinfo info;
	struct kefs_err err;
	int rc;

	rc = sync->parts.kernel.ops->info(sync->parts.kernel.ctx, &info, &err);
	if (rc == 0 && info.instance != sync->instance) {
		went_down(sync, "it was loaded anew");
		rc = bring_in_step(sync, &info, &err);
		if (rc == 0)
			sync->parts.changed(sync->parts.ctx, true);
		else
			log_warn_limited("bringing the kernel module in step: %s", err.text);
	} else if (rc == 0 && sync->stale) {
		rc = bring_in_step(sync, &info, &err);
		if (rc < 0)
			log_warn_limited("bringing the kernel module in step: %s", err.text);
	} else if (rc < 0) {
		went_down(sync, err.text);
	} else {
		kefs_volumes_tick(sync->parts.volumes);
		if (sync->parts.tick)
			sync->parts.tick(sync->parts.ctx);
	}
	kefs_loop_rearm(sync->timer, rc < 0 ? RETRY_MS : CHECK_MS);
}

void kefs_sync_redo(struct kefs_sync *sync)
{
	uint64_t since = kefs_loop_now_ms(sync->parts.loop) - sync->redone_ms;

	sync->stale = true;
	/* Every connection to something that cannot be served may ask for it. */
	if (sync->redone_ms && since < REDO_MS) {
		kefs_loop_rearm(sync->timer, REDO_MS - since);
		return;
	}
	sync->redone_ms += since;
	kefs_sync_check(sync);
}

static void on_timer(void *ctx)
{
	kefs_sync_check(ctx);
}

int kefs_sync_start(const struct kefs_sync_parts *parts, struct kefs_sync **ret_sync, struct kefs_err *err)
{
	struct kefs_sync *sync = calloc(1, sizeof(*sync));
	struct kefs_kinfo info;
	int rc;

	if (!sync)
		return kefs_err_sys(err, -ENOMEM, "kernel");
	sync->parts = *parts;
	rc = parts->kernel.ops->info(parts->kernel.ctx, &info, err);
	if (rc == 0)
		rc = bring_in_step(sync, &info, err);
	if (rc == 0) {
		rc = kefs_loop_add_timer(parts->loop, CHECK_MS, on_timer, sync, &sync->timer);
		if (rc < 0)
			(void)kefs_err_sys(err, rc, "starting a timer");
	}
	if (rc < 0) {
		kefs_sync_free(sync);
		return rc;
	}
	*ret_sync = sync;
	parts->changed(parts->ctx, true);
	return 0;
}

void kefs_sync_free(struct kefs_sync *sync)
{
	if (!sync)
		return;
	sync->timer = kefs_loop_remove(sync->timer);
	free(sync);
}

bool kefs_sync_is_up(const struct kefs_sync *sync)
{
	return sync->instance != 0;
}
