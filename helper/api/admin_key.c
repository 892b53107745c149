// SPDX-License-Identifier: GPL-2.0
/* The administrator's access key: what a client of the EFS API needs to be told. On the control socket only. */
#include <string.h>

#include "common/str.h"
#include "internal.h"
#include "service/access_keys.h"

void kefs_api_admin_key(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	char address[KEFS_ADDR_TEXT], url[KEFS_ADDR_TEXT + 16] = "";
	struct kefs_access_key key;
	struct kefs_err err;

	(void)request;
	if (kefs_access_keys_admin(api->efs->db, &key, &err) < 0) {
		kefs_reply_error(reply, 500, "InternalServerError", "%s", err.text);
		return;
	}
	if (api->endpoint->len) {
		kefs_addr_format(api->endpoint, address);
		(void)kefs_str_format(url, sizeof(url), "%s://%s", api->endpoint_tls ? "https" : "http",
				      address);
	}
	kefs_reply_json(reply, 200, json_pack("{ss ss ss ss ss}", "AccessKeyId", key.id, "SecretAccessKey", key.secret,
					      "Region", api->efs->topology->region, "Account", api->efs->topology->account,
					      "EndpointUrl", url));
	explicit_bzero(&key, sizeof(key));
}
