/* SPDX-License-Identifier: GPL-2.0 */
/* Strings into bounded buffers, and text to numbers. Pure. */
#ifndef KEFS_COMMON_STR_H
#define KEFS_COMMON_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * snprintf() that says whether it fitted: 0, or -ENAMETOOLONG with what fits, cut and NUL-terminated, in buf.
 * size is not 0.
 */
int kefs_str_format(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int kefs_str_vformat(char *buf, size_t size, const char *format, va_list ap) __attribute__((format(printf, 3, 0)));

/* Copies a string; 0, or -ENAMETOOLONG with as much as fits. size is not 0. */
int kefs_str_copy(char *buf, size_t size, const char *from);

/* Is text free of anything after prefix? Returns the rest behind the prefix, or NULL. */
const char *kefs_str_after(const char *text, const char *prefix);

/*
 * A decimal number min..max with nothing before or after it. 0, -EINVAL if it is no number, -ERANGE if it is
 * outside; *ret_value is written only on success.
 */
int kefs_str_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);

/*
 * A size in bytes: a decimal number with an optional suffix K, M, G or T (powers of 1024; "KiB" and "KB" forms
 * too, in any case). 0, -EINVAL, -ERANGE.
 */
int kefs_str_size(const char *text, uint64_t *ret_bytes);

/* yes/no, true/false, on/off, 1/0 in any case. 0 or -EINVAL. */
int kefs_str_bool(const char *text, bool *ret_value);

/* len bytes as 2 * len lower-case hex digits and a NUL; hex has room for 2 * len + 1. */
void kefs_str_hex(const void *bytes, size_t len, char *hex);

/* Is it well-formed UTF-8 without control characters? Returns the number of characters, or -EILSEQ. */
int kefs_str_utf8_chars(const char *text);

#endif
