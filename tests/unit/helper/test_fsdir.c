// SPDX-License-Identifier: GPL-2.0
/* backing/: a pool that is a directory, and removing trees from it. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_recovery_file, set_up, tear_down),
		cmocka_unit_test(test_bad_pools),
	};

	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
