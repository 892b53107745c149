// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>

#include "common/str.h"
#include "query.h"

#define PARTS_MAX 6

/* The member of an object or the element (from 1) of an array, made if it is not there; NULL if that cannot be. */
static json_t *descend(json_t *at, const char *part, json_t *(*make)(void))
{
	json_t *next;
	uint64_t i;

	if (json_is_object(at)) {
		next = json_object_get(at, part);
		if (next)
			return next;
		next = make();
		/* A name that is not UTF-8 is refused, and next is gone. */
		return json_object_set_new(at, part, next) < 0 ? NULL : next;
	}
	/* Elements come in order; one that does not is the next. */
	if (!json_is_array(at) || kefs_str_u64(part, 1, KEFS_FORM_PARAMS_MAX, &i) < 0)
		return NULL;
	if (i <= json_array_size(at))
		return json_array_get(at, i - 1);
	next = make();
	return json_array_append_new(at, next) < 0 ? NULL : next;
}

/* "Tags.member.1.Key" into its parts, without the "member"s, which IAM has in all lists. */
static size_t cut(char *name, const char *parts[PARTS_MAX])
{
	size_t count = 0;

	for (char *part = strsep(&name, "."); part && count < PARTS_MAX; part = strsep(&name, ".")) {
		if (strcmp(part, "member"))
			parts[count++] = part;
	}
	return count;
}

static void put(json_t *object, const char *name, const char *value)
{
	const char *parts[PARTS_MAX];
	char copy[KEFS_FORM_NAME_SIZE];
	json_t *at = object;
	size_t count;

	(void)kefs_str_copy(copy, sizeof(copy), name);
	count = cut(copy, parts);
	for (size_t i = 0; i + 1 < count && at; i++)
		at = descend(at, parts[i], isdigit((unsigned char)parts[i + 1][0]) ? json_array : json_object);
	if (count && json_is_object(at))
		(void)json_object_set_new(at, parts[count - 1], json_string(value));
	else if (json_is_array(at))
		(void)json_array_append_new(at, json_string(value));
}

json_t *kefs_query_parameters(const struct kefs_form *form)
{
	json_t *object = json_object();

	for (size_t i = 0; i < form->count; i++) {
		if (strcmp(form->params[i].name, "Action") && strcmp(form->params[i].name, "Version"))
			put(object, form->params[i].name, form->params[i].value);
	}
	return object;
}
