/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The addresses of mount targets: on their subnets' interfaces, filtered by their groups, listened on, and with names.
 * The store says which there are; what an earlier run left is put right at the start. Loop thread only.
 */
#ifndef KEFS_SERVICE_ENDPOINTS_H
#define KEFS_SERVICE_ENDPOINTS_H

#include "common/addr.h"
#include "common/err.h"
#include "model/mount_target.h"
#include "model/topology.h"
#include "service/names.h"
#include "store/db.h"

struct kefs_endpoints_ops {
	/* Accept connections to the address. 0, also if they come already; -errno. */
	int (*listen)(void *ctx, const struct kefs_addr *addr, struct kefs_err *err);
	/* No more. */
	void (*unlisten)(void *ctx, const struct kefs_addr *addr);
	/* Who reaches which address: as the store has it, from now on. 0 or -errno. */
	int (*filter)(void *ctx, struct kefs_err *err);
	/* The same, if it may be otherwise for any reason. */
	int (*check_filter)(void *ctx, struct kefs_err *err);
	/* The address goes: connections to it end. 0 or -errno. */
	int (*removed)(void *ctx, uint32_t address, struct kefs_err *err);
};

struct kefs_endpoints {
	struct kefs_db *db;
	const struct kefs_topology *topology;
	const struct kefs_names *names;
	bool resolvers;		/* the subnets' resolvers have their addresses, too (dns.h) */
	const struct kefs_endpoints_ops *ops;
	void *ctx;
};

/*
 * At the start: addresses and listeners as the store has it. What was being created, and nobody was told of, goes, and
 * so does what was being deleted. A target that cannot be had is logged and stands in the way of nothing else. 0, or
 * -errno if the store or the host cannot be asked.
 */
int kefs_endpoints_start(const struct kefs_endpoints *endpoints, struct kefs_err *err);

/*
 * Now and then, between two calls of the API: what somebody else has taken away is put back, a target that was left
 * half made or half removed goes. Cheap if there is nothing.
 */
void kefs_endpoints_tick(const struct kefs_endpoints *endpoints);

/* A new target: reachable when this returns 0; else nothing is left of it. */
int kefs_endpoints_add(const struct kefs_endpoints *endpoints, const struct kefs_mount_target *target,
		       struct kefs_err *err);

/* Groups, rules or members are other ones: from now on. 0 or -errno, and then the filter is as it was. */
int kefs_endpoints_filter(const struct kefs_endpoints *endpoints, struct kefs_err *err);

/*
 * A target that the store has no more as available: names, listener, connections and address go, and then the target
 * itself from store and filter. 0; -errno if something could not be had, which is then to be tried again.
 */
int kefs_endpoints_remove(const struct kefs_endpoints *endpoints, const struct kefs_mount_target *target,
			  struct kefs_err *err);

#endif
