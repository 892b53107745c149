/* SPDX-License-Identifier: GPL-2.0 */
/* Tags of file systems and access points, and the service's rules for them. Pure. */
#ifndef KEFS_MODEL_TAG_H
#define KEFS_MODEL_TAG_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define KEFS_TAG_KEY_CHARS	128
#define KEFS_TAG_VALUE_CHARS	256
#define KEFS_TAG_KEY_SIZE	(4 * KEFS_TAG_KEY_CHARS + 1)
#define KEFS_TAG_VALUE_SIZE	(4 * KEFS_TAG_VALUE_CHARS + 1)
#define KEFS_TAG_MAX		50	/* that a user can set on a resource; the service's own do not count */
#define KEFS_TAG_SYSTEM		"aws:"
#define KEFS_TAG_BACKUP		"aws:elasticfilesystem:default-backup"

struct kefs_tag {
	char key[KEFS_TAG_KEY_SIZE];
	char value[KEFS_TAG_VALUE_SIZE];
	int64_t position;	/* in the order in which they were set */
};

/* A list that is freed with kefs_tags_free(). */
struct kefs_tags {
	struct kefs_tag *tags;
	size_t count, size;
};

/* May a user set, or take away, a tag with this key? 0 or -KEFS_E_BAD_REQUEST with err. */
int kefs_tag_check_key(const char *key, struct kefs_err *err);

/* May a tag have this value? 0 or -KEFS_E_BAD_REQUEST with err, which speaks of subject ("Name"). */
int kefs_tag_check_value(const char *subject, const char *value, struct kefs_err *err);

/* Appends one without a look at it. 0, -ENOMEM, -ENAMETOOLONG. */
int kefs_tags_add(struct kefs_tags *tags, const char *key, const char *value, int64_t position);

/* The value of a key, or NULL. */
const char *kefs_tags_find(const struct kefs_tags *tags, const char *key);

/* Each a user's tag by the rules, no key twice, KEFS_TAG_MAX at most? 0 or -KEFS_E_BAD_REQUEST with err. */
int kefs_tags_check(const struct kefs_tags *tags, struct kefs_err *err);

/* Frees the list, which is empty afterwards. */
void kefs_tags_free(struct kefs_tags *tags);

#endif
