/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a client that comes in over NFS may do with a file system: the three Client actions decided one by one, and
 * what they come to. Pure.
 */
#ifndef KEFS_POLICY_NFS_H
#define KEFS_POLICY_NFS_H

#include "common/addr.h"
#include "policy/policy.h"

#define KEFS_NFS_KEYS_MAX 64

enum kefs_nfs_action { KEFS_NFS_MOUNT, KEFS_NFS_WRITE, KEFS_NFS_ROOT };
#define KEFS_NFS_ACTIONS 3

/* Who comes in and how. Strings are the caller's. */
struct kefs_nfs_client {
	const struct kefs_principal *principal;	/* NULL: anonymous */
	const char *fs_arn;
	const char *fs_account;
	const char *access_point_arn;		/* NULL: none */
	struct kefs_addr peer;
	bool tls;
	/*
	 * aws:SourceIp is there for public addresses only, as with EFS; true: also for private ones, which a service
	 * within one's own walls sees.
	 */
	bool private_source_ip;
	/* More keys: aws:PrincipalTag/…, aws:SourceVpc, … At most KEFS_NFS_KEYS_MAX, or everything is denied. */
	const struct kefs_policy_key *keys;
	size_t key_count;
	int64_t now;				/* seconds since the epoch */
};

struct kefs_nfs_decision {
	bool mount;	/* else NFS4ERR_ACCESS; then write and root are false too */
	bool write;	/* else read-only: NFS4ERR_ROFS */
	bool root;	/* else root is squashed */
	int64_t changes;	/* the earliest of the answers' */
	struct kefs_policy_answer answers[KEFS_NFS_ACTIONS];
};

/* The action's name: "elasticfilesystem:ClientMount". */
const char *kefs_nfs_action_name(enum kefs_nfs_action action);

/*
 * Decides. With no file system policy (set->resource NULL) everybody may do everything, but for what a Deny of the
 * client's own policies takes away.
 */
void kefs_nfs_decide(const struct kefs_policy_set *set, const struct kefs_nfs_client *client,
		     struct kefs_nfs_decision *ret_decision);

/* The same for any one action of EFS in a client's context: what `kefsctl policy explain` asks. True if allowed. */
bool kefs_nfs_decide_action(const struct kefs_policy_set *set, const struct kefs_nfs_client *client,
			    const char *action, struct kefs_policy_answer *ret_answer);

/* kefs_policy_explain() in a client's context. */
bool kefs_nfs_explain(const struct kefs_policy *policy, size_t statement, const struct kefs_nfs_client *client,
		      const char *action, bool bounded, char *ret_text);

/* "read-write", "read-only", "no mount" with ", root squashed" where it is; valid for ever. */
const char *kefs_nfs_summary(const struct kefs_nfs_decision *decision);

/*
 * For the log: the summary and the statement that it comes from ("read-only, root squashed: ClientMount allowed by
 * …; ClientWrite denied: …"). ret_text has room for KEFS_NFS_REASON_SIZE.
 */
#define KEFS_NFS_REASON_SIZE (3 * KEFS_POLICY_REASON_SIZE + 256)
void kefs_nfs_reason(const struct kefs_nfs_decision *decision, char *ret_text);

#endif
