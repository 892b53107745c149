/* SPDX-License-Identifier: GPL-2.0 */
/* A growing byte buffer with a cap. All zero is an empty buffer with no cap set: give cap before the first use. */
#ifndef KEFS_COMMON_BUF_H
#define KEFS_COMMON_BUF_H

#include <stddef.h>

struct kefs_buf {
	char *data;	/* len bytes and a NUL, or NULL while nothing was added */
	size_t len;
	size_t size;
	size_t cap;	/* most bytes that it may hold */
};

/* Appends; 0, -EMSGSIZE over the cap, -ENOMEM. The buffer is as before on failure. */
int kefs_buf_add(struct kefs_buf *buf, const void *data, size_t len);

/* Appends formatted text; errors as kefs_buf_add(). */
int kefs_buf_format(struct kefs_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees the content; the buffer is empty and can be used again. */
void kefs_buf_free(struct kefs_buf *buf);

#endif
