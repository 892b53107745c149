/* SPDX-License-Identifier: GPL-2.0 */
/* The keys of an API request's context, as all conditions see them that are asked about it. */
#ifndef KEFS_SERVICE_KEYRING_H
#define KEFS_SERVICE_KEYRING_H

#include "model/tag.h"
#include "policy/policy.h"
#include "service/authorize.h"

#define KEFS_KEYRING_NAME_SIZE	(sizeof("aws:RequestTag/") + 16 + KEFS_TAG_KEY_SIZE)

/* The keys, and the texts that they need. */
struct kefs_keyring {
	struct kefs_policy_key *keys;
	size_t count;
	struct kefs_tags of_resource;
	char (*names)[KEFS_KEYRING_NAME_SIZE];
	size_t name_count;
	const char **tag_keys;
};

/*
 * What a request has: those that all have, aws:RequestTag/…, aws:TagKeys, aws:ResourceTag/… (of EC2 and IAM by their
 * own name for it too), its own ones and those of who asks (set), whose texts stay the caller's. 0 or -errno with
 * err; to be freed in any case.
 */
int kefs_keyring_make(const struct kefs_efs *efs, const struct kefs_authorize_request *request,
		      const struct kefs_policy_set *set, struct kefs_keyring *ret_ring, struct kefs_err *err);

/* Frees what it has. */
void kefs_keyring_free(struct kefs_keyring *ring);

#endif
