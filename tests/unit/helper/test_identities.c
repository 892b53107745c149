// SPDX-License-Identifier: GPL-2.0
/* Who a key stands for, and what policies hold for him. */
#include "test.h"

#include <errno.h>

#include "internal.h"
#include "service/access_keys.h"
#include "service/identities.h"
#include "store/st_iam_policy.h"

#define ALLOW(action) \
	"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"elasticfilesystem:" action "\",\"Resource\":\"*\"}}"

static struct kefs_db *db;
static struct kefs_topology topology;
static struct kefs_identities *identities;
static unsigned int changes;
static struct kefs_err err;

static void on_change(void *ctx)
{
	(void)ctx;
	changes++;
}

static int set_up(void **state)
{
	const struct kefs_identities_parts parts = { .db = NULL, .topology = &topology, .changed = on_change };
	struct kefs_identities_parts with_db = parts;

	(void)state;
	changes = 0;
	assert_int_equal(kefs_topology_build(&topology, "eu-central-1", "123456789012", "", &err), 0);
	assert_int_equal(kefs_db_open(":memory:", &db, &err), 0);
	with_db.db = db;
	assert_int_equal(kefs_identities_new(&with_db, &identities, &err), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kefs_identities_free(identities);
	kefs_db_close(db);
	return 0;
}

static struct kefs_identity make(enum kefs_identity_kind kind, const char *path, const char *name)
{
	struct kefs_identity identity;

	assert_int_equal(kefs_identity_make(kind, 1, &identity), 0);
	assert_true(snprintf(identity.path, sizeof(identity.path), "%s", path) > 0);
	assert_true(snprintf(identity.name, sizeof(identity.name), "%s", name) > 0);
	assert_int_equal(kefs_st_identity_insert(db, &identity, kind == KEFS_IDENTITY_ROLE ? "{}" : "", 100, &err), 0);
	return identity;
}

static struct kefs_access_key make_key(const char *user_id)
{
	struct kefs_access_key key;

	assert_int_equal(kefs_access_keys_make(db, user_id, &key, &err), 0);
	return key;
}

static struct kefs_session make_session(const char *identity_id, const char *name, const char *policy)
{
	static const struct kefs_session_limits limits = { .all = 10, .each = 10 };
	struct kefs_session session = { .issued_sec = 500, .expires_sec = 1000 };

	assert_int_equal(kefs_access_keys_draw(&session), 0);
	assert_true(snprintf(session.identity_id, sizeof(session.identity_id), "%s", identity_id) >= 0);
	assert_true(snprintf(session.name, sizeof(session.name), "%s", name) >= 0);
	assert_int_equal(kefs_st_session_insert(db, &session, policy, &limits, &err), 0);
	return session;
}

static bool allowed(const struct kefs_who *who, const char *action)
{
	const struct kefs_policy_request request = {
		.principal = &who->caller.principal, .action = action, .resource = "*",
	};
	struct kefs_policy_answer answer;
	struct kefs_policy_set set;

	assert_int_equal(kefs_identities_policies(identities, who, &set, &err), 0);
	return kefs_policy_evaluate(&set, &request, &answer);
}

static void test_root(void **state)
{
	struct kefs_access_key key = make_key("");
	struct kefs_who who;

	(void)state;
	assert_int_equal(kefs_identities_find(identities, key.id, NULL, 1, &who, &err), 0);
	assert_string_equal(who.caller.arn, "arn:aws:iam::123456789012:root");
	assert_string_equal(who.secret, key.secret);
	assert_true(allowed(&who, "elasticfilesystem:CreateFileSystem"));
	assert_int_equal(kefs_identities_find(identities, key.id, "token", 1, &who, &err), -EACCES);
	assert_string_equal(who.secret, "");
	assert_int_equal(kefs_identities_find(identities, "AKIANOBODYHASTHIS", NULL, 1, &who, &err), -ENOENT);
	assert_int_equal(kefs_identities_recall(identities, "", 1, &who, &err), 0);
	assert_int_equal(who.caller.principal.type, KEFS_PRINCIPAL_ROOT);
}

static void test_user(void **state)
{
	struct kefs_identity user = make(KEFS_IDENTITY_USER, "/ops/", "Ann");
	struct kefs_identity group = make(KEFS_IDENTITY_GROUP, "/", "readers");
	struct kefs_access_key key = make_key(user.id);
	struct kefs_who who;

	(void)state;
	assert_int_equal(kefs_identities_find(identities, key.id, "", 1, &who, &err), 0);
	assert_string_equal(who.caller.arn, "arn:aws:iam::123456789012:user/ops/Ann");
	assert_string_equal(who.caller.principal.id, user.id);
	assert_int_equal(who.expires, 0);
	assert_false(allowed(&who, "elasticfilesystem:ClientMount"));

	/* Its own, its groups', an attached one of AWS's and one made here */
	assert_int_equal(kefs_st_inline_set(db, user.id, "own", ALLOW("ClientMount"), 2048, &err), 0);
	assert_int_equal(kefs_st_attach(db, group.id, "AmazonElasticFileSystemReadOnlyAccess", 10, &err), 0);
	kefs_identities_changed(identities);
	assert_int_equal(changes, 1);
	assert_true(allowed(&who, "elasticfilesystem:ClientMount"));
	assert_false(allowed(&who, "elasticfilesystem:DescribeFileSystems"));
	assert_int_equal(kefs_st_member_add(db, user.id, group.id, &err), 0);
	kefs_identities_changed(identities);
	assert_true(allowed(&who, "elasticfilesystem:DescribeFileSystems"));
	assert_int_equal(kefs_st_inline_delete(db, user.id, "own", &err), 0);
	kefs_identities_changed(identities);
	assert_false(allowed(&who, "elasticfilesystem:ClientMount"));

	/* What is kept stays until a change is told of */
	assert_int_equal(kefs_st_key_set_active(db, user.id, key.id, false, &err), 0);
	assert_int_equal(kefs_identities_find(identities, key.id, "", 1, &who, &err), -ENOENT);
	assert_int_equal(kefs_identities_recall(identities, key.id, 1, &who, &err), -ENOENT);
	assert_string_equal(who.secret, "");
}

static void test_managed(void **state)
{
	struct kefs_managed_policy policy = { .id = "ANPAAAAAAAAAAAAAAAAAA", .name = "mine", .path = "/" };
	struct kefs_identity user = make(KEFS_IDENTITY_USER, "/", "Bob");
	struct kefs_access_key key = make_key(user.id);
	struct kefs_who who;
	uint32_t version;

	(void)state;
	assert_int_equal(kefs_st_managed_insert(db, &policy, ALLOW("ClientMount"), 10, &err), 0);
	assert_int_equal(kefs_st_managed_insert(db, &policy, ALLOW("ClientMount"), 10, &err), -EEXIST);
	assert_int_equal(kefs_st_attach(db, user.id, policy.id, 1, &err), 0);
	assert_int_equal(kefs_st_attach(db, user.id, "AdministratorAccess", 1, &err), -EDQUOT);
	assert_int_equal(kefs_identities_find(identities, key.id, NULL, 1, &who, &err), 0);
	assert_true(allowed(&who, "elasticfilesystem:ClientMount"));
	assert_int_equal(kefs_st_version_add(db, policy.id, ALLOW("ClientWrite"), true, 2, 5, &version, &err), 0);
	assert_int_equal(version, 2);
	assert_int_equal(kefs_st_version_add(db, policy.id, ALLOW("ClientWrite"), true, 2, 5, &version, &err), -EDQUOT);
	kefs_identities_changed(identities);
	assert_false(allowed(&who, "elasticfilesystem:ClientMount"));
	assert_true(allowed(&who, "elasticfilesystem:ClientWrite"));
	assert_int_equal(kefs_st_managed_delete(db, policy.id, &err), -ENOTEMPTY);
	assert_int_equal(kefs_st_detach(db, user.id, policy.id, &err), 0);
	assert_int_equal(kefs_st_detach(db, user.id, policy.id, &err), -ENOENT);
	assert_int_equal(kefs_st_managed_delete(db, policy.id, &err), -ENOTEMPTY);
	assert_int_equal(kefs_st_version_delete(db, policy.id, 1, &err), 0);
	assert_int_equal(kefs_st_managed_delete(db, policy.id, &err), 0);
}

static void test_session(void **state)
{
	struct kefs_identity role = make(KEFS_IDENTITY_ROLE, "/svc/", "writer");
	struct kefs_session wide = make_session(role.id, "monday", ""), narrow = make_session(role.id, "tuesday", ALLOW("ClientMount"));
	struct kefs_who who;

	(void)state;
	assert_int_equal(kefs_st_inline_set(db, role.id, "own", ALLOW("Client*"), 2048, &err), 0);
	assert_int_equal(kefs_identities_find(identities, wide.id, wide.token, 999, &who, &err), 0);
	assert_string_equal(who.caller.arn, "arn:aws:sts::123456789012:assumed-role/writer/monday");
	assert_string_equal(who.caller.role_arn, "arn:aws:iam::123456789012:role/svc/writer");
	assert_string_equal(who.caller.principal.id, role.id);
	assert_int_equal(who.expires, 1000);
	assert_true(allowed(&who, "elasticfilesystem:ClientWrite"));
	assert_int_equal(kefs_identities_recall(identities, narrow.id, 999, &who, &err), 0);
	assert_true(allowed(&who, "elasticfilesystem:ClientMount"));
	assert_false(allowed(&who, "elasticfilesystem:ClientWrite"));

	assert_int_equal(kefs_identities_find(identities, wide.id, narrow.token, 999, &who, &err), -EACCES);
	assert_int_equal(kefs_identities_find(identities, wide.id, NULL, 999, &who, &err), -EACCES);
	assert_int_equal(kefs_identities_find(identities, wide.id, wide.token, 1000, &who, &err), -EKEYEXPIRED);
	assert_int_equal(kefs_identities_recall(identities, wide.id, 1000, &who, &err), -EKEYEXPIRED);
	assert_int_equal(kefs_st_inline_delete(db, role.id, "own", &err), 0);
	assert_int_equal(kefs_st_identity_delete(db, role.id, &err), 0);
	assert_int_equal(kefs_identities_find(identities, wide.id, wide.token, 999, &who, &err), -ENOENT);
}

#define BEFORE(time) "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"," \
	"\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\"" time "\"}}}}"

/* A session's key has the time when it was issued, for a client of NFS as well (recall); one for good has none. */
static void test_issued(void **state)
{
	struct kefs_identity user = make(KEFS_IDENTITY_USER, "/", "Ann");
	struct kefs_session session = make_session(user.id, "", "");
	struct kefs_access_key key = make_key(user.id);
	struct kefs_who who;

	(void)state;
	assert_int_equal(kefs_st_inline_set(db, user.id, "p", BEFORE("1970-01-01T00:08:21Z"), 2048, &err), 0);
	assert_int_equal(kefs_identities_recall(identities, session.id, 0, &who, &err), 0);
	assert_true(allowed(&who, "elasticfilesystem:ClientMount"));
	assert_int_equal(kefs_identities_find(identities, key.id, NULL, 600, &who, &err), 0);
	assert_false(allowed(&who, "elasticfilesystem:ClientMount"));
	assert_int_equal(kefs_st_inline_set(db, user.id, "p", BEFORE("1970-01-01T00:08:20Z"), 2048, &err), 0);
	kefs_identities_changed(identities);
	assert_int_equal(kefs_identities_find(identities, session.id, session.token, 600, &who, &err), 0);
	assert_false(allowed(&who, "elasticfilesystem:ClientMount"));
}

/* For who checks the signature first: whatever the token must be compared with. */
static void test_look_up(void **state)
{
	struct kefs_identity user = make(KEFS_IDENTITY_USER, "/", "Ann");
	struct kefs_session session = make_session(user.id, "", "");
	struct kefs_access_key key = make_key(user.id);
	struct kefs_who who;

	(void)state;
	assert_int_equal(kefs_identities_look_up(identities, session.id, &who, &err), 0);
	assert_string_equal(who.secret, session.secret);
	assert_string_equal(who.token, session.token);
	assert_int_equal(who.expires, 1000);
	assert_int_equal(kefs_identities_look_up(identities, key.id, &who, &err), 0);
	assert_string_equal(who.secret, key.secret);
	assert_string_equal(who.token, "");
	assert_int_equal(kefs_st_key_set_active(db, user.id, key.id, false, &err), 0);
	assert_int_equal(kefs_identities_look_up(identities, key.id, &who, &err), -ENOENT);
	assert_string_equal(who.secret, "");
	assert_int_equal(kefs_identities_find(identities, session.id, session.token, 600, &who, &err), 0);
	assert_string_equal(who.token, "");
}

/* A session of that identity, named by a number, from a time for ten seconds. */
static int add_session(unsigned int number, const char *identity_id, int64_t now,
		       const struct kefs_session_limits *limits)
{
	struct kefs_session session = {
		.secret = "0123456789abcdef", .token = "0123456789abcdef", .issued_sec = now, .expires_sec = now + 10,
	};

	assert_true(snprintf(session.id, sizeof(session.id), "ASIA%016u", number) > 0);
	assert_true(snprintf(session.identity_id, sizeof(session.identity_id), "%s", identity_id) >= 0);
	return kefs_st_session_insert(db, &session, "", limits, &err);
}

static int get_session(unsigned int number)
{
	struct kefs_session session;
	char id[KEFS_KEY_ID_SIZE];

	assert_true(snprintf(id, sizeof(id), "ASIA%016u", number) > 0);
	return kefs_st_session_get(db, id, &session, &err);
}

/* Nobody takes all of them, and those that have ended are nobody's. */
static void test_sessions_bounded(void **state)
{
	static const struct kefs_session_limits limits = { .all = 3, .each = 2 };
	static const struct kefs_session_memory memory = { .sec = 100, .most = 100 };
	struct kefs_identity ann = make(KEFS_IDENTITY_USER, "/", "Ann"), bob = make(KEFS_IDENTITY_USER, "/", "Bob");

	(void)state;
	assert_int_equal(add_session(1, "", 1, &limits), 0);
	assert_int_equal(add_session(2, "", 1, &limits), 0);
	assert_int_equal(add_session(3, "", 1, &limits), -EDQUOT);
	assert_int_equal(add_session(3, ann.id, 1, &limits), 0);
	assert_int_equal(add_session(4, bob.id, 1, &limits), -EDQUOT);
	assert_int_equal(add_session(4, bob.id, 10, &limits), -EDQUOT);
	/* They have ended, and are known as such for a time */
	assert_int_equal(add_session(4, "", 11, &limits), 0);
	assert_int_equal(get_session(1), 0);
	assert_int_equal(kefs_st_sessions_forget(db, 112, &memory, "[]", &err), 0);
	assert_int_equal(get_session(1), -ENOENT);
	assert_int_equal(get_session(4), 0);
}

/* Who asks again and again fills nothing with those that have ended. */
static void test_sessions_ended_bounded(void **state)
{
	static const struct kefs_session_limits limits = { .all = 2, .each = 2 };
	static const struct kefs_session_memory memory = { .sec = 1000, .most = 2 };

	(void)state;
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(add_session(i, "", 1 + 10 * i, &limits), 0);
	assert_int_equal(kefs_st_sessions_forget(db, 51, &memory, "[]", &err), 0);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(get_session(i), i < 3 ? -ENOENT : 0);
}

/* A principal in a policy is the one of then: one made anew under the same name has another id. */
static void test_principals(void **state)
{
	static const struct { const char *principal; int rc; } cases[] = {
		{ "arn:aws:iam::123456789012:root", 0 }, { "arn:aws:iam::999999999999:root", 0 },
		{ "arn:aws:iam::123456789012:user/ops/Ann", 0 }, { "arn:aws:iam::123456789012:user/Ann", -ENOENT },
		{ "arn:aws:iam::123456789012:user/ops/ann", -ENOENT }, { "arn:aws:iam::999999999999:user/ops/Ann", -ENOENT },
		{ "arn:aws:iam::123456789012:role/ops/Ann", -ENOENT }, { "arn:aws:iam::123456789012:role/writer", 0 },
		{ "arn:aws:sts::123456789012:assumed-role/writer/any", 0 },
		{ "arn:aws:sts::123456789012:assumed-role/nobody/any", -ENOENT },
		{ "arn:aws:sts::123456789012:federated-user/ann", -ENOENT }, { "AIDAAAAAAAAAAAAAAAAAA", -ENOENT },
	};
	struct kefs_identity user = make(KEFS_IDENTITY_USER, "/ops/", "Ann"), again;
	struct kefs_principals_owner owner;
	char id[KEFS_POLICY_ID_SIZE];

	(void)state;
	(void)make(KEFS_IDENTITY_ROLE, "/", "writer");
	owner = (struct kefs_principals_owner) { db, "fs-1" };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(kefs_identities_resolve(identities, cases[i].principal, id), cases[i].rc);
	assert_int_equal(kefs_identities_resolve(identities, user.id, id), 0);
	assert_string_equal(id, user.id);
	assert_int_equal(kefs_st_principal_set(db, owner.id, cases[2].principal, user.id, &err), 0);
	assert_int_equal(kefs_st_identity_delete(db, user.id, &err), 0);
	again = make(KEFS_IDENTITY_USER, "/ops/", "Ann");
	assert_string_not_equal(again.id, user.id);
	assert_int_equal(kefs_identities_resolve_stored(&owner, cases[2].principal, id), 0);
	assert_string_equal(id, user.id);
	assert_int_equal(kefs_identities_resolve_stored(&owner, cases[1].principal, id), 0);
	assert_int_equal(kefs_identities_resolve_stored(&owner, cases[7].principal, id), -ENOENT);
}

static void test_broken_policy(void **state)
{
	struct kefs_identity user = make(KEFS_IDENTITY_USER, "/", "Eve");
	struct kefs_access_key key = make_key(user.id);
	struct kefs_policy_set set;
	struct kefs_who who;

	(void)state;
	assert_int_equal(kefs_st_inline_set(db, user.id, "bad", "{\"Statement\":[]", 2048, &err), 0);
	assert_int_equal(kefs_identities_find(identities, key.id, NULL, 1, &who, &err), 0);
	assert_int_equal(kefs_identities_policies(identities, &who, &set, &err), -EUCLEAN);
	assert_int_equal(kefs_identities_policies(identities, &who, &set, &err), -EUCLEAN);
}

static void test_names(void **state)
{
	struct kefs_identity user = make(KEFS_IDENTITY_USER, "/", "Ann"), twin = user;
	struct kefs_identity_query all = { .prefix = "/", .limit = 9 }, behind = { .prefix = "/x", .after = "Ann", .limit = 9 };
	struct kefs_identity_list list;

	(void)state;
	assert_int_equal(kefs_iam_id_new("AIDA", twin.id), 0);
	assert_true(snprintf(twin.name, sizeof(twin.name), "aNN") > 0);
	assert_int_equal(kefs_st_identity_insert(db, &twin, "", 100, &err), -EEXIST);
	(void)make(KEFS_IDENTITY_GROUP, "/", "ann");
	(void)make(KEFS_IDENTITY_USER, "/x/", "bob");
	assert_int_equal(kefs_st_identity_insert(db, &twin, "", 100, &err), -EEXIST);
	(void)snprintf(twin.name, sizeof(twin.name), "carl");
	assert_int_equal(kefs_st_identity_insert(db, &twin, "", 2, &err), -EDQUOT);
	assert_int_equal(kefs_st_identity_list(db, &all, &list, &err), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.list[1].name, "bob");
	free(list.list);
	assert_int_equal(kefs_st_identity_list(db, &behind, &list, &err), 0);
	assert_int_equal(list.count, 1);
	free(list.list);
	assert_true(kefs_iam_name_valid("a+b=c,d.e@f-g_", 64) && !kefs_iam_name_valid("a b", 64) && !kefs_iam_name_valid("", 64));
	assert_true(!kefs_iam_name_valid("abc", 2) && kefs_iam_path_valid("/") && kefs_iam_path_valid("/a/b/"));
	assert_false(kefs_iam_path_valid("/a") || kefs_iam_path_valid("a/"));
	assert_false(kefs_iam_path_valid("//") || kefs_iam_path_valid(""));
	assert_false(kefs_session_name_valid("x") || kefs_session_name_valid("a/b"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_root), WITH(test_user), WITH(test_managed), WITH(test_session), WITH(test_issued), WITH(test_look_up),
		WITH(test_sessions_bounded), WITH(test_sessions_ended_bounded),
		WITH(test_principals), WITH(test_broken_policy), WITH(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
