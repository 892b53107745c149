/* SPDX-License-Identifier: GPL-2.0 */
/* What kefsd says of its own parts: filled where they are put together, shown by the API. Pure. */
#ifndef KEFS_MODEL_SERVER_H
#define KEFS_MODEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define KEFS_SERVER_LISTENERS 64

/* What became of the connections; all counts since start. */
struct kefs_acceptor_stats {
	uint64_t accepted;
	uint64_t handed_over;
	uint64_t waiting;		/* now: have not said anything yet */
	uint64_t tls_refused;		/* TLS, which this version does not speak */
	uint64_t bad_first_byte;
	uint64_t silent;		/* said nothing in time */
	uint64_t closed_early;		/* went before they said anything */
	uint64_t over_address_limit;
	uint64_t no_file_system;
	uint64_t denied;		/* by policy */
	uint64_t hand_over_failed;
	uint64_t paused;		/* times that descriptors or memory ran out */
};

/* The pool; strings live as long as it. */
struct kefs_pool_info {
	const char *path;
	const char *image;	/* NULL: a directory was given */
	const char *type;	/* "ext4", "xfs", …, or "0x…" */
	bool made;		/* the image was made by this program run */
	bool quota;		/* project quota works: sizes are known */
	uint64_t size, room;	/* bytes, now */
};

struct kefs_server_status {
	uint64_t uptime_ms;
	bool accepting;
	bool socket_activated;
	struct kefs_addr listeners[KEFS_SERVER_LISTENERS];
	size_t listener_count;
	struct kefs_acceptor_stats acceptor;
	struct kefs_pool_info pool;
};

#endif
