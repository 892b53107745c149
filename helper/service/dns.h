/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The resolvers of the subnets: for each zone of each VPC a dnsmasq that knows the names of mount targets (names.h), at
 * the third address of each of its subnets, where a VPC has Amazon's. Other names it refuses. Loop thread only.
 */
#ifndef KEFS_SERVICE_DNS_H
#define KEFS_SERVICE_DNS_H

#include "base/loop.h"
#include "common/err.h"
#include "service/names.h"

struct kefs_dns;

/* Starts them. names outlives it. 0; -ENOENT without dnsmasq; -errno. */
int kefs_dns_start(struct kefs_loop *loop, const struct kefs_names *names, struct kefs_dns **ret_dns,
		   struct kefs_err *err);

/* Ends them. NULL is fine. */
void kefs_dns_stop(struct kefs_dns *dns);

#endif
