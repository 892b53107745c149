/* SPDX-License-Identifier: GPL-2.0 */
/* The body of a creation. Pure, and fed with strangers' bytes in later issues: it has a fuzz target. */
#ifndef KEFS_API_FS_REQUEST_H
#define KEFS_API_FS_REQUEST_H

#include <stddef.h>

#include "common/err.h"
#include "model/fs.h"

/* JSON of {"Name", "CreationToken"}, both optional, unknown members ignored, to a checked request. 0 or -EINVAL. */
int kefs_fs_request_decode(const char *body, size_t len, struct kefs_fs_request *ret_request, struct kefs_err *err);

#endif
