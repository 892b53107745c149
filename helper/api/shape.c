// SPDX-License-Identifier: GPL-2.0
#include "shape.h"

#include <string.h>

#include "common/str.h"
#include "model/fault.h"

#define PATH_SIZE 128	/* of a member in messages: RootDirectory.CreationInfo.OwnerUid */

static int check_value(const struct kefs_shape *shape, json_t *value, const char *path, struct kefs_err *err);

static int refuse(struct kefs_err *err, const char *path, const char *what)
{
	return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "%s %s", path, what);
}

static int64_t count_chars(const char *text)
{
	int64_t chars = 0;

	/* jansson lets only well-formed UTF-8 in. */
	for (; *text; text++)
		chars += (*text & 0xc0) != 0x80;
	return chars;
}

static int check_string(const struct kefs_shape *shape, const json_t *value, const char *path, struct kefs_err *err)
{
	const char *text = json_string_value(value);
	int64_t chars;

	if (!text)
		return refuse(err, path, "must be a string");
	if (strlen(text) != json_string_length(value))
		return refuse(err, path, "contains a NUL character");
	for (int i = 0; shape->words && shape->words[i]; i++) {
		if (!strcmp(text, shape->words[i]))
			return 0;
	}
	if (shape->words)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "%s: '%.80s' is not one of its values, such as %s", path, text,
				    shape->words[0]);
	chars = count_chars(text);
	if (chars < shape->min || chars > shape->max)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "%s must have %lld to %lld characters", path,
				    (long long)shape->min, (long long)shape->max);
	return 0;
}

static int check_integer(const struct kefs_shape *shape, const json_t *value, const char *path, struct kefs_err *err)
{
	if (!json_is_integer(value))
		return refuse(err, path, "must be a whole number");
	if (json_integer_value(value) < shape->min || json_integer_value(value) > shape->max)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "%s must be from %lld to %lld", path, (long long)shape->min,
				    (long long)shape->max);
	return 0;
}

static int check_list(const struct kefs_shape *shape, json_t *value, const char *path, struct kefs_err *err)
{
	char element[PATH_SIZE];
	json_t *one;
	size_t i;

	if (!json_is_array(value))
		return refuse(err, path, "must be a list");
	if ((int64_t)json_array_size(value) < shape->min || (int64_t)json_array_size(value) > shape->max)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "%s must have %lld to %lld elements", path, (long long)shape->min,
				    (long long)shape->max);
	json_array_foreach(value, i, one) {
		int rc;

		(void)kefs_str_format(element, sizeof(element), "%s[%zu]", path, i);
		rc = check_value(shape->inner, one, element, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_members(const struct kefs_shape *members, json_t *object, const char *path, struct kefs_err *err)
{
	char name[PATH_SIZE];

	for (const struct kefs_shape *shape = members; shape->type != KEFS_SHAPE_END; shape++) {
		json_t *value = json_object_get(object, shape->name);
		int rc = 0;

		(void)kefs_str_format(name, sizeof(name), "%s%s%s", path, *path ? "." : "", shape->name);
		if (json_is_null(value)) {
			(void)json_object_del(object, shape->name);
			value = NULL;
		}
		if (value)
			rc = check_value(shape, value, name, err);
		else if (shape->required)
			rc = refuse(err, name, "is required");
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Recursion ends with the tables, which nest three deep. */
static int check_value(const struct kefs_shape *shape, json_t *value, const char *path, struct kefs_err *err)
{
	switch (shape->type) {
	case KEFS_SHAPE_STRING:
		return check_string(shape, value, path, err);
	case KEFS_SHAPE_INTEGER:
		return check_integer(shape, value, path, err);
	case KEFS_SHAPE_NUMBER:
		return json_is_number(value) ? 0 : refuse(err, path, "must be a number");
	case KEFS_SHAPE_BOOLEAN:
		return json_is_boolean(value) ? 0 : refuse(err, path, "must be true or false");
	case KEFS_SHAPE_LIST:
		return check_list(shape, value, path, err);
	case KEFS_SHAPE_OBJECT:
	default:
		return json_is_object(value) ? check_members(shape->inner, value, path, err) : refuse(err, path, "must be an object");
	}
}

int kefs_shape_check(const struct kefs_shape *members, json_t *object, struct kefs_err *err)
{
	return check_members(members, object, "", err);
}

const char *kefs_in_string(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

int64_t kefs_in_integer(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

double kefs_in_number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

bool kefs_in_boolean(const json_t *object, const char *name, bool absent)
{
	const json_t *value = json_object_get(object, name);

	return value ? json_is_true(value) : absent;
}

int kefs_in_word(const json_t *object, const char *name, const char *const *words, int absent)
{
	const char *text = json_string_value(json_object_get(object, name));

	for (int i = 0; text && words[i]; i++) {
		if (!strcmp(words[i], text))
			return i;
	}
	return absent;
}
