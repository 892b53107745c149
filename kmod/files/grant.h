/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a connection may do: the root that it sees, its flags, the identity that its requests run with.
 *
 * References: one per connection that uses it (exchanged by GRANT_SET), short-lived ones of running requests.
 */
#ifndef KEFS_FILES_GRANT_H
#define KEFS_FILES_GRANT_H

#include <linux/cred.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include "volume.h"

#define KEFS_FLAVOR_NONE 0	/* AUTH_NONE */
#define KEFS_FLAVOR_SYS	1	/* AUTH_SYS */

struct kefs_grant {
	struct kefs_volume *volume;	/* a reference */
	struct path root;		/* the volume's mount; dentry referenced */
	struct kefs_fid root_fid;
	siphash_key_t fh_key;		/* of the volume's own root: the volume's; of another root: derived */
	u32 flags;			/* KEFS_GRANT_F_* */
	bool replaced;			/* another took its place: what this one still allows must not last */
	u32 uid, gid, nr_gids;		/* with KEFS_GRANT_F_ENFORCE_IDS */
	u32 gids[KEFS_GIDS_MAX];
	u8 domain_len;			/* 0 in a grant made for GRANT_SET */
	u8 domain[KEFS_DOMAIN_MAX];
	char access_point[KEFS_NAME_MAX + 1];
	char *principal;		/* "" if none */
	refcount_t refs;
};

struct kefs_grant_params {
	struct kefs_volume *volume;
	const struct path *root;	/* borrowed; NULL: the volume's */
	u32 flags;
	u32 uid, gid, nr_gids;
	const u32 *gids;
	const void *domain;
	u32 domain_len;
	const char *access_point, *principal;	/* or NULL */
};

/* ERR_PTR: -EINVAL (ids out of range, root outside the volume), -ENOTDIR, -EXDEV (root on another file system),
 * -ENOMEM. */
struct kefs_grant *kefs_grant_create(const struct kefs_grant_params *params);
void kefs_grant_get(struct kefs_grant *grant);
/* Process context; may sleep. NULL is fine. */
void kefs_grant_put(struct kefs_grant *grant);

/*
 * The credentials for a caller: enforced or squashed as the grant says. A reference (put_cred()), shared with everybody
 * who has the same effective ids; no allocation when they are cached. ERR_PTR(-ENOMEM).
 */
const struct cred *kefs_grant_cred(const struct kefs_grant *grant, u32 flavor, u32 uid, u32 gid, u32 nr_gids,
				   const u32 *gids);

/* 0 or -EROFS. */
static inline int kefs_grant_writable(const struct kefs_grant *grant)
{
	if (grant->flags & KEFS_GRANT_F_READ_ONLY || grant->volume->flags & KEFS_VOLUME_F_READ_ONLY)
		return -EROFS;
	return 0;
}

int __init kefs_grant_init(void);
/* All grants are gone. */
void kefs_grant_exit(void);

#endif
