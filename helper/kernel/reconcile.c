// SPDX-License-Identifier: GPL-2.0
#include "reconcile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static bool is_wanted(const struct kefs_wanted *want, size_t count, const struct kefs_kvolume *volume)
{
	for (size_t i = 0; i < count; i++) {
		if (want[i].id == volume->id)
			return !strcmp(want[i].name, volume->name);
	}
	return false;
}

static bool is_kept(const struct kefs_wanted *want, const struct kefs_kvolume *have, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (have[i].id == want->id)
			return !strcmp(have[i].name, want->name);
	}
	return false;
}

size_t kefs_reconcile_plan(const struct kefs_wanted *want, size_t want_count, const struct kefs_kvolume *have,
			   size_t have_count, struct kefs_step *steps)
{
	size_t n = 0;

	for (size_t i = 0; i < have_count; i++) {
		if (!is_wanted(want, want_count, &have[i]))
			steps[n++] = (struct kefs_step) { KEFS_STEP_DEL, have[i].id };
	}
	for (size_t i = 0; i < want_count; i++) {
		if (!is_kept(&want[i], have, have_count))
			steps[n++] = (struct kefs_step) { KEFS_STEP_ADD, want[i].id };
	}
	return n;
}

int kefs_reconcile_run(const struct kefs_kernel *kernel, const struct kefs_wanted *want, size_t want_count,
		       kefs_reconcile_add_fn add, void *ctx, struct kefs_reconcile_result *ret_result,
		       struct kefs_err *err)
{
	CLEANUP_FREE struct kefs_kvolume *have = NULL;
	CLEANUP_FREE struct kefs_step *steps = NULL;
	size_t have_count = 0, count;
	int rc;

	*ret_result = (struct kefs_reconcile_result) { .kept = 0 };
	rc = kernel->ops->volume_list(kernel->ctx, &have, &have_count, err);
	if (rc < 0)
		return rc;
	steps = calloc(have_count + want_count + 1, sizeof(*steps));
	if (!steps)
		return kefs_err_sys(err, -ENOMEM, "planning the volumes");
	count = kefs_reconcile_plan(want, want_count, have, have_count, steps);
	for (size_t i = 0; i < count; i++) {
		if (steps[i].kind == KEFS_STEP_DEL) {
			rc = kernel->ops->volume_del(kernel->ctx, steps[i].id, true, err);
			if (rc < 0 && rc != -ENOENT)
				return rc;
			ret_result->removed++;
		} else if (add(ctx, steps[i].id) < 0) {
			ret_result->failed++;
		} else {
			ret_result->added++;
		}
	}
	ret_result->kept = want_count - ret_result->added - ret_result->failed;
	return 0;
}
