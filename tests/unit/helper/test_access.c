// SPDX-License-Identifier: GPL-2.0
/* What clients that come by TLS may do, and what becomes of it while they are there. */
#include "test_efs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/str.h"
#include "internal.h"
#include "net/ifaddr.h"
#include "model/fault.h"
#include "policy/caller.h"
#include "service/access_keys.h"
#include "service/access_points.h"
#include "service/endpoints.h"
#include "service/fs_policies.h"
#include "service/identities.h"
#include "service/mount_targets.h"
#include "service/policy_cache.h"
#include "store/st_key.h"
#include "store/st_policy.h"

/* A file system with a mount target, which the claims come for: its id. */
static const char *serve(struct kefs_claims *claims)
{
	const struct kefs_mount_target_request request = {
		.fs_id = make_fs(NULL), .subnet_id = topology.subnets[1].id, .address = 0x7f020010,
	};
	struct kefs_mount_target target;
	struct kefs_err err;

	assert_int_equal(kefs_mount_targets_create(&efs, &request, &target, &err), 0);
	assert_int_equal(kefs_addr_parse("127.2.0.16", 2049, &claims->local), 0);
	return request.fs_id;
}

/* A policy that cannot be read is read again; nobody comes in meanwhile, and nobody who is there is thrown out. */
void test_policy_unreadable(void **state)
{
	const char *fs_id;
	struct kefs_claims claims = { .peer.len = 0 };
	struct kefs_grant grant;
	struct kefs_err err;
	int near;

	(void)state;
	fs_id = serve(&claims);
	near = connect_to(&claims.local);
	set_policy(fs_id, "\"elasticfilesystem:ClientMount\"");
	assert_int_equal(kefs_store_exec(efs.db, "ALTER TABLE file_system_policies RENAME TO away", "", &err), 0);
	kefs_access_policy_changed(efs.access, fs_id);
	assert_int_equal(kernel.conns[0].grant.flags, KEFS_MODEL_GRANT_READ_ONLY | KEFS_MODEL_GRANT_SQUASH_ROOT);
	assert_int_equal(kefs_access_decide(efs.access, &claims, &grant, &err), -EIO);
	assert_contains(err.text, "cannot be read now");
	assert_int_equal(kefs_store_exec(efs.db, "ALTER TABLE away RENAME TO file_system_policies; "
					 "DELETE FROM file_system_policies", "", &err), 0);
	kefs_access_tick(efs.access);
	assert_int_equal(kernel.conns[0].grant.flags, 0);
	assert_int_equal(kefs_access_decide(efs.access, &claims, &grant, &err), 0);
	assert_int_equal(grant.flags, 0);
	assert_int_equal(kefs_mount_targets_delete_all(&efs, fs_id, &err), 0);
	(void)close(near);
}

void test_policies_are_forgotten(void **state)
{
	struct kefs_fs_list none = { .count = 0 };
	struct kefs_policy_cache *cache;
	const struct kefs_policy *policy;
	struct kefs_err err;
	const char *id = make_fs(NULL);

	(void)state;
	assert_int_equal(kefs_policy_cache_new(efs.db, &topology, &cache), 0);
	assert_int_equal(kefs_policy_cache_get(cache, id, &policy, &err), 0);
	assert_null(policy);
	assert_int_equal(kefs_policy_cache_size(cache), 1);
	kefs_policy_cache_prune(cache, &list);
	assert_int_equal(kefs_policy_cache_size(cache), 1);
	kefs_policy_cache_prune(cache, &none);
	assert_int_equal(kefs_policy_cache_size(cache), 0);
	assert_int_equal(kefs_st_policy_set(efs.db, id, "{", &err), 0);
	assert_int_equal(kefs_policy_cache_get(cache, id, &policy, &err), -EKEYREJECTED);
	assert_int_equal(kefs_policy_cache_get(cache, id, &policy, &err), -EKEYREJECTED);
	kefs_policy_cache_forget(cache, id);
	assert_int_equal(kefs_policy_cache_size(cache), 0);
	kefs_policy_cache_free(cache);
}

/* --- who comes by TLS --- */

static int find_client_result, clients_end;

/* As main.c finds the account's keys. */
int efs_find_client(void *ctx, const char *access_key, const char *token, struct kefs_known_client *ret_client,
		    struct kefs_err *err)
{
	static struct kefs_caller known;
	struct kefs_access_key key;

	(void)ctx;
	(void)token;
	if (find_client_result < 0)
		return kefs_err_set(err, find_client_result, "test");
	if (kefs_st_key_get(efs.db, access_key, &key, err) < 0 || !key.active)
		return -ENOENT;
	(void)kefs_str_copy(ret_client->secret, sizeof(ret_client->secret), key.secret);
	ret_client->principal = &known.principal;
	return kefs_caller_parse(ROOT, NULL, NULL, &known, err);
}

/* A certificate of now, signed with the account's key. */
static void make_cert(const char *fs_id, const char *point, struct kefs_awscert *cert)
{
	int64_t now = kefs_efs_now_ms() / 1000;
	struct kefs_sigv4_connect connect;
	struct kefs_access_key key;
	struct kefs_err err;

	*cert = (struct kefs_awscert) {
		.public_key_hash = "00", .not_before = now - 900, .not_after = now + 900, .has_auth = true, .signed_at = now,
	};
	assert_int_equal(kefs_access_keys_admin(efs.db, &key, &err), 0);
	(void)kefs_str_copy(cert->fs_id, sizeof(cert->fs_id), fs_id);
	(void)kefs_str_copy(cert->access_point, sizeof(cert->access_point), point);
	(void)kefs_str_copy(cert->access_key, sizeof(cert->access_key), key.id);
	connect = kefs_awscert_connect(cert, topology.region);
	assert_int_equal(kefs_sigv4_connect_sign(&connect, key.secret, cert->signature), 0);
}

#define TUNNELLED (KEFS_MODEL_GRANT_TLS | KEFS_MODEL_GRANT_TUNNEL)

/* Decides on the claims, and puts the connection into the kernel in place of what it has. */
static uint32_t come(const struct kefs_claims *claims)
{
	struct kefs_grant grant;
	struct kefs_err err;
	int pair[2];
	uint64_t id;

	assert_int_equal(kefs_access_decide(efs.access, claims, &grant, &err), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	while (kernel.conn_count)
		assert_int_equal(fake_kernel_ops(&kernel).ops->conn_del(&kernel, kernel.conns[0].id, &err), 0);
	kernel.volumes[0].id = grant.volume_id;
	kernel.volume_count = 1;
	assert_int_equal(fake_kernel_ops(&kernel).ops->conn_add(&kernel, pair[1], NULL, &grant, &id, &err), 0);
	kefs_grant_release(&grant);
	(void)close(pair[1]);
	clients_end = pair[0];
	return grant.flags;
}

void test_by_tls(void **state)
{
	const uint32_t refused = TUNNELLED | KEFS_MODEL_GRANT_NO_ACCESS | KEFS_MODEL_GRANT_READ_ONLY |
				 KEFS_MODEL_GRANT_SQUASH_ROOT;
	const char *fs_id;
	struct kefs_access_point point = {
		.token = "t", .path = "/p", .has_user = true, .user = { .uid = 7, .gid = 8, .gids = { 9 }, .gid_count = 1 },
		.has_creation = true, .creation = { .uid = 7, .gid = 8, .permissions = "0750" },
	};
	const struct kefs_tags none = { .count = 0 };
	uint64_t counts[KEFS_REFUSALS];
	char taken[KEFS_ID_SIZE], made[300];
	struct kefs_awscert cert;
	struct kefs_claims claims = { .tls = true, .tunnel = true, .cert = &cert };
	struct kefs_err err;
	struct stat st;

	(void)state;
	find_client_result = 0;
	fs_id = serve(&claims);
	assert_int_equal(kefs_access_points_create(&efs, fs_id, &point, &none, taken, &err), 0);
	make_cert(fs_id, point.id, &cert);
	assert_int_equal(come(&claims), TUNNELLED | KEFS_MODEL_GRANT_ENFORCE_IDS);
	assert_true(kernel.conns[0].has_root);
	assert_string_equal(kernel.conns[0].grant.access_point, point.id);
	assert_contains(kernel.conns[0].grant.who, " " ROOT);
	assert_int_equal(kernel.conns[0].grant.ids.uid, 7);
	assert_int_equal(kernel.conns[0].grant.ids.gids[0], 9);
	(void)snprintf(made, sizeof(made), "%s/p", efs_dir);
	assert_int_equal(stat(made, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	/* A policy, the access point's end, a key's end: what it came with stays, what it may changes */
	set_policy(fs_id, "\"elasticfilesystem:ClientWrite\"");
	assert_int_equal(kernel.conns[0].grant.flags, TUNNELLED | KEFS_MODEL_GRANT_ENFORCE_IDS);	/* root's */
	assert_int_equal(kefs_access_points_delete(&efs, point.id, &err), 0);
	kefs_access_renew(efs.access);
	assert_int_equal(kernel.conns[0].grant.flags, TUNNELLED | KEFS_MODEL_GRANT_ENFORCE_IDS);
	find_client_result = -EIO;
	kefs_access_renew(efs.access);
	assert_int_equal(kernel.conns[0].grant.flags, TUNNELLED | KEFS_MODEL_GRANT_ENFORCE_IDS);
	find_client_result = -ENOENT;
	kefs_access_tick(efs.access);
	assert_int_equal(kernel.conns[0].grant.flags, refused | KEFS_MODEL_GRANT_ENFORCE_IDS);
	assert_int_equal(kernel.conns[0].grant.ids.uid, 7);
	find_client_result = 0;
	kefs_access_renew(efs.access);
	assert_int_equal(kernel.conns[0].grant.flags, TUNNELLED | KEFS_MODEL_GRANT_ENFORCE_IDS);
	(void)close(clients_end);
	/* Who is not believed has no access now and never, and shares no domain */
	assert_int_equal(come(&claims), refused);	/* its access point is gone */
	assert_false(kernel.conns[0].has_root);
	assert_string_equal(kernel.conns[0].grant.access_point, "");
	kefs_access_renew(efs.access);
	assert_int_equal(kernel.conns[0].grant.flags, refused);
	(void)close(clients_end);
	claims.malformed = true;
	assert_int_equal(come(&claims), refused);
	(void)close(clients_end);
	kefs_access_get_refusals(efs.access, counts);
	assert_int_equal(counts[KEFS_REFUSED_ACCESS_POINT], 1);
	assert_int_equal(counts[KEFS_REFUSED_MALFORMED], 1);
	assert_int_equal(kefs_mount_targets_delete_all(&efs, fs_id, &err), 0);
}

static void add_session(const char *id, int64_t expires_sec)
{
	static const struct kefs_session_limits limits = { .all = 100, .each = 100 };
	struct kefs_session session = {
		.secret = "0123456789abcdef", .token = "0123456789abcdef", .issued_sec = expires_sec - 900,
		.expires_sec = expires_sec,
	};
	struct kefs_err err;

	(void)kefs_str_copy(session.id, sizeof(session.id), id);
	(void)kefs_str_copy(session.name, sizeof(session.name), id);
	assert_int_equal(kefs_st_session_insert(efs.db, &session, "", &limits, &err), 0);
}

/* A connection outlives the session that it came with: what it may is still decided by it. */
void test_sessions_are_kept(void **state)
{
	static const struct kefs_bearer bearer = { .access_key = "ASIA000000000000BORN", .arn = ROOT, .id = ROOT };
	const int64_t now = kefs_efs_now_ms() / 1000;
	struct kefs_session session;
	struct kefs_grant grant;
	struct kefs_err err;
	int pair[2];
	uint64_t id;

	(void)state;
	add_session("ASIA000000000000BORN", now - 200000);
	add_session("ASIA000000000000ENDS", now - 200000);
	add_session("ASIA000000000000LIVE", now + 1000);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	kernel.volumes[0].id = 7;
	kernel.volume_count = 1;
	assert_int_equal(kefs_grant_make(7, true, "", &bearer, &grant), 0);
	assert_int_equal(fake_kernel_ops(&kernel).ops->conn_add(&kernel, pair[1], NULL, &grant, &id, &err), 0);
	assert_int_equal(kefs_access_forget_sessions(efs.access, now, &err), 0);
	assert_int_equal(kefs_st_session_get(efs.db, "ASIA000000000000BORN", &session, &err), 0);
	assert_int_equal(kefs_st_session_get(efs.db, "ASIA000000000000LIVE", &session, &err), 0);
	assert_int_equal(kefs_st_session_get(efs.db, "ASIA000000000000ENDS", &session, &err), -ENOENT);
	assert_int_equal(fake_kernel_ops(&kernel).ops->conn_del(&kernel, id, &err), 0);
	assert_int_equal(kefs_access_forget_sessions(efs.access, now, &err), 0);
	assert_int_equal(kefs_st_session_get(efs.db, "ASIA000000000000BORN", &session, &err), -ENOENT);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* Who comes for what cannot be served is refused before the kernel is asked. */
void test_error_state(void **state)
{
	const char *fs_id;
	struct kefs_claims claims = { .peer.len = 0 };
	struct kefs_grant grant;
	struct kefs_err err;

	(void)state;
	fs_id = serve(&claims);
	kefs_fs_find(&list, fs_id)->state = KEFS_FS_ERROR;
	assert_int_equal(kefs_access_decide(efs.access, &claims, &grant, &err), -ENOENT);
	assert_contains(err.text, fs_id);
	kefs_fs_find(&list, fs_id)->state = KEFS_FS_AVAILABLE;
	assert_int_equal(kefs_access_decide(efs.access, &claims, &grant, &err), 0);
	assert_int_equal(kefs_mount_targets_delete_all(&efs, fs_id, &err), 0);
}

static bool has_address(uint32_t address)
{
	struct kefs_ifaddr *have;
	bool found = false;
	struct kefs_err err;
	size_t count;

	assert_int_equal(kefs_ifaddr_list(&have, &count, &err), 0);
	for (size_t i = 0; i < count; i++)
		found |= have[i].address == address;
	free(have);
	return found;
}

/* What somebody else took away is put back. */
void test_addresses_come_back(void **state)
{
	struct kefs_mount_target_request request = { .subnet_id = topology.subnets[0].id };
	struct kefs_mount_target first, second;
	struct kefs_err err;

	(void)state;
	request.fs_id = make_fs(NULL);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &first, &err), 0);
	request.fs_id = make_fs(NULL);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &second, &err), 0);
	assert_int_equal(kefs_ifaddr_del(first.address, &err), 0);
	kefs_endpoints_tick(efs.endpoints);
	assert_true(has_address(first.address) && has_address(second.address));
	assert_int_equal(kefs_mount_targets_delete_all(&efs, request.fs_id, &err), 0);
	kefs_endpoints_tick(efs.endpoints);
	assert_false(has_address(second.address));
	assert_int_equal(kefs_mount_targets_delete(&efs, first.id, &err), 0);
}

void test_resolvers_come_back(void **state)
{
	uint32_t resolver = kefs_subnet_resolver(&topology.subnets[0]);
	struct kefs_endpoints with_dns = *efs.endpoints;
	struct kefs_err err;

	(void)state;
	kefs_endpoints_tick(&with_dns);
	assert_false(has_address(resolver));
	with_dns.resolvers = true;
	kefs_endpoints_tick(&with_dns);
	assert_true(has_address(resolver));
	for (size_t i = 0; i < topology.subnet_count; i++)
		assert_int_equal(kefs_ifaddr_del(kefs_subnet_resolver(&topology.subnets[i]), &err), 0);
}

/* A removal that failed half-way is ended later: nobody has to ask again. */
void test_removal_is_ended(void **state)
{
	const struct kefs_mount_target_request request = { .fs_id = make_fs(NULL), .subnet_id = topology.subnets[0].id };
	struct kefs_mount_target target;
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &target, &err), 0);
	kernel.fail_conn_list = -EAGAIN;
	assert_int_equal(kefs_mount_targets_delete(&efs, target.id, &err), -EAGAIN);
	assert_int_equal(kefs_mount_targets_get(&efs, target.id, &target, &err), 0);
	assert_int_equal(target.state, KEFS_STATE_DELETING);
	kefs_endpoints_tick(efs.endpoints);
	assert_int_equal(kefs_mount_targets_get(&efs, target.id, &target, &err), -KEFS_E_MOUNT_TARGET_NOT_FOUND);
	assert_false(has_address(target.address));
}

void test_policy_holds(void **state)
{
	static const struct {
		const char *actions;
		uint32_t flags;
	} rows[] = {
		{ "\"elasticfilesystem:ClientMount\"", KEFS_MODEL_GRANT_READ_ONLY | KEFS_MODEL_GRANT_SQUASH_ROOT },
		{ "\"elasticfilesystem:ClientMount\", \"elasticfilesystem:ClientWrite\"", KEFS_MODEL_GRANT_SQUASH_ROOT },
		{ "\"elasticfilesystem:ClientMount\", \"elasticfilesystem:ClientRootAccess\"", KEFS_MODEL_GRANT_READ_ONLY },
		{ "\"elasticfilesystem:Client*\"", 0 },
		{ "\"elasticfilesystem:ClientWrite\"", KEFS_MODEL_GRANT_NO_ACCESS | KEFS_MODEL_GRANT_READ_ONLY |
						       KEFS_MODEL_GRANT_SQUASH_ROOT },
	};
	const struct kefs_mount_target_request request = {
		.fs_id = make_fs(NULL), .subnet_id = topology.subnets[1].id, .address = 0x7f020010,
	};
	struct kefs_mount_target target;
	struct kefs_addr addr;
	struct kefs_err err;
	int near, later;

	(void)state;
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &target, &err), 0);
	assert_int_equal(listening, 1);
	assert_int_equal(kefs_addr_parse("127.2.0.16", 2049, &addr), 0);
	near = connect_to(&addr);
	assert_int_equal(kernel.conns[0].grant.flags, 0);
	assert_string_equal(kefs_volumes_name(NULL, kernel.conns[0].volume), request.fs_id);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_policy(request.fs_id, rows[i].actions);
		assert_int_equal(kernel.conns[0].grant.flags, rows[i].flags);
	}
	later = connect_to(&addr);
	assert_int_equal(kernel.conns[1].grant.flags, rows[4].flags);
	/* A kefsd that comes back finds grants of another policy. */
	kernel.conns[1].grant.flags = 0;
	kefs_access_renew(efs.access);
	assert_int_equal(kernel.conns[1].grant.flags, rows[4].flags);
	assert_int_equal(kefs_fs_policies_delete(&efs, request.fs_id, &err), 0);
	assert_int_equal(kernel.conns[0].grant.flags | kernel.conns[1].grant.flags, 0);
	/* A text that nobody can read any more keeps everybody out. */
	assert_int_equal(kefs_st_policy_set(efs.db, request.fs_id, "{", &err), 0);
	kefs_access_policy_changed(efs.access, request.fs_id);
	assert_int_equal(kernel.conns[0].grant.flags, rows[4].flags);
	assert_int_equal(kefs_mount_targets_delete_all(&efs, request.fs_id, &err), 0);
	assert_int_equal(listening, 0);
	assert_int_equal(kernel.conn_count, 0);
	assert_int_equal(kefs_mount_targets_delete(&efs, target.id, &err), -KEFS_E_MOUNT_TARGET_NOT_FOUND);
	assert_int_equal(kefs_mount_targets_delete_all(&efs, request.fs_id, &err), 0);
	(void)close(near);
	(void)close(later);
}

/* --- times in policies --- */

static void leave(void *ctx)
{
	kefs_loop_exit(ctx);
}

/* Nobody does anything but wait: the policy's time comes, and the connection has another grant. */
void test_time_comes(void **state)
{
	const struct kefs_mount_target_request request = {
		.fs_id = make_fs(NULL), .subnet_id = topology.subnets[1].id, .address = 0x7f020010,
	};
	struct kefs_claims claims = { .tls = false };
	struct kefs_access *outer = efs.access;
	struct kefs_mount_target target;
	struct kefs_source *timer;
	struct kefs_loop *loop;
	int64_t until = kefs_efs_now_ms() / 1000 + 2;
	char id[KEFS_ID_SIZE], policy[256];
	struct kefs_who who;
	const struct kefs_fs_policies_setter setter = { .who = &who, .source_ip = "", .bypass = true };
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_loop_new(&loop), 0);
	efs_new_access(loop);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &target, &err), 0);
	assert_int_equal(kefs_addr_parse("127.2.0.16", 2049, &claims.local), 0);
	assert_int_equal(kefs_identities_recall(efs.identities, "", 0, &who, &err), 0);
	(void)snprintf(policy, sizeof(policy), "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\","
		       "\"Condition\":{\"DateLessThan\":{\"aws:EpochTime\":%lld}}}}", (long long)until);
	assert_int_equal(kefs_fs_policies_put(&efs, request.fs_id, policy, &setter, id, &err), 0);
	assert_int_equal(come(&claims), 0);
	assert_int_equal(kefs_loop_add_timer(loop, 50, leave, loop, &timer), 0);
	while (!kernel.conns[0].grant.flags && kefs_efs_now_ms() < until * 1000 + 1500) {
		assert_int_equal(kefs_loop_run(loop), 0);
		kefs_loop_rearm(timer, 50);
	}
	assert_true(kernel.conns[0].grant.flags & KEFS_MODEL_GRANT_NO_ACCESS);
	assert_true(kefs_efs_now_ms() >= until * 1000);
	(void)close(clients_end);
	assert_int_equal(kefs_mount_targets_delete_all(&efs, request.fs_id, &err), 0);
	kefs_access_free(efs.access);
	efs.access = outer;
	(void)kefs_loop_remove(timer);
	kefs_loop_free(loop);
}
