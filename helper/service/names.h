/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names of mount targets, for dnsmasq: a hosts directory for each zone of each VPC, with a file per mount target.
 * "fs-….efs.REGION.SUFFIX" is the target of the asker's own zone, so it stands in that zone's directory only;
 * "ZONE.fs-….efs…" and the same with the zone's id stand in those of all zones of the VPC. Who asks for what is not
 * there gets NXDOMAIN. dnsmasq notices the files that come and go by itself.
 */
#ifndef KEFS_SERVICE_NAMES_H
#define KEFS_SERVICE_NAMES_H

#include <stdbool.h>

#include "common/err.h"
#include "model/mount_target.h"
#include "model/topology.h"

#define KEFS_NAMES_PATH		1024
#define KEFS_NAMES_SUFFIX_MAX	127

struct kefs_names {
	const struct kefs_topology *topology;	/* the caller's */
	const char *suffix;			/* "amazonaws.com"; likewise; at most KEFS_NAMES_SUFFIX_MAX characters */
	char dir[KEFS_NAMES_PATH];
};

/* A zone as it is seen from within one VPC: the n-th of them, from 0. False: there are not so many. */
struct kefs_names_view {
	const struct kefs_vpc *vpc;
	const char *zone;
};
bool kefs_names_view(const struct kefs_topology *topology, size_t n, struct kefs_names_view *ret_view);

/* The directory of a view: in it "hosts", and "names.conf", which dnsmasq is to read. ret_path has KEFS_NAMES_PATH. */
int kefs_names_path(const struct kefs_names *names, const struct kefs_names_view *view, const char *file,
		    char *ret_path, struct kefs_err *err);

/* Makes the directories, "<run_dir>/dns/<zone>.<vpc id>", with what is to be in them besides hosts. 0 or -errno. */
int kefs_names_open(const struct kefs_topology *topology, const char *suffix, const char *run_dir,
		    struct kefs_names *ret_names, struct kefs_err *err);

/* Makes the target's names known, in the place of what was known of it. 0 or -errno: then it is in none or some. */
int kefs_names_add(const struct kefs_names *names, const struct kefs_mount_target *target, struct kefs_err *err);

/* Takes them away again. */
void kefs_names_remove(const struct kefs_names *names, const struct kefs_mount_target *target);

/* Takes away those of targets that are not known (any more): is_known gets their ids. 0 or -errno. */
int kefs_names_prune(const struct kefs_names *names, bool (*is_known)(const void *ctx, const char *target_id),
		     const void *ctx, struct kefs_err *err);

#endif
