/* SPDX-License-Identifier: GPL-2.0 */
/* What kefsd says of its own parts: filled where they are put together, shown by the API. Pure. */
#ifndef KEFS_MODEL_SERVER_H
#define KEFS_MODEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define KEFS_SERVER_LISTENERS 64

/* Why a TLS handshake came to nothing. */
enum kefs_tls_reason {
	KEFS_TLS_BAD_HANDSHAKE,		/* not TLS, or wrong in itself */
	KEFS_TLS_NOTHING_SHARED,	/* no version or cipher that both have */
	KEFS_TLS_TOO_LONG,		/* a message, most likely the certificate, of more bytes than are taken */
	KEFS_TLS_CLIENT_ALERT,		/* the client refused: it does not trust the server's certificate */
	KEFS_TLS_CLOSED,		/* the client went away */
	KEFS_TLS_TIMED_OUT,
	KEFS_TLS_REFUSED,		/* too many at once, in all or of one address */
	KEFS_TLS_NOT_IN_KERNEL,		/* the kernel did not take the keys */
	KEFS_TLS_REASONS
};

/* Counts since start, but for under_way. */
struct kefs_tls_stats {
	uint64_t under_way;
	uint64_t done;
	uint64_t resumed;		/* of those: abbreviated ones */
	uint64_t held;			/* had to wait because others of their address had failed */
	uint64_t failed[KEFS_TLS_REASONS];
};

/* Processes that do TLS where the kernel cannot; counts since start, but for max and live. */
struct kefs_relay_stats {
	uint64_t max;
	uint64_t live;			/* of this kefsd's: in a handshake, or relaying */
	uint64_t started;
	uint64_t refused;		/* connections, because there were so many already */
	uint64_t failed;		/* could not be started */
};

/* Why a client that came by TLS may not mount. */
enum kefs_refusal {
	KEFS_REFUSED_MALFORMED,		/* its certificate cannot be understood */
	KEFS_REFUSED_TIME,		/* certificate or signature is not of now */
	KEFS_REFUSED_FILE_SYSTEM,	/* is for another file system than the mount target's */
	KEFS_REFUSED_KEY,		/* unknown access key */
	KEFS_REFUSED_SIGNATURE,		/* is wrong */
	KEFS_REFUSED_ACCESS_POINT,	/* unknown, or of another file system */
	KEFS_REFUSED_ROOT,		/* the access point's directory is not there, and cannot be made */
	KEFS_REFUSALS
};

/* What became of the connections; all counts since start. */
struct kefs_acceptor_stats {
	uint64_t accepted;
	uint64_t handed_over;
	uint64_t waiting;		/* now: have not said anything yet */
	uint64_t tls_refused;		/* TLS, when there is none */
	uint64_t starttls;		/* RFC 9289: asked in the clear for TLS, and were told to begin */
	uint64_t bad_first_byte;
	uint64_t silent;		/* said nothing in time */
	uint64_t crowded_out;		/* said nothing, and had to make room for those that came later */
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
	struct kefs_tls_stats tls;
	uint64_t refused[KEFS_REFUSALS];
	const char *tls_problem;	/* why the kernel has no TLS; NULL: it has */
	bool tls_relays;		/* relays do TLS where the kernel does not */
	struct kefs_relay_stats relays;
	struct kefs_pool_info pool;
};

#endif
