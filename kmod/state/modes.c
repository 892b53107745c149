// SPDX-License-Identifier: GPL-2.0
#include "modes.h"

static unsigned int bit_of(u32 access, u32 deny)
{
	return (access - 1) * 4 + deny;
}

u16 kefs_modes_add(u16 set, u32 access, u32 deny)
{
	return set | 1u << bit_of(access, deny);
}

u16 kefs_modes_within(u16 set, u32 access, u32 deny, u32 *ret_access, u32 *ret_deny)
{
	u32 a, d;
	u16 kept = 0;

	*ret_access = 0;
	*ret_deny = 0;
	for (a = 1; a <= 3; a++) {
		for (d = 0; d <= 3; d++) {
			if (!(set & 1u << bit_of(a, d)) || a & ~access || d & ~deny)
				continue;
			kept |= 1u << bit_of(a, d);
			*ret_access |= a;
			*ret_deny |= d;
		}
	}
	return kept;
}
