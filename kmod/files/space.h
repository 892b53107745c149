/* SPDX-License-Identifier: GPL-2.0 */
/* How much room a volume says it has. */
#ifndef KEFS_FILES_SPACE_H
#define KEFS_FILES_SPACE_H

#include <linux/statfs.h>
#include "volume.h"

struct kefs_space {
	u64 total, free, avail;		/* bytes */
};

/* The project id that new files in @root get: what their blocks are counted under. 0: the file system has none. */
u32 kefs_space_project(const struct path *root);

/*
 * @fs: what the backing file system says. An elastic volume has 2^63 - 1 bytes of which its project has used some; if
 * that is not counted, all that is in use of the backing file system.
 */
void kefs_space_of(const struct kefs_volume *volume, const struct kstatfs *fs, struct kefs_space *ret);

#endif
