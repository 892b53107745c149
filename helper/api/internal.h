/* SPDX-License-Identifier: GPL-2.0 */
/* Inside api/ only: the handlers, and what they share. */
#ifndef KEFS_API_INTERNAL_H
#define KEFS_API_INTERNAL_H

#include "api/api.h"
#include "http/reply.h"
#include "http/server.h"
#include "service/identities.h"

/* Handlers, one row of the table each; ctx is struct kefs_api. */
void kefs_api_fs_create(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_fs_list(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_fs_get(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_fs_delete(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_grace_end(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_connections(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_clients(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_stats(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_admin_key(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_ca(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_explain(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_topology(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);
void kefs_api_status(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply);

/* Notes what a request asks for and, if it is proven, who (else NULL). */
void kefs_api_note(const struct kefs_http_request *request, const char *service, const char *operation,
		   const struct kefs_who *who);

/* The error reply for a negative errno and its text. */
void kefs_api_fail(struct kefs_http_reply *reply, int code, const struct kefs_err *err);

/*
 * The volume that the query's FileSystemId names, 0 if it is not given. 0; else the reply is an error: -ENOENT,
 * -EINVAL.
 */
int kefs_api_query_volume(const struct kefs_api *api, const struct kefs_http_request *request, uint64_t *ret_volume,
			  struct kefs_http_reply *reply);

#endif
