/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Security groups as packets see them: who may send to a mount target's address, TCP port 2049, is whom the ingress
 * rules of its groups let, all of them together; what comes from anybody else is dropped and not answered. There is no
 * connection tracking: every packet is looked at, so that a change holds for connections that live.
 *
 * A rule's source is a CIDR block, or a group, and then its members: the blocks in its tag kefs:members, with spaces
 * between them. Without that tag a group has none, but for the default one of a VPC: the ranges of the VPC's subnets,
 * and this host.
 *
 * The rules are the table inet kefs, nobody else's; it stays when kefsd ends, as the kernel module goes on serving.
 */
#ifndef KEFS_SERVICE_PACKET_FILTER_H
#define KEFS_SERVICE_PACKET_FILTER_H

#include "common/buf.h"
#include "common/err.h"
#include "model/topology.h"
#include "store/db.h"

#define KEFS_PACKET_FILTER_TABLE "kefs"	/* of family inet */

/* Stores the default groups of the configured VPCs that are not there yet, with the rules that EC2 gives them. */
int kefs_packet_filter_defaults(struct kefs_db *db, const struct kefs_topology *topology, struct kefs_err *err);

/*
 * The commands for nft that make the filter what the store says; *ret_targets: of how many addresses. buf is empty and
 * without a cap; to be freed. 0 or -errno.
 */
int kefs_packet_filter_write(struct kefs_db *db, const struct kefs_topology *topology, struct kefs_buf *buf,
			     size_t *ret_targets, struct kefs_err *err);

/*
 * Makes it so, by a file at path. 0 or -errno; a host without nft is fine as long as there are no mount targets, and
 * then *ret_made, whether there is a table now, is false.
 */
int kefs_packet_filter_apply(struct kefs_db *db, const struct kefs_topology *topology, const char *path,
			     bool *ret_made, struct kefs_err *err);

/* A group's members as the tag's value has them: 0 or -EINVAL for anything but IPv4 or IPv6 CIDR blocks. */
int kefs_packet_filter_check_members(const char *value);

#endif
