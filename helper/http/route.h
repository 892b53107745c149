/* SPDX-License-Identifier: GPL-2.0 */
/* The route table, method and path pattern to handler, and queries. Pure. */
#ifndef KEFS_HTTP_ROUTE_H
#define KEFS_HTTP_ROUTE_H

#include <stddef.h>

#define KEFS_ROUTE_PARAMS	3
#define KEFS_ROUTE_PARAM_SIZE	256	/* an ARN fits */

struct kefs_http_request;
struct kefs_http_reply;

/* Fills reply; never fails but by an error reply. */
typedef void (*kefs_route_fn)(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);

struct kefs_route {
	const char *method;	/* "GET" */
	const char *pattern;	/* "/kefs/v1/file-systems/{id}": {…} stands for one segment that is not empty */
	kefs_route_fn handler;
	const void *data;	/* for the handler */
};

struct kefs_route_match {
	const struct kefs_route *route;
	char params[KEFS_ROUTE_PARAMS][KEFS_ROUTE_PARAM_SIZE];	/* decoded, in the order of the pattern */
};

/*
 * Finds the first row that fits. The raw path is cut at its slashes first and each segment decoded afterwards, so
 * that an encoded slash stays inside its segment (ARNs). 0; -ENOENT: no such path; -EOPNOTSUPP: the path is there,
 * but not with this method; -EINVAL: a bad %-escape, a NUL, or a segment that is too long.
 */
int kefs_route_find(const struct kefs_route *routes, size_t count, const char *method, const char *path,
		    struct kefs_route_match *ret_match);

/* Decodes %XX in len bytes of text into buf: 0, -EINVAL (bad escape, NUL), -ENAMETOOLONG. */
int kefs_route_decode(const char *text, size_t len, char *buf, size_t size);

/*
 * Cuts the next "name=value" off a raw query and decodes both; the value is "" where there is none. 1, 0 at the end,
 * -EINVAL or -ENAMETOOLONG, and then the parameter is skipped.
 */
int kefs_query_next(const char **query, char *name, size_t name_size, char *value, size_t value_size);

#endif
