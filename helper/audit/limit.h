/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many lines one address may cause: so many in each interval; what goes beyond is counted. A table of fixed size;
 * addresses that find no room in it share one entry, so that all strangers together stay within bounds too. Pure.
 */
#ifndef KEFS_AUDIT_LIMIT_H
#define KEFS_AUDIT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define KEFS_LIMIT_BURST	20
#define KEFS_LIMIT_MS		60000
#define KEFS_LIMIT_SETS		256
#define KEFS_LIMIT_WAYS		4

struct kefs_limit_entry {
	uint8_t host[16];	/* as kefs_addr_host() has it; of IPv6 the /64, which is one's who has an address of it */
	uint64_t since_ms;
	unsigned int lines;	/* 0: the entry is free */
	uint64_t left_out;
};

/* All zero is an empty one. */
struct kefs_limit {
	struct kefs_limit_entry entries[KEFS_LIMIT_SETS * KEFS_LIMIT_WAYS];
	struct kefs_limit_entry crowd;	/* of those that found no room */
};

/* May this address cause one more line? If not it is counted. now_ms is of any clock that does not go back. */
bool kefs_limit_allow(struct kefs_limit *limit, const struct kefs_addr *addr, uint64_t now_ms);

/*
 * Takes out one entry of which something was left out and whose interval is over, or, with all, whether it is or not:
 * true and how many lines; ret_text, of KEFS_ADDR_TEXT bytes, is its address, or "several addresses".
 */
bool kefs_limit_take(struct kefs_limit *limit, uint64_t now_ms, bool all, char *ret_text, uint64_t *ret_left_out);

#endif
