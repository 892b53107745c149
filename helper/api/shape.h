/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shapes of requests as tables: which members there are, where they stand, what type and size they have. An
 * operation's input (body, query and path together) is checked against its shape before the operation sees it, so that
 * the operation only reads. Members that no shape names are ignored; null is as good as absent. Pure.
 */
#ifndef KEFS_API_SHAPE_H
#define KEFS_API_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum kefs_shape_type {
	KEFS_SHAPE_END,		/* ends a list of members */
	KEFS_SHAPE_STRING,	/* min, max: characters */
	KEFS_SHAPE_INTEGER,	/* min, max: value */
	KEFS_SHAPE_NUMBER,	/* with fraction; its value is the operation's to check */
	KEFS_SHAPE_BOOLEAN,
	KEFS_SHAPE_OBJECT,	/* inner: its members */
	KEFS_SHAPE_LIST,	/* min, max: elements; inner: one row, the elements' shape */
};

enum kefs_shape_place { KEFS_IN_BODY, KEFS_IN_PATH, KEFS_IN_QUERY };

struct kefs_shape {
	const char *name;
	enum kefs_shape_type type;
	enum kefs_shape_place place;
	bool required;
	int64_t min, max;
	const struct kefs_shape *inner;
	const char *const *words;		/* STRING: one of these, if given; NULL at the end */
};

/*
 * Checks an object against the shapes of its members and takes out members that are null. 0, or -KEFS_E_BAD_REQUEST
 * with err naming the member.
 */
int kefs_shape_check(const struct kefs_shape *members, json_t *object, struct kefs_err *err);

/* Reading what was checked: the member's value, or what stands for an absent one. */
const char *kefs_in_string(const json_t *object, const char *name);	/* "" */
int64_t kefs_in_integer(const json_t *object, const char *name);	/* 0 */
double kefs_in_number(const json_t *object, const char *name);		/* 0 */
bool kefs_in_boolean(const json_t *object, const char *name, bool absent);
/* The place of a string among words, or absent. */
int kefs_in_word(const json_t *object, const char *name, const char *const *words, int absent);

#endif
