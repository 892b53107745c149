// SPDX-License-Identifier: GPL-2.0
/* The database: fresh, upgraded, newer, foreign, damaged, killed in mid-change. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "internal.h"
#include "store/db.h"
#include "store/st_fs.h"
#include "store/st_key.h"
#include "store/st_setting.h"
#include "store/st_tag.h"

static char dir[256], path[300];

static int set_up(void **state)
{
	(void)state;
	test_mkdir(dir);
	assert_true(snprintf(path, sizeof(path), "%s/kefs.db", dir) > 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_rmdir(dir);
	return 0;
}

static struct kefs_db *open_db(void)
{
	struct kefs_db *db = NULL;
	struct kefs_err err;

	if (kefs_db_open(path, &db, &err) < 0)
		fail_msg("%s", err.text);
	return db;
}

static void make(struct kefs_fs *fs, const char *token)
{
	struct kefs_fs_request request = { .name = "" };

	assert_true(snprintf(request.token, sizeof(request.token), "%s", token) >= 0);
	assert_int_equal(kefs_fs_make(&request, 1234, fs), 0);
}

/* NULL: it has none. */
static void assert_name(struct kefs_db *db, const char *id, const char *wanted)
{
	struct kefs_tags tags;
	struct kefs_err err;
	const char *name;

	assert_int_equal(kefs_st_tag_list(db, id, 0, 10, &tags, &err), 0);
	name = kefs_tags_find(&tags, "Name");
	if (wanted)
		assert_string_equal(name, wanted);
	else
		assert_null(name);
	kefs_tags_free(&tags);
}

/* Runs SQL on the file behind the program's back. */
static void hand_edit(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void expect_refusal(int code, const char *what)
{
	struct kefs_db *db = NULL;
	struct kefs_err err = { "" };

	assert_int_equal(kefs_db_open(path, &db, &err), code);
	assert_null(db);
	assert_contains(err.text, path);
	assert_contains(err.text, what);
}

static void test_life(void **state)
{
	const struct kefs_fs_request named = { .name = "name" };
	struct kefs_db *db = open_db();
	char taken[KEFS_ID_SIZE] = "";
	struct kefs_fs a, b, c;
	struct kefs_fs_list list;
	struct kefs_err err;

	(void)state;
	make(&a, "one");
	make(&b, "two");
	make(&c, "one");
	assert_int_equal(kefs_st_fs_insert(db, &a, &named, KEFS_FS_MAX, taken, &err), 0);
	assert_int_equal(kefs_st_fs_insert(db, &b, NULL, KEFS_FS_MAX, taken, &err), 0);
	assert_true(a.project_id > 0 && b.project_id == a.project_id + 1);
	assert_int_equal(kefs_st_fs_insert(db, &c, NULL, KEFS_FS_MAX, taken, &err), -EEXIST);
	assert_string_equal(taken, a.id);
	assert_int_equal(kefs_st_fs_set_state(db, a.id, KEFS_FS_CREATING, KEFS_FS_AVAILABLE, &err), 0);
	assert_int_equal(kefs_st_fs_set_state(db, a.id, KEFS_FS_CREATING, KEFS_FS_AVAILABLE, &err), -ENOENT);
	assert_int_equal(kefs_st_fs_delete(db, a.id, &err), -ENOENT);
	assert_int_equal(kefs_st_fs_set_state(db, b.id, KEFS_FS_CREATING, KEFS_FS_DELETING, &err), 0);
	assert_int_equal(kefs_st_fs_delete(db, b.id, &err), 0);
	/* A project id is never given twice. */
	make(&c, "two");
	assert_int_equal(kefs_st_fs_insert(db, &c, NULL, KEFS_FS_MAX, taken, &err), 0);
	assert_int_equal(c.project_id, b.project_id + 1);
	kefs_db_close(db);
	db = open_db();
	assert_int_equal(kefs_st_fs_list(db, &list, &err), 0);
	assert_int_equal(list.count, 2);
	assert_non_null(kefs_fs_find(&list, c.id));
	a.state = KEFS_FS_AVAILABLE;
	assert_memory_equal(kefs_fs_find(&list, a.id)->key, a.key, sizeof(a.key));
	assert_int_equal(kefs_fs_find(&list, a.id)->volume_id, a.volume_id);
	assert_int_equal(kefs_fs_find(&list, a.id)->state, KEFS_FS_AVAILABLE);
	assert_name(db, a.id, "name");
	assert_name(db, c.id, NULL);
	kefs_fs_list_free(&list);
	kefs_db_close(db);
}

static void test_many(void **state)
{
	struct kefs_db *db = open_db();
	char taken[KEFS_ID_SIZE] = "";
	struct kefs_fs_list list;
	struct kefs_err err;
	struct kefs_fs fs;

	(void)state;
	assert_int_equal(sqlite3_exec(db->sql, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < KEFS_FS_MAX; i++) {
		make(&fs, "");
		assert_int_equal(kefs_st_fs_insert(db, &fs, NULL, KEFS_FS_MAX, taken, &err), 0);
	}
	make(&fs, "");
	assert_int_equal(kefs_st_fs_insert(db, &fs, NULL, KEFS_FS_MAX, taken, &err), -EDQUOT);
	assert_int_equal(kefs_st_fs_list(db, &list, &err), 0);
	assert_int_equal(list.count, KEFS_FS_MAX);
	kefs_fs_list_free(&list);
	kefs_db_close(db);
}

/* Another process changes the file meanwhile; what is read is of the moment when reading was begun. */
static void test_reading(void **state)
{
	struct kefs_db *db = open_db();
	char taken[KEFS_ID_SIZE] = "";
	struct kefs_fs_list list;
	struct kefs_err err;
	struct kefs_fs fs;

	(void)state;
	make(&fs, "one");
	assert_int_equal(kefs_st_fs_insert(db, &fs, NULL, KEFS_FS_MAX, taken, &err), 0);
	assert_true(kefs_db_begin_read(db));
	assert_name(db, fs.id, NULL);
	hand_edit("INSERT INTO tags SELECT id, 'Name', 1, 'late' FROM file_systems");
	assert_name(db, fs.id, NULL);
	assert_int_equal(kefs_st_fs_list(db, &list, &err), 0);
	kefs_fs_list_free(&list);
	kefs_db_end_read(db);
	assert_name(db, fs.id, "late");
	make(&fs, "two");
	assert_int_equal(kefs_st_fs_insert(db, &fs, NULL, KEFS_FS_MAX, taken, &err), 0);
	kefs_db_close(db);
}

static void test_settings(void **state)
{
	struct kefs_db *db = open_db();
	struct kefs_err err;
	char value[8];

	(void)state;
	assert_int_equal(kefs_st_setting_get(db, "x", value, sizeof(value), &err), -ENOENT);
	assert_int_equal(kefs_st_setting_set(db, "x", "1", &err), 0);
	assert_int_equal(kefs_st_setting_set(db, "x", "2", &err), 0);
	assert_int_equal(kefs_st_setting_get(db, "x", value, sizeof(value), &err), 0);
	assert_string_equal(value, "2");
	assert_int_equal(kefs_st_setting_set(db, "x", "0123456789", &err), 0);
	assert_int_equal(kefs_st_setting_get(db, "x", value, sizeof(value), &err), -ENAMETOOLONG);
	kefs_db_close(db);
}

static void test_upgrade(void **state)
{
	static const char *const steps[] = { "CREATE TABLE later (a INTEGER)", "CREATE TABLE broken (" };
	const char *all[8] = { NULL };
	struct kefs_db *db = open_db();
	struct kefs_err err;
	int count = kefs_schema_count, version = 0;
	char broken[32];

	(void)state;
	for (int i = 0; i < count; i++)
		all[i] = kefs_schema_steps[i];
	all[count] = steps[0];
	all[count + 1] = steps[1];
	assert_int_equal(kefs_migrate_run(db, all, count + 1, &err), 0);
	assert_int_equal(kefs_store_integer(db, "PRAGMA user_version", &version, &err), 0);
	assert_int_equal(version, count + 1);
	/* A step that fails leaves nothing behind. */
	assert_true(kefs_migrate_run(db, all, count + 2, &err) < 0);
	assert_true(snprintf(broken, sizeof(broken), "version %d", count + 2) > 0);
	assert_contains(err.text, broken);
	assert_int_equal(kefs_store_integer(db, "PRAGMA user_version", &version, &err), 0);
	assert_int_equal(version, count + 1);
	assert_int_equal(kefs_migrate_run(db, all, count + 1, &err), 0);
	kefs_db_close(db);
	expect_refusal(-EPROTO, "newer version of kefsd");
}

/* Sessions of which nobody wrote down when they began: not later than they can have. */
static void test_from_version_3(void **state)
{
	struct kefs_session session;
	struct kefs_err err;
	struct kefs_db *db;

	(void)state;
	hand_edit("PRAGMA application_id = 1264936563; PRAGMA user_version = 3");
	for (int i = 0; i < 3; i++)
		hand_edit(kefs_schema_steps[i]);
	hand_edit("INSERT INTO sessions VALUES ('ASIA000000000000', '0123456789abcdef', '0123456789abcdef', NULL, '', '', 1000000), "
		  "('ASIA000000000001', '0123456789abcdef', '0123456789abcdef', NULL, '', '', 1000)");
	db = open_db();
	assert_int_equal(kefs_st_session_get(db, "ASIA000000000000", &session, &err), 0);
	assert_int_equal(session.expires_sec, 1000000);
	assert_int_equal(session.issued_sec, 1000000 - 129600);
	assert_int_equal(kefs_st_session_get(db, "ASIA000000000001", &session, &err), 0);
	assert_int_equal(session.issued_sec, 1);
	kefs_db_close(db);
}

/* The administrator's key of a store that knew no users. */
static void test_from_version_2(void **state)
{
	struct kefs_access_key key;
	struct kefs_err err;
	struct kefs_db *db;

	(void)state;
	hand_edit("PRAGMA application_id = 1264936563; PRAGMA user_version = 2");
	hand_edit(kefs_schema_steps[0]);
	hand_edit(kefs_schema_steps[1]);
	hand_edit("INSERT INTO access_keys VALUES ('AKIA0123456789012345', '0123456789abcdef', NULL, 1, 7)");
	db = open_db();
	assert_int_equal(kefs_st_key_root(db, &key, &err), 0);
	assert_string_equal(key.id, "AKIA0123456789012345");
	assert_string_equal(key.user_id, "");
	assert_int_equal(key.created_ms, 7);
	kefs_db_close(db);
}

/* A store of the first version: names become tags, everything else has its default. */
static void test_from_version_1(void **state)
{
	struct kefs_fs_list list;
	struct kefs_tags tags;
	struct kefs_err err;
	struct kefs_db *db;

	(void)state;
	hand_edit("PRAGMA application_id = 1264936563; PRAGMA user_version = 1");
	hand_edit(kefs_schema_steps[0]);
	hand_edit("INSERT INTO file_systems VALUES ('fs-00000001', 1, 'old name', 'a', x'00112233445566778899aabbccddeeff', 7, 1, "
		  "'available', 'file-systems/a'), ('fs-00000002', 2, '', 'b', x'00112233445566778899aabbccddeeff', 8, 2, "
		  "'available', 'file-systems/b')");
	db = open_db();
	assert_int_equal(kefs_st_fs_list(db, &list, &err), 0);
	assert_int_equal(list.count, 2);
	assert_name(db, list.fs[0].id, "old name");
	assert_int_equal(list.fs[0].project_id, 7);
	assert_int_equal(list.fs[0].options.throughput, KEFS_BURSTING);
	assert_int_equal(list.fs[0].options.backup, KEFS_BACKUP_NONE);
	assert_int_equal(list.fs[0].options.protection, KEFS_PROTECTION_ENABLED);
	assert_name(db, list.fs[1].id, NULL);
	kefs_fs_list_free(&list);
	assert_int_equal(kefs_st_tag_list(db, "fs-00000001", 0, 10, &tags, &err), 0);
	assert_int_equal(tags.count, 1);
	assert_string_equal(tags.tags[0].key, "Name");
	kefs_tags_free(&tags);
	assert_int_equal(kefs_st_tag_list(db, "fs-00000002", 0, 10, &tags, &err), 0);
	assert_int_equal(tags.count, 0);
	kefs_db_close(db);
}

static void test_foreign_and_damaged(void **state)
{
	int fd;

	(void)state;
	hand_edit("CREATE TABLE recipes (a INTEGER)");
	expect_refusal(-EMEDIUMTYPE, "another program's");
	fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, "this is not a database, but long enough to be taken for one", 59), 59);
	(void)close(fd);
	expect_refusal(-EUCLEAN, "not an SQLite database");
	assert_int_equal(unlink(path), 0);
	kefs_db_close(open_db());
	hand_edit("PRAGMA wal_checkpoint(TRUNCATE)");
	fd = open(path, O_RDWR | O_CLOEXEC);
	/* The second page and those behind it. */
	for (off_t at = 4096; at < 4096 * 8; at += 64)
		assert_int_equal(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, at), 8);
	(void)close(fd);
	expect_refusal(-EUCLEAN, "damaged");
}

static void test_no_place(void **state)
{
	struct kefs_db *db = NULL;
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_db_open("/nonexistent/kefs.db", &db, &err), -EACCES);
	assert_contains(err.text, "/nonexistent/kefs.db");
	assert_contains(err.text, "directory exists");
}

static void test_hand_edited_row(void **state)
{
	struct kefs_db *db = open_db();
	char taken[KEFS_ID_SIZE] = "";
	struct kefs_fs_list list;
	struct kefs_err err;
	struct kefs_fs fs;

	(void)state;
	make(&fs, "t");
	assert_int_equal(kefs_st_fs_insert(db, &fs, NULL, KEFS_FS_MAX, taken, &err), 0);
	hand_edit("UPDATE file_systems SET directory = '../etc'");
	assert_int_equal(kefs_st_fs_list(db, &list, &err), -EUCLEAN);
	assert_contains(err.text, fs.id);
	kefs_db_close(db);
}

/* A child is killed at a random instant while it inserts: what it reported is there, and the rest is whole. */
static void test_kill(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct kefs_fs_list list;
		int fds[2], reported = 0;
		struct kefs_db *db;
		struct kefs_err err;
		char byte;
		pid_t pid;

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pid = fork();
		if (!pid) {
			struct kefs_fs fs;

			db = open_db();
			for (;;) {
				make(&fs, "");
				if (kefs_st_fs_insert(db, &fs, NULL, KEFS_FS_MAX, (char[KEFS_ID_SIZE]) { "" }, NULL) == 0)
					(void)!write(fds[1], "x", 1);
			}
		}
		(void)close(fds[1]);
		while (reported < 1 + round && read(fds[0], &byte, 1) == 1)
			reported++;
		assert_int_equal(kill(pid, SIGKILL), 0);
		(void)waitpid(pid, NULL, 0);
		while (read(fds[0], &byte, 1) == 1)
			reported++;
		(void)close(fds[0]);
		db = open_db();
		assert_int_equal(kefs_st_fs_list(db, &list, &err), 0);
		assert_in_range(list.count, reported, reported + 1);
		kefs_fs_list_free(&list);
		hand_edit("DELETE FROM file_systems");
		kefs_db_close(db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_upgrade, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_from_version_2, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_from_version_3, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_from_version_1, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_foreign_and_damaged, set_up, tear_down),
		cmocka_unit_test(test_no_place),
		cmocka_unit_test_setup_teardown(test_hand_edited_row, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kill, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
