// SPDX-License-Identifier: GPL-2.0
/*
 * References: a link (a connection's private data) holds its server and its grant; a server holds its volume and its
 * domain. A link goes with the last reference to its connection, which each running request holds.
 *
 * Locks: servers_lock (mutex) protects the list of servers and orders attaching against the removal of a volume;
 * link->lock (spin) protects link->grant. Neither is held over the other's or over a call that sleeps for a peer.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include "core/stats.h"
#include "files/grant.h"
#include "nfs4/compound.h"
#include "rpc/dispatch.h"
#include "server.h"
#include "state/client.h"
#include "state/domain.h"
#include "state/session.h"
#include "transport/conn.h"

struct kefs_server {
	struct list_head node;		/* servers */
	struct kefs_volume *volume;	/* a reference */
	struct kefs_domain *domain;	/* ended by kefs_domain_kill() */
	atomic_t links;			/* connections of it that still exist */
	u8 bytes[KEFS_DOMAIN_MAX];
	u8 len;
};

struct link {
	struct kefs_server *server;
	spinlock_t lock;
	struct kefs_grant *grant;	/* a reference; lock */
	struct kefs_bound bound;
};

static LIST_HEAD(servers);
static DEFINE_MUTEX(servers_lock);
static DECLARE_WAIT_QUEUE_HEAD(links_gone);

static struct kefs_grant *link_grant(struct link *link)
{
	struct kefs_grant *grant;

	spin_lock(&link->lock);
	grant = link->grant;
	kefs_grant_get(grant);
	spin_unlock(&link->lock);
	return grant;
}

static int get_env(struct kefs_conn *conn, struct kefs_compound_env *env)
{
	struct link *link = kefs_rpc_private(conn);

	env->grant = link_grant(link);
	env->domain = link->server->domain;
	env->bound = &link->bound;
	env->stats = link->server->volume->stats;
	return 0;
}

static void put_env(struct kefs_compound_env *env)
{
	kefs_grant_put(env->grant);
}

static void count_null(struct kefs_conn *conn)
{
	struct link *link = kefs_rpc_private(conn);

	kefs_count_op(link->server->volume->stats, 0, false, 0, 0);
}

static const struct kefs_compound_host compound_host = {
	.get_env = get_env,
	.put_env = put_env,
	.count_null = count_null,
};

static void closed(struct kefs_conn *conn)
{
	struct link *link = kefs_rpc_private(conn);

	kefs_session_unbind_conn(&link->bound);
}

static void free_link(struct link *link)
{
	kefs_grant_put(link->grant);
	if (atomic_dec_and_test(&link->server->links))
		wake_up_all(&links_gone);
	kfree(link);
}

static void released(struct kefs_conn *conn)
{
	free_link(kefs_rpc_private(conn));
}

static const struct kefs_rpc_ops rpc_ops = {
	.program = &kefs_nfs4_program,
	.closed = closed,
	.released = released,
};

static struct kefs_server *find_locked(const struct kefs_volume *volume, const u8 *bytes, u8 len)
{
	struct kefs_server *server;

	lockdep_assert_held(&servers_lock);
	list_for_each_entry(server, &servers, node)
		if (server->volume == volume && server->len == len && !memcmp(server->bytes, bytes, len))
			return server;
	return NULL;
}

static struct kefs_server *create_locked(struct kefs_volume *volume, const u8 *bytes, u8 len)
{
	struct kefs_server *server = kzalloc(sizeof(*server), GFP_KERNEL);
	struct kefs_domain *domain;

	lockdep_assert_held(&servers_lock);
	if (!server)
		return ERR_PTR(-ENOMEM);
	domain = kefs_domain_create(volume, bytes, len);
	if (IS_ERR(domain)) {
		kfree(server);
		return ERR_CAST(domain);
	}
	kefs_volume_get(volume);
	server->volume = volume;
	server->domain = domain;
	server->len = len;
	memcpy(server->bytes, bytes, len);
	list_add_tail(&server->node, &servers);
	return server;
}

/* The instance of the grant's domain with one more link, or ERR_PTR. */
static struct kefs_server *join(const struct kefs_grant *grant)
{
	struct kefs_volume *listed = kefs_volume_find(grant->volume->id);
	struct kefs_server *server;

	mutex_lock(&servers_lock);
	if (listed != grant->volume) {			/* removed since the grant was made */
		server = ERR_PTR(-ESHUTDOWN);
	} else {
		server = find_locked(grant->volume, grant->domain, grant->domain_len);
		if (!server)
			server = create_locked(grant->volume, grant->domain, grant->domain_len);
		if (!IS_ERR(server))
			atomic_inc(&server->links);
	}
	mutex_unlock(&servers_lock);
	kefs_volume_put(listed);
	return server;
}

int kefs_server_attach(int fd, const struct kefs_conn_ends *ends, struct kefs_grant *grant, u64 *ret_conn_id)
{
	struct link *link = kzalloc(sizeof(*link), GFP_KERNEL);
	struct kefs_server *server;
	struct kefs_conn *conn;

	if (!link)
		return -ENOMEM;
	server = join(grant);
	if (IS_ERR(server)) {
		kfree(link);
		return PTR_ERR(server);
	}
	spin_lock_init(&link->lock);
	kefs_grant_get(grant);
	link->grant = grant;
	link->server = server;
	kefs_bound_init(&link->bound, NULL, grant->flags & KEFS_GRANT_F_TUNNEL);
	conn = kefs_rpc_adopt(fd, ends, &server->volume->lane, &server->volume->stats->traffic, &rpc_ops, link);
	if (IS_ERR(conn)) {
		free_link(link);
		return PTR_ERR(conn);
	}
	link->bound.conn = conn;
	*ret_conn_id = kefs_conn_id(conn);
	kefs_conn_start(conn);
	kefs_conn_put(conn);
	return 0;
}

/* Does it take something away? A holder of delegations would go on doing that without asking. */
static bool takes_away(const struct kefs_grant *grant, const struct kefs_grant *old)
{
	u32 limits = KEFS_GRANT_F_READ_ONLY | KEFS_GRANT_F_SQUASH_ROOT | KEFS_GRANT_F_ENFORCE_IDS | KEFS_GRANT_F_NO_ACCESS;

	return grant->flags & ~old->flags & limits || grant->root.dentry != old->root.dentry;
}

int kefs_server_regrant(u64 conn_id, struct kefs_grant *grant)
{
	struct kefs_conn *conn = kefs_conn_find(conn_id);
	struct kefs_grant *old;
	struct link *link;

	if (!conn)
		return -ENOENT;
	link = kefs_rpc_private(conn);
	if (grant->volume != link->server->volume) {
		kefs_conn_put(conn);
		return -EXDEV;
	}
	kefs_grant_get(grant);
	spin_lock(&link->lock);
	old = link->grant;
	link->grant = grant;
	spin_unlock(&link->lock);
	/* Whatever it was: a request may outlive several grants, and the last may give less than its own. */
	WRITE_ONCE(old->replaced, true);
	smp_mb();	/* pairs with the one in kefs_deleg_offer_locked(): it gives a delegation, then looks */
	if (takes_away(grant, old))
		kefs_bound_recall(&link->bound);
	kefs_grant_put(old);
	kefs_conn_put(conn);
	return 0;
}

struct kefs_grant *kefs_server_conn_grant(struct kefs_conn *conn)
{
	return link_grant(kefs_rpc_private(conn));
}

static void close_conns(const struct kefs_volume *volume)
{
	struct kefs_conn *conn;
	u64 after = 0;

	while ((conn = kefs_conn_next(after))) {
		struct link *link = kefs_rpc_private(conn);

		after = kefs_conn_id(conn);
		if (link->server->volume == volume)
			kefs_conn_close(conn);
		kefs_conn_put(conn);
	}
}

static void destroy(struct kefs_server *server)
{
	wait_event(links_gone, !atomic_read(&server->links));
	kefs_domain_kill(server->domain);
	kefs_volume_put(server->volume);
	kfree(server);
}

void kefs_server_detach_volume(struct kefs_volume *volume)
{
	struct kefs_server *server, *next;
	LIST_HEAD(ours);

	mutex_lock(&servers_lock);
	list_for_each_entry_safe(server, next, &servers, node)
		if (server->volume == volume)
			list_move(&server->node, &ours);
	mutex_unlock(&servers_lock);
	close_conns(volume);
	list_for_each_entry_safe(server, next, &ours, node)
		destroy(server);
}

unsigned int kefs_server_volume_conns(const struct kefs_volume *volume)
{
	struct kefs_server *server;
	unsigned int n = 0;

	mutex_lock(&servers_lock);
	list_for_each_entry(server, &servers, node)
		if (server->volume == volume)
			n += atomic_read(&server->links);
	mutex_unlock(&servers_lock);
	return n;
}

unsigned int kefs_server_volume_clients(const struct kefs_volume *volume)
{
	struct kefs_server *server;
	unsigned int n = 0;

	mutex_lock(&servers_lock);
	list_for_each_entry(server, &servers, node)
		if (server->volume == volume)
			n += kefs_domain_clients(server->domain);
	mutex_unlock(&servers_lock);
	return n;
}

/* Client ids are unique over all domains, so the walk takes the smallest next one of them all. */
bool kefs_server_client_next(u64 volume_id, u64 *cursor, struct kefs_client_info *info)
{
	struct kefs_client_info *next = kmalloc(sizeof(*next), GFP_KERNEL);
	struct kefs_server *server;
	bool found = false;

	if (!next)
		return false;
	mutex_lock(&servers_lock);
	list_for_each_entry(server, &servers, node) {
		if (volume_id && server->volume->id != volume_id)
			continue;
		if (kefs_client_next(server->domain, *cursor, next) && (!found || next->id < info->id)) {
			*info = *next;
			found = true;
		}
	}
	mutex_unlock(&servers_lock);
	if (found)
		*cursor = info->id;
	kfree(next);
	return found;
}

int __init kefs_server_init(void)
{
	return kefs_compound_init(&compound_host);
}

void kefs_server_exit(void)
{
	struct kefs_server *server, *next;

	list_for_each_entry_safe(server, next, &servers, node)
		destroy(server);
	INIT_LIST_HEAD(&servers);
	kefs_compound_exit();
}
