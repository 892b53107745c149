// SPDX-License-Identifier: GPL-2.0
#include "reconcile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static int by_id_wanted(const void *a, const void *b)
{
	const struct kefs_wanted *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_id_volume(const void *a, const void *b)
{
	const struct kefs_kvolume *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

size_t kefs_reconcile_plan(struct kefs_wanted *want, size_t want_count, struct kefs_kvolume *have, size_t have_count,
			   struct kefs_step *steps)
{
	size_t n = 0, w = 0, h = 0;

	if (want_count)
		qsort(want, want_count, sizeof(*want), by_id_wanted);
	if (have_count)
		qsort(have, have_count, sizeof(*have), by_id_volume);
	/* What the kernel has, one by one, beside what it should have */
	for (h = 0; h < have_count; h++) {
		while (w < want_count && want[w].id < have[h].id)
			w++;
		if (w == want_count || want[w].id != have[h].id || strcmp(want[w].name, have[h].name))
			steps[n++] = (struct kefs_step) { KEFS_STEP_DEL, have[h].id };
	}
	for (w = h = 0; w < want_count; w++) {
		while (h < have_count && have[h].id < want[w].id)
			h++;
		if (h == have_count || have[h].id != want[w].id || strcmp(want[w].name, have[h].name))
			steps[n++] = (struct kefs_step) { KEFS_STEP_ADD, want[w].id };
	}
	return n;
}

int kefs_reconcile_run(const struct kefs_kernel *kernel, struct kefs_wanted *want, size_t want_count,
		       kefs_reconcile_add_fn add, void *ctx, struct kefs_reconcile_result *ret_result,
		       struct kefs_err *err)
{
	CLEANUP_FREE struct kefs_kvolume *have = NULL;
	CLEANUP_FREE struct kefs_step *steps = NULL;
	size_t have_count = 0, count;
	int rc;

	*ret_result = (struct kefs_reconcile_result) { .kept = 0 };
	rc = kernel->ops->volume_list(kernel->ctx, 0, &have, &have_count, err);
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
