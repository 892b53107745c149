// SPDX-License-Identifier: GPL-2.0
/* CONN_ADD, CONN_DEL, CONN_GET, GRANT_SET, CLIENT_GET. */
#include <assert.h>
#include <errno.h>
#include <kefs.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static_assert(KEFS_MODEL_DOMAIN_MAX == KEFS_DOMAIN_MAX, "a grant's domain fits the kernel's");
static_assert(KEFS_MODEL_GRANT_READ_ONLY == KEFS_GRANT_F_READ_ONLY, "grant flags are the kernel's");
static_assert(KEFS_MODEL_GRANT_SQUASH_ROOT == KEFS_GRANT_F_SQUASH_ROOT, "grant flags are the kernel's");
static_assert(KEFS_MODEL_GRANT_TLS == KEFS_GRANT_F_TLS, "grant flags are the kernel's");
static_assert(KEFS_MODEL_GIDS_MAX == KEFS_GIDS_MAX, "a grant's groups fit the kernel's");
static_assert(KEFS_ID_SIZE <= KEFS_NAME_MAX + 1, "an access point's id fits the kernel's");
static_assert(KEFS_WHO_SIZE <= KEFS_PRINCIPAL_MAX + 1, "a grant's principal fits the kernel's");
static_assert(KEFS_MODEL_GRANT_ENFORCE_IDS == KEFS_GRANT_F_ENFORCE_IDS, "grant flags are the kernel's");
static_assert(KEFS_MODEL_GRANT_NO_ACCESS == KEFS_GRANT_F_NO_ACCESS, "grant flags are the kernel's");
static_assert(KEFS_MODEL_GRANT_TUNNEL == KEFS_GRANT_F_TUNNEL, "grant flags are the kernel's");

static int put_ids(struct nl_msg *msg, const struct kefs_grant_ids *ids)
{
	int len = (int)(ids->gid_count * sizeof(ids->gids[0]));

	if (nla_put_u32(msg, KEFS_A_GRANT_UID, ids->uid) < 0 || nla_put_u32(msg, KEFS_A_GRANT_GID, ids->gid) < 0)
		return -EMSGSIZE;
	return nla_put(msg, KEFS_A_GRANT_GIDS, len, ids->gids) < 0 ? -EMSGSIZE : 0;
}

static int put_grant(struct nl_msg *msg, const struct kefs_grant *grant)
{
	struct nlattr *nest = kefs_nl_nest(msg, KEFS_A_CONN_GRANT);

	if (!nest || nla_put_u32(msg, KEFS_A_GRANT_FLAGS, grant->flags) < 0 ||
	    nla_put(msg, KEFS_A_GRANT_DOMAIN, (int)grant->domain_len, grant->domain) < 0)
		return -EMSGSIZE;
	if (grant->root_fd >= 0 && nla_put_s32(msg, KEFS_A_GRANT_ROOT_FD, grant->root_fd) < 0)
		return -EMSGSIZE;
	if (*grant->access_point && nla_put_string(msg, KEFS_A_GRANT_ACCESS_POINT, grant->access_point) < 0)
		return -EMSGSIZE;
	if (*grant->who && nla_put_string(msg, KEFS_A_GRANT_PRINCIPAL, grant->who) < 0)
		return -EMSGSIZE;
	if (grant->flags & KEFS_MODEL_GRANT_ENFORCE_IDS && put_ids(msg, &grant->ids) < 0)
		return -EMSGSIZE;
	(void)nla_nest_end(msg, nest);
	return 0;
}

static int take_id(void *ctx, struct nlattr *object)
{
	struct nlattr *tb[KEFS_A_CONN_MAX + 1];

	if (kefs_nl_parse(object, KEFS_A_CONN_MAX, tb) < 0)
		return -EBADMSG;
	*(uint64_t *)ctx = kefs_nl_get_u64(tb[KEFS_A_CONN_ID]);
	return 0;
}

static int put_ends(struct nl_msg *msg, const struct kefs_ends *ends)
{
	if (!ends)
		return 0;
	if (nla_put(msg, KEFS_A_CONN_PEER, (int)ends->peer.len, &ends->peer.sa) < 0 ||
	    nla_put(msg, KEFS_A_CONN_LOCAL, (int)ends->local.len, &ends->local.sa) < 0)
		return -EMSGSIZE;
	return 0;
}

int kefs_nl_conn_add(void *ctx, int fd, const struct kefs_ends *ends, const struct kefs_grant *grant, uint64_t *ret_id,
		     struct kefs_err *err)
{
	static const char doing[] = "handing a connection to the kernel module";
	struct nlattr *nest;
	struct nl_msg *msg;
	uint64_t id = 0;
	int rc = kefs_nl_request(ctx, KEFS_CMD_CONN_ADD, 0, &msg, err);

	if (rc < 0)
		return rc;
	nest = kefs_nl_nest(msg, KEFS_A_CONN);
	if (!nest || nla_put_s32(msg, KEFS_A_CONN_FD, fd) < 0 ||
	    nla_put_u64(msg, KEFS_A_CONN_VOLUME, grant->volume_id) < 0 || put_ends(msg, ends) < 0 ||
	    put_grant(msg, grant) < 0)
		return kefs_nl_too_long(msg, doing, err);
	(void)nla_nest_end(msg, nest);
	rc = kefs_nl_call(ctx, msg, KEFS_A_CONN, take_id, &id, doing, err);
	if (rc == 0)
		*ret_id = id;
	return rc;
}

int kefs_nl_conn_del(void *ctx, uint64_t id, struct kefs_err *err)
{
	static const char doing[] = "closing a connection";
	struct nlattr *nest;
	struct nl_msg *msg;
	int rc = kefs_nl_request(ctx, KEFS_CMD_CONN_DEL, 0, &msg, err);

	if (rc < 0)
		return rc;
	nest = kefs_nl_nest(msg, KEFS_A_CONN);
	if (!nest || nla_put_u64(msg, KEFS_A_CONN_ID, id) < 0)
		return kefs_nl_too_long(msg, doing, err);
	(void)nla_nest_end(msg, nest);
	return kefs_nl_call(ctx, msg, 0, NULL, NULL, doing, err);
}

int kefs_nl_grant_set(void *ctx, uint64_t id, const struct kefs_grant *grant, struct kefs_err *err)
{
	static const char doing[] = "changing a connection's grant";
	struct nlattr *nest;
	struct nl_msg *msg;
	int rc = kefs_nl_request(ctx, KEFS_CMD_GRANT_SET, 0, &msg, err);

	if (rc < 0)
		return rc;
	nest = kefs_nl_nest(msg, KEFS_A_CONN);
	if (!nest || nla_put_u64(msg, KEFS_A_CONN_ID, id) < 0 || put_grant(msg, grant) < 0)
		return kefs_nl_too_long(msg, doing, err);
	(void)nla_nest_end(msg, nest);
	return kefs_nl_call(ctx, msg, 0, NULL, NULL, doing, err);
}

static void take_addr(struct kefs_addr *addr, const struct nlattr *attr)
{
	if (!attr || kefs_addr_set(addr, nla_data(attr), (size_t)nla_len(attr)) < 0)
		addr->len = 0;
}

/* A text that does not fit would be another's: none is taken then. */
static void take_text(char *buf, size_t size, const struct nlattr *attr)
{
	const char *text = attr ? nla_data(attr) : "";
	size_t len = attr ? strnlen(text, (size_t)nla_len(attr)) : 0;

	if (len >= size)
		len = 0;
	memcpy(buf, text, len);
	buf[len] = '\0';
}

static void take_ids(struct kefs_grant_ids *ids, struct nlattr *const *grant)
{
	const struct nlattr *gids = grant[KEFS_A_GRANT_GIDS];
	size_t len = gids ? (size_t)nla_len(gids) : 0;

	ids->uid = kefs_nl_get_u32(grant[KEFS_A_GRANT_UID]);
	ids->gid = kefs_nl_get_u32(grant[KEFS_A_GRANT_GID]);
	if (len > sizeof(ids->gids))
		len = sizeof(ids->gids);
	if (len)
		memcpy(ids->gids, nla_data(gids), len);
	ids->gid_count = len / sizeof(ids->gids[0]);
}

static void take_grant(struct kefs_kconn *conn, struct nlattr *nest)
{
	struct nlattr *grant[KEFS_A_GRANT_MAX + 1];
	const struct nlattr *domain;

	if (!nest || kefs_nl_parse(nest, KEFS_A_GRANT_MAX, grant) < 0)
		return;
	conn->grant_flags = kefs_nl_get_u32(grant[KEFS_A_GRANT_FLAGS]);
	take_text(conn->access_point, sizeof(conn->access_point), grant[KEFS_A_GRANT_ACCESS_POINT]);
	take_text(conn->who, sizeof(conn->who), grant[KEFS_A_GRANT_PRINCIPAL]);
	take_ids(&conn->ids, grant);
	domain = grant[KEFS_A_GRANT_DOMAIN];
	if (domain && (size_t)nla_len(domain) <= sizeof(conn->domain)) {
		conn->domain_len = (size_t)nla_len(domain);
		memcpy(conn->domain, nla_data(domain), conn->domain_len);
	}
}

static int take_conn(void *ctx, struct nlattr *object)
{
	struct nlattr *tb[KEFS_A_CONN_MAX + 1];
	struct kefs_kconn *conn;

	if (kefs_nl_parse(object, KEFS_A_CONN_MAX, tb) < 0 || !tb[KEFS_A_CONN_ID])
		return -EBADMSG;
	conn = kefs_nl_list_add(ctx);
	if (!conn)
		return -ENOMEM;
	conn->id = kefs_nl_get_u64(tb[KEFS_A_CONN_ID]);
	conn->volume = kefs_nl_get_u64(tb[KEFS_A_CONN_VOLUME]);
	take_addr(&conn->peer, tb[KEFS_A_CONN_PEER]);
	take_addr(&conn->local, tb[KEFS_A_CONN_LOCAL]);
	conn->relayed = tb[KEFS_A_CONN_RELAYED] && nla_len(tb[KEFS_A_CONN_RELAYED]) == 1 &&
			nla_get_u8(tb[KEFS_A_CONN_RELAYED]);
	conn->age_ms = kefs_nl_get_u64(tb[KEFS_A_CONN_AGE_MS]);
	conn->idle_ms = kefs_nl_get_u64(tb[KEFS_A_CONN_IDLE_MS]);
	conn->requests = kefs_nl_get_u64(tb[KEFS_A_CONN_REQUESTS]);
	conn->bytes_in = kefs_nl_get_u64(tb[KEFS_A_CONN_BYTES_IN]);
	conn->bytes_out = kefs_nl_get_u64(tb[KEFS_A_CONN_BYTES_OUT]);
	conn->in_flight = kefs_nl_get_u32(tb[KEFS_A_CONN_IN_FLIGHT]);
	take_grant(conn, tb[KEFS_A_CONN_GRANT]);
	return 0;
}

int kefs_nl_conn_list(void *ctx, uint64_t volume, struct kefs_kconn **ret_list, size_t *ret_count,
		      struct kefs_err *err)
{
	static const struct kefs_nl_dump dump = {
		KEFS_CMD_CONN_GET, KEFS_A_CONN, KEFS_A_CONN_VOLUME, take_conn, sizeof(struct kefs_kconn), "listing connections",
	};
	struct kefs_nl_list list;
	int rc = kefs_nl_dump(ctx, &dump, volume, &list, err);

	if (rc == 0) {
		*ret_list = list.data;
		*ret_count = list.count;
	}
	return rc;
}

static int take_client(void *ctx, struct nlattr *object)
{
	struct nlattr *tb[KEFS_A_CLIENT_MAX + 1], *owner;
	struct kefs_kclient *client;

	if (kefs_nl_parse(object, KEFS_A_CLIENT_MAX, tb) < 0 || !tb[KEFS_A_CLIENT_ID])
		return -EBADMSG;
	client = kefs_nl_list_add(ctx);
	if (!client)
		return -ENOMEM;
	client->id = kefs_nl_get_u64(tb[KEFS_A_CLIENT_ID]);
	client->volume = kefs_nl_get_u64(tb[KEFS_A_CLIENT_VOLUME]);
	owner = tb[KEFS_A_CLIENT_OWNER];
	if (owner) {
		client->owner_len = (size_t)nla_len(owner);
		if (client->owner_len >= sizeof(client->owner))
			client->owner_len = sizeof(client->owner) - 1;
		memcpy(client->owner, nla_data(owner), client->owner_len);
	}
	take_addr(&client->peer, tb[KEFS_A_CLIENT_PEER]);
	client->confirmed = tb[KEFS_A_CLIENT_CONFIRMED] && nla_len(tb[KEFS_A_CLIENT_CONFIRMED]) == 1 &&
			    nla_get_u8(tb[KEFS_A_CLIENT_CONFIRMED]);
	client->reclaimed = tb[KEFS_A_CLIENT_RECLAIMED] && nla_len(tb[KEFS_A_CLIENT_RECLAIMED]) == 1 &&
			    nla_get_u8(tb[KEFS_A_CLIENT_RECLAIMED]);
	client->renewed_ms = kefs_nl_get_u64(tb[KEFS_A_CLIENT_RENEWED_MS]);
	client->sessions = kefs_nl_get_u32(tb[KEFS_A_CLIENT_SESSIONS]);
	client->opens = kefs_nl_get_u32(tb[KEFS_A_CLIENT_OPENS]);
	client->locks = kefs_nl_get_u32(tb[KEFS_A_CLIENT_LOCKS]);
	client->delegations = kefs_nl_get_u32(tb[KEFS_A_CLIENT_DELEGATIONS]);
	return 0;
}

int kefs_nl_client_list(void *ctx, uint64_t volume, struct kefs_kclient **ret_list, size_t *ret_count,
			struct kefs_err *err)
{
	static const struct kefs_nl_dump dump = {
		KEFS_CMD_CLIENT_GET, KEFS_A_CLIENT, KEFS_A_CLIENT_VOLUME, take_client, sizeof(struct kefs_kclient), "listing clients",
	};
	struct kefs_nl_list list;
	int rc = kefs_nl_dump(ctx, &dump, volume, &list, err);

	if (rc == 0) {
		*ret_list = list.data;
		*ret_count = list.count;
	}
	return rc;
}
