/* SPDX-License-Identifier: GPL-2.0 */
/* One HTTP request to kefsd over its UNIX socket. */
#ifndef KEFS_CTL_CLIENT_H
#define KEFS_CTL_CLIENT_H

#include <jansson.h>
#include <stddef.h>

#include "common/err.h"

/*
 * Sends method and path with a JSON body (or NULL) and reads the answer: 0, its status, and its JSON (NULL if it has
 * no body; to be released). -errno with err if kefsd cannot be reached or does not answer properly.
 */
int ctl_client_call(const char *socket, const char *method, const char *path, const json_t *body, int *ret_status,
		    json_t **ret_json, struct kefs_err *err);

/*
 * The head and body of an answer, parsed: 0, -EBADMSG. Pure. *ret_body points into text.
 */
int ctl_client_parse(const char *text, size_t len, int *ret_status, const char **ret_body, size_t *ret_body_len);

/* Encodes text for a path segment or a query value: 0 or -ENAMETOOLONG. */
int ctl_client_encode(const char *text, char *buf, size_t size);

#endif
