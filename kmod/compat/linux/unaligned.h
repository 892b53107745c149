/* SPDX-License-Identifier: GPL-2.0 */
/* Unneeded since 6.12, which has the header. */
#include <asm/unaligned.h>
