/* SPDX-License-Identifier: GPL-2.0 */
/* The life-cycle states of mount targets and access points. Pure. */
#ifndef KEFS_MODEL_STATE_H
#define KEFS_MODEL_STATE_H

enum kefs_state { KEFS_STATE_CREATING, KEFS_STATE_AVAILABLE, KEFS_STATE_DELETING, KEFS_STATE_ERROR };

/* The service's word. */
const char *kefs_state_name(enum kefs_state state);

/* The state of a word: 0 or -EINVAL. */
int kefs_state_parse(const char *word, enum kefs_state *ret_state);

#endif
