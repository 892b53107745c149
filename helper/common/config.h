/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration text: lines of "key = value", "#" comments (at the start of a line or after white space), blank
 * lines. A key stands once at most. Which keys there are and what their values mean is the caller's table. Pure.
 */
#ifndef KEFS_COMMON_CONFIG_H
#define KEFS_COMMON_CONFIG_H

#include <stddef.h>

#include "err.h"

#define KEFS_CONFIG_LINE_MAX	4096
#define KEFS_CONFIG_SIZE_MAX	(256 * 1024)

struct kefs_config_key {
	const char *name;
	/*
	 * Takes the value (trimmed, perhaps empty) into the caller's struct. 0 or -errno; on failure err says what a
	 * value must look like, without naming the key or the line: the parser puts those in front.
	 */
	int (*set)(void *settings, const char *value, struct kefs_err *err);
};

/*
 * Parses text (len bytes, need not end in NUL) and calls set for each line, in order. source is the file's name for
 * errors, which read "source:line: …". 0, -EINVAL, or what a set returned. Keys before the faulty line were set.
 */
int kefs_config_parse(const char *text, size_t len, const char *source, const struct kefs_config_key *keys,
		      size_t count, void *settings, struct kefs_err *err);

/* Reads a file of at most KEFS_CONFIG_SIZE_MAX into *ret_text, to be freed. 0 or -errno with err. */
int kefs_config_read(const char *path, char **ret_text, size_t *ret_len, struct kefs_err *err);

#endif
