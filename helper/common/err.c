// SPDX-License-Identifier: GPL-2.0
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "str.h"

const char *kefs_err_name(int code)
{
	const char *text = strerrordesc_np(code < 0 ? -code : code);

	return text ? text : "Unknown error";
}

int kefs_err_set(struct kefs_err *err, int code, const char *format, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, format);
	(void)kefs_str_vformat(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return code;
}

int kefs_err_sys(struct kefs_err *err, int code, const char *format, ...)
{
	char text[KEFS_ERR_SIZE];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, format);
	(void)kefs_str_vformat(text, sizeof(text), format, ap);
	va_end(ap);
	return kefs_err_set(err, code, "%s: %s", text, kefs_err_name(code));
}

int kefs_err_prefix(struct kefs_err *err, int code, const char *format, ...)
{
	char head[KEFS_ERR_SIZE], tail[KEFS_ERR_SIZE];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, format);
	(void)kefs_str_vformat(head, sizeof(head), format, ap);
	va_end(ap);
	memcpy(tail, err->text, sizeof(tail));
	return kefs_err_set(err, code, "%s%s", head, tail);
}
