// SPDX-License-Identifier: GPL-2.0
#include "authorize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "service/fs_policies.h"
#include "store/st_tag.h"

#define NAME_SIZE	(sizeof("aws:ResourceTag/") + KEFS_TAG_KEY_SIZE)

#define OWN_KEYS 3

/* The keys of a request, with the texts that they need. */
struct keyring {
	struct kefs_policy_key *keys;
	size_t count;
	struct kefs_tags of_resource;
	char (*names)[NAME_SIZE];
	size_t name_count;
	const char **tag_keys;
};

static void free_keyring(struct keyring *ring)
{
	kefs_tags_free(&ring->of_resource);
	free(ring->keys);
	free(ring->names);
	free(ring->tag_keys);
}

static void add(struct keyring *ring, const char *name, const char *value)
{
	ring->keys[ring->count++] = (struct kefs_policy_key) { .name = name, .value = value };
}

/* A key for each of the tags. */
static void add_tags(struct keyring *ring, const char *prefix, const struct kefs_tags *tags)
{
	for (size_t i = 0; i < tags->count; i++) {
		char *name = ring->names[ring->name_count++];

		(void)kefs_str_format(name, NAME_SIZE, "%s%s", prefix, tags->tags[i].key);
		add(ring, name, tags->tags[i].value);
	}
}

static void add_tag_keys(struct keyring *ring, const struct kefs_authorize_request *request)
{
	const char *const *keys = request->tag_keys;
	size_t count = request->tag_key_count;

	if (request->tags) {
		keys = ring->tag_keys;
		count = request->tags->count;
		for (size_t i = 0; i < count; i++)
			ring->tag_keys[i] = request->tags->tags[i].key;
	}
	ring->keys[ring->count++] = (struct kefs_policy_key) { .name = "aws:TagKeys", .values = keys, .count = count };
}

/* 0, -ENOMEM or -errno with err. */
static int make_keyring(const struct kefs_efs *efs, const struct kefs_authorize_request *request, struct keyring *ring,
			struct kefs_err *err)
{
	size_t given = request->tags ? request->tags->count : 0, all;
	int rc = 0;

	if (request->tagged_id)
		rc = kefs_st_tag_list(efs->db, request->tagged_id, 0, 2 * KEFS_TAG_MAX, &ring->of_resource, err);
	if (rc < 0)
		return rc;
	all = given + ring->of_resource.count;
	ring->keys = calloc(OWN_KEYS + request->key_count + all, sizeof(*ring->keys));
	ring->names = calloc(all + 1, sizeof(*ring->names));
	ring->tag_keys = calloc(given + 1, sizeof(*ring->tag_keys));
	if (!ring->keys || !ring->names || !ring->tag_keys)
		return kefs_err_sys(err, -ENOMEM, "the keys of a request");
	/* Whatever brings the API's requests here stands for HTTPS. */
	add(ring, "aws:SecureTransport", "true");
	add(ring, "aws:SourceIp", *request->source_ip ? request->source_ip : NULL);
	add_tag_keys(ring, request);
	if (request->tags)
		add_tags(ring, "aws:RequestTag/", request->tags);
	add_tags(ring, "aws:ResourceTag/", &ring->of_resource);
	for (size_t i = 0; i < request->key_count; i++)
		ring->keys[ring->count++] = request->keys[i];
	return 0;
}

static bool evaluate(const struct kefs_efs *efs, const struct kefs_who *who,
		     const struct kefs_authorize_request *request, const struct keyring *ring,
		     const struct kefs_policy_set *set)
{
	const struct kefs_policy_request asked = {
		.principal = &who->caller.principal,
		.action = request->action,
		.resource = request->resource,
		.account = efs->topology->account,
		.keys = ring->keys,
		.key_count = ring->count,
		.now = kefs_efs_now_ms() / 1000,
	};
	struct kefs_policy_answer answer;

	return kefs_policy_evaluate(set, &asked, &answer);
}

int kefs_authorize(const struct kefs_efs *efs, const struct kefs_who *who,
		   const struct kefs_authorize_request *request)
{
	struct kefs_policy *of_fs = NULL;
	struct keyring ring = { .keys = NULL };
	struct kefs_policy_set set;
	bool allowed = false;
	struct kefs_err err;
	int rc;

	if (!*who->identity_id && who->caller.principal.type == KEFS_PRINCIPAL_ROOT)
		return 0;
	if (request->key_count > KEFS_AUTHORIZE_KEYS_MAX)
		return -EACCES;
	rc = kefs_identities_policies(efs->identities, who, &set, &err);
	if (rc == 0 && request->fs_id) {
		rc = kefs_fs_policies_compile(efs->db, efs->topology, request->fs_id, &of_fs, &err);
		if (rc == -ENOENT)
			rc = 0;
	}
	if (rc == 0)
		rc = make_keyring(efs, request, &ring, &err);
	if (rc < 0)
		log_err("%s is refused %s: %s", who->caller.arn, request->action, err.text);
	if (rc == 0) {
		set.resource = of_fs ? of_fs : request->policy;
		allowed = evaluate(efs, who, request, &ring, &set);
	}
	kefs_policy_free(of_fs);
	free_keyring(&ring);
	return allowed ? 0 : -EACCES;
}
