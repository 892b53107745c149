/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of sections and keys, as efs-utils.conf and AWS's credentials and config are. Comments are whole lines that
 * begin with '#' or ';'. An indented line belongs to the value above it, which nothing here has, and is skipped: AWS's
 * config nests settings so. Names of keys are lower case whatever the file has. Pure.
 */
#ifndef KEFS_MOUNT_INI_H
#define KEFS_MOUNT_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "messages.h"

#define INI_SIZE_MAX	((size_t)256 * 1024)	/* of a file */
#define INI_ENTRIES_MAX	8192

struct ini_entry {
	const char *section, *key, *value;	/* within the ini's text; trimmed */
};

struct ini {
	char *text;
	struct ini_entry *entries;
	size_t count;
};

/* Parses a copy of @text; @source is its name in failures. 0 or negative with @failure. */
int ini_parse(struct ini *ini, const char *text, size_t len, const char *source, struct failure *failure);

/*
 * Reads a file and parses it. 0; -ENOENT (no failure text) if there is none, and then ini is empty; else negative
 * with @failure.
 */
int ini_read(struct ini *ini, const char *path, struct failure *failure);

/* The value of the last such line, or NULL. */
const char *ini_get(const struct ini *ini, const char *section, const char *key);
bool ini_has_section(const struct ini *ini, const char *section);
void ini_free(struct ini *ini);

#endif
