// SPDX-License-Identifier: GPL-2.0
/*
 * A file system's life over store, pool and a kernel of arrays: every step of creation and deletion is a place where a
 * child process is killed; the next start must make good. And what happens when the kernel module goes and comes.
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fake_kernel.h"
#include "internal.h"
#include "service/sync.h"
#include "service/volumes.h"
#include "store/st_fs.h"

static char dir[256], state_dir[280], pool_dir[280];
static struct fake_kernel fake;

/* All that a kefsd has. */
struct server {
	struct kefs_settings settings;
	struct kefs_loop *loop;
	struct kefs_pool *pool;
	struct kefs_db *db;
	struct kefs_backing *backing;
	struct kefs_volumes *volumes;
	struct kefs_sync *sync;
	bool up;
};

static int set_up(void **state)
{
	(void)state;
	test_mkdir(dir);
	assert_true(snprintf(state_dir, sizeof(state_dir), "%s/state", dir) > 0);
	assert_true(snprintf(pool_dir, sizeof(pool_dir), "%s/pool", dir) > 0);
	assert_int_equal(mkdir(state_dir, 0700), 0);
	assert_int_equal(mkdir(pool_dir, 0700), 0);
	fake_kernel_init(&fake, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_kernel_unload(&fake);
	test_rmdir(dir);
	return 0;
}

static void changed(void *ctx, bool up)
{
	((struct server *)ctx)->up = up;
}

static int start(struct server *s, void (*step)(const char *name), struct kefs_err *err)
{
	struct kefs_volumes_parts parts = { .kernel = fake_kernel_ops(&fake), .step = step };
	struct kefs_sync_parts sync_parts = { .kernel = parts.kernel, .changed = changed, .ctx = s };
	char path[300];
	int rc;

	*s = (struct server) { .up = false };
	kefs_settings_init(&s->settings);
	assert_true(snprintf(s->settings.pool, sizeof(s->settings.pool), "%s", pool_dir) > 0);
	assert_true(snprintf(path, sizeof(path), "%s/kefs.db", state_dir) > 0);
	assert_int_equal(kefs_loop_new(&s->loop), 0);
	assert_int_equal(kefs_pool_new(s->loop, 2, &s->pool), 0);
	rc = kefs_db_open(path, &s->db, err);
	if (rc == 0)
		rc = kefs_backing_open(&s->settings, &s->backing, err);
	parts.db = s->db;
	parts.backing = s->backing;
	parts.pool = s->pool;
	parts.default_id = s->settings.default_file_system;
	if (rc == 0)
		rc = kefs_volumes_open(&parts, &s->volumes, err);
	sync_parts.loop = s->loop;
	sync_parts.volumes = s->volumes;
	if (rc == 0)
		rc = kefs_sync_start(&sync_parts, &s->sync, err);
	return rc;
}

static void stop(struct server *s)
{
	kefs_sync_free(s->sync);
	kefs_pool_free(s->pool);
	kefs_volumes_free(s->volumes);
	kefs_backing_free(s->backing);
	kefs_db_close(s->db);
	kefs_loop_free(s->loop);
}

static void must_start(struct server *s)
{
	struct kefs_err err;

	if (start(s, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static const struct kefs_fs *create(struct server *s, const char *token)
{
	struct kefs_fs_request request = { .name = "n" };
	char taken[KEFS_ID_SIZE] = "";
	const struct kefs_fs *fs = NULL;
	struct kefs_err err;

	assert_true(snprintf(request.token, sizeof(request.token), "%s", token) >= 0);
	if (kefs_volumes_create(s->volumes, &request, &fs, taken, &err) < 0)
		fail_msg("%s", err.text);
	return fs;
}

static void on_time(void *ctx)
{
	kefs_loop_exit(ctx);
}

/* Turns the loop until the list has so many entries, or a while. */
static void wait_for_count(struct server *s, size_t count)
{
	for (int i = 0; i < 500 && kefs_volumes_list(s->volumes)->count != count; i++) {
		struct kefs_source *timer;

		assert_int_equal(kefs_loop_add_timer(s->loop, 10, on_time, s->loop, &timer), 0);
		assert_int_equal(kefs_loop_run(s->loop), 0);
		(void)kefs_loop_remove(timer);
	}
	assert_int_equal(kefs_volumes_list(s->volumes)->count, count);
}

/* Store, pool and kernel tell the same story. */
static void check_consistent(struct server *s)
{
	const struct kefs_fs_list *list = kefs_volumes_list(s->volumes);
	char path[600];
	struct stat st;

	assert_int_equal(fake.volume_count, list->count);
	for (size_t i = 0; i < list->count; i++) {
		assert_int_equal(list->fs[i].state, KEFS_FS_AVAILABLE);
		assert_true(fake_kernel_has(&fake, list->fs[i].volume_id));
		assert_true(snprintf(path, sizeof(path), "%s/%s", pool_dir, list->fs[i].directory) > 0);
		assert_int_equal(stat(path, &st), 0);
	}
	assert_true(snprintf(path, sizeof(path), "%s/file-systems", pool_dir) > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 2 + list->count);
	assert_true(snprintf(path, sizeof(path), "%s/trash", pool_dir) > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 2);
}

static void test_life(void **state)
{
	char taken[KEFS_ID_SIZE] = "", id[KEFS_ID_SIZE], sql[300];
	struct kefs_fs_request request = { .token = "t" };
	const struct kefs_fs *fs;
	uint64_t volume = 0;
	struct kefs_err err;
	struct server s;

	(void)state;
	must_start(&s);
	assert_true(s.up);
	assert_int_equal(kefs_volumes_default(s.volumes, &volume, &err), -ENOENT);
	assert_contains(err.text, "kefsctl fs create");
	fs = create(&s, "t");
	assert_true(snprintf(id, sizeof(id), "%s", fs->id) > 0);
	assert_int_equal(kefs_volumes_default(s.volumes, &volume, &err), 0);
	assert_int_equal(volume, fs->volume_id);
	/* Not past the security groups of its mount targets */
	assert_true(snprintf(sql, sizeof(sql), "INSERT INTO mount_targets VALUES ('fsmt-1', '%s', 1, 'available', 'subnet-1', "
			     "'vpc-1', 'z', 'zid', 'eni-1', 167837701)", id) < (int)sizeof(sql));
	assert_int_equal(kefs_store_exec(s.db, sql, "test", &err), 0);
	assert_int_equal(kefs_volumes_default(s.volumes, &volume, &err), -ENOENT);
	assert_contains(err.text, "mount targets");
	assert_int_equal(kefs_store_exec(s.db, "DELETE FROM mount_targets", "test", &err), 0);
	assert_int_equal(kefs_volumes_create(s.volumes, &request, &fs, taken, &err), -EEXIST);
	assert_string_equal(taken, id);
	(void)create(&s, "");
	assert_int_equal(kefs_volumes_default(s.volumes, &volume, &err), -ENOENT);
	assert_contains(err.text, "default_file_system");
	check_consistent(&s);
	stop(&s);
	/* The kernel keeps its volumes over a restart, and they are left alone. */
	must_start(&s);
	check_consistent(&s);
	assert_int_equal(kefs_volumes_delete(s.volumes, "fs-00000000", false, &err), -ENOENT);
	assert_int_equal(kefs_volumes_delete(s.volumes, id, false, &err), 0);
	assert_int_equal(kefs_volumes_delete(s.volumes, id, false, &err), -EALREADY);
	wait_for_count(&s, 1);
	check_consistent(&s);
	/* The token is free again. */
	(void)create(&s, "t");
	check_consistent(&s);
	stop(&s);
}

static void test_failures(void **state)
{
	struct kefs_fs_request request = { .name = "" };
	char taken[KEFS_ID_SIZE] = "";
	const struct kefs_fs *fs;
	struct kefs_err err;
	struct server s;

	(void)state;
	must_start(&s);
	fake.fail_add = -EOPNOTSUPP;
	assert_int_equal(kefs_volumes_create(s.volumes, &request, &fs, taken, &err), -EOPNOTSUPP);
	wait_for_count(&s, 0);
	check_consistent(&s);
	assert_true(snprintf(request.name, sizeof(request.name), "a;b") > 0);
	assert_int_equal(kefs_volumes_create(s.volumes, &request, &fs, taken, &err), -EINVAL);
	/* The kernel will not let go at first. */
	fs = create(&s, "");
	fake.fail_del = -EIO;
	assert_int_equal(kefs_volumes_delete(s.volumes, fs->id, false, &err), 0);
	assert_int_equal(kefs_volumes_list(s.volumes)->fs[0].state, KEFS_FS_DELETING);
	assert_int_equal(fake.volume_count, 1);
	kefs_volumes_tick(s.volumes);
	wait_for_count(&s, 0);
	check_consistent(&s);
	stop(&s);
}

static void test_connected(void **state)
{
	struct kefs_grant grant = { .domain_len = 1 };
	const struct kefs_fs *fs;
	struct kefs_err err;
	struct server s;
	uint64_t conn;
	int fds[2];

	(void)state;
	must_start(&s);
	fs = create(&s, "");
	grant.volume_id = fs->volume_id;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(fake_kernel_ops(&fake).ops->conn_add(&fake, fds[0], NULL, &grant, &conn, &err), 0);
	assert_int_equal(kefs_volumes_delete(s.volumes, fs->id, false, &err), -EBUSY);
	assert_contains(err.text, "1 connection:");
	assert_int_equal(kefs_volumes_list(s.volumes)->fs[0].state, KEFS_FS_AVAILABLE);
	assert_int_equal(kefs_volumes_delete(s.volumes, fs->id, true, &err), 0);
	wait_for_count(&s, 0);
	assert_int_equal(fake.conn_count, 0);
	(void)close(fds[0]);
	(void)close(fds[1]);
	stop(&s);
}

static void test_module_goes_and_comes(void **state)
{
	struct kefs_fs_request request = { .name = "" };
	char taken[KEFS_ID_SIZE] = "";
	const struct kefs_fs *fs;
	struct kefs_err err;
	struct server s;

	(void)state;
	must_start(&s);
	(void)create(&s, "a");
	(void)create(&s, "b");
	fake_kernel_unload(&fake);
	kefs_sync_check(s.sync);
	assert_false(s.up || kefs_sync_is_up(s.sync));
	assert_int_equal(kefs_volumes_create(s.volumes, &request, &fs, taken, &err), -ENODEV);
	assert_contains(err.text, "modprobe kefs");
	/* Deleting needs no kernel. */
	assert_int_equal(kefs_volumes_delete(s.volumes, kefs_volumes_list(s.volumes)->fs[0].id, false, &err), 0);
	fake_kernel_init(&fake, 2);
	kefs_sync_check(s.sync);
	assert_true(s.up);
	wait_for_count(&s, 1);
	check_consistent(&s);
	/* Loaded anew between two looks. */
	fake_kernel_unload(&fake);
	fake_kernel_init(&fake, 3);
	kefs_sync_check(s.sync);
	assert_true(s.up);
	check_consistent(&s);
	/* What could not be added for a passing reason is, at the next look. */
	fake_kernel_unload(&fake);
	fake_kernel_init(&fake, 4);
	fake.fail_add = -EMFILE;
	kefs_sync_check(s.sync);
	assert_int_equal(fake.volume_count, 0);
	kefs_sync_check(s.sync);
	assert_int_equal(fake.volume_count, 1);
	/* The kernel lost one volume. */
	fake.volume_count = 0;
	kefs_sync_check(s.sync);
	assert_int_equal(fake.volume_count, 0);
	kefs_sync_redo(s.sync);
	check_consistent(&s);
	stop(&s);
}

static void test_foreign_volumes(void **state)
{
	const struct kefs_kvolume_new volume = { .id = 99, .name = "fs-x", .root_fd = STDIN_FILENO, .key = (const uint8_t *)"0123456789abcdef" };
	struct kefs_kernel kernel = fake_kernel_ops(&fake);
	struct server s;

	(void)state;
	(void)kernel.ops->volume_add(kernel.ctx, &volume, NULL);
	must_start(&s);
	check_consistent(&s);
	stop(&s);
}

static void test_wrong_pool(void **state)
{
	char path[300], other[300];
	struct kefs_err err;
	struct server s;

	(void)state;
	must_start(&s);
	(void)create(&s, "");
	stop(&s);
	/* The pool's disk is not mounted. */
	assert_true(snprintf(other, sizeof(other), "%s/elsewhere", dir) > 0);
	assert_int_equal(rename(pool_dir, other), 0);
	assert_int_equal(mkdir(pool_dir, 0700), 0);
	assert_int_equal(start(&s, NULL, &err), -ESTALE);
	assert_contains(err.text, "is its disk mounted?");
	stop(&s);
	/* Nothing was made in it. */
	assert_int_equal(rmdir(pool_dir), 0);
	assert_int_equal(rename(other, pool_dir), 0);
	must_start(&s);
	check_consistent(&s);
	stop(&s);
	/* The database is gone, the pool is there. */
	assert_true(snprintf(path, sizeof(path), "%s/kefs.db", state_dir) > 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(start(&s, NULL, &err), -ESTALE);
	assert_contains(err.text, "another store");
	stop(&s);
}

static void test_missing_directory(void **state)
{
	const struct kefs_fs *fs;
	uint64_t volume;
	struct kefs_err err;
	struct server s;
	char path[600];

	(void)state;
	must_start(&s);
	fs = create(&s, "");
	assert_true(snprintf(path, sizeof(path), "%s/%s", pool_dir, fs->directory) > 0);
	stop(&s);
	fake_kernel_unload(&fake);
	fake_kernel_init(&fake, 2);
	assert_int_equal(rmdir(path), 0);
	must_start(&s);
	assert_int_equal(kefs_volumes_list(s.volumes)->fs[0].state, KEFS_FS_ERROR);
	assert_int_equal(kefs_volumes_default(s.volumes, &volume, &err), -ENOENT);
	/* It can be deleted all the same. */
	assert_int_equal(kefs_volumes_delete(s.volumes, kefs_volumes_list(s.volumes)->fs[0].id, false, &err), 0);
	wait_for_count(&s, 0);
	check_consistent(&s);
	stop(&s);
}

static const char *die_at;

static void die(const char *name)
{
	if (!strcmp(name, die_at))
		(void)kill(getpid(), SIGKILL);
}

/* In a child: makes one, makes another, deletes the first. Dies on the way if die_at is a step. */
static void scenario(void)
{
	struct kefs_fs_request request = { .token = "b" };
	char taken[KEFS_ID_SIZE] = "";
	const struct kefs_fs *fs;
	struct kefs_err err;
	struct server s;

	if (start(&s, die, &err) < 0)
		_exit(10);
	if (kefs_volumes_create(s.volumes, &request, &fs, taken, &err) < 0 ||
	    kefs_volumes_delete(s.volumes, kefs_volumes_list(s.volumes)->fs[0].id, true, &err) < 0)
		_exit(11);
	wait_for_count(&s, 1);
	_exit(12);
}

static void test_crash_points(void **state)
{
	/*
	 * The step at which it dies, and how many file systems there are after the next start: "a" was there before. Of the
	 * first three nobody was told: their token is free at once.
	 */
	static const struct {
		const char *step;
		size_t left;
		bool token_free;
	} cases[] = {
		{ "stored", 1, true }, { "directory-made", 1, true }, { "kernel-added", 1, true }, { "available", 2, false },
		{ "deleting", 1, false }, { "kernel-deleted", 1, false }, { "discarded", 1, false }, { "purged", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server s;
		int status = 0;
		pid_t pid;

		(void)tear_down(NULL);
		(void)set_up(NULL);
		must_start(&s);
		(void)create(&s, "a");
		stop(&s);
		die_at = cases[i].step;
		pid = fork();
		if (!pid)
			scenario();
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		/* This process's kernel did not see what the child's did: as if that had been reloaded meanwhile. */
		must_start(&s);
		if (cases[i].token_free)
			(void)create(&s, "b");
		wait_for_count(&s, cases[i].left + cases[i].token_free);
		check_consistent(&s);
		stop(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_connected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_module_goes_and_comes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_foreign_volumes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_pool, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_crash_points, set_up, tear_down),
	};

	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
