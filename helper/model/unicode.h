/* SPDX-License-Identifier: GPL-2.0 */
/* Which characters are text: what tags may be made of. Pure. */
#ifndef KEFS_MODEL_UNICODE_H
#define KEFS_MODEL_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

/* Is it a letter, a number or a separator (categories L, N, Z)? */
bool kefs_unicode_is_text(uint32_t code);

#endif
