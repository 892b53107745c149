/* SPDX-License-Identifier: GPL-2.0 */
/* What a connection may do, as the kernel enforces it. No I/O but the closing of a descriptor. */
#ifndef KEFS_MODEL_GRANT_H
#define KEFS_MODEL_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/awscert.h"
#include "common/id.h"

#define KEFS_MODEL_DOMAIN_MAX	64	/* the kernel's KEFS_DOMAIN_MAX; kernel/nl_conn.c asserts that they agree */
#define KEFS_MODEL_GIDS_MAX	16	/* its KEFS_GIDS_MAX, likewise */
#define KEFS_WHO_SIZE		768	/* an access key's id, a blank, an ARN, NUL; within the kernel's KEFS_PRINCIPAL_MAX */

/* Flags, with the kernel's values (asserted in kernel/nl_conn.c). */
#define KEFS_MODEL_GRANT_READ_ONLY	(1u << 0)
#define KEFS_MODEL_GRANT_SQUASH_ROOT	(1u << 1)
#define KEFS_MODEL_GRANT_TLS		(1u << 2)
#define KEFS_MODEL_GRANT_ENFORCE_IDS	(1u << 3)
#define KEFS_MODEL_GRANT_NO_ACCESS	(1u << 4)
#define KEFS_MODEL_GRANT_TUNNEL		(1u << 5)

/* Whom requests run as, with ENFORCE_IDS. */
struct kefs_grant_ids {
	uint32_t uid, gid;
	uint32_t gids[KEFS_MODEL_GIDS_MAX];
	size_t gid_count;
};

/* Who it is that came with an access key. */
struct kefs_bearer {
	const char *access_key;
	const char *arn;
	const char *id;		/* of the user or the role, which stays when they are renamed; the account's own: its ARN */
};

struct kefs_grant {
	uint64_t volume_id;
	uint32_t flags;
	int root_fd;		/* a directory; -1: the volume's root, or of a connection that lives the one it has */
	struct kefs_grant_ids ids;
	char access_point[KEFS_ID_SIZE];	/* "": none */
	char who[KEFS_WHO_SIZE];		/* "AKIA… arn:aws:…"; "": anonymous */
	/* Connections of a volume with equal bytes are one NFS server to the client. */
	uint8_t domain[KEFS_MODEL_DOMAIN_MAX];
	size_t domain_len;	/* 1..KEFS_MODEL_DOMAIN_MAX */
};

/* The two ends of a client's connection, where the socket that is served is a relay's. */
struct kefs_ends {
	struct kefs_addr peer, local;
};

/* Who is asking, as far as the acceptor has found out. */
struct kefs_claims {
	struct kefs_addr peer;
	struct kefs_addr local;
	bool tls;
	bool tunnel;		/* through a program of the client's host, as stunnel */
	bool malformed;		/* by TLS, with a certificate that cannot be understood */
	const struct kefs_awscert *cert;	/* the caller's; NULL: none. What it says is not proven yet */
};

/*
 * A grant that allows everything on the whole volume, to be released. The bearer's id, the access point and whether it
 * is encrypted make the domain, and not what may change while a client has its state: read-only, the access key, the
 * name of a user or of a role's session. access_point may be ""; bearer NULL: anonymous. 0, -EACCES if it is for no
 * volume, -ENAMETOOLONG.
 */
int kefs_grant_make(uint64_t volume_id, bool tls, const char *access_point, const struct kefs_bearer *bearer,
		    struct kefs_grant *ret_grant);

/* Closes the root's descriptor. */
void kefs_grant_release(struct kefs_grant *grant);

/* The two parts of a grant's who: 0, or -EINVAL for "" and everything else that is not one. */
int kefs_grant_who(const char *who, char ret_access_key[KEFS_AWSCERT_KEY_SIZE], const char **ret_arn);

#endif
