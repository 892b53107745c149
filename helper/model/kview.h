/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel module's objects as the helper sees them: plain structs between kernel/ (which speaks netlink), the
 * tests' fake kernel, and everything above. What each number means is said in the module's uapi/kefs.h. Pure.
 */
#ifndef KEFS_MODEL_KVIEW_H
#define KEFS_MODEL_KVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "model/grant.h"

#define KEFS_KVIEW_NAME		128
#define KEFS_KVIEW_OWNER	1025	/* NFS4_OPAQUE_LIMIT and a NUL */
#define KEFS_KVIEW_COUNTERS	128	/* more are cut */
#define KEFS_KVIEW_OPS		256	/* likewise; NFSv4.2 has 76 */

struct kefs_kinfo {
	uint32_t abi;
	uint64_t instance, uptime_ms;
	uint32_t volumes, conns, clients, sessions, opens, locks, requests, parked, threads;
	uint64_t mem_used, mem_budget;
	uint32_t lease_sec, open_files, delegations;
};

struct kefs_kconfig {
	uint64_t mem_budget;	/* 0 = the module's default */
	uint32_t lease_sec;
	uint32_t threads_max;	/* 0 = leave it */
	uint32_t conns_max;
};

/* For VOLUME_ADD. */
struct kefs_kvolume_new {
	uint64_t id;
	const char *name;
	int root_fd;		/* the caller keeps and closes it */
	int recovery_fd;	/* likewise; or -1 */
	const uint8_t *key;	/* 16 bytes */
	bool read_only;
	bool elastic;		/* to clients it has 2^63 - 1 bytes, whatever the pool has */
};

struct kefs_kvolume {
	uint64_t id;
	char name[KEFS_KVIEW_NAME];
	bool read_only;
	uint32_t conns, clients;
	uint32_t grace_ms;	/* time left to reclaim; 0: no grace */
	uint32_t grace_awaited;	/* clients that are not done, in grace */
};

struct kefs_kconn {
	uint64_t id, volume;
	struct kefs_addr peer, local;
	bool relayed;		/* a relay of ours is in between: those two are the client's, not the socket's */
	uint32_t grant_flags;
	struct kefs_grant_ids ids;	/* of its grant, with ENFORCE_IDS */
	char access_point[KEFS_ID_SIZE];	/* that it came by; "" */
	char who[KEFS_WHO_SIZE];	/* its grant's; "": anonymous */
	uint8_t domain[KEFS_MODEL_DOMAIN_MAX];
	size_t domain_len;
	uint64_t age_ms, idle_ms, requests, bytes_in, bytes_out;
	uint32_t in_flight;
};

struct kefs_kclient {
	uint64_t id, volume;
	uint8_t owner[KEFS_KVIEW_OWNER];
	size_t owner_len;
	struct kefs_addr peer;
	bool confirmed, reclaimed;
	uint64_t renewed_ms;
	uint32_t sessions, opens, locks, delegations;
};

struct kefs_kop {
	uint32_t op;
	uint64_t count, errors, nsec, bytes;
};

struct kefs_kstats {
	uint64_t volume;	/* 0: the module as a whole */
	struct kefs_kop ops[KEFS_KVIEW_OPS];
	size_t op_count;
	uint64_t counters[KEFS_KVIEW_COUNTERS];
	size_t counter_count;
	uint64_t bytes_in, bytes_out;
};

/* A volume that the store wants served. */
struct kefs_kwanted {
	uint64_t id;
	char name[KEFS_KVIEW_NAME];
};

#endif
