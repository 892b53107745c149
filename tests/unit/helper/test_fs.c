// SPDX-License-Identifier: GPL-2.0
/* model/: what a file system is and may be called, the default one, grants. */
#include "test.h"

#include <errno.h>

#include "model/fs.h"
#include "model/grant.h"

static void test_names(void **state)
{
	char long_name[KEFS_FS_NAME_CHARS + 2];
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_fs_check_name("", &err), 0);
	assert_int_equal(kefs_fs_check_name("home of Ä: a_b.c/d=e+f-g@h 1", &err), 0);
	assert_int_equal(kefs_fs_check_name("a;b", &err), -EINVAL);
	assert_contains(err.text, "';'");
	assert_int_equal(kefs_fs_check_name("a\tb", &err), -EINVAL);
	assert_int_equal(kefs_fs_check_name("\xff", &err), -EINVAL);
	memset(long_name, 'a', sizeof(long_name));
	long_name[KEFS_FS_NAME_CHARS] = '\0';
	assert_int_equal(kefs_fs_check_name(long_name, &err), 0);
	long_name[KEFS_FS_NAME_CHARS] = 'a';
	long_name[KEFS_FS_NAME_CHARS + 1] = '\0';
	assert_int_equal(kefs_fs_check_name(long_name, &err), -EINVAL);
	assert_int_equal(kefs_fs_check_token("a b-1", &err), 0);
	assert_int_equal(kefs_fs_check_token("", &err), -EINVAL);
	assert_int_equal(kefs_fs_check_token("\xc3\xa4", &err), -EINVAL);
}

static void test_make(void **state)
{
	struct kefs_fs_request request = { .name = "n" };
	struct kefs_fs a, b;

	(void)state;
	assert_int_equal(kefs_fs_make(&request, 5, &a), 0);
	assert_int_equal(kefs_fs_make(&request, 5, &b), 0);
	assert_true(kefs_id_valid(a.id, "fs-"));
	assert_true(a.volume_id != 0 && a.volume_id <= INT64_MAX);
	assert_true(a.volume_id != b.volume_id);
	assert_memory_not_equal(a.key, b.key, sizeof(a.key));
	assert_int_equal(strlen(a.token), 36);
	assert_int_equal(a.state, KEFS_FS_CREATING);
	assert_contains(a.directory, a.id);
}

static void test_default(void **state)
{
	struct kefs_fs fs[3] = {
		{ .id = "fs-00000001", .state = KEFS_FS_DELETING },
		{ .id = "fs-00000002", .state = KEFS_FS_AVAILABLE },
		{ .id = "fs-00000003", .state = KEFS_FS_AVAILABLE },
	};
	struct kefs_fs_list list = { fs, 0 };

	(void)state;
	assert_null(kefs_fs_default(&list, ""));
	list.count = 1;
	assert_null(kefs_fs_default(&list, ""));
	assert_null(kefs_fs_default(&list, "fs-00000001"));
	list.count = 2;
	assert_ptr_equal(kefs_fs_default(&list, ""), &fs[1]);
	list.count = 3;
	assert_null(kefs_fs_default(&list, ""));
	assert_ptr_equal(kefs_fs_default(&list, "fs-00000003"), &fs[2]);
	assert_null(kefs_fs_default(&list, "fs-00000004"));
	fs[1].state = KEFS_FS_ERROR;
	assert_ptr_equal(kefs_fs_default(&list, ""), &fs[2]);
}

/* Who must not meet another's NFS state has another domain; what may change while a connection lives does not count. */
static void test_grants(void **state)
{
	static const struct {
		uint64_t volume;
		bool tls;
		const char *point, *id;
	} rows[] = {
		{ 1, false, "", "" }, { 2, false, "", "" }, { 1, true, "", "" }, { 1, true, "fsap-1", "" },
		{ 1, true, "fsap-2", "" }, { 1, true, "", "AIDAA" }, { 1, true, "fsap-1", "AIDAA" }, { 1, true, "fsap-1", "AIDAB" },
	};
	struct kefs_bearer one = { .access_key = "K", .arn = "arn:a" }, other = { .access_key = "L", .arn = "arn:b" };
	struct kefs_grant a, b;

	(void)state;
	assert_int_equal(kefs_grant_make(0x1122334455667788, false, "", NULL, &a), 0);
	assert_int_equal(a.volume_id, 0x1122334455667788);
	assert_int_equal(a.flags, 0);
	assert_int_equal(a.root_fd, -1);
	assert_memory_equal(a.domain, "\x88\x77\x66\x55\x44\x33\x22\x11plain", 13);	/* as clients knew it before */
	assert_int_equal(a.domain_len, 13);
	assert_int_equal(kefs_grant_make(0, false, "", NULL, &b), -EACCES);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		one.id = rows[i].id;
		assert_int_equal(kefs_grant_make(rows[i].volume, rows[i].tls, rows[i].point, *one.id ? &one : NULL, &a), 0);
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			other.id = rows[j].id;
			assert_int_equal(kefs_grant_make(rows[j].volume, rows[j].tls, rows[j].point, *other.id ? &other : NULL,
							 &b), 0);
			assert_int_equal(a.domain_len == b.domain_len && !memcmp(a.domain, b.domain, a.domain_len), i == j);
		}
	}
}

static void test_who(void **state)
{
	char key[KEFS_AWSCERT_KEY_SIZE], longest[KEFS_WHO_SIZE];
	struct kefs_bearer bearer = { .access_key = "AKIA", .arn = "arn:aws:iam::1:user/a b", .id = "AIDA" };
	struct kefs_grant grant;
	const char *arn;

	(void)state;
	assert_int_equal(kefs_grant_make(1, true, "", &bearer, &grant), 0);
	assert_int_equal(kefs_grant_who(grant.who, key, &arn), 0);
	assert_string_equal(key, "AKIA");
	assert_string_equal(arn, "arn:aws:iam::1:user/a b");
	assert_int_equal(kefs_grant_who("", key, &arn), -EINVAL);
	assert_int_equal(kefs_grant_who("AKIA", key, &arn), -EINVAL);
	assert_int_equal(kefs_grant_who("AKIA ", key, &arn), -EINVAL);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	bearer.arn = longest;
	assert_int_equal(kefs_grant_make(1, true, "", &bearer, &grant), -ENAMETOOLONG);
	longest[KEFS_AWSCERT_KEY_SIZE] = ' ';
	assert_int_equal(kefs_grant_who(longest, key, &arn), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_make), cmocka_unit_test(test_default),
		cmocka_unit_test(test_grants), cmocka_unit_test(test_who),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
