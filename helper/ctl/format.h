/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers for people. Pure. Every function writes into buf, of CTL_TEXT bytes, and returns it. */
#ifndef KEFS_CTL_FORMAT_H
#define KEFS_CTL_FORMAT_H

#include <stdint.h>

#define CTL_TEXT 40

/* "0 B", "6.0 KiB", "1.5 GiB". */
const char *ctl_format_size(uint64_t bytes, char *buf);

/* "250ms", "12s", "3m05s", "4h12m", "2d03h". */
const char *ctl_format_duration(uint64_t ms, char *buf);

/* A time of day in the local zone: "2026-11-21 02:35:45". */
const char *ctl_format_time(double epoch, char *buf);

/* "0", "1234567", "12.3M" from ten million on, "45.6G". */
const char *ctl_format_count(uint64_t count, char *buf);

#endif
