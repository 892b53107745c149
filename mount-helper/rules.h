/* SPDX-License-Identifier: GPL-2.0 */
/* The options that are this helper's own: their forms, and which need or exclude which. Pure. */
#ifndef KEFS_MOUNT_RULES_H
#define KEFS_MOUNT_RULES_H

#include "options.h"

/* Checks all of them. 0 or negative with @failure. */
int rules_check(const struct option_list *list, struct failure *failure);

/* Takes them all out of the list: what is left is mount.nfs4's. */
void rules_strip(struct option_list *list);

/* The number of an option, or @preset if it is not there. The list has passed rules_check(). */
unsigned int rules_number(const struct option_list *list, const char *name, unsigned int preset);

#endif
