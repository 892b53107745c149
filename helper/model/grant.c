// SPDX-License-Identifier: GPL-2.0
#include "grant.h"

#include <errno.h>
#include <string.h>

int kefs_grant_make(const struct kefs_claims *claims, struct kefs_grant *ret_grant)
{
	static const char kind[] = "plain";
	struct kefs_grant grant = { .volume_id = claims->volume_id };

	if (!claims->volume_id)
		return -EACCES;
	memcpy(grant.domain, &claims->volume_id, sizeof(claims->volume_id));
	memcpy(grant.domain + sizeof(claims->volume_id), kind, sizeof(kind) - 1);
	grant.domain_len = sizeof(claims->volume_id) + sizeof(kind) - 1;
	*ret_grant = grant;
	return 0;
}
