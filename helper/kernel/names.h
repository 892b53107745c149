/* SPDX-License-Identifier: GPL-2.0 */
/* Names of the numbers that the module counts by. Pure. */
#ifndef KEFS_KERNEL_NAMES_H
#define KEFS_KERNEL_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* The operation's name ("READ"; "NULL" and "COMPOUND" for 0 and 1), or NULL if the number is unknown. */
const char *kefs_names_op(uint32_t op);

/* The counter's name ("BadRecord"), or NULL for an index of a newer module. */
const char *kefs_names_counter(size_t index);

#endif
