/* SPDX-License-Identifier: GPL-2.0 */
/* A list of mount options, as in "rw,mounttargetip=192.0.2.1". Pure: the caller's strings are read only. */
#ifndef KEFS_MOUNT_OPTIONS_H
#define KEFS_MOUNT_OPTIONS_H

#include <stdbool.h>

#include "messages.h"

#define OPTIONS_MAX 128

struct option_list {
	char *item[OPTIONS_MAX];	/* "name" or "name=value", owned */
	unsigned int n;
};

/*
 * Append what @text lists; empty items are left out. Within quotation marks (SELinux contexts have them) a comma
 * separates nothing. 0 or negative with @failure.
 */
int options_add(struct option_list *list, const char *text, struct failure *failure);
/* The value of the first @name ("" if it has none), or NULL if it is not there. The list's memory. */
const char *options_get(const struct option_list *list, const char *name);
/* Does @name stand there with a "="? */
bool options_has_value(const struct option_list *list, const char *name);
/* Take every @name out; fine if it is not there. */
void options_remove(struct option_list *list, const char *name);
/* All of it, separated by commas; free(). NULL: no memory. */
char *options_string(const struct option_list *list);
void options_free(struct option_list *list);

#endif
