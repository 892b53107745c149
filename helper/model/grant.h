/* SPDX-License-Identifier: GPL-2.0 */
/* What a connection may do, as the kernel enforces it. Pure. */
#ifndef KEFS_MODEL_GRANT_H
#define KEFS_MODEL_GRANT_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define KEFS_MODEL_DOMAIN_MAX 64	/* the kernel's KEFS_DOMAIN_MAX; kernel/nl_conn.c asserts that they agree */

/* Flags, with the kernel's values (asserted in kernel/nl_conn.c). */
#define KEFS_MODEL_GRANT_READ_ONLY	(1u << 0)
#define KEFS_MODEL_GRANT_SQUASH_ROOT	(1u << 1)
#define KEFS_MODEL_GRANT_TLS		(1u << 2)
#define KEFS_MODEL_GRANT_NO_ACCESS	(1u << 4)

struct kefs_grant {
	uint64_t volume_id;
	uint32_t flags;
	/* Connections of a volume with equal bytes are one NFS server to the client. */
	uint8_t domain[KEFS_MODEL_DOMAIN_MAX];
	size_t domain_len;	/* 1..KEFS_MODEL_DOMAIN_MAX */
};

/* Who is asking, as far as the acceptor has found out: later a certificate's identity, an access point, TLS. */
struct kefs_claims {
	struct kefs_addr peer;
	struct kefs_addr local;
	uint64_t volume_id;	/* which file system it is about */
};

/* The grant of these claims that allows everything. 0, or -EACCES if they are for no volume. */
int kefs_grant_make(const struct kefs_claims *claims, struct kefs_grant *ret_grant);

#endif
