// SPDX-License-Identifier: GPL-2.0
#include "buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

int kefs_buf_add(struct kefs_buf *buf, const void *data, size_t len)
{
	size_t need, size = buf->size ? buf->size : 256;
	char *bigger;

	if (len > buf->cap || buf->len > buf->cap - len)
		return -EMSGSIZE;
	need = buf->len + len + 1;
	while (size < need)
		size *= 2;
	if (size != buf->size) {
		bigger = realloc(buf->data, size);
		if (!bigger)
			return -ENOMEM;
		buf->data = bigger;
		buf->size = size;
	}
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int kefs_buf_format(struct kefs_buf *buf, const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return kefs_buf_add(buf, text, (size_t)n);
}

void kefs_buf_free(struct kefs_buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->size = 0;
}
