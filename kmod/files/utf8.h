/* SPDX-License-Identifier: GPL-2.0 */
/* What may be a component of a path. Pure: also built in user space. */
#ifndef KEFS_FILES_UTF8_H
#define KEFS_FILES_UTF8_H

#include <linux/types.h>

bool kefs_utf8_valid(const char *s, size_t len);
/* 0; -EINVAL empty or not UTF-8; -ENAMETOOLONG; -KEFS_ERR_BADCHAR '/' or NUL; -KEFS_ERR_BADNAME "." or "..". */
int kefs_utf8_check_name(const char *name, size_t len);

#endif
