// SPDX-License-Identifier: GPL-2.0
#include "tag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "fault.h"
#include "unicode.h"

/* The text is well-formed UTF-8 already. */
static uint32_t next_code(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	uint32_t code = more ? *p & (0x3fu >> more) : *p;

	for (p++; more; more--)
		code = code << 6 | (*p++ & 0x3f);
	*text = (const char *)p;
	return code;
}

static int check_text(const char *subject, const char *text, int min, int max, struct kefs_err *err)
{
	int chars = kefs_str_utf8_chars(text);

	if (chars < 0)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "%s is not valid UTF-8 text without control characters", subject);
	if (chars < min || chars > max)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "%s must have %d to %d characters", subject, min, max);
	while (*text) {
		const char *at = text;
		uint32_t code = next_code(&text);

		if (!kefs_unicode_is_text(code) && (code >= 0x80 || !strchr("_.:/=+-@", (int)code)))
			return kefs_err_set(err, -KEFS_E_BAD_REQUEST,
					    "%s contains '%.*s'; letters, digits, spaces and _ . : / = + - @ are allowed",
					    subject, (int)(text - at), at);
	}
	return 0;
}

int kefs_tag_check_key(const char *key, struct kefs_err *err)
{
	int rc = check_text("The key of a tag", key, 1, KEFS_TAG_KEY_CHARS, err);

	if (rc == 0 && !strncasecmp(key, KEFS_TAG_SYSTEM, sizeof(KEFS_TAG_SYSTEM) - 1))
		rc = kefs_err_set(err, -KEFS_E_BAD_REQUEST, "The key of a tag must not begin with '%s'", KEFS_TAG_SYSTEM);
	return rc;
}

int kefs_tag_check_value(const char *subject, const char *value, struct kefs_err *err)
{
	return check_text(subject, value, 0, KEFS_TAG_VALUE_CHARS, err);
}

int kefs_tags_add(struct kefs_tags *tags, const char *key, const char *value, int64_t position)
{
	struct kefs_tag *tag;

	if (tags->count == tags->size) {
		size_t size = tags->size ? 2 * tags->size : 4;
		struct kefs_tag *bigger = reallocarray(tags->tags, size, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		tags->tags = bigger;
		tags->size = size;
	}
	tag = &tags->tags[tags->count];
	tag->position = position;
	if (kefs_str_copy(tag->key, sizeof(tag->key), key) < 0 || kefs_str_copy(tag->value, sizeof(tag->value), value) < 0)
		return -ENAMETOOLONG;
	tags->count++;
	return 0;
}

const char *kefs_tags_find(const struct kefs_tags *tags, const char *key)
{
	for (size_t i = 0; i < tags->count; i++) {
		if (!strcmp(tags->tags[i].key, key))
			return tags->tags[i].value;
	}
	return NULL;
}

int kefs_tags_check(const struct kefs_tags *tags, struct kefs_err *err)
{
	if (tags->count > KEFS_TAG_MAX)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "A resource can have at most %d tags", KEFS_TAG_MAX);
	for (size_t i = 0; i < tags->count; i++) {
		const struct kefs_tag *tag = &tags->tags[i];
		int rc = kefs_tag_check_key(tag->key, err);

		if (rc == 0)
			rc = kefs_tag_check_value("The value of a tag", tag->value, err);
		if (rc < 0)
			return rc;
		if (kefs_tags_find(tags, tag->key) != tag->value)
			return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "The tag key '%s' is given twice", tag->key);
	}
	return 0;
}

void kefs_tags_free(struct kefs_tags *tags)
{
	free(tags->tags);
	*tags = (struct kefs_tags) { .count = 0 };
}
