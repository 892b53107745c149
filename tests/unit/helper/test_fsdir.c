// SPDX-License-Identifier: GPL-2.0
/* backing/: a pool that is a directory, and removing trees from it. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "backing/approot.h"
#include "backing/backing.h"
#include "backing/fsdir.h"

#define ID "fs-0123456789abcdef0"

static char dir[256];
static struct kefs_backing *backing;

static int set_up(void **state)
{
	struct kefs_settings settings;
	struct kefs_err err;

	(void)state;
	test_mkdir(dir);
	kefs_settings_init(&settings);
	assert_true(snprintf(settings.pool, sizeof(settings.pool), "%s", dir) > 0);
	if (kefs_backing_open(&settings, &backing, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(kefs_backing_open_folders(backing, &err), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kefs_backing_free(backing);
	test_rmdir(dir);
	return 0;
}

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

static bool after_some(void *ctx)
{
	return --*(int *)ctx < 0;
}

static void found(void *ctx, const char *id)
{
	assert_string_equal(id, ID);
	(*(int *)ctx)++;
}

/* A tree that is deeper than a path can be long, and wide, with odd names. */
static void make_tree(int top, int depth)
{
	int fd = dup(top);

	for (int level = 0; level < depth; level++) {
		char name[200];
		int next;

		for (int i = 0; i < 3; i++) {
			assert_true(snprintf(name, sizeof(name), "f%d\n%d", i, level) > 0);
			next = openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0);
			assert_true(next >= 0);
			(void)close(next);
		}
		assert_int_equal(symlinkat("/", fd, "link"), 0);
		assert_int_equal(mkdirat(fd, "empty", 0), 0);
		memset(name, 'd', 150);
		name[150] = '\0';
		assert_int_equal(mkdirat(fd, name, 0700), 0);
		next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(fd);
		fd = next;
	}
	(void)close(fd);
}

static void test_life(void **state)
{
	char other[300];
	struct kefs_err err;
	struct stat st;
	int fd, count = 0, budget = 40, rc;

	(void)state;
	assert_int_equal(kefs_fsdir_make(backing, "file-systems/" ID, 1262092288, &err), 0);
	assert_int_equal(kefs_fsdir_make(backing, "file-systems/" ID, 1262092288, &err), -EEXIST);
	fd = openat(kefs_backing_fd(backing), "file-systems/" ID, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	make_tree(fd, 60);
	(void)close(fd);
	fd = kefs_fsdir_open(backing, "file-systems/" ID, &err);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(kefs_fsdir_discard(backing, "file-systems/" ID, ID, &err), 0);
	assert_int_equal(kefs_fsdir_discard(backing, "file-systems/" ID, ID, &err), 0);
	assert_int_equal(kefs_fsdir_open(backing, "file-systems/" ID, &err), -ENOENT);
	/* Another file system's rubbish with a name that begins alike. */
	assert_true(snprintf(other, sizeof(other), "%s/trash/" ID "0", dir) > 0);
	assert_int_equal(mkdir(other, 0700), 0);
	rc = kefs_fsdir_purge(kefs_backing_trash_fd(backing), ID, after_some, &budget);
	assert_int_equal(rc, -ECANCELED);
	assert_int_equal(rmdir(other), 0);
	assert_int_equal(kefs_fsdir_list_trash(backing, found, &count), 0);
	assert_true(count > 0);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(kefs_fsdir_purge(kefs_backing_trash_fd(backing), ID, never, NULL), 0);
	assert_int_equal(rmdir(other), 0);
	count = 0;
	assert_int_equal(kefs_fsdir_list_trash(backing, found, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(kefs_fsdir_purge(kefs_backing_trash_fd(backing), ID, never, NULL), 0);
}

static void test_ids(void **state)
{
	char id[KEFS_UUID_SIZE] = "";
	struct kefs_err err;
	int fd;

	(void)state;
	assert_int_equal(kefs_backing_read_id(backing, id, &err), -ENOENT);
	assert_int_equal(kefs_backing_write_id(backing, "01234567-89ab-4def-8123-0123456789ab", &err), 0);
	assert_int_equal(kefs_backing_read_id(backing, id, &err), 0);
	assert_string_equal(id, "01234567-89ab-4def-8123-0123456789ab");
	fd = openat(kefs_backing_fd(backing), "kefs-pool", O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, "rubbish\n", 8), 8);
	(void)close(fd);
	assert_int_equal(kefs_backing_read_id(backing, id, &err), -EUCLEAN);
	assert_contains(err.text, "kefs-pool");
}

static void test_bad_pools(void **state)
{
	static const struct {
		const char *path;
		int code;
		const char *what;
	} cases[] = {
		{ "/nonexistent/pool", -ENOENT, "create the directory" }, { "/etc/passwd", -ENOTDIR, "not a directory" },
		{ "/proc", -EOPNOTSUPP, "file handles" },
	};
	struct kefs_settings settings;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kefs_backing *other = NULL;
		struct kefs_err err;

		kefs_settings_init(&settings);
		assert_true(snprintf(settings.pool, sizeof(settings.pool), "%s", cases[i].path) > 0);
		assert_int_equal(kefs_backing_open(&settings, &other, &err), cases[i].code);
		assert_contains(err.text, cases[i].path);
		assert_contains(err.text, cases[i].what);
	}
}

/* Made once, kept as the kernel module leaves it, gone with its file system. */
static void test_recovery_file(void **state)
{
	struct kefs_err err;
	char byte = 0;
	struct stat st;
	int fd;

	(void)state;
	fd = kefs_fsdir_open_recovery(backing, ID, &err);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(pwrite(fd, "x", 1, 4096), 1);
	(void)close(fd);
	fd = kefs_fsdir_open_recovery(backing, ID, &err);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, 4096), 1);
	assert_int_equal(byte, 'x');
	(void)close(fd);
	/* Nobody can put a link in its place */
	assert_int_equal(kefs_fsdir_remove_recovery(backing, ID, &err), 0);
	assert_int_equal(symlinkat("/dev/null", kefs_backing_fd(backing), "recovery/" ID), 0);
	assert_int_equal(kefs_fsdir_open_recovery(backing, ID, &err), -ELOOP);
	assert_int_equal(kefs_fsdir_remove_recovery(backing, ID, &err), 0);
	assert_int_equal(kefs_fsdir_remove_recovery(backing, ID, &err), 0);
}

/* --- access points --- */

static const struct kefs_approot_new make = { .uid = 1001, .gid = 1002, .mode = 02770 };

/* Opens, and says what it is. */
static int open_approot(const char *path, const struct kefs_approot_new *how, struct stat *ret_stat)
{
	struct kefs_err err;
	int volume = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = kefs_approot_open(volume, kefs_backing_making_fd(backing), path, how, &err);

	(void)close(volume);
	if (fd < 0) {
		assert_contains(err.text, path);
		return fd;
	}
	assert_int_equal(fstat(fd, ret_stat), 0);
	(void)close(fd);
	return 0;
}

static void assert_is(const struct stat *st, uid_t uid, gid_t gid, mode_t mode)
{
	assert_true(S_ISDIR(st->st_mode));
	assert_int_equal(st->st_uid, uid);
	assert_int_equal(st->st_gid, gid);
	assert_int_equal(st->st_mode & 07777, mode);
}

static void test_approot_made(void **state)
{
	struct stat st, again;
	char path[300];

	(void)state;
	assert_int_equal(open_approot("/a/b/c", NULL, &st), -ENOENT);
	(void)snprintf(path, sizeof(path), "%s/a", dir);
	assert_int_equal(access(path, F_OK), -1);
	(void)umask(077);
	assert_int_equal(open_approot("/a/b/c", &make, &st), 0);
	(void)umask(022);
	assert_is(&st, 1001, 1002, 02770);
	assert_int_equal(open_approot("/a/b", NULL, &again), 0);
	assert_is(&again, 0, 0, 0755);
	assert_int_equal(open_approot("/", NULL, &again), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(again.st_ino, st.st_ino);
	/* One that is there is left as it is; one that went is made again */
	(void)snprintf(path, sizeof(path), "%s/a/b/c", dir);
	assert_int_equal(chmod(path, 0711), 0);
	assert_int_equal(open_approot("//a/b//c/", &make, &st), 0);
	assert_is(&st, 1001, 1002, 0711);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(open_approot("/a/b/c", &make, &st), 0);
	assert_is(&st, 1001, 1002, 02770);
}

/* A crash left one half made; a client has put something where it could be in the way. */
static void test_approot_left_over(void **state)
{
	static const char *const names[] = { ".kefs-new-directory", "new", "making" };
	char path[300], below[310];
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/making/new", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(open_approot("/n", &make, &st), 0);
	assert_is(&st, 1001, 1002, 02770);
	assert_int_equal(access(path, F_OK), -1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/n/%s", dir, names[i]);
		assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0644)), 0);
		(void)snprintf(below, sizeof(below), "/n/m%zu", i);
		assert_int_equal(open_approot(below, &make, &st), 0);
		assert_is(&st, 1001, 1002, 02770);
	}
}

/* What a client may have put there: none of it leads anywhere. */
static void test_approot_traps(void **state)
{
	static const char *const targets[] = { "/", "/tmp", "..", "../..", "real", "nowhere" };
	char path[300], file[300];
	struct stat st;

	(void)state;
	assert_int_equal(open_approot("/real", &make, &st), 0);
	(void)snprintf(path, sizeof(path), "%s/trap", dir);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		assert_int_equal(symlink(targets[i], path), 0);
		assert_int_equal(open_approot("/trap", &make, &st), -ENOTDIR);
		assert_int_equal(open_approot("/trap/below", &make, &st), -ENOTDIR);
		assert_int_equal(unlink(path), 0);
	}
	(void)snprintf(file, sizeof(file), "%s/file", dir);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0644)), 0);
	assert_int_equal(open_approot("/file", &make, &st), -ENOTDIR);
	assert_int_equal(open_approot("/file/below", &make, &st), -ENOTDIR);
	assert_true(open_approot("/../x", &make, &st) < 0);
	assert_true(open_approot("/real/../../x", &make, &st) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_recovery_file, set_up, tear_down),
		cmocka_unit_test(test_bad_pools),
		cmocka_unit_test_setup_teardown(test_approot_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_approot_left_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_approot_traps, set_up, tear_down),
	};

	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
