/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPv4 addresses that kefsd puts on this host's interfaces: its mount targets'. They bear a mark of ours (IFA_PROTO),
 * by which those of an earlier run are known; nobody else's are touched. Each call is a short exchange with the kernel.
 */
#ifndef KEFS_NET_IFADDR_H
#define KEFS_NET_IFADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct kefs_ifaddr {
	uint32_t address;	/* host byte order */
	unsigned int ifindex;
	bool ours;		/* it bears our mark */
};

/*
 * Adds the address to the interface, alone (/32): the routes of its network are the interface's own affair. 0, also if
 * it is there already, be it ours or not; -ENODEV no such interface; -errno.
 */
int kefs_ifaddr_add(const char *interface, uint32_t address, struct kefs_err *err);

/* Takes it away again, from wherever it is. 0, also if it is not there; somebody else's stays. */
int kefs_ifaddr_del(uint32_t address, struct kefs_err *err);

/* All of this host; *ret_list to be freed. */
int kefs_ifaddr_list(struct kefs_ifaddr **ret_list, size_t *ret_count, struct kefs_err *err);

/* Takes one of the list away. */
int kefs_ifaddr_drop(const struct kefs_ifaddr *ifaddr, struct kefs_err *err);

#endif
