/* SPDX-License-Identifier: GPL-2.0 */
/* READDIR. Runs with the caller's credentials in force. */
#ifndef KEFS_FILES_DIR_H
#define KEFS_FILES_DIR_H

#include <linux/dcache.h>
#include "grant.h"

struct kefs_dir_entry {
	const char *name;		/* not NUL-terminated */
	u32 len;
	u64 ino;
	u64 cookie;			/* to go on behind this entry */
	u8 type;			/* DT_*, a hint */
};

/* 0: taken, go on; 1: full, entry not taken, stop; negative: stop with this error. Called without any lock held: it may
 * look up the entry and sleep. */
typedef int (*kefs_dir_emit_t)(void *arg, const struct kefs_dir_entry *entry);

/*
 * Gives the entries behind @cookie (0: from the start) but "." and ".." to @emit. 0 with *eof true once all were given
 * and taken, 0 with *eof false when @emit said full. -ENOTDIR, -EACCES, -KEFS_ERR_BAD_COOKIE, what @emit returned.
 */
int kefs_dir_read(const struct kefs_grant *grant, struct dentry *dir, u64 cookie, kefs_dir_emit_t emit, void *arg,
		  bool *eof);

#endif
