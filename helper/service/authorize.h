/* SPDX-License-Identifier: GPL-2.0 */
/* May the caller of the API do that? By his identity policies and the policy of what it is about, if that has one. */
#ifndef KEFS_SERVICE_AUTHORIZE_H
#define KEFS_SERVICE_AUTHORIZE_H

#include "model/tag.h"
#include "service/efs.h"
#include "service/identities.h"

struct kefs_authorize_request {
	const char *action;			/* "elasticfilesystem:CreateMountTarget" */
	const char *resource;			/* ARN, or "*" */
	const char *fs_id;			/* whose policy has a say; NULL: none, */
	const struct kefs_policy *policy;	/* or this one, the caller's: a role's trust policy */
	const char *source_ip;			/* that the request came from; "": none */
	const char *tagged_id;			/* whose tags are aws:ResourceTag/…; NULL: nobody's */
	const struct kefs_tags *tags;		/* that the request gives: aws:RequestTag/…, aws:TagKeys; NULL: none */
	const char *const *tag_keys;		/* that it takes away: aws:TagKeys, if tags is NULL */
	size_t tag_key_count;
	const struct kefs_policy_key *keys;	/* more; at most KEFS_AUTHORIZE_KEYS_MAX */
	size_t key_count;
};

#define KEFS_AUTHORIZE_KEYS_MAX 8

/*
 * 0 or -EACCES. The account itself may do everything: whoever holds its key must be able to mend a policy that shuts
 * everybody out. Where policies cannot be read it is a no, and logged.
 */
int kefs_authorize(const struct kefs_efs *efs, const struct kefs_who *who,
		   const struct kefs_authorize_request *request);

#endif
