/* SPDX-License-Identifier: GPL-2.0 */
/* Makes the kernel's volumes match a list. Knows neither the store nor where directories are. */
#ifndef KEFS_KERNEL_RECONCILE_H
#define KEFS_KERNEL_RECONCILE_H

#include "kernel/kernel.h"

/* A volume that the store wants served. */
struct kefs_wanted {
	uint64_t id;
	char name[KEFS_KVIEW_NAME];
};

enum kefs_step_kind { KEFS_STEP_DEL, KEFS_STEP_ADD };

struct kefs_step {
	enum kefs_step_kind kind;
	uint64_t id;
};

/* What a run did. */
struct kefs_reconcile_result {
	size_t kept, added, removed, failed;
};

/*
 * Adds one wanted volume to the kernel: opens its directory, calls volume_add. 0 or -errno; a failure has been
 * dealt with (logged, marked) by the callee and does not stop the run.
 */
typedef int (*kefs_reconcile_add_fn)(void *ctx, uint64_t id);

/*
 * What must be done so that the kernel has exactly the wanted volumes: first the removals, then the additions. A
 * volume with a wanted id but another name is removed and added. Those that fit are left alone: their clients are
 * at work. Both lists are put in order. steps has room for have_count + want_count entries; returns how many are used.
 * Pure.
 */
size_t kefs_reconcile_plan(struct kefs_wanted *want, size_t want_count, struct kefs_kvolume *have, size_t have_count,
			   struct kefs_step *steps);

/*
 * Plans and does it; want is put in order. 0, or -errno with err if the kernel could not be asked or refused a removal;
 * additions that failed are counted in *ret_result, which is written in any case.
 */
int kefs_reconcile_run(const struct kefs_kernel *kernel, struct kefs_wanted *want, size_t want_count,
		       kefs_reconcile_add_fn add, void *ctx, struct kefs_reconcile_result *ret_result,
		       struct kefs_err *err);

#endif
