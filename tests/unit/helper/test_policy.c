// SPDX-License-Identifier: GPL-2.0
/* IAM policies: what is refused and in which words, who is named in an answer, and what NFS clients get. */
#include "test.h"

#include <errno.h>
#include <time.h>

#include "policy/caller.h"
#include "policy/nfs.h"
#include "policy/policy.h"

#define HOME "111122223333"
#define FS_ARN "arn:aws:elasticfilesystem:us-east-1:" HOME ":file-system/fs-0123456789abcdef0"
#define AP_ARN "arn:aws:elasticfilesystem:us-east-1:" HOME ":access-point/fsap-0123456789abcdef0"
#define ALICE_ARN "arn:aws:iam::" HOME ":user/alice"
#define OPS_ARN "arn:aws:iam::" HOME ":role/ops"
#define V12 "{\"Version\":\"2012-10-17\",\"Statement\":"
#define EVERYBODY(effect) "{\"Effect\":\"" effect "\",\"Principal\":\"*\",\"Action\":\"*\""
#define ALLOW_ALL V12 "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"

static const struct kefs_principal alice = {
	KEFS_PRINCIPAL_USER, HOME, ALICE_ARN, NULL, "AIDAALICEALICEALICE", "alice",
};
static const struct kefs_principal root = { KEFS_PRINCIPAL_ROOT, HOME, "arn:aws:iam::" HOME ":root", NULL, NULL, NULL };
static const struct kefs_principal ops = {
	KEFS_PRINCIPAL_SESSION, HOME, "arn:aws:sts::" HOME ":assumed-role/ops/monday", OPS_ARN, "AROAOPSOPSOPSOPSOPS",
	"monday",
};
static const struct kefs_principal anonymous = { .type = KEFS_PRINCIPAL_ANONYMOUS };

static int resolve(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE])
{
	if (strstr(principal, "ghost"))
		return -ENOENT;
	if (strstr(principal, "error"))
		return -EIO;
	(void)snprintf(ret_id, KEFS_POLICY_ID_SIZE, "%s", ctx && strstr(principal, "alice") ? (const char *)ctx : "");
	return 0;
}

static int try_parse(enum kefs_policy_kind kind, const char *text, struct kefs_policy **ret, struct kefs_err *err)
{
	const struct kefs_policy_rules rules = { .kind = kind, .name = kind == KEFS_POLICY_FILE_SYSTEM ?
						 "the file system policy" : "the policy p", .resource = FS_ARN,
						 .resolve = resolve };

	return kefs_policy_parse(text, strlen(text), &rules, ret, err);
}

static struct kefs_policy *must_parse(enum kefs_policy_kind kind, const char *text)
{
	struct kefs_policy *policy = NULL;
	struct kefs_err err = { "" };

	if (try_parse(kind, text, &policy, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return policy;
}

static struct kefs_policy *fs_policy(const char *text)
{
	return must_parse(KEFS_POLICY_FILE_SYSTEM, text);
}

static struct kefs_policy *identity(const char *text)
{
	return must_parse(KEFS_POLICY_IDENTITY, text);
}

struct bad {
	const char *text, *message;
};

static void expect_bad(enum kefs_policy_kind kind, const struct bad *bad, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct kefs_policy *policy = NULL;
		struct kefs_err err = { "" };

		if (try_parse(kind, bad[i].text, &policy, &err) != -EINVAL)
			fail_msg("not refused: %s (%s)", bad[i].text, err.text);
		assert_contains(err.text, bad[i].message);
	}
}

#define EXPECT_BAD(kind, list) expect_bad(kind, list, sizeof(list) / sizeof((list)[0]))
#define FS(elements) V12 "[{\"Effect\":\"Allow\",\"Principal\":\"*\"," elements "}]}"
#define WHO(principal) V12 "{\"Sid\":\"S1\",\"Effect\":\"Allow\",\"Principal\":" principal ",\"Action\":\"*\"}}"
#define IF(condition) FS("\"Action\":\"*\",\"Condition\":" condition)

static void test_documents(void **state)
{
	static const struct bad bad[] = {
		{ "", "empty" }, { "{", "not valid JSON" }, { "[]", "not a JSON object" }, { "{}", "no Statement" },
		{ "{\"Statement\":[]}", "no Statement" }, { "{\"Statement\":7}", "Statement 1: it is not an object" },
		{ "{\"Version\":\"2020-01-01\",\"Statement\":[]}", "Version is" },
		{ "{\"Version\":7,\"Statement\":[]}", "Version is" }, { "{\"Id\":7,\"Statement\":[]}", "Id must be" },
		{ "{\"Statements\":[]}", "unknown element \"Statements\"" },
		{ "{\"Statement\":[{\"Effect\":\"Allow\",\"Effect\":\"Deny\"}]}", "duplicate object key" },
		{ "{\"Statement\":[{\"Effect\":\"Allow\" <- all}]}", "not valid JSON" },
		{ "{\"Statement\":[{\"Effect\":\"Al\\u0000low\"}]}", "not valid JSON" },
		{ V12 "{\"Principal\":\"*\",\"Action\":\"*\"}}", "Statement 1: no Effect" },
		{ V12 "{\"Effect\":\"ALLOW\",\"Principal\":\"*\",\"Action\":\"*\"}}", "not \"ALLOW\"" },
		{ V12 "[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\"},{\"Sid\":\"two\",\"Effect\":\"Deny\"}]}",
		  "Statement 2 (Sid \"two\"): no Principal or NotPrincipal" },
		{ V12 "{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Because\":1}}", "unknown element \"Because\"" },
		{ FS("\"Sid\":\"a\\nb\",\"Action\":\"*\""), "Sid must be" },
		{ FS("\"NotPrincipal\":\"*\",\"Action\":\"*\""), "Principal and NotPrincipal exclude each other" },
		{ FS("\"Action\":\"*\",\"NotAction\":\"*\""), "Action and NotAction exclude each other" },
		{ FS("\"Action\":\"*\",\"Resource\":\"*\",\"NotResource\":\"*\""), "Resource and NotResource exclude" },
		{ FS("\"Resource\":\"*\""), "no Action or NotAction" },
		{ FS("\"Action\":[]"), "Action is an empty list" }, { FS("\"Action\":[7]"), "Action must be" },
		{ FS("\"Action\":\"\""), "Action must be" },
		{ FS("\"Action\":\"ClientMount\""), "\"ClientMount\": an action is" },
		{ FS("\"Action\":\"s3:GetObject\""), "\"s3:GetObject\": an action of another service" },
		{ FS("\"Action\":\"elasticfilesystem:ClientMoount\""), "no such action" },
		{ FS("\"NotAction\":\"elasticfilesystem:X*\""), "NotAction: \"elasticfilesystem:X*\": elasticfilesystem has no" },
		{ FS("\"Action\":\"elasticfilesystem:Client$\""), "letters, digits" },
		{ FS("\"Action\":\"*\",\"Resource\":\"fs-1\""), "must be in ARN format" },
		{ FS("\"Action\":\"*\",\"Resource\":\"arn:aws:elasticfilesystem:us-east-1:" HOME ":file-system/fs-1\""),
		  "does not name this file system, " FS_ARN },
		{ FS("\"Action\":\"*\",\"Resource\":\"arn:${aws:x\""), "without its \"}\"" },
		{ FS("\"Action\":\"*\",\"Resource\":\"arn:${}\""), "has no key" },
		{ FS("\"Action\":\"*\",\"Resource\":\"arn:${a:b, c}\""), "not in single quotes" },
	};
	char *deep = malloc(1000), *big = malloc(20100);
	struct kefs_policy *policy = NULL;
	struct kefs_err err;

	(void)state;
	EXPECT_BAD(KEFS_POLICY_FILE_SYSTEM, bad);
	memset(deep, '[', 999);
	deep[999] = '\0';
	assert_int_equal(try_parse(KEFS_POLICY_FILE_SYSTEM, deep, &policy, &err), -EINVAL);
	assert_contains(err.text, "levels deep");
	/* White space counts in a file system's policy, and in the others not */
	(void)snprintf(big, 20100, "%-20000s", FS("\"Action\":\"*\""));
	kefs_policy_free(fs_policy(big));
	(void)snprintf(big, 20100, "%-20001s", FS("\"Action\":\"*\""));
	assert_int_equal(try_parse(KEFS_POLICY_FILE_SYSTEM, big, &policy, &err), -E2BIG);
	assert_contains(err.text, "20000 characters");
	(void)snprintf(big, 20100, "%-20001s", ALLOW_ALL);
	kefs_policy_free(identity(big));
	kefs_policy_free(NULL);
	free(deep);
	free(big);
}

static void test_principals(void **state)
{
	static const struct bad bad[] = {
		{ WHO("7"), "an object that names somebody" }, { WHO("{}"), "names somebody" },
		{ WHO("\"" HOME "\""), "as {\"AWS\": \"" HOME "\"}" }, { WHO("{\"AWS\":[]}"), "AWS names nobody" },
		{ WHO("{\"AWS\":7}"), "a string or a list of strings" }, { WHO("{\"Aws\":\"*\"}"), "\"Aws\" is none of" },
		{ WHO("{\"AWS\":\"11112222333\"}"), "\"11112222333\" is no account" },
		{ WHO("{\"AWS\":\"arn:aws:iam::" HOME ":user/*\"}"), "is no account, user" },
		{ WHO("{\"AWS\":\"arn:aws:iam::" HOME ":group/g\"}"), "is no account, user" },
		{ WHO("{\"AWS\":\"arn:aws:iam::" HOME ":user/\"}"), "is no account, user" },
		{ WHO("{\"AWS\":\"arn:aws:sts::" HOME ":assumed-role/ops\"}"), "is no account, user" },
		{ WHO("{\"AWS\":\"arn:aws:sts::" HOME ":assumed-role/ops/*\"}"), "is no account, user" },
		{ WHO("{\"Service\":\"*\"}"), "no Service principal" },
		{ WHO("{\"Service\":\"ec2\"}"), "no Service principal" },
		{ WHO("{\"Federated\":\"*\"}"), "no Federated principal" },
		{ WHO("{\"AWS\":[\"*\",\"arn:aws:iam::" HOME ":role/ghost\"]}"), "there is no arn:aws:iam::" HOME ":role/ghost" },
		{ WHO("{\"AWS\":\"AIDAghost\"}"), "is no account" },
	};
	static const char *const good[] = {
		WHO("\"*\""), WHO("{\"AWS\":\"*\"}"), WHO("{\"AWS\":[\"" HOME "\",\"arn:aws-cn:iam::" HOME ":root\"]}"),
		WHO("{\"AWS\":\"arn:aws:iam::" HOME ":user/division/team/alice\"}"),
		WHO("{\"AWS\":\"arn:aws:sts::" HOME ":federated-user/fred@example.org\"}"),
		WHO("{\"AWS\":\"AROAOPSOPSOPSOPSOPS:monday\",\"Service\":[\"ec2.amazonaws.com\"]}"),
		WHO("{\"Federated\":\"arn:aws:iam::" HOME ":saml-provider/x\",\"CanonicalUser\":\"79a59df900b949e5\"}"),
	};
	struct kefs_policy *policy = NULL;
	struct kefs_err err;

	(void)state;
	EXPECT_BAD(KEFS_POLICY_FILE_SYSTEM, bad);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)try_parse(KEFS_POLICY_FILE_SYSTEM, bad[i].text, &policy, &err);
		assert_contains(err.text, "Policy contains invalid Principal block: Statement 1 (Sid \"S1\"): ");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		kefs_policy_free(fs_policy(good[i]));
	assert_int_equal(try_parse(KEFS_POLICY_FILE_SYSTEM, WHO("{\"AWS\":\"arn:aws:iam::" HOME ":user/error\"}"), &policy,
				   &err), -EIO);
}

static void test_conditions(void **state)
{
	static const struct bad bad[] = {
		{ IF("[]"), "Condition must be an object" }, { IF("{\"Bool\":7}"), "Condition Bool must be an object" },
		{ IF("{\"StringMatches\":{\"a:b\":\"c\"}}"), "there is no operator \"StringMatches\"" },
		{ IF("{\"stringLike\":{\"a:b\":\"c\"}}"), "write StringLike" },
		{ IF("{\"NullIfExists\":{\"a:b\":\"true\"}}"), "no operator" },
		{ IF("{\"ForAnyValue:Null\":{\"a:b\":\"true\"}}"), "no operator" },
		{ IF("{\"ForAnyValue:ForAllValues:Bool\":{\"a:b\":\"true\"}}"), "no operator" },
		{ IF("{\"Bool\":{\"b\":\"true\"}}"), "\"b\" is no condition key" },
		{ IF("{\"Bool\":{\":b\":\"true\"}}"), "no condition key" },
		{ IF("{\"Bool\":{\"aws:*\":\"true\"}}"), "no condition key" },
		{ IF("{\"Bool\":{\"a:b\":[]}}"), "Condition Bool a:b: no value" },
		{ IF("{\"Bool\":{\"a:b\":{}}}"), "a string, a number or a boolean" },
		{ IF("{\"Bool\":{\"a:b\":\"yes\"}}"), "\"yes\" is not true or false" },
		{ IF("{\"Bool\":{\"a:b\":\"${a:c}\"}}"), "is not true or false" },
		{ IF("{\"NumericLessThan\":{\"a:b\":\"1x\"}}"), "\"1x\" is not a number" },
		{ IF("{\"NumericLessThan\":{\"a:b\":\"1e999\"}}"), "is not a number" },
		{ IF("{\"NumericLessThan\":{\"a:b\":true}}"), "is not a number" },
		{ IF("{\"DateEquals\":{\"a:b\":\"2026-13-01\"}}"), "is not a date" },
		{ IF("{\"DateEquals\":{\"a:b\":\"2025-02-29\"}}"), "is not a date" },
		{ IF("{\"DateEquals\":{\"a:b\":\"2025-02-28T25:00Z\"}}"), "is not a date" },
		{ IF("{\"BinaryEquals\":{\"a:b\":\"QQ=\"}}"), "is not base64" },
		{ IF("{\"IpAddress\":{\"a:b\":\"10.0.0.0/33\"}}"), "is not an address or a CIDR range" },
		{ IF("{\"IpAddress\":{\"a:b\":\"2001:db8::/-1\"}}"), "is not an address" },
		{ IF("{\"ArnLike\":{\"a:b\":\"arn:aws:iam::*\"}}"), "no ARN of six parts" },
		{ IF("{\"StringLike\":{\"a:b\":\"${x\"}}"), "Condition StringLike a:b: \"${x\" has a \"${\" without its \"}\"" },
	};
	static const char *const good[] = {
		IF("{}"), IF("{\"Bool\":{}}"), IF("{\"Bool\":{\"aws:SecureTransport\":false}}"),
		IF("{\"NumericEqualsIfExists\":{\"a:b\":[1,1.5,\"-2e3\"]}}"), IF("{\"ArnLike\":{\"a:b\":\"*\"}}"),
		IF("{\"ForAllValues:StringNotLikeIfExists\":{\"a:b/\\u00e4 c\":\"${a:c, 'x'}${$}{${*}\"}}"),
		IF("{\"DateGreaterThan\":{\"a:b\":[\"2026\",1769860800,\"2026-01-31T12:00:00.123456789-00:30\"]}}"),
	};

	(void)state;
	EXPECT_BAD(KEFS_POLICY_FILE_SYSTEM, bad);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		kefs_policy_free(fs_policy(good[i]));
}

static void test_iam_kinds(void **state)
{
	static const struct bad bad_identity[] = {
		{ V12 "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}}", "should not specify a principal" },
		{ V12 "{\"Effect\":\"Allow\",\"Action\":\"*\"}}", "Policy statement must contain resources" },
		{ V12 "{\"Effect\":\"Allow\",\"Resource\":\"*\"}}", "Policy statement must contain actions" },
		{ V12 "{\"Sid\":\"a b\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}", "must be alpha-numeric" },
		{ V12 "[{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"},{\"Sid\":\"a\",\"Effect\":\"Deny\","
		  "\"Action\":\"*\",\"Resource\":\"*\"}]}", "must be unique" },
		{ "{\"Id\":\"x\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}", "Id has no place" },
		{ V12 "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"x\"}}", "Resource x must be in ARN format or \"*\"" },
		{ V12 "{\"Effect\":\"Allow\",\"Action\":\"s?:Get\",\"Resource\":\"*\"}}", "an action is" },
	};
	static const struct bad bad_trust[] = {
		{ WHO("{\"Service\":\"ec2.amazonaws.com\"}"), "may only specify STS AssumeRole actions" },
		{ V12 "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:GetCallerIdentity\"}}", "STS AssumeRole" },
		{ V12 "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\",\"Resource\":\"*\"}}",
		  "Has prohibited field Resource" },
		{ V12 "{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\"}}", "no Principal" },
	};
	struct kefs_policy *policy = NULL;
	struct kefs_err err;
	char text[7000];

	(void)state;
	EXPECT_BAD(KEFS_POLICY_IDENTITY, bad_identity);
	EXPECT_BAD(KEFS_POLICY_TRUST, bad_trust);
	kefs_policy_free(must_parse(KEFS_POLICY_TRUST, V12 "{\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
				    "\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}}"));
	(void)snprintf(text, sizeof(text), V12 "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:%06000d\"}}", 0);
	kefs_policy_free(identity(text));
	(void)snprintf(text, sizeof(text), V12 "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:%06100d\"}}", 0);
	assert_int_equal(try_parse(KEFS_POLICY_IDENTITY, text, &policy, &err), -E2BIG);
	assert_contains(err.text, "6144");
}

/* One request for tests of combinations. */
static bool evaluate(const struct kefs_policy_set *set, const struct kefs_principal *who, const char *action,
		     struct kefs_policy_answer *answer, char *reason)
{
	const struct kefs_policy_key keys[] = { { .name = "aws:SecureTransport", .value = "true" } };
	const struct kefs_policy_request request = {
		.principal = who, .action = action, .resource = FS_ARN, .account = HOME, .keys = keys, .key_count = 1,
		.now = 1769860800,
	};
	bool allowed = kefs_policy_evaluate(set, &request, answer);

	kefs_policy_reason(answer, reason);
	return allowed;
}

static void expect_reason(const struct kefs_policy_set *set, const struct kefs_principal *who, const char *wanted)
{
	struct kefs_policy_answer answer;
	char reason[KEFS_POLICY_REASON_SIZE];
	bool allowed = evaluate(set, who, "elasticfilesystem:ClientMount", &answer, reason);

	assert_string_equal(reason, wanted);
	assert_int_equal(allowed, !strncmp(wanted, "allowed", 7));
}

static void test_combinations(void **state)
{
	struct kefs_policy *mine = identity(V12
		"{\"Sid\":\"Mine\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}");
	struct kefs_policy *never = identity(V12 "{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}");
	struct kefs_policy *little = identity(V12 "{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}");
	struct kefs_policy *account = fs_policy(WHO("{\"AWS\":\"" HOME "\"}"));
	struct kefs_policy *role = fs_policy(WHO("{\"AWS\":\"" OPS_ARN "\"}"));
	const struct kefs_policy *list[] = { mine };
	struct kefs_policy_set set = { .identity = list };

	(void)state;
	expect_reason(&set, &alice, "denied: no statement allows it");
	expect_reason(&set, &root, "allowed: the caller is the account's root");
	set.identity_count = 1;
	expect_reason(&set, &alice, "allowed by statement 1 (Sid \"Mine\") of the policy p");
	set.resource = account;
	expect_reason(&set, &alice, "allowed by statement 1 (Sid \"Mine\") of the policy p");
	expect_reason(&set, &root, "allowed by statement 1 (Sid \"S1\") of the file system policy");
	expect_reason(&set, &anonymous, "denied: no statement allows it");
	set.boundary = little;
	expect_reason(&set, &alice, "denied: allowed by statement 1 (Sid \"Mine\") of the policy p, but the permissions "
		      "boundary does not allow it");
	set.boundary = NULL;
	set.session = little;
	expect_reason(&set, &ops, "denied: allowed by statement 1 (Sid \"Mine\") of the policy p, but no session policy "
		      "allows it");
	set.resource = role;
	expect_reason(&set, &ops, "denied: allowed by statement 1 (Sid \"Mine\") of the policy p, but no session policy "
		      "allows it");
	set.session = NULL;
	expect_reason(&set, &ops, "allowed by statement 1 (Sid \"S1\") of the file system policy");
	set.identity_count = 0;
	set.resource = account;
	expect_reason(&set, &alice, "denied: allowed by statement 1 (Sid \"S1\") of the file system policy, which leaves it "
		      "to the account, and no policy of the caller allows it");
	set.session = never;
	expect_reason(&set, &root, "denied by statement 1 of the policy p");
	kefs_policy_free(mine);
	kefs_policy_free(never);
	kefs_policy_free(little);
	kefs_policy_free(account);
	kefs_policy_free(role);
}

static void test_trust(void **state)
{
	struct kefs_policy *trust = must_parse(KEFS_POLICY_TRUST, V12 "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
					       "\"arn:aws:iam::" HOME ":root\"},\"Action\":\"sts:AssumeRole\"}}");
	struct kefs_policy *closed = must_parse(KEFS_POLICY_TRUST, V12 "{\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
						"\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}}");
	struct kefs_policy *mine = identity(ALLOW_ALL);
	const struct kefs_policy *list[] = { mine };
	struct kefs_policy_set set = { .resource = trust, .identity = list };
	const struct kefs_policy_request request = { .principal = &alice, .action = "sts:AssumeRole", .resource = OPS_ARN,
						     .account = HOME };
	struct kefs_policy_answer answer;

	(void)state;
	/* The role's account must leave it to its users, and a user's policy must allow it */
	assert_false(kefs_policy_evaluate(&set, &request, &answer));
	set.identity_count = 1;
	assert_true(kefs_policy_evaluate(&set, &request, &answer));
	set.resource = closed;
	assert_false(kefs_policy_evaluate(&set, &request, &answer));
	kefs_policy_free(trust);
	kefs_policy_free(closed);
	kefs_policy_free(mine);
}

static void count_principals(void *ctx, const char *principal, const char *id)
{
	assert_string_equal(principal, ALICE_ARN);
	assert_string_equal(id, "AIDAANOTHERANOTHER1");
	(*(int *)ctx)++;
}

/* A grant holds to the one who had the name when it was given. */
static void test_made_anew(void **state)
{
	static const char text[] = WHO("{\"AWS\":[\"" ALICE_ARN "\",\"" OPS_ARN "\"]}");
	char id[] = "AIDAANOTHERANOTHER1";
	const struct kefs_policy_rules rules = { .kind = KEFS_POLICY_FILE_SYSTEM, .name = "p", .resource = FS_ARN,
						 .resolve = resolve, .ctx = id };
	struct kefs_policy *before = fs_policy(text), *after = NULL;
	struct kefs_policy_set set = { .resource = before };
	struct kefs_policy_answer answer;
	char reason[KEFS_POLICY_REASON_SIZE];
	int count = 0;

	(void)state;
	assert_true(evaluate(&set, &alice, "elasticfilesystem:ClientMount", &answer, reason));
	kefs_policy_each_principal(before, count_principals, &count);
	assert_int_equal(count, 0);
	assert_int_equal(kefs_policy_parse(text, strlen(text), &rules, &after, NULL), 0);
	kefs_policy_each_principal(after, count_principals, &count);
	assert_int_equal(count, 1);
	set.resource = after;
	assert_false(evaluate(&set, &alice, "elasticfilesystem:ClientMount", &answer, reason));
	assert_true(evaluate(&set, &ops, "elasticfilesystem:ClientMount", &answer, reason));
	kefs_policy_free(before);
	kefs_policy_free(after);
}

static void test_explain(void **state)
{
	struct kefs_policy *policy = fs_policy(V12 "["
		"{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" OPS_ARN "\"},\"Action\":\"*\"},"
		"{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"elasticfilesystem:ClientWrite\"},"
		EVERYBODY("Deny") ",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}},"
		EVERYBODY("Deny") ","
			   "\"Condition\":{\"StringLike\":{\"a:b\":\"x\"}}},"
		EVERYBODY("Deny") ",\"Condition\":{\"StringNotLike\":{\"a:b\":\"${a:b}\"}}},"
		"{\"Sid\":\"Yes\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"}]}");
	static const char *const wanted[] = {
		"its Principal is somebody else", "its Action is another one",
		"the condition Bool aws:SecureTransport does not hold",
		"the condition StringLike a:b does not hold: the request has no such key",
		"one of its variables has no value", "",
	};
	const struct kefs_policy_key keys[] = { { .name = "AWS:securetransport", .value = "true" } };
	const struct kefs_policy_request request = { .principal = &alice, .action = "elasticfilesystem:clientmount",
						     .resource = FS_ARN, .keys = keys, .key_count = 1 };
	char text[KEFS_POLICY_REASON_SIZE];

	(void)state;
	assert_int_equal(kefs_policy_statements(policy), 6);
	assert_string_equal(kefs_policy_sid(policy, 0), "");
	assert_string_equal(kefs_policy_sid(policy, 5), "Yes");
	assert_string_equal(kefs_policy_name(policy), "the file system policy");
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(kefs_policy_explain(policy, i, &request, false, text), !*wanted[i]);
		assert_string_equal(text, wanted[i]);
	}
	kefs_policy_free(policy);
}

static void test_lockout(void **state)
{
	struct kefs_policy *open = fs_policy(WHO("\"*\"")), *closed = fs_policy(FS("\"Action\":\"elasticfilesystem:ClientMount\""));
	struct kefs_policy *deny = fs_policy(V12 "{\"Sid\":\"No\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\"}}");
	struct kefs_policy *admin = identity(ALLOW_ALL);
	const struct kefs_policy *list[] = { admin };
	struct kefs_policy_set set = { .resource = open, .identity = list };
	const struct kefs_policy_request request = { .principal = &alice, .account = HOME };
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_policy_check_lockout(&set, &request, FS_ARN, &err), 0);
	set.resource = closed;
	assert_int_equal(kefs_policy_check_lockout(&set, &request, FS_ARN, &err), -EPERM);
	assert_contains(err.text, "would prevent future FileSystemPolicy updates");
	assert_contains(err.text, "BypassPolicyLockoutSafetyCheck");
	set.identity_count = 1;
	assert_int_equal(kefs_policy_check_lockout(&set, &request, FS_ARN, &err), 0);
	set.resource = deny;
	assert_int_equal(kefs_policy_check_lockout(&set, &request, FS_ARN, &err), -EPERM);
	assert_contains(err.text, "denied by statement 1 (Sid \"No\") of the file system policy");
	kefs_policy_free(open);
	kefs_policy_free(closed);
	kefs_policy_free(deny);
	kefs_policy_free(admin);
}

static struct kefs_nfs_client nfs_client(const struct kefs_principal *who, bool tls, const char *access_point)
{
	struct kefs_nfs_client client = { .principal = who, .fs_arn = FS_ARN, .fs_account = HOME, .tls = tls,
					  .access_point_arn = access_point, .now = 1769860800 };

	assert_int_equal(kefs_addr_parse("10.0.0.7:1000", 0, &client.peer), 0);
	return client;
}

static void expect_nfs(const struct kefs_policy_set *set, const struct kefs_nfs_client *client, const char *wanted)
{
	struct kefs_nfs_decision decision;
	char reason[KEFS_NFS_REASON_SIZE];

	kefs_nfs_decide(set, client, &decision);
	kefs_nfs_reason(&decision, reason);
	if (strcmp(kefs_nfs_summary(&decision), wanted))
		fail_msg("%s, not %s", reason, wanted);
	assert_int_equal(strncmp(reason, wanted, strlen(wanted)), 0);
	assert_true(decision.mount || (!decision.write && !decision.root));
	if (!decision.mount)
		assert_null(strchr(reason, ';'));
}

/* The policies that EFS's console offers, and those of the guides, mistakes included. */
static void test_nfs_presets(void **state)
{
#define VIA ",\"Condition\":{\"Bool\":{\"elasticfilesystem:AccessedViaMountTarget\":\"true\"}}}"
#define NO_TLS "{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"*\",\"Condition\":{\"Bool\":" \
	"{\"aws:SecureTransport\":\"false\"}}}"
	static const struct {
		const char *text;
		/* Plain; TLS; TLS with access point; TLS as a user who may nothing; as one who may all */
		const char *wanted[5];
	} presets[] = {
		{ NULL, { "read-write", "read-write", "read-write", "read-write", "read-write" } },
		{ V12 "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"elasticfilesystem:ClientMount\","
		  "\"elasticfilesystem:ClientWrite\"]" VIA "}",
		  { "read-write, root squashed", "read-write, root squashed", "read-write, root squashed",
		    "read-write, root squashed", "read-write" } },
		{ V12 "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"elasticfilesystem:ClientMount\"" VIA "}",
		  { "read-only, root squashed", "read-only, root squashed", "read-only, root squashed",
		    "read-only, root squashed", "read-write" } },
		{ WHO("{\"AWS\":\"arn:aws:iam::" HOME ":root\"}"),
		  { "no mount", "no mount", "no mount", "no mount", "read-write" } },
		{ V12 "[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"elasticfilesystem:Client*\"}," NO_TLS "]}",
		  { "no mount", "read-write", "read-write", "read-write", "read-write" } },
		/* Without ClientMount the others are nothing */
		{ V12 "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"elasticfilesystem:ClientWrite\","
		  "\"elasticfilesystem:ClientRootAccess\"]}}",
		  { "no mount", "no mount", "no mount", "no mount", "read-write" } },
		{ V12 "[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"elasticfilesystem:Client*\"},{\"Effect\":\"Deny\","
		  "\"Principal\":\"*\",\"Action\":\"elasticfilesystem:ClientMount\",\"Condition\":{\"Null\":"
		  "{\"elasticfilesystem:AccessPointArn\":\"true\"}}}]}",
		  { "no mount", "no mount", "read-write", "no mount", "no mount" } },
		/* Brief 001's way of asking for an access point: true for everybody */
		{ V12 "[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"elasticfilesystem:Client*\"},{\"Effect\":\"Deny\","
		  "\"Principal\":\"*\",\"Action\":\"*\",\"Condition\":{\"StringNotEquals\":"
		  "{\"elasticfilesystem:AccessPointArn\":\"\"}}}]}",
		  { "no mount", "no mount", "no mount", "no mount", "no mount" } },
		{ V12 "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"elasticfilesystem:Client*\",\"Condition\":"
		  "{\"ArnEquals\":{\"elasticfilesystem:AccessPointArn\":\"" AP_ARN "\"}}}}",
		  { "no mount", "no mount", "read-write", "no mount", "read-write" } },
		{ V12 "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"elasticfilesystem:Client*\",\"Condition\":"
		  "{\"ArnLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:user/al*\"}}}}",
		  { "no mount", "no mount", "no mount", "read-write", "read-write" } },
		{ V12 "{\"Effect\":\"Deny\",\"NotPrincipal\":{\"AWS\":[\"" ALICE_ARN "\",\"" HOME "\"]},\"Action\":\"*\"}}",
		  { "no mount", "no mount", "no mount", "no mount", "read-write" } },
	};
	struct kefs_policy *may = identity(V12
		"{\"Effect\":\"Allow\",\"Action\":\"elasticfilesystem:Client*\",\"Resource\":\"*\"}}");
	const struct kefs_policy *list[] = { may };
	const struct kefs_nfs_client clients[] = {
		nfs_client(NULL, false, NULL), nfs_client(NULL, true, NULL), nfs_client(NULL, true, AP_ARN),
		nfs_client(&alice, true, NULL), nfs_client(&alice, true, NULL),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		struct kefs_policy *policy = presets[i].text ? fs_policy(presets[i].text) : NULL;

		for (size_t j = 0; j < 5; j++) {
			const struct kefs_policy_set set = { .resource = policy, .identity = list, .identity_count = j == 4 };

			expect_nfs(&set, &clients[j], presets[i].wanted[j]);
		}
		kefs_policy_free(policy);
	}
	kefs_policy_free(may);
}

static void test_nfs_default(void **state)
{
	struct kefs_policy *deny = identity(V12 "{\"Sid\":\"No\",\"Effect\":\"Deny\",\"Action\":\"elasticfilesystem:ClientWrite\","
					    "\"Resource\":\"*\"}}");
	const struct kefs_policy *list[] = { deny };
	const struct kefs_policy_set set = { .identity = list, .identity_count = 1 };
	const struct kefs_nfs_client client = nfs_client(&alice, true, NULL);
	struct kefs_policy_answer answer;
	struct kefs_nfs_decision decision;
	char reason[KEFS_NFS_REASON_SIZE];

	(void)state;
	kefs_nfs_decide(&set, &client, &decision);
	kefs_nfs_reason(&decision, reason);
	assert_string_equal(reason, "read-only: ClientMount allowed: the file system has no policy, and without one everybody "
			    "may; ClientWrite denied by statement 1 (Sid \"No\") of the policy p; ClientRootAccess allowed: the "
			    "file system has no policy, and without one everybody may");
	/* The default gives the three client's actions, and nothing of the control plane's */
	assert_true(kefs_nfs_decide_action(&set, &client, "elasticfilesystem:clientMOUNT", &answer));
	assert_false(kefs_nfs_decide_action(&set, &client, "elasticfilesystem:DeleteFileSystem", &answer));
	kefs_policy_free(deny);
}

static void test_nfs_addresses(void **state)
{
	static const struct {
		const char *peer;
		bool private;	/* such addresses count as well */
		const char *wanted;
	} cases[] = {
		{ "192.0.2.9", false, "read-write" }, { "198.51.100.9", false, "no mount" },
		{ "2001:db8::9", false, "read-write" }, { "::ffff:192.0.2.9", false, "read-write" },
		{ "10.1.2.3", false, "no mount" }, { "10.1.2.3", true, "read-write" }, { "10.2.2.3", true, "no mount" },
		{ "172.31.0.1", false, "no mount" }, { "172.31.0.1", true, "read-write" },
		{ "172.32.0.1", false, "read-write" }, { "fd00::1", false, "no mount" }, { "fd00::1", true, "read-write" },
		{ "127.0.0.1", false, "no mount" }, { "100.127.0.1", false, "no mount" }, { "100.128.0.1", false, "read-write" },
	};
	struct kefs_policy *policy = fs_policy(FS("\"Action\":\"*\",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":"
		"[\"192.0.2.0/24\",\"2001:db8::/32\",\"10.1.0.0/16\","
		"\"172.0.0.0/8\",\"fd00::/8\",\"127.0.0.0/8\",\"100.0.0.0/8\"]}}"));
	const struct kefs_policy_set set = { .resource = policy };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kefs_nfs_client client = nfs_client(NULL, false, NULL);

		assert_int_equal(kefs_addr_parse(cases[i].peer, 1, &client.peer), 0);
		client.private_source_ip = cases[i].private;
		expect_nfs(&set, &client, cases[i].wanted);
	}
	kefs_policy_free(policy);
}

/* Patterns that make a matcher which tries again take for ever, and values beyond all bounds. */
static void test_bounds(void **state)
{
	char *text = malloc(20000), *value = malloc(70001);
	size_t used = 0, stars = 4000;
	struct kefs_policy *policy;
	struct kefs_policy_key key = { .name = "a:b", .value = value };
	struct kefs_policy_request request = { .principal = &anonymous, .action = "elasticfilesystem:ClientMount",
					       .resource = FS_ARN, .keys = &key, .key_count = 1 };
	struct kefs_policy_set set = { .resource = NULL };
	struct kefs_policy_answer answer;
	char reason[KEFS_POLICY_REASON_SIZE];
	clock_t start = clock();

	(void)state;
	used += (size_t)snprintf(text, 20000, "%s", V12 EVERYBODY("Allow") ",\"Condition\":"
				 "{\"StringLike\":{\"a:b\":\"");
	for (size_t i = 0; i < stars; i++)
		used += (size_t)snprintf(text + used, 20000 - used, i % 2 ? "*a" : "*?a");
	(void)snprintf(text + used, 20000 - used, "b\"}}}}");
	policy = fs_policy(text);
	set.resource = policy;
	memset(value, 'a', 70000);
	value[70000] = '\0';
	assert_false(kefs_policy_evaluate(&set, &request, &answer));
	assert_int_equal(answer.verdict, KEFS_POLICY_NO_STATEMENT);
	value[69999] = 'b';
	assert_true(kefs_policy_evaluate(&set, &request, &answer));
	kefs_policy_free(policy);
	/* Seconds of work would be a mistake, whatever the machine */
	assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
	policy = fs_policy(V12 EVERYBODY("Allow") ",\"Condition\":{\"StringNotLike\":"
			   "{\"a:c\":\"${a:b}\"}}}}");
	set.resource = policy;
	/* Even what a missing key makes true is not given when a variable does not fit */
	request.key_count = 0;
	assert_false(kefs_policy_evaluate(&set, &request, &answer));
	assert_int_equal(answer.verdict, KEFS_POLICY_NO_STATEMENT);
	kefs_policy_free(policy);
	policy = fs_policy(V12 "[" EVERYBODY("Allow") "}," EVERYBODY("Deny") ","
			   "\"Condition\":{\"StringLike\":{\"a:b\":\"${a:b}\"}}}]}");
	set.resource = policy;
	request.key_count = 1;
	assert_false(kefs_policy_evaluate(&set, &request, &answer));
	kefs_policy_reason(&answer, reason);
	assert_string_equal(reason, "denied: the policies could not be evaluated");
	kefs_policy_free(policy);
	free(text);
	free(value);
}

/* A byte that means a wildcard in compiled patterns is no wildcard when a stranger sends it. */
static void test_wildcard_bytes(void **state)
{
	struct kefs_policy *policy = fs_policy(IF("{\"StringLike\":{\"a:have\":\"${a:want}\"}}"));
	struct kefs_policy_key keys[] = { { .name = "a:have", .value = "secret" }, { .name = "a:want", .value = "\xff" } };
	struct kefs_policy_request request = { .principal = &anonymous, .action = "elasticfilesystem:ClientMount",
					       .resource = FS_ARN, .keys = keys, .key_count = 2 };
	const struct kefs_policy_set set = { .resource = policy };
	struct kefs_policy_answer answer;

	(void)state;
	assert_false(kefs_policy_evaluate(&set, &request, &answer));
	keys[1].value = "\xfe\xfe\xfe\xfe\xfe\xfe";
	assert_false(kefs_policy_evaluate(&set, &request, &answer));
	keys[1].value = "*";
	assert_false(kefs_policy_evaluate(&set, &request, &answer));
	keys[1].value = "secret";
	assert_true(kefs_policy_evaluate(&set, &request, &answer));
	kefs_policy_free(policy);
}

/* What a value may be given as, with ${a:one} = "red", ${a:two} = "red" and "blue", and no ${a:none}. */
static void test_variables(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{ "${a:one}", "red", true }, { "${A:ONE}", "red", true }, { "x${a:one}y", "xredy", true },
		{ "${a:two}", "red", false }, { "${a:two, 'red'}", "red", true }, { "${a:none}", "", false },
		{ "${a:none, ''}", "", true }, { "${a:none,'r*'}", "red", false }, { "${a:none, 'r*'}", "r*", true },
		{ "${a:one, 'blue'}", "red", true }, { "${a:none, 'a}b'  }", "a}b", true }, { "${*}", "*", true },
		{ "${*}", "red", false }, { "${?}${$}", "?$", true }, { "$", "$", true }, { "$x}", "$x}", true },
		{ "${$}{a:one}", "${a:one}", true }, { "*${a:one}?", "bored red.", true },
		{ "${aws:PrincipalType}", "Anonymous", true }, { "${aws:username}", "", false },
	};
	const char *const two[] = { "red", "blue" };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kefs_policy_key keys[] = { { .name = "a:one", .value = "red" },
							{ .name = "a:two", .values = two, .count = 2 },
							{ .name = "a:text", .value = cases[i].text } };
		const struct kefs_policy_request request = { .principal = &anonymous, .action = "elasticfilesystem:ClientMount",
							     .resource = FS_ARN, .keys = keys, .key_count = 3 };
		struct kefs_policy_set set = { .resource = NULL };
		struct kefs_policy_answer answer;
		struct kefs_policy *policy;

		(void)snprintf(text, sizeof(text), IF("{\"StringLike\":{\"a:text\":\"%s\"}}"), cases[i].pattern);
		policy = fs_policy(text);
		set.resource = policy;
		if (kefs_policy_evaluate(&set, &request, &answer) != cases[i].matches)
			fail_msg("%s and %s", cases[i].pattern, cases[i].text);
		kefs_policy_free(policy);
	}
}

/* Without a Version of 2012, they are but text. */
static void test_no_variables(void **state)
{
	const struct kefs_policy_key key = { .name = "a:text", .value = "${a:one" };
	const struct kefs_policy_request request = { .principal = &anonymous, .action = "elasticfilesystem:ClientMount",
						     .resource = FS_ARN, .keys = &key, .key_count = 1 };
	struct kefs_policy *policy = fs_policy("{\"Statement\":" EVERYBODY("Allow") ",\"Condition\":"
					       "{\"StringEquals\":{\"a:text\":\"${a:one\"}}}}");
	const struct kefs_policy_set set = { .resource = policy };
	struct kefs_policy_answer answer;

	(void)state;
	assert_true(kefs_policy_evaluate(&set, &request, &answer));
	kefs_policy_free(policy);
}

static void test_callers(void **state)
{
	static const char *const bad[] = {
		"", "alice", "1234", "arn:aws:iam::" HOME, OPS_ARN, "arn:aws:iam::" HOME ":user/", FS_ARN,
		"arn:aws:sts::" HOME ":assumed-role/ops", "AIDAALICEALICEALICE",
	};
	struct kefs_caller caller;
	struct kefs_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(kefs_caller_parse(bad[i], NULL, NULL, &caller, &err), -EINVAL);
		assert_contains(err.text, "is not \"anonymous\"");
	}
	assert_int_equal(kefs_caller_parse("anonymous", NULL, NULL, &caller, &err), 0);
	assert_int_equal(caller.principal.type, KEFS_PRINCIPAL_ANONYMOUS);
	assert_null(caller.principal.account);
	assert_int_equal(kefs_caller_parse(HOME, NULL, NULL, &caller, &err), 0);
	assert_int_equal(caller.principal.type, KEFS_PRINCIPAL_ROOT);
	assert_string_equal(caller.principal.arn, "arn:aws:iam::" HOME ":root");
	assert_int_equal(kefs_caller_parse("arn:aws-cn:iam::" HOME ":root", NULL, NULL, &caller, &err), 0);
	assert_int_equal(caller.principal.type, KEFS_PRINCIPAL_ROOT);
	assert_string_equal(caller.principal.account, HOME);
	assert_int_equal(kefs_caller_parse("arn:aws:iam::" HOME ":user/team/alice", NULL, alice.id, &caller, &err), 0);
	assert_int_equal(caller.principal.type, KEFS_PRINCIPAL_USER);
	assert_string_equal(caller.principal.account, HOME);
	assert_string_equal(caller.principal.name, "alice");
	assert_string_equal(caller.principal.id, alice.id);
	assert_int_equal(kefs_caller_parse(ops.arn, NULL, NULL, &caller, &err), 0);
	assert_int_equal(caller.principal.type, KEFS_PRINCIPAL_SESSION);
	assert_string_equal(caller.principal.role_arn, OPS_ARN);
	assert_string_equal(caller.principal.name, "monday");
	assert_null(caller.principal.id);
	assert_int_equal(kefs_caller_parse(ops.arn, "arn:aws:iam::" HOME ":role/path/ops", NULL, &caller, &err), 0);
	assert_string_equal(caller.principal.role_arn, "arn:aws:iam::" HOME ":role/path/ops");
	assert_int_equal(kefs_caller_parse("arn:aws:sts::" HOME ":federated-user/fred", NULL, NULL, &caller, &err), 0);
	assert_int_equal(caller.principal.type, KEFS_PRINCIPAL_FEDERATED);
	assert_string_equal(caller.principal.name, "fred");
}

/* Keys that the connection does not show by itself: the principal's tags, the network that an address is in. */
static void test_nfs_keys(void **state)
{
	struct kefs_policy *policy = fs_policy(IF("{\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\","
						  "\"aws:PrincipalTag/team\":\"red\"},"
						  "\"Bool\":{\"aws:SecureTransport\":\"true\"}}"));
	const struct kefs_policy_set set = { .resource = policy };
	struct kefs_policy_key keys[KEFS_NFS_KEYS_MAX + 1] = { { .name = "aws:SourceVpc", .value = "vpc-1" },
							       { .name = "AWS:PrincipalTag/Team", .value = "red" } };
	struct kefs_nfs_client client = nfs_client(&alice, true, NULL);
	char text[KEFS_POLICY_REASON_SIZE];

	(void)state;
	expect_nfs(&set, &client, "no mount");
	assert_false(kefs_nfs_explain(policy, 0, &client, kefs_nfs_action_name(KEFS_NFS_MOUNT), false, text));
	assert_string_equal(text, "the condition StringEquals aws:SourceVpc does not hold: the request has no such key");
	client.keys = keys;
	client.key_count = 2;
	expect_nfs(&set, &client, "read-write");
	assert_true(kefs_nfs_explain(policy, 0, &client, kefs_nfs_action_name(KEFS_NFS_MOUNT), false, text));
	for (size_t i = 2; i <= KEFS_NFS_KEYS_MAX; i++)
		keys[i] = (struct kefs_policy_key){ .name = "a:b", .value = "c" };
	client.key_count = KEFS_NFS_KEYS_MAX;
	expect_nfs(&set, &client, "read-write");
	client.key_count++;
	expect_nfs(&set, &client, "no mount");
	kefs_policy_free(policy);
}

/* What a policy for everybody says at now, and until when. */
static bool at(const char *statements, int64_t now, int64_t *ret_changes)
{
	char text[1024];
	struct kefs_policy *policy;
	struct kefs_policy_set set = { .resource = NULL };
	const struct kefs_policy_request request = {
		.principal = &anonymous, .action = "elasticfilesystem:ClientMount", .resource = FS_ARN, .account = HOME, .now = now,
	};
	struct kefs_policy_answer answer;
	bool allowed;

	(void)snprintf(text, sizeof(text), V12 "[%s]}", statements);
	policy = fs_policy(text);
	set.resource = policy;
	allowed = kefs_policy_evaluate(&set, &request, &answer);
	*ret_changes = answer.changes;
	kefs_policy_free(policy);
	return allowed;
}

#define WHEN(effect, op, key, value) EVERYBODY(effect) ",\"Condition\":{\"" op "\":{\"aws:" key "\":" value "}}}"

/* The answer stays as it is until the second that comes with it; there it may change, and here it does. */
static void test_times(void **state)
{
	static const struct {
		const char *statements;
		bool allowed;
		int64_t changes, last;	/* at 11000; and the last change */
	} cases[] = {
		{ EVERYBODY("Allow") "}", true, 0, 0 },
		{ WHEN("Allow", "DateLessThan", "CurrentTime", "\"1970-01-01T03:05:00Z\""), true, 11100, 11101 },
		{ WHEN("Allow", "DateGreaterThan", "CurrentTime", "\"1970-01-01T03:05:00Z\""), false, 11100, 11101 },
		{ WHEN("Allow", "DateLessThan", "CurrentTime", "\"1970-01-01T03:05:00.5Z\""), true, 11101, 11101 },
		{ WHEN("Allow", "DateEquals", "EpochTime", "11100"), false, 11100, 11101 },
		{ WHEN("Allow", "NumericLessThanEquals", "EpochTime", "11100.25"), true, 11101, 11101 },
		{ WHEN("Allow", "DateLessThan", "CurrentTime", "\"1970-01-01T02:10:00Z\""), false, 0, 0 },
		{ WHEN("Allow", "DateLessThan", "currenttime", "[11050, 11100]"), true, 11050, 11101 },
		/* The nearer one of what was looked at; a Deny is looked at first */
		{ WHEN("Allow", "DateGreaterThan", "CurrentTime", "10900") ","
		  WHEN("Deny", "DateGreaterThan", "CurrentTime", "11500"),
		  true, 11500, 11501 },
		{ WHEN("Deny", "DateLessThan", "EpochTime", "11300") "," WHEN("Allow", "DateLessThan", "EpochTime", "11100"),
		  false, 11300, 11301 },
		{ WHEN("Allow", "Null", "CurrentTime", "\"false\""), true, 0, 0 },
		{ WHEN("Allow", "DateLessThan", "TokenIssueTime", "11100"), false, 0, 0 },
		{ WHEN("Allow", "NumericLessThan", "EpochTime", "1e300"), true, 0, 0 },
	};
	int64_t changes, now;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool allowed = at(cases[i].statements, 11000, &changes);

		if (allowed != cases[i].allowed || changes != cases[i].changes)
			fail_msg("%s: %d, until %lld", cases[i].statements, allowed, (long long)changes);
		/* Between two changes it is the same at each second */
		for (now = 11000; changes; now++) {
			int64_t until;

			assert_true(now < 13000);
			if (at(cases[i].statements, now, &until) != allowed) {
				assert_int_equal(now, changes);
				allowed = !allowed;
			}
			if (now == changes) {
				assert_true(now <= cases[i].last);
				changes = until;
			}
		}
	}
	/* As a text it is another one each second. */
	assert_true(at(WHEN("Allow", "StringLike", "CurrentTime", "\"1970-*\""), 11000, &changes));
	assert_int_equal(changes, 11001);
	assert_false(at(WHEN("Allow", "StringEquals", "SourceVpc", "\"${aws:EpochTime}\""), 11000, &changes));
	assert_int_equal(changes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times), cmocka_unit_test(test_documents), cmocka_unit_test(test_principals),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_iam_kinds), cmocka_unit_test(test_combinations), cmocka_unit_test(test_trust),
		cmocka_unit_test(test_made_anew), cmocka_unit_test(test_explain), cmocka_unit_test(test_lockout),
		cmocka_unit_test(test_nfs_presets), cmocka_unit_test(test_nfs_default),
		cmocka_unit_test(test_nfs_addresses), cmocka_unit_test(test_bounds), cmocka_unit_test(test_wildcard_bytes),
		cmocka_unit_test(test_variables), cmocka_unit_test(test_no_variables), cmocka_unit_test(test_callers),
		cmocka_unit_test(test_nfs_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
