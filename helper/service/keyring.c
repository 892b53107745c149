// SPDX-License-Identifier: GPL-2.0
#include "keyring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "store/st_tag.h"

#define OWN_KEYS	4
#define GLOBAL_REGION	"us-east-1"	/* that AWS has for its services without regions */

void kefs_keyring_free(struct kefs_keyring *ring)
{
	kefs_tags_free(&ring->of_resource);
	free(ring->keys);
	free(ring->names);
	free(ring->tag_keys);
}

static void add(struct kefs_keyring *ring, const char *name, const char *value)
{
	ring->keys[ring->count++] = (struct kefs_policy_key) { .name = name, .value = value };
}

/* A key for each of the tags: "<service>:<what>/…". */
static void add_tags(struct kefs_keyring *ring, const char *service, const char *what, const struct kefs_tags *tags)
{
	for (size_t i = 0; i < tags->count; i++) {
		char *name = ring->names[ring->name_count++];

		(void)kefs_str_format(name, sizeof(ring->names[0]), "%s:%s/%s", service, what, tags->tags[i].key);
		add(ring, name, tags->tags[i].value);
	}
}

static void add_tag_keys(struct kefs_keyring *ring, const struct kefs_authorize_request *request)
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

/* The service that has its own name for the tags of a resource, or NULL. */
static const char *tag_service(const struct kefs_authorize_request *request)
{
	if (kefs_str_after(request->action, "ec2:"))
		return "ec2";
	return kefs_str_after(request->action, "iam:") || kefs_str_after(request->action, "sts:") ? "iam" : NULL;
}

static void fill(const struct kefs_efs *efs, const struct kefs_authorize_request *request,
		 const struct kefs_policy_set *set, struct kefs_keyring *ring)
{
	const char *service = tag_service(request);

	/* Whatever brings the API's requests here stands for HTTPS. */
	add(ring, "aws:SecureTransport", "true");
	add(ring, "aws:SourceIp", *request->source_ip ? request->source_ip : NULL);
	add(ring, "aws:RequestedRegion", kefs_str_after(request->action, "iam:") ? GLOBAL_REGION : efs->topology->region);
	add_tag_keys(ring, request);
	if (request->tags)
		add_tags(ring, "aws", "RequestTag", request->tags);
	add_tags(ring, "aws", "ResourceTag", &ring->of_resource);
	if (service)
		add_tags(ring, service, "ResourceTag", &ring->of_resource);
	for (size_t i = 0; i < request->key_count; i++)
		ring->keys[ring->count++] = request->keys[i];
	for (size_t i = 0; i < set->key_count; i++)
		ring->keys[ring->count++] = set->keys[i];
}

int kefs_keyring_make(const struct kefs_efs *efs, const struct kefs_authorize_request *request,
		      const struct kefs_policy_set *set, struct kefs_keyring *ret_ring, struct kefs_err *err)
{
	size_t given = request->tags ? request->tags->count : 0, all;
	int rc = 0;

	*ret_ring = (struct kefs_keyring) { .count = 0 };
	if (request->tagged_id)
		rc = kefs_st_tag_list(efs->db, request->tagged_id, 0, 2 * KEFS_TAG_MAX, &ret_ring->of_resource, err);
	if (rc < 0)
		return rc;
	all = given + 2 * ret_ring->of_resource.count;
	ret_ring->keys = calloc(OWN_KEYS + request->key_count + set->key_count + all, sizeof(*ret_ring->keys));
	ret_ring->names = calloc(all + 1, sizeof(*ret_ring->names));
	ret_ring->tag_keys = calloc(given + 1, sizeof(*ret_ring->tag_keys));
	if (!ret_ring->keys || !ret_ring->names || !ret_ring->tag_keys)
		return kefs_err_sys(err, -ENOMEM, "the keys of a request");
	fill(efs, request, set, ret_ring);
	return 0;
}
