// SPDX-License-Identifier: GPL-2.0
#include "reply.h"

#include <stdarg.h>

#include "common/err.h"
#include "common/str.h"

void kefs_reply_free(struct kefs_http_reply *reply)
{
	json_decref(reply->body);
	reply->body = NULL;
}

void kefs_reply_empty(struct kefs_http_reply *reply, unsigned int status)
{
	kefs_reply_free(reply);
	reply->status = status;
	reply->error = NULL;
}

void kefs_reply_json(struct kefs_http_reply *reply, unsigned int status, json_t *body)
{
	kefs_reply_empty(reply, status);
	reply->body = body;
	if (!body) {
		reply->status = 500;
		reply->error = "InternalServerError";
	}
}

void kefs_reply_error(struct kefs_http_reply *reply, unsigned int status, const char *code, const char *format, ...)
{
	char text[KEFS_ERR_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)kefs_str_vformat(text, sizeof(text), format, ap);
	va_end(ap);
	kefs_reply_empty(reply, status);
	reply->error = code;
	/* File names in a message need not be UTF-8, which JSON wants. */
	if (kefs_str_utf8_chars(text) < 0) {
		for (char *p = text; *p; p++) {
			if (*p < ' ' || *p > '~')
				*p = '?';
		}
	}
	reply->body = json_pack("{ssss}", "ErrorCode", code, "Message", text);
}

void kefs_reply_add(struct kefs_http_reply *reply, const char *key, const char *value)
{
	if (reply->body)
		(void)json_object_set_new(reply->body, key, json_string(value));
}
