// SPDX-License-Identifier: GPL-2.0
#include "auth.h"

#include "common/str.h"

/* The socket's mode lets nobody else in; this holds even if somebody widens it. */
static void admit_local(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	uid_t uid;

	(void)ctx;
	if (kefs_http_peer(request, &uid) < 0 || uid != 0)
		kefs_reply_error(reply, 403, "AccessDeniedException", "Only root may use this socket");
}

static void identify_local(void *ctx, const struct kefs_http_request *request, struct kefs_http_caller *caller,
			   struct kefs_http_reply *reply)
{
	const struct kefs_auth_parts *parts = ctx;

	(void)request;
	(void)reply;
	caller->local = true;
	(void)kefs_str_copy(caller->account, sizeof(caller->account), parts->account);
	(void)kefs_str_format(caller->arn, sizeof(caller->arn), "arn:aws:iam::%s:root", parts->account);
}

struct kefs_http_auth kefs_auth_local(struct kefs_auth_parts *parts)
{
	return (struct kefs_http_auth) { .admit = admit_local, .identify = identify_local, .ctx = parts };
}
