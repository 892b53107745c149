/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel module's coming and going. */
#ifndef KEFS_SERVICE_MODULE_H
#define KEFS_SERVICE_MODULE_H

#include "base/loop.h"
#include "common/err.h"
#include "kernel/nl.h"

struct kefs_module;

/*
 * Makes sure that the module is loaded, by modprobe if it is not: 0, or -ENODEV with err saying why it cannot be.
 */
int kefs_module_load(struct kefs_nl *nl, struct kefs_err *err);

/* From now on calls changed in the loop whenever the module has come or gone. 0 or -errno. */
int kefs_module_watch(struct kefs_nl *nl, struct kefs_loop *loop, kefs_loop_fn changed, void *ctx,
		      struct kefs_module **ret_module, struct kefs_err *err);

/* Ends the watch. NULL is fine. */
void kefs_module_free(struct kefs_module *module);

#endif
