/* SPDX-License-Identifier: GPL-2.0 */
/* Small files: read whole, written so that a reader sees the old or the new one. */
#ifndef KEFS_MOUNT_FILE_H
#define KEFS_MOUNT_FILE_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

/* All of a file of at most @max bytes, with a NUL behind; free(). 0 or -errno (-EFBIG). */
int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len);

/* Replaces @path in one step (a new file beside it, synced if @sync, then renamed). 0 or -errno. */
int file_write(const char *path, const void *data, size_t len, mode_t mode, int sync);

/* mkdir -p; the last folder gets @mode, those above it 0755. 0 or -errno. */
int file_mkdirs(const char *path, mode_t mode);

/* A folder of plain files (and of folders of plain files) and itself; what is gone already is fine. 0 or -errno. */
int file_remove_dir(const char *path);

/*
 * The path from the root, for those who are not where this process is: links are left as they are, which may be others
 * tomorrow. 0 or -errno.
 */
int file_absolute(const char *path, char ret_path[PATH_MAX]);

#endif
