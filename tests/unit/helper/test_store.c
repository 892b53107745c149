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
#include "store/st_setting.h"

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
	struct kefs_fs_request request = { .name = "name" };

	assert_true(snprintf(request.token, sizeof(request.token), "%s", token) >= 0);
	assert_int_equal(kefs_fs_make(&request, 1234, fs), 0);
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
	struct kefs_db *db = open_db();
	char taken[KEFS_ID_SIZE] = "";
	struct kefs_fs a, b, c;
	struct kefs_fs_list list;
	struct kefs_err err;

	(void)state;
	make(&a, "one");
	make(&b, "two");
	make(&c, "one");
	assert_int_equal(kefs_st_fs_insert(db, &a, taken, &err), 0);
	assert_int_equal(kefs_st_fs_insert(db, &b, taken, &err), 0);
	assert_true(a.project_id > 0 && b.project_id == a.project_id + 1);
	assert_int_equal(kefs_st_fs_insert(db, &c, taken, &err), -EEXIST);
	assert_string_equal(taken, a.id);
	assert_int_equal(kefs_st_fs_set_state(db, a.id, KEFS_FS_CREATING, KEFS_FS_AVAILABLE, &err), 0);
	assert_int_equal(kefs_st_fs_set_state(db, a.id, KEFS_FS_CREATING, KEFS_FS_AVAILABLE, &err), -ENOENT);
	assert_int_equal(kefs_st_fs_delete(db, a.id, &err), -ENOENT);
	assert_int_equal(kefs_st_fs_set_state(db, b.id, KEFS_FS_CREATING, KEFS_FS_DELETING, &err), 0);
	assert_int_equal(kefs_st_fs_delete(db, b.id, &err), 0);
	/* A project id is never given twice. */
	make(&c, "two");
	assert_int_equal(kefs_st_fs_insert(db, &c, taken, &err), 0);
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
	assert_string_equal(kefs_fs_find(&list, a.id)->name, "name");
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
		assert_int_equal(kefs_st_fs_insert(db, &fs, taken, &err), 0);
	}
	make(&fs, "");
	assert_int_equal(kefs_st_fs_insert(db, &fs, taken, &err), -EDQUOT);
	assert_int_equal(kefs_st_fs_list(db, &list, &err), 0);
	assert_int_equal(list.count, KEFS_FS_MAX);
	kefs_fs_list_free(&list);
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
	static const char *const steps[] = { "CREATE TABLE later (a INTEGER)", "CREATE TABLE broken (", "" };
	const char *all[3] = { kefs_schema_steps[0], steps[0], steps[1] };
	struct kefs_db *db = open_db();
	struct kefs_err err;
	int version = 0;

	(void)state;
	assert_int_equal(kefs_schema_count, 1);
	assert_int_equal(kefs_migrate_run(db, all, 2, &err), 0);
	assert_int_equal(kefs_store_integer(db, "PRAGMA user_version", &version, &err), 0);
	assert_int_equal(version, 2);
	/* A step that fails leaves nothing behind. */
	assert_true(kefs_migrate_run(db, all, 3, &err) < 0);
	assert_contains(err.text, "version 3");
	assert_int_equal(kefs_store_integer(db, "PRAGMA user_version", &version, &err), 0);
	assert_int_equal(version, 2);
	assert_int_equal(kefs_migrate_run(db, all, 2, &err), 0);
	kefs_db_close(db);
	expect_refusal(-EPROTO, "newer version of kefsd");
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
	assert_int_equal(kefs_st_fs_insert(db, &fs, taken, &err), 0);
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
				if (kefs_st_fs_insert(db, &fs, (char[KEFS_ID_SIZE]) { "" }, NULL) == 0)
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
		cmocka_unit_test_setup_teardown(test_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_upgrade, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_foreign_and_damaged, set_up, tear_down),
		cmocka_unit_test(test_no_place),
		cmocka_unit_test_setup_teardown(test_hand_edited_row, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kill, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
