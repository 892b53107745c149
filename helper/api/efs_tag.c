// SPDX-License-Identifier: GPL-2.0
/* Tags: the operations for all resources, and the older ones for file systems only. */
#include <errno.h>
#include <stdlib.h>

#include "common/str.h"
#include "efs.h"
#include "service/tagging.h"
#include "store/st_tag.h"

int kefs_efs_read_tags(const json_t *in, const char *name, struct kefs_tags *ret_tags)
{
	struct kefs_tags tags = { .count = 0 };
	const json_t *tag;
	int rc = 0;
	size_t i;

	*ret_tags = tags;
	json_array_foreach(json_object_get(in, name), i, tag) {
		/* One too many is enough to see that there are too many. */
		if (i > KEFS_TAG_MAX)
			break;
		rc = kefs_tags_add(&tags, kefs_in_string(tag, "Key"), kefs_in_string(tag, "Value"), 0);
		if (rc < 0) {
			kefs_tags_free(&tags);
			return rc;
		}
	}
	*ret_tags = tags;
	return 0;
}

static json_t *tags_json(const struct kefs_tags *tags, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_pack("{ss ss}", "Key", tags->tags[i].key, "Value", tags->tags[i].value));
	return list;
}

json_t *kefs_efs_tags_json(const struct kefs_efs *efs, const char *id, char *name, size_t name_size)
{
	struct kefs_tags tags;
	const char *value;
	json_t *list;

	if (name)
		name[0] = '\0';
	if (kefs_st_tag_list(efs->db, id, 0, 2 * KEFS_TAG_MAX, &tags, NULL) < 0)
		return NULL;
	value = kefs_tags_find(&tags, "Name");
	if (name && value)
		(void)kefs_str_copy(name, name_size, value);
	list = tags_json(&tags, tags.count);
	kefs_tags_free(&tags);
	return list;
}

static int set_tags(struct kefs_efs_call *call, const char *id)
{
	struct kefs_tags tags;
	int rc = kefs_efs_read_tags(call->in, "Tags", &tags);

	if (rc == 0)
		rc = kefs_tagging_set(call->efs, id, &tags, &call->err);
	kefs_tags_free(&tags);
	return rc;
}

size_t kefs_efs_read_tag_keys(const json_t *in, const char *ret_keys[KEFS_EFS_TAG_KEYS_MAX])
{
	const json_t *list = json_object_get(in, "tagKeys"), *key;
	size_t i, count = 0;

	/* The older operation has them in its body. */
	if (!list)
		list = json_object_get(in, "TagKeys");
	json_array_foreach(list, i, key) {
		if (count < KEFS_EFS_TAG_KEYS_MAX)
			ret_keys[count++] = json_string_value(key);
	}
	return count;
}

static int remove_tags(struct kefs_efs_call *call, const char *id)
{
	const char *keys[KEFS_EFS_TAG_KEYS_MAX];
	size_t count = kefs_efs_read_tag_keys(call->in, keys);

	return kefs_tagging_remove(call->efs, id, keys, count, &call->err);
}

static int list_tags(struct kefs_efs_call *call, const char *id, bool marker)
{
	struct kefs_efs_next next = { .id = id };
	struct kefs_tags tags;
	struct kefs_page page;
	json_t *list;
	size_t count;
	int rc = kefs_efs_page(call, 't', marker, &page);

	if (rc == 0)
		rc = kefs_st_tag_list(call->efs->db, id, page.after_ms, page.limit + 1, &tags, &call->err);
	if (rc < 0)
		return rc;
	next.more = tags.count > page.limit;
	count = next.more ? page.limit : tags.count;
	next.ms = count ? tags.tags[count - 1].position : 0;
	list = tags_json(&tags, count);
	kefs_tags_free(&tags);
	return kefs_efs_list(call, "Tags", list, 't', marker, &next);
}

int kefs_efs_tag_resource(struct kefs_efs_call *call)
{
	char id[KEFS_ID_SIZE];
	int rc = kefs_tagging_resource(call->efs, kefs_in_string(call->in, "ResourceId"), id, &call->err);

	return rc < 0 ? rc : set_tags(call, id);
}

int kefs_efs_untag_resource(struct kefs_efs_call *call)
{
	char id[KEFS_ID_SIZE];
	int rc = kefs_tagging_resource(call->efs, kefs_in_string(call->in, "ResourceId"), id, &call->err);

	return rc < 0 ? rc : remove_tags(call, id);
}

int kefs_efs_list_tags(struct kefs_efs_call *call)
{
	char id[KEFS_ID_SIZE];
	int rc = kefs_tagging_resource(call->efs, kefs_in_string(call->in, "ResourceId"), id, &call->err);

	return rc < 0 ? rc : list_tags(call, id, false);
}

/* The older operations know file systems only. */
static int find_fs(struct kefs_efs_call *call, char *ret_id)
{
	const struct kefs_fs *fs;
	int rc = kefs_efs_find_fs(call->efs, kefs_in_string(call->in, "FileSystemId"), &fs, &call->err);

	return rc < 0 ? rc : kefs_str_copy(ret_id, KEFS_ID_SIZE, fs->id);
}

int kefs_efs_create_tags(struct kefs_efs_call *call)
{
	char id[KEFS_ID_SIZE];
	int rc = find_fs(call, id);

	return rc < 0 ? rc : set_tags(call, id);
}

int kefs_efs_delete_tags(struct kefs_efs_call *call)
{
	char id[KEFS_ID_SIZE];
	int rc = find_fs(call, id);

	return rc < 0 ? rc : remove_tags(call, id);
}

int kefs_efs_describe_tags(struct kefs_efs_call *call)
{
	char id[KEFS_ID_SIZE];
	int rc = find_fs(call, id);

	return rc < 0 ? rc : list_tags(call, id, true);
}
