/* SPDX-License-Identifier: GPL-2.0 */
/* What there is to look after: the folders of RUN_DIR, and which of them are mounted. */
#ifndef KEFS_MOUNT_SCAN_H
#define KEFS_MOUNT_SCAN_H

#include "watch.h"

#define SCAN_WATCHES_MAX 4096

struct watches {
	struct watch *all[SCAN_WATCHES_MAX];
	size_t count;
};

/*
 * Finds new folders and reads their states; sets "listed", "mounted" and "elsewhere" of all. 0 or -errno: nothing is
 * known, nor to be done.
 */
int scan(struct watches *watches, int64_t now_ms);

#endif
