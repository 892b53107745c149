/* SPDX-License-Identifier: GPL-2.0 */
/* Answers: a status and a body of JSON or XML, or an error in the service's form. */
#ifndef KEFS_HTTP_REPLY_H
#define KEFS_HTTP_REPLY_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "common/id.h"
#include "http/xml.h"

struct kefs_http_reply {
	unsigned int status;	/* 0: not filled yet */
	json_t *body;		/* owned; NULL: none */
	char *xml;		/* owned; a body that is not JSON; NULL: none */
	const char *error;	/* static; for the header x-amzn-ErrorType; NULL: no error */
	char message[KEFS_ERR_SIZE];	/* of the error */
	char request_id[KEFS_UUID_SIZE];	/* "": any */
};

/* Fills in a status and a body, whose reference it takes; NULL is an out-of-memory error. */
void kefs_reply_json(struct kefs_http_reply *reply, unsigned int status, json_t *body);

/* Fills in a status without a body. */
void kefs_reply_empty(struct kefs_http_reply *reply, unsigned int status);

/*
 * Fills in an error: body {"ErrorCode", "Message"}, and code (static) in the header. Use kefs_reply_add() for the
 * extra member of the AlreadyExists errors.
 */
void kefs_reply_error(struct kefs_http_reply *reply, unsigned int status, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* How a service writes its errors. */
enum kefs_reply_form { KEFS_REPLY_JSON, KEFS_REPLY_QUERY, KEFS_REPLY_EC2 };

/* The same in any form; ns is the namespace of QUERY's root element. */
void kefs_reply_error_as(struct kefs_http_reply *reply, enum kefs_reply_form form, const char *ns, unsigned int status,
			 const char *code, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Fills in a status and an XML document, which is taken over; one that failed is an out-of-memory error. */
void kefs_reply_xml(struct kefs_http_reply *reply, unsigned int status, struct kefs_xml *xml);

/* Adds a string member to the body. */
void kefs_reply_add(struct kefs_http_reply *reply, const char *key, const char *value);

/* Frees the body. */
void kefs_reply_free(struct kefs_http_reply *reply);

#endif
