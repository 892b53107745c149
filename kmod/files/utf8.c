// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/string.h>
#include "../core/kefs.h"
#include "../core/limits.h"
#include "utf8.h"

/*
 * Length of the sequence at @s (of at most @left bytes), 0 if it is none. Refuses overlong forms, surrogates and what
 * lies beyond U+10FFFF (RFC 3629).
 */
static size_t sequence_len(const u8 *s, size_t left)
{
	size_t len, i;
	u8 low = 0x80, high = 0xbf;	/* range of the second byte */

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (len > left)
		return 0;
	switch (s[0]) {
	case 0xe0:
		low = 0xa0;
		break;
	case 0xed:
		high = 0x9f;
		break;
	case 0xf0:
		low = 0x90;
		break;
	case 0xf4:
		high = 0x8f;
		break;
	}
	if (s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool kefs_utf8_valid(const char *s, size_t len)
{
	const u8 *p = (const u8 *)s, *end = p + len;
	size_t n;

	while (p < end) {
		if (*p < 0x80) {
			p++;
			continue;
		}
		n = sequence_len(p, end - p);
		if (!n)
			return false;
		p += n;
	}
	return true;
}

int kefs_utf8_check_name(const char *name, size_t len)
{
	if (!len)
		return -EINVAL;
	if (len > KEFS_NAME_COMPONENT_MAX)
		return -ENAMETOOLONG;
	if (memchr(name, '/', len) || memchr(name, 0, len))
		return -KEFS_ERR_BADCHAR;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return -KEFS_ERR_BADNAME;
	return kefs_utf8_valid(name, len) ? 0 : -EINVAL;
}
