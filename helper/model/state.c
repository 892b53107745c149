// SPDX-License-Identifier: GPL-2.0
#include "state.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const names[] = {
	[KEFS_STATE_CREATING] = "creating",
	[KEFS_STATE_AVAILABLE] = "available",
	[KEFS_STATE_DELETING] = "deleting",
	[KEFS_STATE_ERROR] = "error",
};

const char *kefs_state_name(enum kefs_state state)
{
	return names[state];
}

int kefs_state_parse(const char *word, enum kefs_state *ret_state)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(word, names[i])) {
			*ret_state = (enum kefs_state)i;
			return 0;
		}
	}
	return -EINVAL;
}
