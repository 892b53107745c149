// SPDX-License-Identifier: GPL-2.0
/*
 * A client that may not mount, or is not believed, gets a grant too: one that answers every request so, which people
 * see at once, where a connection that ends leaves mount(8) trying for minutes. One that is not believed has a domain
 * of its own: it must not meet the NFS state of the client that it says it is.
 */
#include "access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/audit.h"
#include "backing/approot.h"
#include "base/json.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "service/efs.h"
#include "service/policy_cache.h"
#include "store/st_access_point.h"
#include "store/st_key.h"
#include "store/st_mount_target.h"

/* Stand for access key and principal of a client that is not believed. */
#define NOBODY_KEY	"-"
#define NOBODY		"refused"

#define REFUSED_MS	30000	/* a refusal is heard by then, and a client that is not believed asks anew */
#define FORGET_SEC	3600
#define WAIT_MAX_MS	3600000	/* between two looks at the clock, for the sake of a time in a policy */
#define SETTLE_MS	100	/* changes come in bunches */
#define REST		3	/* times as long as it took to decide on all connections, before that is done again by itself */

struct kefs_access {
	struct kefs_access_parts parts;
	struct kefs_policy_cache *policies;
	uint64_t refused[KEFS_REFUSALS];
	uint64_t dismiss_ms;	/* when to look for refused connections to be ended, by monotonic_ms(); 0: there are none */
	int64_t forget_sec;	/* when sessions are to be forgotten next */
	bool retry;		/* a connection has an old grant because something could not be read */
	struct kefs_source *timer;
	uint64_t soon_ms;	/* when to decide on all because of a change, by monotonic_ms(); 0: none */
	uint64_t rested_ms;	/* not before, likewise */
	int64_t next;		/* seconds since the epoch: a time in a policy comes, with which a grant may change; 0: none */
	int64_t looked;		/* when the clock was looked at last */
};

/* A connection that is being decided on. */
struct subject {
	const char *fs_id;
	const struct kefs_addr *peer;
	uint64_t volume_id;
	bool tls;
	bool known;			/* client is filled, and to be released */
	struct kefs_known_client client;
	const char *access_point;	/* "": none */
	const char *access_key;		/* that it came with, proven or not; "": none */
	bool decided;			/* policies were asked, and this is what they say */
	struct kefs_nfs_decision decision;
};

/* --- when to decide anew by itself: a change, times in policies --- */

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * For the change or the time that comes first. Whoever makes changes, or policies full of times, without end must not
 * keep the loop busy with nothing but deciding.
 */
static void arm(struct kefs_access *access)
{
	int64_t now = (int64_t)monotonic_ms(), ms = WAIT_MAX_MS, until;

	if (!access->timer || (!access->next && !access->soon_ms))
		return;
	until = access->next ? access->next * 1000 - kefs_efs_now_ms() : ms;
	if (until < ms)
		ms = until;
	until = access->soon_ms ? (int64_t)access->soon_ms - now : ms;
	if (until < ms)
		ms = until;
	until = (int64_t)access->rested_ms - now;
	if (until > ms)
		ms = until;
	kefs_loop_rearm(access->timer, ms < 0 ? 0 : (uint64_t)ms);
}

/* A grant that was decided just now may be another one from that second on; 0: never. */
static void wait_until(struct kefs_access *access, int64_t second)
{
	if (!second || (access->next && access->next <= second))
		return;
	access->next = second;
	arm(access);
}

/* Decides anew if a change or a time asks for it, or the clock was set back: a time that had come may not have. */
static void look_at_clock(struct kefs_access *access)
{
	int64_t now = kefs_efs_now_ms() / 1000;
	uint64_t ms = monotonic_ms();
	bool come = (access->next && now >= access->next) || (access->soon_ms && ms >= access->soon_ms);

	if (now < access->looked || (come && ms >= access->rested_ms))
		kefs_access_renew(access);
	else
		arm(access);
	access->looked = now;
}

static void on_time(void *ctx)
{
	look_at_clock(ctx);
}

int kefs_access_new(const struct kefs_access_parts *parts, struct kefs_access **ret_access, struct kefs_err *err)
{
	struct kefs_access *access = calloc(1, sizeof(*access));

	if (!access || kefs_policy_cache_new(parts->db, parts->topology, &access->policies) < 0) {
		free(access);
		return kefs_err_sys(err, -ENOMEM, "access");
	}
	access->parts = *parts;
	access->dismiss_ms = monotonic_ms() + REFUSED_MS;	/* those that an earlier run refused */
	if (parts->loop && kefs_loop_add_timer(parts->loop, 0, on_time, access, &access->timer) < 0) {
		kefs_access_free(access);
		return kefs_err_sys(err, -ENOMEM, "access");
	}
	if (access->timer)
		kefs_loop_enable(access->timer, false);
	*ret_access = access;
	return 0;
}

void kefs_access_free(struct kefs_access *access)
{
	if (!access)
		return;
	(void)kefs_loop_remove(access->timer);
	kefs_policy_cache_free(access->policies);
	free(access);
}

void kefs_access_get_refusals(const struct kefs_access *access, uint64_t ret_refused[KEFS_REFUSALS])
{
	memcpy(ret_refused, access->refused, sizeof(access->refused));
}

/* --- decisions --- */

static void say(const struct subject *subject, const struct kefs_nfs_decision *decision)
{
	const char *who = subject->known ? subject->client.principal->arn : "anonymous";
	char peer[KEFS_ADDR_TEXT], reason[KEFS_NFS_REASON_SIZE];

	if (decision->mount && decision->write && decision->root)
		return;
	kefs_addr_format(subject->peer, peer);
	kefs_nfs_reason(decision, reason);
	log_warn_limited("%s (%s%s%s) on %s: %s", peer, who, *subject->access_point ? ", " : "", subject->access_point,
			 subject->fs_id, reason);
}

/* For the audit log; refused: why, if it is not the policies that say so. */
static void note(struct kefs_access *access, const struct subject *subject, bool update, const char *refused)
{
	const struct kefs_audit_connection connection = {
		.update = update,
		.principal = subject->known ? subject->client.principal : NULL,
		.access_key = subject->access_key,
		.fs_id = subject->fs_id,
		.access_point = subject->access_point,
		.peer = subject->peer,
		.tls = subject->tls,
		.decision = subject->decided ? &subject->decision : NULL,
		.refused = refused ? refused : subject->decided ? NULL : "the policy of the file system cannot be understood",
	};

	kefs_audit_add_connection(access->parts.audit, &connection);
}

void kefs_access_describe(const struct kefs_topology *topology, const struct kefs_access_how *how,
			  struct kefs_access_client *ret_client)
{
	kefs_topology_arn(topology, "file-system", how->fs_id, ret_client->arn);
	kefs_topology_arn(topology, "access-point", how->access_point, ret_client->point_arn);
	ret_client->nfs = (struct kefs_nfs_client) {
		.principal = how->principal,
		.fs_arn = ret_client->arn,
		.fs_account = topology->account,
		.access_point_arn = *how->access_point ? ret_client->point_arn : NULL,
		.peer = *how->peer,
		.tls = how->tls,
		.private_source_ip = true,
		.keys = how->keys,
		.key_count = how->key_count,
		.now = kefs_efs_now_ms() / 1000,
	};
}

/* What policies say of the subject, as flags. 0, or -errno with err if they cannot be read now. */
static int decide(struct kefs_access *access, struct subject *subject, uint32_t *ret_flags, struct kefs_err *err)
{
	struct kefs_access_how how = {
		.fs_id = subject->fs_id,
		.access_point = subject->access_point,
		.principal = subject->known ? subject->client.principal : NULL,
		.peer = subject->peer,
		.tls = subject->tls,
	};
	struct kefs_policy_set set = { .resource = NULL };
	struct kefs_nfs_decision decision = { .mount = false };
	const struct kefs_policy *policy = NULL;
	struct kefs_access_client client;
	int rc = kefs_policy_cache_get(access->policies, subject->fs_id, &policy, err);

	if (rc < 0 && rc != -EKEYREJECTED)
		return rc;
	if (rc == 0) {
		if (subject->known)
			set = subject->client.policies;
		set.resource = policy;
		how.keys = set.keys;
		how.key_count = set.key_count;
		kefs_access_describe(access->parts.topology, &how, &client);
		kefs_nfs_decide(&set, &client.nfs, &decision);
		subject->decision = decision;
		subject->decided = true;
		wait_until(access, decision.changes);
		say(subject, &decision);
	}
	*ret_flags = (decision.mount ? 0 : KEFS_MODEL_GRANT_NO_ACCESS) | (decision.write ? 0 : KEFS_MODEL_GRANT_READ_ONLY) |
		     (decision.root ? 0 : KEFS_MODEL_GRANT_SQUASH_ROOT);
	return 0;
}

/* Host byte order; 0: not IPv4. A client may come in through a dual-stack socket. */
static uint32_t ipv4_of(const struct kefs_addr *addr)
{
	uint32_t net;

	if (addr->len && addr->sa.sa_family == AF_INET)
		return ntohl(addr->in.sin_addr.s_addr);
	if (!addr->len || addr->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr))
		return 0;
	memcpy(&net, addr->in6.sin6_addr.s6_addr + 12, sizeof(net));
	return ntohl(net);
}

/* The file system behind a local address: its volume. */
static int resolve(struct kefs_access *access, const struct kefs_addr *local, uint64_t *ret_volume,
		   struct kefs_err *err)
{
	const struct kefs_fs *fs;
	char id[KEFS_ID_SIZE];
	int rc = kefs_st_mount_target_fs(access->parts.db, ipv4_of(local), id, err);

	if (rc == -ENOENT)
		return kefs_volumes_default(access->parts.volumes, ret_volume, err);
	if (rc < 0)
		return rc;
	fs = kefs_fs_find(kefs_volumes_list(access->parts.volumes), id);
	if (!fs)
		return kefs_err_set(err, -ENOENT, "file system %s is gone", id);
	if (fs->state != KEFS_FS_AVAILABLE)
		return kefs_err_set(err, -ENOENT, "file system %s is %s", id, kefs_fs_state_name(fs->state));
	*ret_volume = fs->volume_id;
	return 0;
}

/* --- access points --- */

static int refuse(enum kefs_refusal *ret_reason, enum kefs_refusal reason)
{
	*ret_reason = reason;
	return -EACCES;
}

/* Opens its directory; it is made, if it is to be, only for who may come in. */
static int open_root(struct kefs_access *access, const struct subject *subject, const struct kefs_access_point *point,
		     struct kefs_grant *grant, struct kefs_err *err)
{
	bool may_make = point->has_creation && !(grant->flags & KEFS_MODEL_GRANT_NO_ACCESS);
	const struct kefs_approot_new make = {
		.uid = point->creation.uid, .gid = point->creation.gid, .mode = kefs_ap_mode(point->creation.permissions),
	};
	CLEANUP_CLOSE int volume_fd = kefs_volumes_open_root(access->parts.volumes, subject->volume_id, err);
	int fd;

	if (volume_fd < 0)
		return volume_fd;
	fd = kefs_approot_open(volume_fd, kefs_volumes_making_fd(access->parts.volumes), *point->path ? point->path : "/",
			       may_make ? &make : NULL, err);
	if (fd < 0)
		return fd;
	grant->root_fd = fd;
	return 0;
}

/*
 * Is it the directory that is not right? Else there was no descriptor or memory, or the disk failed: a client that
 * works there is not to lose its state for that, but to come again.
 */
static bool is_lasting(int rc)
{
	switch (rc) {
	case -ENOENT:
	case -ENOTDIR:
	case -ELOOP:
	case -EXDEV:
	case -ENAMETOOLONG:
	case -EACCES:
	case -EPERM:
	case -EROFS:
	case -ENOSPC:
	case -EDQUOT:
		return true;
	default:
		return false;
	}
}

/*
 * Puts root and ids of the subject's access point into the grant; into one without access too, which may become another
 * while the connection lives.
 */
static int enter(struct kefs_access *access, const struct subject *subject, struct kefs_grant *grant,
		 enum kefs_refusal *ret_reason, struct kefs_err *err)
{
	struct kefs_access_point point;
	int rc = kefs_st_access_point_get(access->parts.db, subject->access_point, &point, err);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (rc == -ENOENT || strcmp(point.fs_id, subject->fs_id)) {
		(void)kefs_err_set(err, -EACCES, "%s has no access point %s", subject->fs_id, subject->access_point);
		return refuse(ret_reason, KEFS_REFUSED_ACCESS_POINT);
	}
	if (point.has_user) {
		grant->flags |= KEFS_MODEL_GRANT_ENFORCE_IDS;
		grant->ids.uid = point.user.uid;
		grant->ids.gid = point.user.gid;
		grant->ids.gid_count = point.user.gid_count;
		memcpy(grant->ids.gids, point.user.gids, sizeof(grant->ids.gids));
	}
	rc = open_root(access, subject, &point, grant, err);
	return is_lasting(rc) ? refuse(ret_reason, KEFS_REFUSED_ROOT) : rc;
}

/* --- connections that come in --- */

/* Who it is, as far as that is proven. 0; -EACCES with the reason; -errno if it cannot be found out now. */
static int believe(struct kefs_access *access, const struct kefs_claims *claims, struct subject *subject,
		   enum kefs_refusal *ret_reason, struct kefs_err *err)
{
	const struct kefs_client_place place = {
		.fs_id = subject->fs_id, .region = access->parts.topology->region, .now = kefs_efs_now_ms() / 1000,
	};

	if (claims->malformed) {
		(void)kefs_err_set(err, -EACCES, "its certificate cannot be understood");
		return refuse(ret_reason, KEFS_REFUSED_MALFORMED);
	}
	if (!claims->cert)
		return 0;
	subject->access_point = claims->cert->access_point;
	subject->access_key = claims->cert->access_key;
	return kefs_client_auth(claims->cert, &place, &access->parts.source, &subject->client, &subject->known, ret_reason,
				err);
}

static int make_grant(struct kefs_access *access, const struct kefs_claims *claims, struct subject *subject,
		      struct kefs_grant *grant, enum kefs_refusal *ret_reason, struct kefs_err *err)
{
	const struct kefs_principal *principal = subject->known ? subject->client.principal : NULL;
	struct kefs_bearer bearer;
	uint32_t flags = 0;
	int rc;

	if (principal) {
		bearer = (struct kefs_bearer) {
			.access_key = claims->cert->access_key, .arn = principal->arn,
			.id = principal->id ? principal->id : principal->arn,
		};
	}
	rc = kefs_grant_make(subject->volume_id, subject->tls, subject->access_point, principal ? &bearer : NULL, grant);
	if (rc < 0)
		return kefs_err_sys(err, rc, "making a grant");
	rc = decide(access, subject, &flags, err);
	grant->flags |= flags;
	if (rc == 0 && *subject->access_point)
		rc = enter(access, subject, grant, ret_reason, err);
	if (rc < 0)
		kefs_grant_release(grant);
	return rc;
}

static int make_refusal(struct kefs_access *access, const struct subject *subject, enum kefs_refusal reason,
			const char *why, struct kefs_grant *grant)
{
	static const struct kefs_bearer nobody = { .access_key = NOBODY_KEY, .arn = NOBODY, .id = NOBODY };
	char peer[KEFS_ADDR_TEXT];
	int rc = kefs_grant_make(subject->volume_id, subject->tls, "", &nobody, grant);

	grant->flags |= KEFS_MODEL_GRANT_NO_ACCESS | KEFS_MODEL_GRANT_READ_ONLY | KEFS_MODEL_GRANT_SQUASH_ROOT;
	access->refused[reason]++;
	if (!access->dismiss_ms)
		access->dismiss_ms = monotonic_ms() + REFUSED_MS;
	kefs_addr_format(subject->peer, peer);
	log_warn_limited("%s may not mount %s: %s", peer, subject->fs_id, why);
	return rc;
}

int kefs_access_decide(struct kefs_access *access, const struct kefs_claims *claims, struct kefs_grant *ret_grant,
		       struct kefs_err *err)
{
	struct subject subject = { .peer = &claims->peer, .tls = claims->tls, .access_point = "", .access_key = "" };
	enum kefs_refusal reason = KEFS_REFUSED_MALFORMED;
	int rc = resolve(access, &claims->local, &subject.volume_id, err);

	if (rc == -ENOENT)
		note(access, &subject, false, err->text);
	if (rc < 0)
		return rc;
	subject.fs_id = kefs_volumes_name(access->parts.volumes, subject.volume_id);
	if (!subject.fs_id)
		return kefs_err_set(err, -ENOENT, "its file system is gone");
	rc = believe(access, claims, &subject, &reason, err);
	if (rc == 0)
		rc = make_grant(access, claims, &subject, ret_grant, &reason, err);
	if (rc == 0 || rc == -EACCES)
		note(access, &subject, false, rc < 0 ? err->text : NULL);
	if (rc == -EACCES)
		rc = make_refusal(access, &subject, reason, err->text, ret_grant);
	if (rc == 0 && claims->tunnel)
		ret_grant->flags |= KEFS_MODEL_GRANT_TUNNEL;
	if (subject.known)
		kefs_client_auth_release(&access->parts.source, &subject.client);
	return rc;
}

/* --- connections that live --- */

#define DECIDED (KEFS_MODEL_GRANT_NO_ACCESS | KEFS_MODEL_GRANT_READ_ONLY | KEFS_MODEL_GRANT_SQUASH_ROOT)

/*
 * What policies and keys say now of one that was admitted. Its access point may be gone, its certificate out of date:
 * that does not count. *ret_flags are those of DECIDED.
 */
static int judge(struct kefs_access *access, const struct kefs_kconn *conn, const char *fs_id, uint32_t *ret_flags,
		 struct kefs_err *err)
{
	struct subject subject = {
		.fs_id = fs_id, .peer = &conn->peer, .volume_id = conn->volume, .access_point = conn->access_point,
		.tls = conn->grant_flags & KEFS_MODEL_GRANT_TLS, .access_key = "",
	};
	char key[KEFS_AWSCERT_KEY_SIZE] = "";
	const char *arn;
	int rc = 0;

	/* The key tells: it is never given to another. A user that was renamed has another ARN, and is the same. */
	if (*conn->who) {
		rc = kefs_grant_who(conn->who, key, &arn);
		if (rc == 0 && strcmp(key, NOBODY_KEY))
			rc = access->parts.source.find(access->parts.source.ctx, key, NULL, &subject.client, err);
		else
			rc = -ENOENT;
		subject.known = rc == 0;
	}
	if (rc == 0)
		rc = decide(access, &subject, ret_flags, err);
	else if (rc == -ENOENT)
		*ret_flags = DECIDED;
	subject.access_key = key;
	if ((rc == 0 || rc == -ENOENT) && *ret_flags != (conn->grant_flags & DECIDED))
		note(access, &subject, true, rc < 0 ? "its access key is not known, or not active, any more" : NULL);
	if (subject.known)
		kefs_client_auth_release(&access->parts.source, &subject.client);
	return rc == -ENOENT ? 0 : rc;
}

static int renew_one(struct kefs_access *access, const struct kefs_kconn *conn, struct kefs_err *err)
{
	const char *fs_id = kefs_volumes_name(access->parts.volumes, conn->volume);
	struct kefs_grant grant = { .volume_id = conn->volume, .root_fd = -1, .ids = conn->ids };
	uint32_t flags = 0;
	int rc;

	if (!fs_id)
		return 0;
	rc = judge(access, conn, fs_id, &flags, err);
	if (rc < 0) {
		/* What it has was right a moment ago; better than errors for who may work on. */
		log_warn_limited("a connection to %s keeps its grant until it can be decided anew, which is tried again: %s", fs_id, err->text);
		access->retry = true;
		return 0;
	}
	if (flags == (conn->grant_flags & DECIDED))
		return 0;
	grant.flags = flags | (conn->grant_flags & ~DECIDED);
	(void)kefs_str_copy(grant.access_point, sizeof(grant.access_point), conn->access_point);
	(void)kefs_str_copy(grant.who, sizeof(grant.who), conn->who);
	grant.domain_len = conn->domain_len;
	memcpy(grant.domain, conn->domain, sizeof(grant.domain));
	return access->parts.kernel.ops->grant_set(access->parts.kernel.ctx, conn->id, &grant, err);
}

/* Of one volume, or of all for 0. Whose grant cannot be changed must not keep the old one. */
static void renew(struct kefs_access *access, uint64_t volume)
{
	const struct kefs_kernel *kernel = &access->parts.kernel;
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	struct kefs_err err, ignored;
	size_t count = 0;
	int rc = kernel->ops->conn_list(kernel->ctx, volume, &list, &count, &err);

	if (rc < 0 && rc != -ENODEV) {
		log_err("connections keep their grants until they can be listed, which is tried again: %s", err.text);
		access->retry = true;
	}
	for (size_t i = 0; i < count; i++) {
		rc = renew_one(access, &list[i], &err);
		if (rc == 0 || rc == -ENOENT || rc == -ENODEV)
			continue;
		log_err("closing a connection whose grant cannot be changed: %s", err.text);
		(void)kernel->ops->conn_del(kernel->ctx, list[i].id, &ignored);
	}
}

static int add_bearer(json_t *keys, const struct kefs_kconn *conn)
{
	char key[KEFS_AWSCERT_KEY_SIZE];
	const char *arn;

	if (!*conn->who || kefs_grant_who(conn->who, key, &arn) < 0)
		return 0;
	return json_array_append_new(keys, json_string(key)) < 0 ? -ENOMEM : 0;
}

int kefs_access_forget_sessions(struct kefs_access *access, int64_t now, struct kefs_err *err)
{
	static const struct kefs_session_memory memory = { .sec = 86400, .most = 100000 };
	const struct kefs_kernel *kernel = &access->parts.kernel;
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	CLEANUP_JSON json_t *keys = json_array();
	CLEANUP_FREE char *text = NULL;
	size_t count = 0;
	int rc = kernel->ops->conn_list(kernel->ctx, 0, &list, &count, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = add_bearer(keys, &list[i]);
	text = json_dumps(keys, JSON_COMPACT);
	if (rc < 0 || !text)
		return kefs_err_sys(err, -ENOMEM, "sessions");
	return kefs_st_sessions_forget(access->parts.db, now, &memory, text, err);
}

static void forget_sessions(struct kefs_access *access)
{
	int64_t now = kefs_efs_now_ms() / 1000;
	struct kefs_err err;

	if (now < access->forget_sec)
		return;
	access->forget_sec = now + FORGET_SEC;
	if (kefs_access_forget_sessions(access, now, &err) < 0)
		log_warn_limited("sessions that have ended are kept, and tried again in an hour: %s", err.text);
}

static bool is_refused(const struct kefs_kconn *conn)
{
	char key[KEFS_AWSCERT_KEY_SIZE];
	const char *arn;

	return *conn->who && kefs_grant_who(conn->who, key, &arn) == 0 && !strcmp(key, NOBODY_KEY);
}

/*
 * Ends connections of clients that were not believed: what was wrong may be right by now (a certificate that is renewed
 * when the host has slept, a key that is active again), but only a new connection says so, and a client that is mounted
 * keeps the one that it has.
 */
static void dismiss_refused(struct kefs_access *access)
{
	const struct kefs_kernel *kernel = &access->parts.kernel;
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	uint64_t now = monotonic_ms();
	struct kefs_err err;
	bool more = false;
	size_t count = 0;

	if (!access->dismiss_ms || now < access->dismiss_ms)
		return;
	if (kernel->ops->conn_list(kernel->ctx, 0, &list, &count, &err) < 0)
		more = true;
	for (size_t i = 0; i < count; i++) {
		if (!is_refused(&list[i]))
			continue;
		if (list[i].age_ms < REFUSED_MS || kernel->ops->conn_del(kernel->ctx, list[i].id, &err) < 0)
			more = true;
	}
	access->dismiss_ms = more ? now + REFUSED_MS : 0;
}

void kefs_access_tick(struct kefs_access *access)
{
	forget_sessions(access);
	dismiss_refused(access);
	kefs_policy_cache_prune(access->policies, kefs_volumes_list(access->parts.volumes));
	look_at_clock(access);
	if (!access->retry)
		return;
	access->retry = false;
	kefs_access_renew(access);
}

void kefs_access_renew(struct kefs_access *access)
{
	uint64_t start = monotonic_ms(), end;

	/* Every connection that lives says anew what it waits for */
	access->next = 0;
	access->soon_ms = 0;
	renew(access, 0);
	end = monotonic_ms();
	access->rested_ms = end + REST * (end - start);
	arm(access);
}

void kefs_access_renew_soon(struct kefs_access *access)
{
	/* Not put off by a next change: whoever may make changes without end would keep what he was told to lose. */
	if (!access->soon_ms)
		access->soon_ms = monotonic_ms() + SETTLE_MS;
	arm(access);
}

void kefs_access_policy_changed(struct kefs_access *access, const char *fs_id)
{
	const struct kefs_fs *fs = kefs_fs_find(kefs_volumes_list(access->parts.volumes), fs_id);

	kefs_policy_cache_forget(access->policies, fs_id);
	if (fs)
		renew(access, fs->volume_id);
}

int kefs_access_target_removed(struct kefs_access *access, uint32_t address, struct kefs_err *err)
{
	const struct kefs_kernel *kernel = &access->parts.kernel;
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	size_t count = 0;
	int rc = kernel->ops->conn_list(kernel->ctx, 0, &list, &count, err);

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (ipv4_of(&list[i].local) != address)
			continue;
		rc = kernel->ops->conn_del(kernel->ctx, list[i].id, err);
		if (rc == -ENOENT)
			rc = 0;
	}
	/* Without the module there are none. */
	return rc == -ENODEV ? 0 : rc;
}
