// SPDX-License-Identifier: GPL-2.0
/* Everything that a request says, gathered into one object and checked. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "common/str.h"
#include "efs.h"

#define VALUE_SIZE 1024

static const struct kefs_shape *find(const struct kefs_shape *shape, const char *name, enum kefs_shape_place place)
{
	for (; shape->type != KEFS_SHAPE_END; shape++) {
		if (shape->place == place && !strcmp(shape->name, name))
			return shape;
	}
	return NULL;
}

/*
 * Of the body only what the operation has there counts: a name that it does not know, or has elsewhere, must not say
 * what it is about.
 */
static void drop_strangers(const struct kefs_shape *shape, json_t *in)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(in, next, name, value) {
		if (!find(shape, name, KEFS_IN_BODY))
			(void)json_object_del(in, name);
	}
}

/* A parameter's text as the type that the shape wants; the checks come later. */
static int set_text(json_t *in, const struct kefs_shape *shape, const char *text, struct kefs_err *err)
{
	json_t *value = NULL, *list;
	uint64_t number;

	if (shape->type == KEFS_SHAPE_INTEGER && kefs_str_u64(text, 0, INT64_MAX, &number) == 0)
		value = json_integer((json_int_t)number);
	else
		value = json_string(text);
	if (!value)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "%s is not valid UTF-8", shape->name);
	if (shape->type != KEFS_SHAPE_LIST)
		return json_object_set_new(in, shape->name, value) < 0 ? -ENOMEM : 0;
	list = json_object_get(in, shape->name);
	if (!list) {
		list = json_array();
		if (json_object_set_new(in, shape->name, list) < 0)
			list = NULL;
	}
	return json_array_append_new(list, value) < 0 ? -ENOMEM : 0;
}

static int add_query(json_t *in, const struct kefs_shape *shape, const char *query, struct kefs_err *err)
{
	char name[64], value[VALUE_SIZE];
	int rc;

	while ((rc = kefs_query_next(&query, name, sizeof(name), value, sizeof(value))) != 0) {
		const struct kefs_shape *row;

		if (rc < 0)
			return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "The query is not valid");
		row = find(shape, name, KEFS_IN_QUERY);
		rc = row ? set_text(in, row, value, err) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_path(json_t *in, const struct kefs_shape *shape, const struct kefs_route_match *match,
		    struct kefs_err *err)
{
	int rc = 0;

	for (size_t n = 0; shape->type != KEFS_SHAPE_END && rc == 0; shape++) {
		if (shape->place == KEFS_IN_PATH && n < KEFS_ROUTE_PARAMS)
			rc = set_text(in, shape, match->params[n++], err);
	}
	return rc;
}

int kefs_efs_input(const struct kefs_shape *shape, const struct kefs_http_request *request, json_t **ret_in,
		   struct kefs_err *err)
{
	CLEANUP_JSON json_t *in = NULL;
	int rc = kefs_json_parse(request->body, request->body_len, &in, err);

	if (rc < 0)
		return rc == -EINVAL ? -KEFS_E_BAD_REQUEST : rc;
	drop_strangers(shape, in);
	rc = add_query(in, shape, request->query, err);
	if (rc == 0)
		rc = add_path(in, shape, request->match, err);
	if (rc == 0)
		rc = kefs_shape_check(shape, in, err);
	if (rc < 0)
		return rc == -ENOMEM ? kefs_err_sys(err, rc, "reading the request") : rc;
	*ret_in = take_ptr(in);
	return 0;
}
