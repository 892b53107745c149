// SPDX-License-Identifier: GPL-2.0
/* The audit log: what a line says and does not say, bounds, rotation, a disk that takes no more. */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/journal.h"
#include "audit/limit.h"
#include "audit/record.h"
#include "base/json.h"
#include "common/cleanup.h"
#include "common/str.h"

static const struct kefs_audit_place place = { "us-east-1", "000000000000", 1700000000 };
static const struct kefs_principal ann = {
	.type = KEFS_PRINCIPAL_USER, .account = "000000000000", .arn = "arn:aws:iam::000000000000:user/ann", .id = "AIDA1",
	.name = "ann",
};

static char dir[64], path[96];

static int set_up(void **state)
{
	(void)state;
	(void)kefs_str_copy(dir, sizeof(dir), "/tmp/kefs-audit-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)kefs_str_format(path, sizeof(path), "%s/log", dir);
	return 0;
}

static int tear_down(void **state)
{
	CLEANUP_DIR DIR *d = opendir(dir);
	const struct dirent *entry;

	(void)state;
	while (d && (entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	return rmdir(dir);
}

/* The text at a path of member names. */
static const char *at(const json_t *json, const char *one, const char *two, const char *three)
{
	json = json_object_get(json, one);
	if (two)
		json = json_object_get(json, two);
	if (three)
		json = json_object_get(json, three);
	return json_is_string(json) ? json_string_value(json) : "(none)";
}

/* --- records --- */

static void test_call(void **state)
{
	CLEANUP_JSON json_t *identity = kefs_audit_identity(&ann, "AKIA1"), *record = NULL;
	CLEANUP_JSON json_t *in = json_pack("{ss s[{ssss}]}", "CreationToken", "t", "Tags", "Key", "Name", "Value", "x");
	CLEANUP_JSON json_t *out = json_pack("{ss s{sI}}", "FileSystemId", "fs-1", "SizeInBytes", "Value", (json_int_t)6144);
	struct kefs_audit_call call = {
		.service = "elasticfilesystem", .operation = "CreateFileSystem", .address = "192.0.2.1", .user_agent = "aws-cli/2",
		.request_id = "8a1b", .identity = identity, .parameters = in, .response = out,
	};

	(void)state;
	record = kefs_audit_call_record(&place, &call);
	assert_string_equal(at(record, "eventVersion", NULL, NULL), "1.08");
	assert_string_equal(at(record, "eventTime", NULL, NULL), "2023-11-14T22:13:20Z");
	assert_string_equal(at(record, "eventSource", NULL, NULL), "elasticfilesystem.amazonaws.com");
	assert_string_equal(at(record, "eventName", NULL, NULL), "CreateFileSystem");
	assert_string_equal(at(record, "awsRegion", NULL, NULL), "us-east-1");
	assert_string_equal(at(record, "sourceIPAddress", NULL, NULL), "192.0.2.1");
	assert_string_equal(at(record, "userAgent", NULL, NULL), "aws-cli/2");
	assert_string_equal(at(record, "requestID", NULL, NULL), "8a1b");
	assert_string_equal(at(record, "recipientAccountId", NULL, NULL), "000000000000");
	assert_string_equal(at(record, "eventType", NULL, NULL), "AwsApiCall");
	assert_string_equal(at(record, "apiVersion", NULL, NULL), "2015-02-01");
	assert_int_equal(strlen(at(record, "eventID", NULL, NULL)), 36);
	assert_true(json_is_false(json_object_get(record, "readOnly")));
	assert_null(json_object_get(record, "errorCode"));
	assert_string_equal(at(record, "userIdentity", "type", NULL), "IAMUser");
	assert_string_equal(at(record, "userIdentity", "arn", NULL), ann.arn);
	assert_string_equal(at(record, "userIdentity", "principalId", NULL), "AIDA1");
	assert_string_equal(at(record, "userIdentity", "accessKeyId", NULL), "AKIA1");
	assert_string_equal(at(record, "userIdentity", "userName", NULL), "ann");
	assert_string_equal(at(record, "requestParameters", "creationToken", NULL), "t");
	assert_string_equal(at(json_array_get(json_object_get(json_object_get(record, "requestParameters"), "tags"), 0), "key",
			       NULL, NULL), "Name");
	assert_string_equal(at(record, "responseElements", "fileSystemId", NULL), "fs-1");
	json_decref(record);

	call.read_only = true;
	record = kefs_audit_call_record(&place, &call);
	assert_true(json_is_null(json_object_get(record, "responseElements")));
	assert_true(json_is_true(json_object_get(record, "readOnly")));
}

static void test_refused_call(void **state)
{
	const struct kefs_audit_call call = {
		.service = "elasticfilesystem", .operation = "DescribeFileSystems", .address = "",
		.error_code = "AccessDeniedException",
		.error_message = "User: \xff\n", .request_id = "1", .access_key = "AKIAFALSE", .read_only = true,
	};
	CLEANUP_JSON json_t *record = kefs_audit_call_record(&place, &call);
	CLEANUP_FREE char *line = kefs_audit_line(json_incref(record));

	(void)state;
	assert_string_equal(at(record, "errorCode", NULL, NULL), "AccessDeniedException");
	assert_string_equal(at(record, "errorMessage", NULL, NULL), "User: ??");
	assert_string_equal(at(record, "sourceIPAddress", NULL, NULL), "localhost");
	assert_string_equal(at(record, "userIdentity", "type", NULL), "Unknown");
	assert_string_equal(at(record, "userIdentity", "accessKeyId", NULL), "AKIAFALSE");
	assert_true(json_is_null(json_object_get(record, "requestParameters")));
	assert_null(strchr(line, '\n'));
}

static void test_identities(void **state)
{
	const struct kefs_principal root = {
		.type = KEFS_PRINCIPAL_ROOT, .account = "000000000000", .arn = "arn:aws:iam::000000000000:root",
	}, session = {
		.type = KEFS_PRINCIPAL_SESSION, .account = "000000000000", .arn = "arn:aws:sts::000000000000:assumed-role/ops/monday",
		.role_arn = "arn:aws:iam::000000000000:role/x/ops", .id = "AROA1", .name = "monday",
	}, nobody = { .type = KEFS_PRINCIPAL_ANONYMOUS };
	CLEANUP_JSON json_t *a = kefs_audit_identity(&root, "");
	CLEANUP_JSON json_t *b = kefs_audit_identity(&session, "ASIA1");
	CLEANUP_JSON json_t *c = kefs_audit_identity(&nobody, "");

	(void)state;
	assert_string_equal(at(a, "type", NULL, NULL), "Root");
	assert_string_equal(at(a, "principalId", NULL, NULL), "000000000000");
	assert_null(json_object_get(a, "accessKeyId"));
	assert_string_equal(at(b, "type", NULL, NULL), "AssumedRole");
	assert_string_equal(at(b, "principalId", NULL, NULL), "AROA1:monday");
	assert_string_equal(at(b, "sessionContext", "sessionIssuer", "arn"), session.role_arn);
	assert_string_equal(at(b, "sessionContext", "sessionIssuer", "userName"), "ops");
	assert_string_equal(at(c, "accountId", NULL, NULL), "ANONYMOUS_PRINCIPAL");
}

static void test_secrets(void **state)
{
	CLEANUP_JSON json_t *in = json_pack("{ss s{ss} s[{ss}]}", "Password", "hush", "Credentials", "SecretAccessKey", "hush",
					    "List", "sessionToken", "hush");
	const struct kefs_audit_call call = {
		.service = "iam", .operation = "CreateAccessKey", .address = "", .request_id = "1", .parameters = in, .response = in,
	};
	CLEANUP_FREE char *line = kefs_audit_line(kefs_audit_call_record(&place, &call));

	(void)state;
	assert_null(strstr(line, "hush"));
	assert_non_null(strstr(line, "\"password\":\"" KEFS_AUDIT_HIDDEN "\""));
}

static void test_long_call(void **state)
{
	CLEANUP_FREE char *text = calloc(1, KEFS_AUDIT_LINE_MAX + 1);
	CLEANUP_JSON json_t *in = NULL;
	struct kefs_audit_call call = { .service = "iam", .operation = "PutUserPolicy", .address = "", .request_id = "1" };
	CLEANUP_FREE char *line = NULL;

	(void)state;
	memset(text, 'x', KEFS_AUDIT_LINE_MAX);
	in = json_pack("{ss}", "PolicyDocument", text);
	call.parameters = in;
	line = kefs_audit_line(kefs_audit_call_record(&place, &call));
	assert_in_range(strlen(line), 100, 2000);
	assert_non_null(strstr(line, "\"omitted\""));
	assert_non_null(strstr(line, "\"PutUserPolicy\""));
}

static void test_connection(void **state)
{
	const struct kefs_nfs_decision decision = {
		.mount = true, .answers = { { KEFS_POLICY_ALLOWED, KEFS_POLICY_NOTE_DEFAULT, NULL, 0 } },
	};
	struct kefs_addr peer;
	struct kefs_audit_connection connection = {
		.principal = &ann, .access_key = "AKIA1", .fs_id = "fs-1", .access_point = "fsap-1", .peer = &peer, .tls = true,
		.decision = &decision,
	};
	json_t *record, *list, *details;

	(void)state;
	assert_int_equal(kefs_addr_parse("[::ffff:192.0.2.7]:900", 1, &peer), 0);
	record = kefs_audit_connection_record(&place, &connection);
	list = json_object_get(record, "resources");
	details = json_object_get(record, "serviceEventDetails");
	assert_string_equal(at(record, "eventName", NULL, NULL), "NewClientConnection");
	assert_string_equal(at(record, "eventType", NULL, NULL), "AwsServiceEvent");
	assert_string_equal(at(record, "sourceIPAddress", NULL, NULL), "192.0.2.7");
	assert_string_equal(at(record, "userIdentity", "userName", NULL), "ann");
	assert_null(json_object_get(record, "errorCode"));
	assert_string_equal(at(json_array_get(list, 0), "ARN", NULL, NULL),
			    "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/fs-1");
	assert_string_equal(at(json_array_get(list, 1), "type", NULL, NULL), "AWS::EFS::AccessPoint");
	assert_true(json_is_true(json_object_get(json_object_get(details, "permissions"), "ClientMount")));
	assert_true(json_is_false(json_object_get(json_object_get(details, "permissions"), "ClientWrite")));
	assert_string_equal(at(details, "decision", NULL, NULL), "read-only, root squashed");
	assert_true(json_is_true(json_object_get(details, "tls")));
	assert_string_equal(at(details, "sourceIpAddress", NULL, NULL), "192.0.2.7");
	assert_non_null(strstr(at(details, "decidedBy", "ClientMount", NULL), "allowed"));
	assert_non_null(strstr(at(details, "decidedBy", "ClientWrite", NULL), "denied"));
	json_decref(record);

	connection.principal = NULL;
	connection.refused = "its certificate is not valid now";
	connection.update = true;
	record = kefs_audit_connection_record(&place, &connection);
	assert_string_equal(at(record, "eventName", NULL, NULL), "UpdateClientConnection");
	assert_string_equal(at(record, "errorCode", NULL, NULL), "AccessDenied");
	assert_string_equal(at(record, "errorMessage", NULL, NULL), "its certificate is not valid now");
	assert_string_equal(at(record, "userIdentity", "type", NULL), "Unknown");
	assert_string_equal(at(record, "serviceEventDetails", "decision", NULL), "no mount");
	details = json_object_get(json_object_get(record, "serviceEventDetails"), "permissions");
	assert_true(json_is_false(json_object_get(details, "ClientMount")));
	json_decref(record);
}

/* --- bounds --- */

static void test_limit(void **state)
{
	CLEANUP_FREE struct kefs_limit *limit = calloc(1, sizeof(*limit));
	char text[KEFS_ADDR_TEXT];
	struct kefs_addr a, b;
	uint64_t left_out = 0;

	(void)state;
	assert_int_equal(kefs_addr_parse("192.0.2.1", 900, &a), 0);
	assert_int_equal(kefs_addr_parse("2001:db8::1", 900, &b), 0);
	for (int i = 0; i < KEFS_LIMIT_BURST; i++)
		assert_true(kefs_limit_allow(limit, &a, 5));
	assert_false(kefs_limit_allow(limit, &a, 6));
	assert_false(kefs_limit_allow(limit, &a, 7));
	assert_true(kefs_limit_allow(limit, &b, 7));
	assert_false(kefs_limit_take(limit, 8, false, text, &left_out));
	assert_true(kefs_limit_take(limit, 5 + KEFS_LIMIT_MS, false, text, &left_out));
	assert_int_equal(left_out, 2);
	assert_string_equal(text, "192.0.2.1");
	assert_false(kefs_limit_take(limit, 5 + KEFS_LIMIT_MS, true, text, &left_out));
	assert_true(kefs_limit_allow(limit, &a, 5 + KEFS_LIMIT_MS));
	/* All of a /64 are one */
	for (int i = 0; i < KEFS_LIMIT_BURST; i++) {
		b.in6.sin6_addr.s6_addr[15] = (uint8_t)i;
		(void)kefs_limit_allow(limit, &b, 8);
	}
	assert_false(kefs_limit_allow(limit, &b, 8));
	assert_true(kefs_limit_take(limit, 9, true, text, &left_out));
	assert_string_equal(text, "2001:db8::/64");
}

/* As many addresses as one likes cause so many lines and no more. */
static void test_limit_of_a_crowd(void **state)
{
	const unsigned int most = (KEFS_LIMIT_SETS * KEFS_LIMIT_WAYS + 1) * KEFS_LIMIT_BURST;
	CLEANUP_FREE struct kefs_limit *limit = calloc(1, sizeof(*limit));
	unsigned int allowed = 0, asked = 0;
	uint64_t left_out, sum = 0;
	char text[KEFS_ADDR_TEXT];
	struct kefs_addr addr;

	(void)state;
	assert_int_equal(kefs_addr_parse("10.0.0.0", 900, &addr), 0);
	for (unsigned int i = 0; i < 100000; i++, asked++) {
		addr.in.sin_addr.s_addr = htonl(0x0a000000u + i);
		allowed += kefs_limit_allow(limit, &addr, 1);
	}
	assert_in_range(allowed, KEFS_LIMIT_SETS * KEFS_LIMIT_WAYS, most);
	while (kefs_limit_take(limit, 1, true, text, &left_out))
		sum += left_out;
	assert_int_equal(sum, asked - allowed);
	assert_string_equal(text, "several addresses");
}

/* --- the file --- */

struct journal {
	struct kefs_loop *loop;
	struct kefs_journal *journal;
	struct kefs_journal_parts parts;
	struct kefs_source *timer;
	int rc, failures, recoveries;
	uint64_t lost, lines;	/* wanted: written or lost */
};

static void on_state(void *ctx, int rc, uint64_t lost)
{
	struct journal *j = ctx;

	if (rc < 0) {
		j->failures++;
		j->rc = rc;
	} else {
		j->recoveries++;
		j->lost = lost;
	}
}

static void open_journal(struct journal *j, uint64_t size, unsigned int keep)
{
	assert_int_equal(kefs_loop_new(&j->loop), 0);
	j->parts = (struct kefs_journal_parts) {
		.loop = j->loop, .path = path, .size = size, .keep = keep, .state = on_state, .ctx = j,
	};
	assert_int_equal(kefs_journal_open(&j->parts, &j->journal, NULL), 0);
}

static void look_again(void *ctx)
{
	struct journal *j = ctx;
	struct kefs_journal_stats stats;

	kefs_journal_get_stats(j->journal, &stats);
	if (stats.written + stats.lost >= j->lines)
		kefs_loop_exit(j->loop);
	else
		kefs_loop_rearm(j->timer, 1);
}

/* Until all of it has been written, or not. */
static void settle(struct journal *j)
{
	assert_int_equal(kefs_loop_add_timer(j->loop, 0, look_again, j, &j->timer), 0);
	assert_int_equal(kefs_loop_run(j->loop), 0);
	j->timer = kefs_loop_remove(j->timer);
}

static void add(struct journal *j, const char *line)
{
	kefs_journal_add(j->journal, line, strlen(line));
	j->lines++;
}

static void close_journal(struct journal *j)
{
	kefs_journal_free(j->journal);
	kefs_loop_free(j->loop);
}

/* The content of the log, or of an old one; "" if it is not there. */
static const char *content(const char *suffix)
{
	static char text[4096];
	char name[128];
	CLEANUP_CLOSE int fd = -1;
	ssize_t n;

	(void)kefs_str_format(name, sizeof(name), "%s%s", path, suffix);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_written_at_the_end(void **state)
{
	struct journal j = { .rc = 0 };
	struct stat st;

	(void)state;
	open_journal(&j, 1000, 2);
	add(&j, "one");
	add(&j, "two");
	close_journal(&j);
	assert_string_equal(content(""), "one\ntwo\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* What a crash has cut is a line of its own */
	assert_int_equal(truncate(path, 7), 0);
	open_journal(&j, 1000, 2);
	add(&j, "three");
	close_journal(&j);
	assert_string_equal(content(""), "one\ntwo\nthree\n");
}

static void test_rotation(void **state)
{
	struct journal j = { .rc = 0 };
	char line[8];

	(void)state;
	open_journal(&j, 12, 2);
	for (int i = 1; i <= 8; i++) {
		(void)kefs_str_format(line, sizeof(line), "line%d", i);
		add(&j, line);
		if (i % 3 == 0)
			settle(&j);
	}
	close_journal(&j);
	assert_string_equal(content(""), "line7\nline8\n");
	assert_string_equal(content(".1"), "line5\nline6\n");
	assert_string_equal(content(".2"), "line3\nline4\n");
	assert_string_equal(content(".3"), "");
	/* Goes on where it was; a line that is longer than a file is there all the same */
	open_journal(&j, 12, 2);
	add(&j, "a line that is long");
	add(&j, "x");
	close_journal(&j);
	assert_string_equal(content(""), "x\n");
	assert_string_equal(content(".1"), "a line that is long\n");
	assert_string_equal(content(".2"), "line7\nline8\n");
}

static void test_taken_away(void **state)
{
	struct journal j = { .rc = 0 };

	(void)state;
	open_journal(&j, 1000, 1);
	add(&j, "one");
	settle(&j);
	assert_int_equal(unlink(path), 0);
	add(&j, "two");
	close_journal(&j);
	assert_string_equal(content(""), "two\n");
	assert_int_equal(j.failures, 0);
}

/* A file that may not grow: the write is cut in the middle of a line, as on a full disk. */
static void test_full(void **state)
{
	struct rlimit old, small = { 10, RLIM_INFINITY };
	struct journal j = { .rc = 0 };
	struct kefs_journal_stats stats;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	open_journal(&j, 1000, 1);
	add(&j, "first");
	settle(&j);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	add(&j, "second");
	settle(&j);
	add(&j, "third");
	settle(&j);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(j.rc, -EFBIG);
	assert_int_equal(j.failures, 1);
	assert_string_equal(content(""), "first\n");
	add(&j, "fourth");
	settle(&j);
	assert_int_equal(j.recoveries, 1);
	assert_int_equal(j.lost, 2);
	kefs_journal_get_stats(j.journal, &stats);
	assert_int_equal(stats.written, 2);
	assert_int_equal(stats.lost, 2);
	close_journal(&j);
	assert_string_equal(content(""), "first\nfourth\n");
}

static void test_no_file(void **state)
{
	struct journal j = { .rc = 0 };

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	open_journal(&j, 1000, 1);
	add(&j, "one");
	settle(&j);
	assert_int_equal(j.rc, -EISDIR);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	add(&j, "two");
	settle(&j);
	assert_int_equal(j.failures, 1);
	assert_int_equal(unlink(path), 0);
	add(&j, "three");
	close_journal(&j);
	assert_string_equal(content(""), "three\n");
}

/* --- all together --- */

static void test_strangers(void **state)
{
	const struct kefs_audit_call call = {
		.service = "elasticfilesystem", .operation = "DescribeFileSystems", .address = "192.0.2.1", .request_id = "1",
		.error_code = "MissingAuthenticationTokenException", .access_key = "",
	};
	struct kefs_audit_parts parts = { .path = path, .size = 1 << 20, .keep = 1, .region = "r", .account = "1" };
	CLEANUP_FILE FILE *f = NULL;
	char line[2048], last[2048] = "";
	struct kefs_audit *audit;
	struct kefs_addr peer;
	int lines = 0;

	(void)state;
	assert_int_equal(kefs_addr_parse("192.0.2.1", 900, &peer), 0);
	assert_int_equal(kefs_loop_new(&parts.loop), 0);
	assert_int_equal(kefs_audit_open(&parts, &audit, NULL), 0);
	for (int i = 0; i < 1000; i++)
		kefs_audit_add_call(audit, &call, &peer);
	kefs_audit_free(audit);
	kefs_loop_free(parts.loop);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		(void)kefs_str_copy(last, sizeof(last), line);
		lines++;
	}
	assert_int_equal(lines, KEFS_LIMIT_BURST + 1);
	assert_non_null(strstr(last, "\"eventName\":\"RecordsLeftOut\""));
	assert_non_null(strstr(last, "\"leftOut\":980"));
	assert_non_null(strstr(last, "192.0.2.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_refused_call),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_long_call),
		cmocka_unit_test(test_connection),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_of_a_crowd),
		cmocka_unit_test_setup_teardown(test_written_at_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rotation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strangers, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
