// SPDX-License-Identifier: GPL-2.0
/* Connections and their grants. */
#include <linux/file.h>
#include "../files/grant.h"
#include "../server.h"
#include "../transport/conn.h"
#include "genl.h"

#define GRANT_FLAGS (KEFS_GRANT_F_READ_ONLY | KEFS_GRANT_F_SQUASH_ROOT | KEFS_GRANT_F_TLS | \
		     KEFS_GRANT_F_ENFORCE_IDS | KEFS_GRANT_F_NO_ACCESS | KEFS_GRANT_F_TUNNEL)

static int grant_gids(struct genl_info *info, struct nlattr *attr, struct kefs_grant_params *params)
{
	const u32 *gids = nla_data(attr);
	unsigned int i, nr = nla_len(attr) / sizeof(*gids);

	if (nla_len(attr) % sizeof(*gids)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "not a whole number of group ids");
		return -EINVAL;
	}
	for (i = 0; i < nr; i++) {
		if (gids[i] == U32_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "invalid group id");
			return -EINVAL;
		}
	}
	params->gids = gids;
	params->nr_gids = nr;
	return 0;
}

/* Enforced ids come with their flag and not without it: a grant that looks enforced and is not would be a hole. */
static int grant_ids(struct genl_info *info, struct nlattr *nest, struct nlattr **tb, struct kefs_grant_params *params)
{
	struct nlattr *gids = tb[KEFS_A_GRANT_GIDS];
	struct nlattr *stray = tb[KEFS_A_GRANT_UID] ?: tb[KEFS_A_GRANT_GID] ?: gids;
	int err;

	if (!(params->flags & KEFS_GRANT_F_ENFORCE_IDS)) {
		if (!stray)
			return 0;
		NL_SET_ERR_MSG_ATTR(info->extack, stray, "ids without KEFS_GRANT_F_ENFORCE_IDS");
		return -EINVAL;
	}
	err = kefs_genl_require(info->extack, nest, tb, KEFS_A_GRANT_UID) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_GRANT_GID);
	if (err)
		return err;
	params->uid = nla_get_u32(tb[KEFS_A_GRANT_UID]);
	params->gid = nla_get_u32(tb[KEFS_A_GRANT_GID]);
	return gids ? grant_gids(info, gids, params) : 0;
}

/* All of @params but volume and root; it points into the message. */
static int grant_params(struct genl_info *info, struct nlattr *nest, struct nlattr **tb,
			struct kefs_grant_params *params)
{
	int err;

	err = kefs_genl_nest(info, nest, tb, KEFS_A_GRANT_MAX) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_GRANT_FLAGS) ?:
	      kefs_genl_flags(info, tb[KEFS_A_GRANT_FLAGS], GRANT_FLAGS, &params->flags) ?:
	      grant_ids(info, nest, tb, params);
	if (!err && tb[KEFS_A_GRANT_ACCESS_POINT])
		err = kefs_genl_string(info, tb[KEFS_A_GRANT_ACCESS_POINT], &params->access_point);
	if (!err && tb[KEFS_A_GRANT_PRINCIPAL])
		err = kefs_genl_string(info, tb[KEFS_A_GRANT_PRINCIPAL], &params->principal);
	if (!err && tb[KEFS_A_GRANT_DOMAIN]) {
		params->domain = nla_data(tb[KEFS_A_GRANT_DOMAIN]);
		params->domain_len = nla_len(tb[KEFS_A_GRANT_DOMAIN]);
	}
	return err;
}

static struct kefs_grant *make_grant(struct genl_info *info, struct nlattr **tb, struct kefs_grant_params *params)
{
	struct nlattr *root = tb[KEFS_A_GRANT_ROOT_FD];
	struct kefs_grant *grant;
	struct file *dir = NULL;
	int err;

	if (root) {
		err = kefs_genl_dir(info, root, &dir);
		if (err)
			return ERR_PTR(err);
		params->root = &dir->f_path;
	}
	grant = kefs_grant_create(params);
	if (IS_ERR(grant) && root)
		NL_SET_ERR_MSG_ATTR(info->extack, root, "the grant's root must be a directory inside the volume");
	if (dir)
		fput(dir);
	return grant;
}

/* A message with room for nothing but an id, made before the deed so that the deed need not be undone for it. */
static struct sk_buff *id_reply(struct genl_info *info, void **ret_head)
{
	struct sk_buff *reply = genlmsg_new(nla_total_size(0) + nla_total_size_64bit(sizeof(u64)), GFP_KERNEL);

	if (reply)
		*ret_head = genlmsg_put_reply(reply, info, &kefs_genl_family, 0, KEFS_CMD_CONN_ADD);
	return reply;
}

static void close_id(u64 id)
{
	struct kefs_conn *conn = kefs_conn_find(id);

	if (!conn)
		return;
	kefs_conn_close(conn);
	kefs_conn_put(conn);
}

/* Consumes @reply. A connection that the sender cannot be told of is closed again. */
static int send_id(struct genl_info *info, struct sk_buff *reply, void *head, u64 id)
{
	struct nlattr *nest = nla_nest_start(reply, KEFS_A_CONN);
	int err = -EMSGSIZE;

	if (WARN_ON_ONCE(!nest || nla_put_u64_64bit(reply, KEFS_A_CONN_ID, id, KEFS_A_CONN_PAD))) {
		nlmsg_free(reply);
		goto err_close;
	}
	nla_nest_end(reply, nest);
	genlmsg_end(reply, head);
	err = genlmsg_reply(reply, info);
	if (!err)
		return 0;
err_close:
	close_id(id);
	return err;
}

/* A whole address of IPv4 or IPv6, and not a byte more. */
static int conn_end(struct genl_info *info, const struct nlattr *attr, struct sockaddr_storage *addr)
{
	size_t len = nla_len(attr);

	memset(addr, 0, sizeof(*addr));
	memcpy(addr, nla_data(attr), min(len, sizeof(*addr)));
	if ((addr->ss_family == AF_INET && len == sizeof(struct sockaddr_in)) ||
	    (addr->ss_family == AF_INET6 && len == sizeof(struct sockaddr_in6)))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "neither a sockaddr_in nor a sockaddr_in6");
	return -EINVAL;
}

/* *@ret_ends is @ends, filled, or NULL if the message has none. */
static int conn_ends(struct genl_info *info, struct nlattr **tb, struct kefs_conn_ends *ends,
		     const struct kefs_conn_ends **ret_ends)
{
	struct nlattr *nest = info->attrs[KEFS_A_CONN];
	int err;

	*ret_ends = NULL;
	if (!tb[KEFS_A_CONN_PEER] && !tb[KEFS_A_CONN_LOCAL])
		return 0;
	err = kefs_genl_require(info->extack, nest, tb, KEFS_A_CONN_PEER) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_CONN_LOCAL) ?:
	      conn_end(info, tb[KEFS_A_CONN_PEER], &ends->peer) ?:
	      conn_end(info, tb[KEFS_A_CONN_LOCAL], &ends->local);
	if (!err)
		*ret_ends = ends;
	return err;
}

static int attach(struct genl_info *info, const struct nlattr *fd, const struct kefs_conn_ends *ends,
		  struct kefs_grant *grant)
{
	struct sk_buff *reply;
	void *head;
	u64 id;
	int err;

	lockdep_assert_held(&kefs_genl_lock);
	reply = id_reply(info, &head);
	if (!reply)
		return -ENOMEM;
	err = kefs_server_attach(nla_get_s32(fd), ends, grant, &id);
	if (err) {
		nlmsg_free(reply);
		NL_SET_ERR_MSG_ATTR(info->extack, fd, "the socket cannot be taken over");
		return err;
	}
	return send_id(info, reply, head, id);
}

static int conn_add(struct genl_info *info, struct nlattr **tb)
{
	struct nlattr *grant_tb[KEFS_A_GRANT_MAX + 1], *nest = tb[KEFS_A_CONN_GRANT];
	struct kefs_grant_params params = {};
	const struct kefs_conn_ends *ends;
	struct kefs_conn_ends space;
	struct kefs_grant *grant;
	int err;

	lockdep_assert_held(&kefs_genl_lock);
	err = conn_ends(info, tb, &space, &ends) ?:
	      grant_params(info, nest, grant_tb, &params) ?:
	      kefs_genl_require(info->extack, nest, grant_tb, KEFS_A_GRANT_DOMAIN);
	if (err)
		return err;
	params.volume = kefs_volume_find(nla_get_u64(tb[KEFS_A_CONN_VOLUME]));
	if (!params.volume) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[KEFS_A_CONN_VOLUME], "no such volume");
		return -ENOENT;
	}
	grant = make_grant(info, grant_tb, &params);
	kefs_volume_put(params.volume);
	if (IS_ERR(grant))
		return PTR_ERR(grant);
	err = attach(info, tb[KEFS_A_CONN_FD], ends, grant);
	kefs_grant_put(grant);
	return err;
}

int kefs_cmd_conn_add(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEFS_A_CONN_MAX + 1], *nest = info->attrs[KEFS_A_CONN];
	int err;

	err = kefs_genl_object(info, KEFS_A_CONN, tb, KEFS_A_CONN_MAX) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_CONN_FD) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_CONN_VOLUME) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_CONN_GRANT);
	if (err)
		return err;
	guard(mutex)(&kefs_genl_lock);
	return conn_add(info, tb);
}

static int close_one(struct genl_info *info, const struct nlattr *id)
{
	struct kefs_conn *conn = kefs_conn_find(nla_get_u64(id));

	if (!conn) {
		NL_SET_ERR_MSG_ATTR(info->extack, id, "no such connection");
		return -ENOENT;
	}
	kefs_conn_close(conn);
	kefs_conn_put(conn);
	return 0;
}

static int close_volume(struct genl_info *info, const struct nlattr *id)
{
	struct kefs_volume *volume = kefs_volume_find(nla_get_u64(id));
	struct kefs_conn *conn;
	u64 after = 0;

	if (!volume) {
		NL_SET_ERR_MSG_ATTR(info->extack, id, "no such volume");
		return -ENOENT;
	}
	while ((conn = kefs_conn_next(after))) {
		struct kefs_grant *grant = kefs_server_conn_grant(conn);

		after = kefs_conn_id(conn);
		if (grant && grant->volume == volume)
			kefs_conn_close(conn);
		kefs_grant_put(grant);
		kefs_conn_put(conn);
	}
	kefs_volume_put(volume);
	return 0;
}

int kefs_cmd_conn_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEFS_A_CONN_MAX + 1];
	int err = kefs_genl_object(info, KEFS_A_CONN, tb, KEFS_A_CONN_MAX);

	if (err)
		return err;
	if (tb[KEFS_A_CONN_ID] && tb[KEFS_A_CONN_VOLUME]) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[KEFS_A_CONN_VOLUME], "either one connection or a volume's");
		return -EINVAL;
	}
	guard(mutex)(&kefs_genl_lock);
	if (tb[KEFS_A_CONN_VOLUME])
		return close_volume(info, tb[KEFS_A_CONN_VOLUME]);
	return kefs_genl_require(info->extack, info->attrs[KEFS_A_CONN], tb, KEFS_A_CONN_ID) ?:
	       close_one(info, tb[KEFS_A_CONN_ID]);
}

/* A live connection stays in its domain: the message need not name it, and may not name another. */
static int keep_domain(struct genl_info *info, const struct nlattr *attr, const struct kefs_grant *old,
		       struct kefs_grant_params *params)
{
	if (attr && (params->domain_len != old->domain_len || memcmp(params->domain, old->domain, old->domain_len))) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "a connection cannot change its domain");
		return -EINVAL;
	}
	params->domain = old->domain;
	params->domain_len = old->domain_len;
	return 0;
}

static int regrant(struct genl_info *info, u64 id, struct nlattr **grant_tb, struct kefs_grant_params *params,
		   const struct kefs_grant *old)
{
	struct kefs_grant *grant;
	int err = keep_domain(info, grant_tb[KEFS_A_GRANT_DOMAIN], old, params);

	if (err)
		return err;
	params->volume = old->volume;
	params->root = &old->root;	/* unless the message names another */
	grant = make_grant(info, grant_tb, params);
	if (IS_ERR(grant))
		return PTR_ERR(grant);
	err = kefs_server_regrant(id, grant);
	kefs_grant_put(grant);
	return err;
}

static int grant_set(struct genl_info *info, struct nlattr **tb)
{
	struct nlattr *grant_tb[KEFS_A_GRANT_MAX + 1], *id = tb[KEFS_A_CONN_ID];
	struct kefs_grant_params params = {};
	struct kefs_grant *old = NULL;
	struct kefs_conn *conn;
	int err;

	lockdep_assert_held(&kefs_genl_lock);
	err = grant_params(info, tb[KEFS_A_CONN_GRANT], grant_tb, &params);
	if (err)
		return err;
	conn = kefs_conn_find(nla_get_u64(id));
	if (conn) {
		old = kefs_server_conn_grant(conn);
		kefs_conn_put(conn);
	}
	err = old ? regrant(info, nla_get_u64(id), grant_tb, &params, old) : -ENOENT;
	kefs_grant_put(old);
	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, id, "no such connection");
	return err;
}

int kefs_cmd_grant_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEFS_A_CONN_MAX + 1], *nest = info->attrs[KEFS_A_CONN];
	int err;

	err = kefs_genl_object(info, KEFS_A_CONN, tb, KEFS_A_CONN_MAX) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_CONN_ID) ?:
	      kefs_genl_require(info->extack, nest, tb, KEFS_A_CONN_GRANT);
	if (err)
		return err;
	guard(mutex)(&kefs_genl_lock);
	return grant_set(info, tb);
}
