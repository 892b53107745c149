/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be a component of a path. Pure.
 *
 * Names are bytes, as the backing file system and the Linux client have them: RFC 8881 §14.4 lets a server refuse what
 * is not UTF-8, but real trees hold names in older encodings, and they must survive a copy.
 */
#ifndef KEFS_FILES_COMPONENT_H
#define KEFS_FILES_COMPONENT_H

#include <linux/types.h>

/* 0; -EINVAL empty; -ENAMETOOLONG; -KEFS_ERR_BADCHAR '/' or NUL; -KEFS_ERR_BADNAME "." or "..". */
int kefs_component_check(const char *name, size_t len);

#endif
