// SPDX-License-Identifier: GPL-2.0
#include "json.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"

void kefs_json_cleanup(json_t **json)
{
	json_decref(*json);
}

/* jansson's own limit is 2048 nested values, which is more than any request has a use for. */
static int check_depth(const char *text, size_t len)
{
	unsigned int depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text[i] == '{' || text[i] == '[') && ++depth > KEFS_JSON_DEPTH_MAX)
			return -EINVAL;
		else if (!in_string && (text[i] == '}' || text[i] == ']') && depth)
			depth--;
	}
	return 0;
}

int kefs_json_load(const char *what, const char *text, size_t len, json_t **ret_object, struct kefs_err *err)
{
	json_error_t jerr;
	json_t *value;

	if (check_depth(text, len) < 0)
		return kefs_err_set(err, -EINVAL, "%s is nested more than %d levels deep", what, KEFS_JSON_DEPTH_MAX);
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &jerr);
	if (!value)
		return kefs_err_set(err, -EINVAL, "%s is not valid JSON: %s at line %d column %d", what, jerr.text,
				    jerr.line, jerr.column);
	if (!json_is_object(value)) {
		json_decref(value);
		return kefs_err_set(err, -EINVAL, "%s is not a JSON object", what);
	}
	*ret_object = value;
	return 0;
}

int kefs_json_parse(const char *text, size_t len, json_t **ret_object, struct kefs_err *err)
{
	json_t *value;

	if (len)
		return kefs_json_load("the body", text, len, ret_object, err);
	value = json_object();
	if (!value)
		return kefs_err_sys(err, -ENOMEM, "request body");
	*ret_object = value;
	return 0;
}

int kefs_json_string(const json_t *object, const char *key, bool required, char *buf, size_t size,
		     struct kefs_err *err)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value)) {
		if (required)
			return kefs_err_set(err, -EINVAL, "%s is required", key);
		buf[0] = '\0';
		return 0;
	}
	if (!json_is_string(value))
		return kefs_err_set(err, -EINVAL, "%s must be a string", key);
	if (strlen(json_string_value(value)) != json_string_length(value))
		return kefs_err_set(err, -EINVAL, "%s contains a NUL character", key);
	if (kefs_str_copy(buf, size, json_string_value(value)) < 0)
		return kefs_err_set(err, -EINVAL, "%s is longer than %zu bytes", key, size - 1);
	return 0;
}
