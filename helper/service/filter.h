/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sees to it that the kernel's packet filter is what packet_filter.h says: after a change of ours that failed, and when
 * somebody else took the table away (a restart of nftables.service flushes all of them). Loop thread only.
 */
#ifndef KEFS_SERVICE_FILTER_H
#define KEFS_SERVICE_FILTER_H

#include "base/loop.h"
#include "common/err.h"
#include "model/topology.h"
#include "store/db.h"

struct kefs_filter;

/* All stays the caller's and outlives it. */
struct kefs_filter_parts {
	struct kefs_loop *loop;
	struct kefs_db *db;
	const struct kefs_topology *topology;
	const char *run_dir;		/* where nft's commands are */
};

/* Nothing is applied yet. Without the kernel's notices (there is no nftables) only checks find out. 0 or -errno. */
int kefs_filter_new(const struct kefs_filter_parts *parts, struct kefs_filter **ret_filter, struct kefs_err *err);

/* NULL is fine; the kernel's filter stays. */
void kefs_filter_free(struct kefs_filter *filter);

/* The store has changed. 0; or -errno, and then the filter is as it was until a check mends it. */
int kefs_filter_apply(struct kefs_filter *filter, struct kefs_err *err);

/* Applies it if it is not known to be right: cheap if it is. 0 or -errno. */
int kefs_filter_check(struct kefs_filter *filter, struct kefs_err *err);

#endif
