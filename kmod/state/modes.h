/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Share modes of one open: the set of (access 1..3, deny 0..3) pairs that are in effect, a bit each, so that
 * OPEN_DOWNGRADE can tell what some of them add up to (RFC 8881 §18.18.3). Pure.
 */
#ifndef KEFS_STATE_MODES_H
#define KEFS_STATE_MODES_H

#include <linux/types.h>

/* @set with one more pair. */
u16 kefs_modes_add(u16 set, u32 access, u32 deny);
/* Union of all pairs of @set that ask for no more than (@access, @deny); returns those pairs. */
u16 kefs_modes_within(u16 set, u32 access, u32 deny, u32 *ret_access, u32 *ret_deny);

#endif
