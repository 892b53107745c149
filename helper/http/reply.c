// SPDX-License-Identifier: GPL-2.0
#include "reply.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/str.h"

void kefs_reply_free(struct kefs_http_reply *reply)
{
	json_decref(reply->body);
	reply->body = NULL;
	free(reply->xml);
	reply->xml = NULL;
}

void kefs_reply_empty(struct kefs_http_reply *reply, unsigned int status)
{
	kefs_reply_free(reply);
	reply->status = status;
	reply->error = NULL;
	reply->message[0] = '\0';
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

static void fill_json(struct kefs_http_reply *reply, unsigned int status, const char *code, char *text)
{
	kefs_reply_empty(reply, status);
	reply->error = code;
	/* File names in a message need not be UTF-8, which JSON wants. */
	if (kefs_str_utf8_chars(text) < 0) {
		for (char *p = text; *p; p++) {
			if (*p < ' ' || *p > '~')
				*p = '?';
		}
	}
	(void)kefs_str_copy(reply->message, sizeof(reply->message), text);
	reply->body = json_pack("{ssss}", "ErrorCode", code, "Message", text);
}

void kefs_reply_error(struct kefs_http_reply *reply, unsigned int status, const char *code, const char *format, ...)
{
	char text[KEFS_ERR_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)kefs_str_vformat(text, sizeof(text), format, ap);
	va_end(ap);
	fill_json(reply, status, code, text);
}

void kefs_reply_xml(struct kefs_http_reply *reply, unsigned int status, struct kefs_xml *xml)
{
	kefs_reply_empty(reply, status);
	if (xml->failed) {
		kefs_buf_free(&xml->buf);
		kefs_reply_error(reply, 500, "InternalServerError", "The service has failed inside");
		return;
	}
	reply->xml = xml->buf.data;
	*xml = kefs_xml_new();
}

static void fill_query(struct kefs_http_reply *reply, const char *ns, unsigned int status, const char *code,
		       const char *text)
{
	struct kefs_xml xml = kefs_xml_new();

	kefs_xml_root(&xml, "ErrorResponse", ns);
	kefs_xml_open(&xml, "Error");
	kefs_xml_text(&xml, "Type", status < 500 ? "Sender" : "Receiver");
	kefs_xml_text(&xml, "Code", code);
	kefs_xml_text(&xml, "Message", text);
	kefs_xml_close(&xml, "Error");
	kefs_xml_text(&xml, "RequestId", reply->request_id);
	kefs_xml_close(&xml, "ErrorResponse");
	kefs_reply_xml(reply, status, &xml);
}

static void fill_ec2(struct kefs_http_reply *reply, unsigned int status, const char *code, const char *text)
{
	struct kefs_xml xml = kefs_xml_new();

	kefs_xml_open(&xml, "Response");
	kefs_xml_open(&xml, "Errors");
	kefs_xml_open(&xml, "Error");
	kefs_xml_text(&xml, "Code", code);
	kefs_xml_text(&xml, "Message", text);
	kefs_xml_close(&xml, "Error");
	kefs_xml_close(&xml, "Errors");
	kefs_xml_text(&xml, "RequestID", reply->request_id);
	kefs_xml_close(&xml, "Response");
	kefs_reply_xml(reply, status, &xml);
}

void kefs_reply_error_as(struct kefs_http_reply *reply, enum kefs_reply_form form, const char *ns, unsigned int status,
			 const char *code, const char *format, ...)
{
	char text[KEFS_ERR_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)kefs_str_vformat(text, sizeof(text), format, ap);
	va_end(ap);
	if (form == KEFS_REPLY_JSON) {
		fill_json(reply, status, code, text);
		return;
	}
	if (!*reply->request_id)
		(void)kefs_id_uuid(reply->request_id);
	if (form == KEFS_REPLY_EC2)
		fill_ec2(reply, status, code, text);
	else
		fill_query(reply, ns, status, code, text);
	reply->error = code;
	(void)kefs_str_copy(reply->message, sizeof(reply->message), text);
}

void kefs_reply_add(struct kefs_http_reply *reply, const char *key, const char *value)
{
	if (reply->body)
		(void)json_object_set_new(reply->body, key, json_string(value));
}
