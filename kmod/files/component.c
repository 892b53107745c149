// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/string.h>
#include "../core/kefs.h"
#include "../core/limits.h"
#include "component.h"

int kefs_component_check(const char *name, size_t len)
{
	if (!len)
		return -EINVAL;
	if (len > KEFS_NAME_COMPONENT_MAX)
		return -ENAMETOOLONG;
	if (memchr(name, '/', len) || memchr(name, 0, len))
		return -KEFS_ERR_BADCHAR;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return -KEFS_ERR_BADNAME;
	return 0;
}
