// SPDX-License-Identifier: GPL-2.0
/* base/: loop, worker pool, spawned programs, UNIX sockets. */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/filewatch.h"
#include "base/keeper.h"
#include "base/loop.h"
#include "base/pool.h"
#include "base/spawn.h"
#include "base/unixsock.h"

static struct kefs_loop *loop;
static int fired;

static void on_timer(void *ctx)
{
	fired++;
	if (fired < 3)
		kefs_loop_rearm(*(struct kefs_source **)ctx, 1);
	else
		kefs_loop_exit(loop);
}

static void on_fd(void *ctx, int fd, uint32_t events)
{
	char byte;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(fd, &byte, 1), 1);
	fired++;
	/* A callback may remove its own source. */
	*(struct kefs_source **)ctx = kefs_loop_remove(*(struct kefs_source **)ctx);
	kefs_loop_exit(loop);
}

static void on_signal(void *ctx, int signo)
{
	(void)ctx;
	assert_int_equal(signo, SIGUSR2);
	kefs_loop_exit(loop);
}

static void test_loop(void **state)
{
	struct kefs_source *source = NULL;
	int fds[2];

	(void)state;
	assert_int_equal(kefs_loop_new(&loop), 0);
	fired = 0;
	assert_int_equal(kefs_loop_add_timer(loop, 1, on_timer, &source, &source), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	assert_int_equal(fired, 3);
	source = kefs_loop_remove(source);
	kefs_loop_free(loop);

	assert_int_equal(kefs_loop_new(&loop), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "xx", 2), 2);
	assert_int_equal(kefs_loop_add_fd(loop, fds[0], EPOLLIN, on_fd, &source, &source), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	assert_int_equal(fired, 4);
	assert_null(source);
	kefs_loop_free(loop);

	assert_int_equal(kefs_loop_new(&loop), 0);
	assert_int_equal(kefs_loop_add_signal(loop, SIGUSR2, on_signal, NULL, &source), 0);
	assert_int_equal(raise(SIGUSR2), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	source = kefs_loop_remove(source);
	kefs_loop_free(loop);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

struct sum_job {
	struct kefs_job job;
	unsigned int from, sum;
	bool waits;
};

static unsigned int total, jobs_done;

static void sum_run(struct kefs_job *job)
{
	struct sum_job *sum = (struct sum_job *)job;

	while (sum->waits && !kefs_pool_stopping(job))
		(void)usleep(1000);
	for (unsigned int i = 0; i < 100; i++)
		sum->sum += sum->from + i;
}

static void sum_done(struct kefs_job *job)
{
	total += ((struct sum_job *)job)->sum;
	free(job);
	if (++jobs_done == 50)
		kefs_loop_exit(loop);
}

static void submit(struct kefs_pool *pool, unsigned int from, bool waits)
{
	struct sum_job *sum = calloc(1, sizeof(*sum));

	assert_non_null(sum);
	sum->job.run = sum_run;
	sum->job.done = sum_done;
	sum->from = from;
	sum->waits = waits;
	kefs_pool_submit(pool, &sum->job);
}

static void test_pool(void **state)
{
	struct kefs_pool *pool;

	(void)state;
	assert_int_equal(kefs_loop_new(&loop), 0);
	assert_int_equal(kefs_pool_new(loop, 0, &pool), -EINVAL);
	assert_int_equal(kefs_pool_new(loop, 4, &pool), 0);
	total = jobs_done = 0;
	for (unsigned int i = 0; i < 50; i++)
		submit(pool, i, false);
	assert_int_equal(kefs_loop_run(loop), 0);
	assert_int_equal(jobs_done, 50);
	assert_int_equal(total, 50 * 4950 + 100 * (49 * 50 / 2));
	/* On the way out: running ones stop, queued ones are given back unrun. */
	for (unsigned int i = 0; i < 20; i++)
		submit(pool, i, true);
	kefs_pool_free(pool);
	assert_int_equal(jobs_done, 70);
	kefs_loop_free(loop);
}

static void test_spawn(void **state)
{
	const char *const fine[] = { "true", NULL };
	const char *const fails[] = { "sh", "-c", "echo first; echo the reason >&2; exit 3", NULL };
	const char *const floods[] = { "sh", "-c", "seq 1 100000; kill -9 $$", NULL };
	const char *const sleeps[] = { "sleep", "60", NULL };
	const char *const missing[] = { "no-such-program", NULL };
	const char *const env[] = { "sh", "-c", "test -z \"$HOME\" && test ! -e /proc/self/fd/17 && ! kill -0 0 2>/dev/null; test -z \"$HOME\"", NULL };
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_spawn_run(fine, 10, &err), 0);
	assert_int_equal(kefs_spawn_run(env, 10, &err), 0);
	assert_int_equal(kefs_spawn_run(fails, 10, &err), -EIO);
	assert_contains(err.text, "exit status 3");
	assert_contains(err.text, "first the reason");
	assert_int_equal(kefs_spawn_run(floods, 60, &err), -EIO);
	assert_contains(err.text, "signal 9");
	assert_contains(err.text, "100000");
	assert_int_equal(kefs_spawn_run(sleeps, 1, &err), -ETIMEDOUT);
	assert_int_equal(kefs_spawn_run(missing, 1, &err), -ENOENT);
	assert_contains(err.text, "no-such-program");
}

static struct kefs_keeper *keeper;
static int ends, last_status;

static void on_kept_end(void *ctx, int status)
{
	(void)ctx;
	ends++;
	last_status = status;
	assert_int_equal(kefs_keeper_pid(keeper), 0);
}

/* Looks again until the program is there (again). */
static void on_look(void *ctx)
{
	if (kefs_keeper_pid(keeper))
		kefs_loop_exit(loop);
	else
		kefs_loop_rearm(*(struct kefs_source **)ctx, 5);
}

static pid_t kept_after(void)
{
	struct kefs_source *timer;

	assert_int_equal(kefs_loop_add_timer(loop, 50, on_look, &timer, &timer), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	(void)kefs_loop_remove(timer);
	return kefs_keeper_pid(keeper);
}

static pid_t pid_in(const char *path)
{
	FILE *f = fopen(path, "re");
	int pid = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	(void)fclose(f);
	return pid;
}

/* Dead; it may stay a zombie where nobody adopts it. */
static bool is_gone(pid_t pid)
{
	char path[64], text[512] = "";
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return true;
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	(void)fclose(f);
	return strstr(text, ") Z ");
}

static void test_keeper(void **state)
{
	const char *const sleeps[] = { "sleep", "1000", NULL }, *const missing[] = { "no-such-program", NULL };
	struct kefs_keeper_parts parts = { .argv = sleeps, .ended = on_kept_end };
	char dir[256], path[300];
	struct kefs_err err;
	pid_t first, second, third;
	int child;

	(void)state;
	test_mkdir(dir);
	assert_true(snprintf(path, sizeof(path), "%s/pid", dir) > 0);
	assert_int_equal(kefs_loop_new(&loop), 0);
	parts.loop = loop;
	parts.pid_file = path;
	assert_int_equal(kefs_keeper_new(&parts, &keeper, &err), 0);
	first = kefs_keeper_pid(keeper);
	assert_int_equal(kill(first, SIGKILL), 0);
	second = kept_after();
	assert_int_equal(ends, 1);
	assert_true(WIFSIGNALED(last_status) && WTERMSIG(last_status) == SIGKILL);
	assert_true(second > 0 && second != first && kill(second, 0) == 0);

	kefs_keeper_free(keeper);
	assert_int_equal(kill(second, 0), -1);

	/* Whoever keeps it dies and it lives on; who comes next finds it by the pid file */
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(kefs_loop_new(&parts.loop) || kefs_keeper_new(&parts, &keeper, &err));
	assert_true(waitpid(child, &child, 0) > 0 && child == 0);
	second = pid_in(path);
	assert_int_equal(kill(second, 0), 0);
	assert_int_equal(kefs_keeper_new(&parts, &keeper, &err), 0);
	third = kefs_keeper_pid(keeper);
	assert_true(third > 0 && third != second && kill(third, 0) == 0);
	assert_true(is_gone(second));
	kefs_keeper_free(keeper);
	assert_int_equal(kill(third, 0), -1);
	assert_int_equal(access(path, F_OK), -1);

	parts.argv = missing;
	assert_int_equal(kefs_keeper_new(&parts, &keeper, &err), -ENOENT);
	assert_contains(err.text, "no-such-program");
	kefs_loop_free(loop);
	test_rmdir(dir);
}

static void test_unixsock(void **state)
{
	char dir[256], path[300];
	struct kefs_err err;
	struct stat st;
	int fd, client;
	uid_t uid;
	pid_t pid;

	(void)state;
	test_mkdir(dir);
	assert_true(snprintf(path, sizeof(path), "%s/s", dir) > 0);
	assert_int_equal(kefs_unixsock_connect(path, &err), -ENOENT);
	fd = kefs_unixsock_listen(path, &err);
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(kefs_unixsock_listen(path, &err), -EADDRINUSE);
	client = kefs_unixsock_connect(path, &err);
	assert_true(client >= 0);
	assert_int_equal(kefs_unixsock_peer(client, &uid, &pid), 0);
	assert_int_equal(uid, getuid());
	assert_int_equal(pid, getpid());
	(void)close(client);
	(void)close(fd);
	/* What a killed program left is replaced. */
	fd = kefs_unixsock_listen(path, &err);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(kefs_unixsock_listen("/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678", &err), -ENAMETOOLONG);
	test_rmdir(dir);
}

/* --- files that are watched --- */

static unsigned int failures;

static bool on_file(void *ctx)
{
	++*(int *)ctx;
	return !failures || !failures--;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void on_rest(void *ctx)
{
	kefs_loop_exit(ctx);
}

static void run_for(struct kefs_loop *loop, unsigned int ms)
{
	struct kefs_source *timer;

	assert_int_equal(kefs_loop_add_timer(loop, ms, on_rest, loop, &timer), 0);
	assert_int_equal(kefs_loop_run(loop), 0);
	(void)kefs_loop_remove(timer);
}

static void test_filewatch(void **state)
{
	char dir[] = "/tmp/kefs-test-XXXXXX", file[64], link[64], other[64];
	struct kefs_filewatch_parts parts = { .paths = { file, link }, .every_ms = 20, .retry_ms = 150, .changed = on_file };
	struct kefs_filewatch_look seen[2];
	struct kefs_filewatch *watch;
	int changes = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/file", dir);
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
	put(file, "one");
	put(other, "two");
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(kefs_loop_new(&parts.loop), 0);
	parts.ctx = &changes;
	assert_int_equal(kefs_filewatch_new(&parts, &watch), 0);
	run_for(parts.loop, 200);
	assert_int_equal(changes, 0);
	put(file, "another");
	run_for(parts.loop, 1000);
	assert_int_equal(changes, 1);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(other, link), 0);
	run_for(parts.loop, 1000);
	assert_int_equal(changes, 2);
	assert_int_equal(unlink(other), 0);	/* the link leads nowhere */
	run_for(parts.loop, 1000);
	assert_int_equal(changes, 3);
	/* What fails is tried again, not at once, and not for ever */
	failures = 2;
	put(file, "a third one");
	run_for(parts.loop, 120);
	assert_int_equal(changes, 4);
	run_for(parts.loop, 1000);
	assert_int_equal(changes, 6);
	kefs_filewatch_free(watch);
	/* What changes between the reading and the watch is a change */
	seen[0] = kefs_filewatch_look(file);
	seen[1] = kefs_filewatch_look(link);
	parts.seen = seen;
	put(file, "between");
	assert_int_equal(kefs_filewatch_new(&parts, &watch), 0);
	run_for(parts.loop, 1000);
	assert_int_equal(changes, 7);
	kefs_filewatch_free(watch);
	kefs_loop_free(parts.loop);
	(void)unlink(link);
	(void)unlink(file);
	(void)rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop), cmocka_unit_test(test_pool), cmocka_unit_test(test_spawn),
		cmocka_unit_test(test_keeper), cmocka_unit_test(test_unixsock),
		cmocka_unit_test(test_filewatch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
