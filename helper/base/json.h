/* SPDX-License-Identifier: GPL-2.0 */
/* Small helpers over jansson. */
#ifndef KEFS_BASE_JSON_H
#define KEFS_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/err.h"

#define CLEANUP_JSON CLEANUP(kefs_json_cleanup)

#define KEFS_JSON_DEPTH_MAX 32

/* json_decref() through a pointer. */
void kefs_json_cleanup(json_t **json);

/*
 * Parses a text that must be one JSON object, with no key twice in an object. 0 and a new reference, or -EINVAL with
 * err saying where; what is its name there.
 */
int kefs_json_load(const char *what, const char *text, size_t len, json_t **ret_object, struct kefs_err *err);

/*
 * Parses a body that must be one JSON object; an empty body is an empty object. 0 and a new reference, or -EINVAL
 * with err saying where.
 */
int kefs_json_parse(const char *text, size_t len, json_t **ret_object, struct kefs_err *err);

/*
 * Copies the string member key into buf. 0; 0 with "" if the member is absent or null and not required; -EINVAL if
 * it is missing, no string, has a NUL inside, or is too long.
 */
int kefs_json_string(const json_t *object, const char *key, bool required, char *buf, size_t size,
		     struct kefs_err *err);

#endif
