// SPDX-License-Identifier: GPL-2.0
/*
 * Connections of sessions, and the ways back to the client. A binding is on two lists, the session's (client->lock) and
 * the connection's (bound->lock, taken inside); it comes and goes under both, while the session is alive and the
 * connection is open.
 */
#include <linux/slab.h>
#include "../core/kefs.h"
#include "client.h"
#include "recall.h"
#include "session.h"

struct binding {
	struct kefs_session *session;	/* not a reference: see above */
	struct kefs_bound *bound;	/* likewise */
	struct list_head of_session, of_bound;
	u32 dir;			/* KEFS_BIND_FORE | KEFS_BIND_BACK; client->lock */
};

static const struct kefs_state_ops *state_ops;

void kefs_bindings_set_ops(const struct kefs_state_ops *ops)
{
	state_ops = ops;
}

void kefs_bound_init(struct kefs_bound *bound, struct kefs_conn *conn, bool tunnel)
{
	memset(bound, 0, sizeof(*bound));
	bound->conn = conn;
	bound->tunnel = tunnel;
	spin_lock_init(&bound->lock);
	INIT_LIST_HEAD(&bound->bindings);
}

static bool path_works(const struct kefs_session *session)
{
	return session->nr_back && session->cb_path != KEFS_CB_DOWN;
}

void kefs_bindings_status_locked(struct kefs_client *client)
{
	u32 status = client->status & ~KEFS_STATUS_CB_PATH_DOWN;
	struct kefs_session *session;
	bool wanted = false, works = false;

	lockdep_assert_held(&client->lock);
	list_for_each_entry(session, &client->sessions, of_client) {
		u32 flags = session->status & ~KEFS_STATUS_CB_PATH_DOWN_SESSION;

		if (!(session->flags & KEFS_SESSION_BACK))
			continue;	/* never had one, so it cannot be down */
		wanted = true;
		works |= path_works(session);
		if (!path_works(session))
			flags |= KEFS_STATUS_CB_PATH_DOWN_SESSION;
		WRITE_ONCE(session->status, flags);
	}
	if (wanted && !works)
		status |= KEFS_STATUS_CB_PATH_DOWN;
	WRITE_ONCE(client->status, status);
}

static struct binding *find_locked(struct kefs_bound *bound, const struct kefs_session *session)
{
	struct binding *b;

	lockdep_assert_held(&bound->lock);
	list_for_each_entry(b, &bound->bindings, of_bound)
		if (b->session == session)
			return b;
	return NULL;
}

static struct kefs_client *nth_client(struct kefs_bound *bound, unsigned int n)
{
	struct kefs_client *client = NULL;
	struct binding *b;

	spin_lock(&bound->lock);
	list_for_each_entry(b, &bound->bindings, of_bound) {
		if (n--)
			continue;
		client = kefs_client_get(b->session->client);	/* kept by the session, which is bound */
		break;
	}
	spin_unlock(&bound->lock);
	return client;
}

/* A binding that comes or goes meanwhile may hide another: its client has delegations until somebody wants them. */
void kefs_bound_recall(struct kefs_bound *bound)
{
	struct kefs_client *client;
	unsigned int n;

	for (n = 0; (client = nth_client(bound, n)); n++) {
		kefs_recall_client(client);
		kefs_client_put(client);
	}
}

/* Off both lists; both locks held. */
static void drop_locked(struct binding *b)
{
	lockdep_assert_held(&b->session->client->lock);
	lockdep_assert_held(&b->bound->lock);
	list_del(&b->of_session);
	list_del(&b->of_bound);
	b->bound->nr_bindings--;
	if (b->bound->last == b->session)
		WRITE_ONCE(b->bound->last, NULL);
	if (b->dir & KEFS_BIND_BACK)
		b->session->nr_back--;
	kfree(b);
}

void kefs_bindings_drop_locked(struct kefs_session *session)
{
	struct binding *b, *next;

	lockdep_assert_held(&session->client->lock);
	list_for_each_entry_safe(b, next, &session->bindings, of_session) {
		struct kefs_bound *bound = b->bound;

		spin_lock(&bound->lock);
		drop_locked(b);
		spin_unlock(&bound->lock);
	}
}

/* A wish that what there is does not fulfil: RFC 8881 §18.34.3 has it refused. */
static bool demands_change(u32 have, u32 wish)
{
	switch (wish) {
	case KEFS_BIND_FORE:
	case KEFS_BIND_BACK:
		return have != wish;
	case KEFS_BIND_FORE_OR_BOTH:
		return !(have & KEFS_BIND_FORE);
	default:
		return !(have & KEFS_BIND_BACK);
	}
}

/* @fresh is used (NULLed) if there is no binding yet and one is wanted. @wish: what BIND_CONN_TO_SESSION says, or 0. */
static int bind_locked(struct kefs_session *session, struct kefs_bound *bound, u32 dir, u32 wish,
		       struct binding **fresh)
{
	struct binding *b = find_locked(bound, session);

	lockdep_assert_held(&session->client->lock);
	if (session->dead)
		return -KEFS_ERR_BADSESSION;
	if (bound->closed)
		return -ENOTCONN;
	if (b && wish && demands_change(b->dir, wish))
		return -EINVAL;
	if (!b) {
		if (bound->nr_bindings >= KEFS_BINDINGS_MAX)
			return -KEFS_ERR_DELAY;
		if (!*fresh)
			return -EAGAIN;
		b = *fresh;
		*fresh = NULL;
		b->session = session;
		b->bound = bound;
		b->dir = 0;
		list_add(&b->of_session, &session->bindings);
		list_add(&b->of_bound, &bound->bindings);
		bound->nr_bindings++;
		kefs_bound_speaks_for(bound, session->client->id);
	}
	if (dir & ~b->dir & KEFS_BIND_BACK)
		session->nr_back++;
	b->dir |= dir;
	if (dir & KEFS_BIND_BACK) {
		session->flags |= KEFS_SESSION_BACK;
		session->cb_path = KEFS_CB_UNKNOWN;	/* another chance */
	}
	WRITE_ONCE(bound->last, session);
	return 0;
}

static int try_bind(struct kefs_session *session, struct kefs_bound *bound, u32 dir, u32 wish,
		    struct binding **fresh)
{
	struct kefs_client *client = session->client;
	int err;

	spin_lock(&client->lock);
	spin_lock(&bound->lock);
	err = bind_locked(session, bound, dir, wish, fresh);
	spin_unlock(&bound->lock);
	if (!err && dir & KEFS_BIND_BACK)
		kefs_bindings_status_locked(client);
	spin_unlock(&client->lock);
	if (!err && dir & KEFS_BIND_BACK)
		kefs_recall_retry(client);
	return err;
}

/* What is done about a wish (RFC 8881 §18.34.3): as much as it leaves open. */
static int direction(u32 wish, u32 *ret)
{
	switch (wish) {
	case KEFS_BIND_FORE:
	case KEFS_BIND_BACK:
		*ret = wish;
		return 0;
	case KEFS_BIND_FORE_OR_BOTH:
	case KEFS_BIND_BACK_OR_BOTH:
		*ret = KEFS_BIND_FORE | KEFS_BIND_BACK;
		return 0;
	default:
		return -EINVAL;
	}
}

static int bind_conn(struct kefs_session *session, struct kefs_bound *bound, u32 dir, u32 wish)
{
	struct binding *fresh = NULL;
	int err;

	err = try_bind(session, bound, dir, wish, &fresh);
	if (err == -EAGAIN) {
		fresh = kmalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
		if (!fresh)
			return -KEFS_ERR_DELAY;
		err = try_bind(session, bound, dir, wish, &fresh);
		kfree(fresh);
	}
	return err;
}

int kefs_session_bind_conn(struct kefs_domain *domain, const u8 *id, struct kefs_bound *bound, u32 wish, u32 *ret_dir)
{
	struct kefs_session *session = kefs_session_find(domain, id);
	int err;

	kefs_bound_speaks_for(bound, kefs_session_clientid(id));
	if (!session)
		return -KEFS_ERR_BADSESSION;
	err = direction(wish, ret_dir) ?: bind_conn(session, bound, *ret_dir, wish);
	kefs_session_put(session);
	return err;
}

int kefs_session_use_conn(struct kefs_session *session, struct kefs_bound *bound, u32 dir)
{
	return bind_conn(session, bound, dir, 0);
}

bool kefs_bound_may_carry(struct kefs_bound *bound, const struct kefs_session *session)
{
	bool ret;

	spin_lock(&bound->lock);
	ret = !bound->nr_bindings || find_locked(bound, session);
	spin_unlock(&bound->lock);
	return ret;
}

/* The locks nest the other way round, so the binding is looked for again with both. */
static void unbind(struct kefs_session *session, struct kefs_bound *bound)
{
	struct kefs_client *client = session->client;
	struct binding *b;

	spin_lock(&client->lock);
	spin_lock(&bound->lock);
	b = find_locked(bound, session);
	if (b)
		drop_locked(b);
	spin_unlock(&bound->lock);
	kefs_bindings_status_locked(client);
	spin_unlock(&client->lock);
}

void kefs_session_unbind_conn(struct kefs_bound *bound)
{
	struct kefs_session *session;
	struct binding *b;

	for (;;) {
		spin_lock(&bound->lock);
		bound->closed = true;
		b = list_first_entry_or_null(&bound->bindings, struct binding, of_bound);
		session = b ? b->session : NULL;
		if (session)	/* bound, hence alive */
			refcount_inc(&session->ref);
		spin_unlock(&bound->lock);
		if (!session)
			return;
		unbind(session, bound);
		kefs_session_put(session);
	}
}

void kefs_session_backchannel_ctl(struct kefs_session *session, u32 cb_program, const struct kefs_cb_sec *sec)
{
	struct kefs_client *client = session->client;

	spin_lock(&client->lock);
	session->cb_program = cb_program;
	session->cb_sec = *sec;
	session->cb_path = KEFS_CB_UNKNOWN;
	kefs_bindings_status_locked(client);
	spin_unlock(&client->lock);
}

/* The connection to call on, referenced. */
static struct kefs_conn *back_conn_locked(const struct kefs_session *session)
{
	struct binding *b;

	lockdep_assert_held(&session->client->lock);
	list_for_each_entry(b, &session->bindings, of_session) {
		if (b->dir & KEFS_BIND_BACK) {
			state_ops->conn_get(b->bound->conn);
			return b->bound->conn;
		}
	}
	return NULL;
}

static void take_slot_locked(struct kefs_session *session, struct kefs_cb_call *call)
{
	lockdep_assert_held(&session->client->lock);
	call->session = session;
	refcount_inc(&session->ref);
	call->program = session->cb_program;
	call->sec = session->cb_sec;
	call->slotid = __ffs(session->cb_free);
	session->cb_free &= ~BIT(call->slotid);
	call->seqid = session->cb_seqid[call->slotid];
	call->highest = fls(~session->cb_free & GENMASK(session->back.max_slots - 1, 0)) - 1;
	call->conn = back_conn_locked(session);
}

static bool any_path_is(struct kefs_client *client, enum kefs_cb_path path)
{
	struct kefs_session *session;
	bool is = false;

	spin_lock(&client->lock);
	list_for_each_entry(session, &client->sessions, of_client)
		is |= session->nr_back && session->cb_path == path;
	spin_unlock(&client->lock);
	return is;
}

bool kefs_cb_works(struct kefs_client *client)
{
	return any_path_is(client, KEFS_CB_UP);
}

bool kefs_cb_probing(struct kefs_client *client)
{
	return !any_path_is(client, KEFS_CB_UP) && any_path_is(client, KEFS_CB_PROBING);
}

int kefs_cb_begin(struct kefs_client *client, struct kefs_cb_call *call)
{
	struct kefs_session *session, *best = NULL;
	int err = -ENOTCONN;

	spin_lock(&client->lock);
	list_for_each_entry(session, &client->sessions, of_client) {
		if (!session->nr_back)
			continue;
		err = -EBUSY;
		if (!session->cb_free)
			continue;
		best = session;
		if (path_works(session))
			break;	/* else, for want of another, one that failed the last time */
	}
	if (best) {
		take_slot_locked(best, call);
		err = 0;
	}
	spin_unlock(&client->lock);
	return err;
}

int kefs_cb_begin_probe(struct kefs_session *session, struct kefs_cb_call *call)
{
	struct kefs_client *client = session->client;
	int err = -EALREADY;

	if (READ_ONCE(session->cb_path) != KEFS_CB_UNKNOWN || !READ_ONCE(session->nr_back))
		return err;
	spin_lock(&client->lock);
	if (session->cb_path == KEFS_CB_UNKNOWN && session->nr_back && session->cb_free) {
		session->cb_path = KEFS_CB_PROBING;
		take_slot_locked(session, call);
		err = 0;
	}
	spin_unlock(&client->lock);
	return err;
}

/* Where a call has failed the next one goes another way, if there is one. false: @conn is not the session's. */
static bool avoid_conn_locked(struct kefs_session *session, const struct kefs_conn *conn)
{
	struct binding *b;

	lockdep_assert_held(&session->client->lock);
	list_for_each_entry(b, &session->bindings, of_session) {
		if (b->bound->conn == conn) {
			list_move_tail(&b->of_session, &session->bindings);
			return true;
		}
	}
	return false;
}

void kefs_cb_end(struct kefs_cb_call *call, bool sequenced, enum kefs_cb_path path)
{
	struct kefs_session *session = call->session;
	struct kefs_client *client = session->client;

	spin_lock(&client->lock);
	if (sequenced)
		session->cb_seqid[call->slotid]++;
	session->cb_free |= BIT(call->slotid);
	if (path == KEFS_CB_FAULT) {
		WRITE_ONCE(session->status, session->status | KEFS_STATUS_BACKCHANNEL_FAULT);
		path = KEFS_CB_DOWN;
	} else if (path == KEFS_CB_DOWN && !avoid_conn_locked(session, call->conn)) {
		path = KEFS_CB_UNKNOWN;	/* what failed with its connection tells nothing of the others that there are */
	}
	if (path != KEFS_CB_UNKNOWN) {
		session->cb_path = path;
		kefs_bindings_status_locked(client);
	} else if (session->cb_path == KEFS_CB_PROBING) {
		session->cb_path = KEFS_CB_UNKNOWN;
	}
	spin_unlock(&client->lock);
	state_ops->conn_put(call->conn);
	kefs_session_put(session);
}
