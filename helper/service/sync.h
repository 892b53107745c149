/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeps the kernel module in step with the store: at start, when the module is loaded anew, and when it has gone.
 * Notices come from the netlink controller; in case one is lost the module is also asked every few seconds whether
 * it is still the same instance.
 */
#ifndef KEFS_SERVICE_SYNC_H
#define KEFS_SERVICE_SYNC_H

#include <stdbool.h>

#include "base/loop.h"
#include "common/err.h"
#include "kernel/kernel.h"
#include "service/volumes.h"

struct kefs_sync;

struct kefs_sync_parts {
	struct kefs_loop *loop;
	struct kefs_kernel kernel;
	struct kefs_volumes *volumes;
	struct kefs_kconfig config;
	/* The kernel can (not) serve connections from now on. Called for changes only, the first one included. */
	void (*changed)(void *ctx, bool up);
	void (*tick)(void *ctx);	/* now and then, while the module is there; may be NULL */
	void *ctx;
};

/* Brings the kernel in step for the first time. 0, or -errno with err: kefsd cannot start. */
int kefs_sync_start(const struct kefs_sync_parts *parts, struct kefs_sync **ret_sync, struct kefs_err *err);

/* Ends it; the kernel stays as it is. NULL is fine. */
void kefs_sync_free(struct kefs_sync *sync);

/* Looks now: something hints at a change. */
void kefs_sync_check(struct kefs_sync *sync);

/* Looks soon, and compares the volumes even if the module is the same: the kernel did not know one. */
void kefs_sync_redo(struct kefs_sync *sync);

/* Does the kernel serve? */
bool kefs_sync_is_up(const struct kefs_sync *sync);

#endif
