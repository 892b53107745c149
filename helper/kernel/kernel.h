/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel module as an interface: kernel/nl.c speaks to the real one, unit tests put a model in its place. All
 * calls are synchronous and short. Every one returns 0 or -errno with err; a call while the module is not loaded
 * returns -ENODEV. Where an errno has a meaning of its own in uapi/kefs.h it is passed on.
 */
#ifndef KEFS_KERNEL_KERNEL_H
#define KEFS_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "model/grant.h"
#include "model/kview.h"

struct kefs_kernel_ops {
	/* What the module says of itself. */
	int (*info)(void *ctx, struct kefs_kinfo *ret_info, struct kefs_err *err);
	/* Sets the limits. */
	int (*config_set)(void *ctx, const struct kefs_kconfig *config, struct kefs_err *err);
	/* Serves a directory; -EEXIST if the id is taken, -EOPNOTSUPP if its file system has no file handles. */
	int (*volume_add)(void *ctx, const struct kefs_kvolume_new *volume, struct kefs_err *err);
	/* Stops serving; with force closes connections, without it -EBUSY if there are some; -ENOENT. */
	int (*volume_del)(void *ctx, uint64_t id, bool force, struct kefs_err *err);
	/* The volume with this id, or all for 0; *ret_list to be freed, NULL if there are none. */
	int (*volume_list)(void *ctx, uint64_t id, struct kefs_kvolume **ret_list, size_t *ret_count,
			   struct kefs_err *err);
	/* Lets clients reclaim no longer; -ENOENT no such volume, -ESRCH they cannot already. */
	int (*grace_end)(void *ctx, uint64_t id, struct kefs_err *err);
	/*
	 * Hands a connected socket over; the caller closes its copy either way. ends: its client's, or NULL if they are
	 * the socket's own. -ENOENT no such volume, -EMFILE.
	 */
	int (*conn_add)(void *ctx, int fd, const struct kefs_ends *ends, const struct kefs_grant *grant, uint64_t *ret_id,
			struct kefs_err *err);
	/* Closes one: 0 or -ENOENT. */
	int (*conn_del)(void *ctx, uint64_t id, struct kefs_err *err);
	/* Another grant for one, from its next request on; domain and root stay. 0 or -ENOENT. */
	int (*grant_set)(void *ctx, uint64_t id, const struct kefs_grant *grant, struct kefs_err *err);
	/* Connections of a volume, or all for 0; *ret_list to be freed. */
	int (*conn_list)(void *ctx, uint64_t volume, struct kefs_kconn **ret_list, size_t *ret_count,
			 struct kefs_err *err);
	/* NFS clients of a volume, or all for 0; *ret_list to be freed. */
	int (*client_list)(void *ctx, uint64_t volume, struct kefs_kclient **ret_list, size_t *ret_count,
			   struct kefs_err *err);
	/* Counters: the module's own first (volume 0), then one per volume; *ret_list to be freed. */
	int (*stats)(void *ctx, uint64_t volume, struct kefs_kstats **ret_list, size_t *ret_count,
		     struct kefs_err *err);
};

struct kefs_kernel {
	const struct kefs_kernel_ops *ops;
	void *ctx;
};

#endif
