// SPDX-License-Identifier: GPL-2.0
/* Connections and NFS clients, as the kernel module lists them. */
#include <ctype.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "internal.h"

static json_t *addr_json(const struct kefs_addr *addr)
{
	char text[KEFS_ADDR_TEXT];

	kefs_addr_format(addr, text);
	return json_string(text);
}

static json_t *fs_id_json(const struct kefs_api *api, uint64_t volume)
{
	const char *id = kefs_volumes_name(api->volumes, volume);

	return json_string(id ? id : "");
}

static json_t *conn_json(const struct kefs_api *api, const struct kefs_kconn *conn)
{
	char key[KEFS_AWSCERT_KEY_SIZE];
	const char *arn;

	if (kefs_grant_who(conn->who, key, &arn) < 0)
		arn = "";
	return json_pack("{sI so so so sb sb sb sb ss ss sI sI sI sI sI sI}",
			 "ConnectionId", (json_int_t)conn->id,
			 "FileSystemId", fs_id_json(api, conn->volume),
			 "PeerAddress", addr_json(&conn->peer),
			 "LocalAddress", addr_json(&conn->local),
			 "Tls", (conn->grant_flags & KEFS_MODEL_GRANT_TLS) != 0,
			 "Tunnel", (conn->grant_flags & KEFS_MODEL_GRANT_TUNNEL) != 0,
			 "Relayed", conn->relayed,
			 "Access", !(conn->grant_flags & KEFS_MODEL_GRANT_NO_ACCESS),
			 "AccessPointId", conn->access_point,
			 "Principal", arn,
			 "AgeMilliseconds", (json_int_t)conn->age_ms,
			 "IdleMilliseconds", (json_int_t)conn->idle_ms,
			 "Requests", (json_int_t)conn->requests,
			 "BytesIn", (json_int_t)conn->bytes_in,
			 "BytesOut", (json_int_t)conn->bytes_out,
			 "InFlight", (json_int_t)conn->in_flight);
}

void kefs_api_connections(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	struct kefs_err err;
	uint64_t volume;
	size_t count;
	json_t *array;
	int rc;

	if (kefs_api_query_volume(api, request, &volume, reply) < 0)
		return;
	rc = api->kernel.ops->conn_list(api->kernel.ctx, volume, &list, &count, &err);
	if (rc < 0) {
		kefs_reply_error(reply, 500, "InternalServerError", "%s", err.text);
		return;
	}
	array = json_array();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(array, conn_json(api, &list[i]));
	kefs_reply_json(reply, 200, json_pack("{so}", "Connections", array));
}

/* co_ownerid is opaque; nearly all clients send text. Anything else is shown as hex. */
static json_t *owner_json(const struct kefs_kclient *client)
{
	char hex[2 * KEFS_KVIEW_OWNER + 4] = "hex:";
	size_t i;

	for (i = 0; i < client->owner_len && isprint(client->owner[i]); i++)
		;
	if (i == client->owner_len)
		return json_stringn((const char *)client->owner, client->owner_len);
	kefs_str_hex(client->owner, client->owner_len, hex + 4);
	return json_string(hex);
}

static json_t *client_json(const struct kefs_api *api, const struct kefs_kclient *client)
{
	char id[24];

	(void)kefs_str_format(id, sizeof(id), "%016llx", (unsigned long long)client->id);
	return json_pack("{ss so so so sb sb sI sI sI sI sI}",
			 "ClientId", id,
			 "FileSystemId", fs_id_json(api, client->volume),
			 "Owner", owner_json(client),
			 "PeerAddress", addr_json(&client->peer),
			 "Confirmed", client->confirmed,
			 "ReclaimComplete", client->reclaimed,
			 "RenewedMilliseconds", (json_int_t)client->renewed_ms,
			 "Sessions", (json_int_t)client->sessions,
			 "Opens", (json_int_t)client->opens,
			 "Locks", (json_int_t)client->locks,
			 "Delegations", (json_int_t)client->delegations);
}

void kefs_api_clients(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	CLEANUP_FREE struct kefs_kclient *list = NULL;
	struct kefs_err err;
	uint64_t volume;
	size_t count;
	json_t *array;
	int rc;

	if (kefs_api_query_volume(api, request, &volume, reply) < 0)
		return;
	rc = api->kernel.ops->client_list(api->kernel.ctx, volume, &list, &count, &err);
	if (rc < 0) {
		kefs_reply_error(reply, 500, "InternalServerError", "%s", err.text);
		return;
	}
	array = json_array();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(array, client_json(api, &list[i]));
	kefs_reply_json(reply, 200, json_pack("{so}", "Clients", array));
}
