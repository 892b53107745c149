/* SPDX-License-Identifier: GPL-2.0 */
/* Calls of AWS's services: signed requests, JSON answers. */
#ifndef KEFS_MOUNT_AWS_H
#define KEFS_MOUNT_AWS_H

#include <jansson.h>

#include "common/err.h"
#include "creds.h"

#define AWS_LIMIT_MS	5000

struct aws_call {
	const char *url;		/* with the query; a POST if there is a body */
	const char *body;		/* a form, or NULL */
	const char *region, *service;
	const struct creds *creds;	/* NULL: not signed */
	const char *authorization;	/* header, when not signed; or NULL */
	const char *ca_file;		/* NULL: the system's */
	unsigned int limit_ms;
};

/* 0 and the answer's object (json_decref()) if the status is 200; else negative with err: the service's own words. */
int aws_do(const struct aws_call *call, json_t **ret_object, struct kefs_err *err);

#endif
