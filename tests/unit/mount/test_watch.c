// SPDX-License-Identifier: GPL-2.0
/*
 * A tunnel under kefs-watchdog's eyes, with a clock that is the test's and a stunnel that is a process which waits, or
 * ends at once.
 */
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "creds.h"
#include "sockets.h"
#include "tlshd.h"
#include "tunnel.h"
#include "watch.h"

#define NAME "fs-1.mnt.20051"

static unsigned int spawned, connections, loads;
static bool dies, fresh, removed, locked, clients, no_state;
static int tlshd_rc;
static int64_t claimed;
static struct conf conf = { .gone_count = 3, .grace_seconds = 30, .renewal_minutes = 60 };
static struct sockets_table sockets;

/* --- what watch.c calls --- */

int tunnel_spawn(struct state *state, const char *netns, int listen_fd, int out_fd)
{
	pid_t pid = fork();

	(void)netns;
	(void)listen_fd;
	(void)out_fd;
	if (pid == 0) {
		if (!dies)
			(void)pause();
		_exit(0);
	}
	assert_true(pid > 0);
	state->tunnel.pid = pid;
	fresh = true;
	spawned++;
	return 0;
}

static void wait_for_end(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 20000), 1);
}

/* One that ends at once has ended at the next look. */
int proc_open(const struct proc_id *id)
{
	int fd;

	if (!id->pid || (!fresh && waitpid(id->pid, NULL, WNOHANG) != 0))
		return -ESRCH;
	fresh = false;
	fd = pidfd_open(id->pid, 0);
	assert_true(fd >= 0);
	if (dies)
		wait_for_end(fd);
	return fd;
}

int sockets_look(struct sockets_table *table, int pid, uint64_t net_ns, unsigned int port, struct sockets *ret_sockets)
{
	(void)table;
	(void)pid;
	(void)net_ns;
	assert_int_equal(port, 20051);
	*ret_sockets = (struct sockets) { .connected = connections };
	return 0;
}

int state_load(struct state *state, struct kefs_err *err)
{
	loads++;
	if (no_state)
		return kefs_err_set(err, -ENOENT, "not there");
	state->port = 20051;
	state->cert_time = (int64_t)time(NULL);
	return 0;
}

int state_save(const struct state *state, struct kefs_err *err)
{
	(void)state;
	(void)err;
	return 0;
}

int state_remove(const struct state *state)
{
	assert_true(!strcmp(state->name, NAME) || !strcmp(state->name, TLSHD_STATE));
	removed = true;
	return 0;
}

/* Of the certificate: it is there. */
int state_path(const struct state *state, const char *file, char ret_path[PATH_MAX])
{
	(void)state;
	(void)file;
	(void)snprintf(ret_path, PATH_MAX, "/dev/null");
	return 0;
}

bool proc_alive(const struct proc_id *id)
{
	(void)id;
	return false;
}

uint64_t proc_namespace(const char *path)
{
	(void)path;
	return 0;
}

int proc_open_namespace(const char *path, uint64_t number)
{
	(void)path;
	(void)number;
	return -ESTALE;
}

int proc_find_netns(uint64_t number, char *ret_path, size_t size)
{
	(void)number;
	(void)ret_path;
	(void)size;
	return -ENOENT;
}

int tunnel_listen(const char *netns, unsigned int port)
{
	(void)netns;
	(void)port;
	return dup(STDIN_FILENO);
}

int sockets_borrow_listener(int pidfd, unsigned int port)
{
	(void)pidfd;
	(void)port;
	return -ENOENT;
}

int tunnel_certify(struct state *state, const struct creds *creds, struct kefs_err *err)
{
	(void)state;
	(void)creds;
	return kefs_err_set(err, -EIO, "not in a test");
}

int creds_again(const char *method, const struct creds_places *places, struct creds *ret_creds,
		struct failure *ret_failure)
{
	(void)method;
	(void)places;
	(void)ret_creds;
	(void)ret_failure;
	return -EIO;
}

/* That of the renewer, which makes none here. */
int cert_read_end(const char *path, int64_t *ret_end)
{
	(void)path;
	*ret_end = 0;
	return -ENOENT;
}

int tlshd_find(uint64_t net_ns, struct tlshd *ret_tlshd)
{
	(void)net_ns;
	ret_tlshd->pid = tlshd_rc ? 0 : 1;
	return tlshd_rc;
}

bool tlshd_network_in_use(pid_t pid)
{
	assert_int_equal(pid, 1);
	return clients;
}

int tlshd_lock(unsigned int seconds, bool claim)
{
	assert_int_equal(seconds, 0);
	assert_false(claim);
	return locked ? -EAGAIN : dup(STDIN_FILENO);
}

int64_t tlshd_claimed(void)
{
	return claimed;
}

/* --- */

static struct watch *begin_as(const char *name)
{
	struct watch *watch = watch_new(name, 1);

	assert_non_null(watch);
	watch->listed = true;
	spawned = connections = loads = 0;
	dies = removed = locked = clients = no_state = false;
	tlshd_rc = 0;
	claimed = 1;
	return watch;
}

static struct watch *begin(void)
{
	return begin_as(NAME);
}

static void finish(struct watch *watch)
{
	if (watch->pidfd >= 0)
		assert_int_equal(pidfd_send_signal(watch->pidfd, SIGKILL, NULL, 0), 0);
	watch_free(watch);
	while (wait(NULL) > 0)
		;
}

/* Looks each 10 ms from the first instant to the last; true if it was over then. */
static bool run(struct watch *watch, int64_t from_ms, int64_t to_ms)
{
	for (int64_t now = from_ms; now <= to_ms; now += 10) {
		watch_load(watch, now);
		if (watch_tick(watch, &conf, &sockets, now))
			return true;
	}
	return false;
}

/* One that ends at once is started after 250, 500, 1000, and from then on 2000 ms, and not from the beginning again. */
static void test_back_off(void **state)
{
	struct watch *watch = begin();

	(void)state;
	watch->mounted = dies = true;
	assert_false(run(watch, 1000, 2800));
	assert_int_equal(spawned, 4);
	assert_false(run(watch, 2810, 20800));
	assert_int_equal(spawned, 4 + 9);
	/* One that has run for a time is started again at once */
	dies = false;
	assert_false(run(watch, 20810, 24000));
	assert_int_equal(spawned, 4 + 9 + 1);
	dies = true;
	assert_int_equal(kill(watch->state.tunnel.pid, SIGKILL), 0);
	wait_for_end(watch->pidfd);
	assert_false(run(watch, 24010, 24010));
	assert_int_equal(spawned, 4 + 9 + 2);
	assert_false(run(watch, 24020, 24300));
	assert_int_equal(spawned, 4 + 9 + 3);
	finish(watch);
}

/* What is mounted where others may have a tunnel of that port is this one's only if somebody is connected. */
static void test_elsewhere(void **state)
{
	struct watch *watch = begin();

	(void)state;
	watch->elsewhere = true;
	connections = 1;
	assert_false(run(watch, 1000, 3000));
	assert_int_equal(spawned, 1);
	connections = 0;
	assert_false(run(watch, 3010, 300000));
	connections = 1;
	assert_false(run(watch, 300010, 300010));
	connections = 0;
	assert_false(run(watch, 300020, 600010));
	assert_false(removed);
	/* It is told to end, and then has ended */
	assert_false(run(watch, 600020, 600020));
	wait_for_end(watch->pidfd);
	assert_true(run(watch, 600030, 600030));
	assert_true(removed);
	finish(watch);
}

/* Behind umount -l whoever has files open needs stunnel as much as before, and can be seen by it alone. */
static void test_lingers(void **state)
{
	struct watch *watch = begin();

	(void)state;
	watch->mounted = true;
	assert_false(run(watch, 1000, 3000));
	watch->mounted = false;
	connections = 1;
	assert_false(run(watch, 3010, 4000));
	assert_int_equal(spawned, 1);
	assert_int_equal(kill(watch->state.tunnel.pid, SIGKILL), 0);
	wait_for_end(watch->pidfd);
	/* In another network nobody is seen until it runs */
	connections = 0;
	assert_false(run(watch, 4010, 20020));
	assert_int_equal(spawned, 2);
	connections = 1;
	watch->state.cert_time -= 60 * 60 + 1;
	assert_false(run(watch, 20030, 20030));
	assert_true(watch->renewer > 0);
	assert_int_equal(waitpid(watch->renewer, NULL, 0), watch->renewer);
	watch_child(watch, watch->renewer, 0, 20040);
	connections = 0;
	assert_false(run(watch, 20050, 50040));
	assert_int_equal(watch->ending_ms, 0);
	assert_false(run(watch, 50050, 50050));
	wait_for_end(watch->pidfd);
	assert_true(run(watch, 50060, 50060));
	assert_true(removed);
	finish(watch);
}

/* Where the certificate was out of date a connection may have been refused for it: stunnel ends, and comes back. */
static void test_expired(void **state)
{
	struct watch *watch = begin();

	(void)state;
	watch->mounted = true;
	assert_false(run(watch, 1000, 3000));
	watch->state.cert_time -= 4 * 60 * 60;
	assert_false(run(watch, 3010, 3010));
	assert_int_equal(waitpid(watch->renewer, NULL, 0), watch->renewer);
	watch_child(watch, watch->renewer, 0, 3020);
	wait_for_end(watch->pidfd);
	assert_false(run(watch, 3030, 3040));
	assert_int_equal(spawned, 2);
	finish(watch);
}

/* Before it ends, however long the interval; a short one when two thirds are over. */
static void test_session(void **state)
{
	struct watch *watch = begin();

	(void)state;
	watch->mounted = true;
	assert_false(run(watch, 1000, 3000));
	watch->state.cert_time -= 50 * 60;
	assert_false(run(watch, 3010, 3010));
	watch->state.cert_end = watch->state.cert_time + 76 * 60;
	assert_false(run(watch, 3020, 3020));
	assert_int_equal(watch->renewer, 0);
	watch->state.cert_end -= 7 * 60;
	assert_false(run(watch, 3030, 3030));
	assert_true(watch->renewer > 0);
	/* One that was over before it was seen (the host slept) is no better than none */
	assert_int_equal(waitpid(watch->renewer, NULL, 0), watch->renewer);
	watch_child(watch, watch->renewer, 0, 3040);
	watch->state.cert_end = watch->state.cert_time - 60;
	assert_false(run(watch, 3050, 3050));
	assert_true(watch->renewer > 0);
	finish(watch);
}

/* Without a mount anywhere it is over after a few looks. */
static void test_unmounted(void **state)
{
	struct watch *watch = begin();

	(void)state;
	assert_false(run(watch, 1000, 1020));
	assert_true(run(watch, 1030, 1030));
	assert_true(removed);
	assert_int_equal(spawned, 0);
	finish(watch);
}

/* What tlshd presents goes with the last mount, and nothing is started for it. */
static void test_certificate(void **state)
{
	struct watch *watch = begin_as(TLSHD_STATE);

	(void)state;
	watch->mounted = true;
	assert_false(run(watch, 1000, 3000));
	watch->mounted = false;
	watch->elsewhere = true;
	assert_false(run(watch, 3010, 3100));
	watch->elsewhere = false;
	assert_false(run(watch, 3110, 3130));
	assert_true(run(watch, 3140, 3140));
	assert_true(removed);
	assert_int_equal(spawned, 0);
	finish(watch);
}

/* Not while files are open behind umount -l; nor, where that cannot be seen, for some minutes. */
static void test_certificate_lingers(void **state)
{
	struct watch *watch = begin_as(TLSHD_STATE);

	(void)state;
	clients = true;
	assert_false(run(watch, 1000, 900000));
	/* Who lingers connects again some time */
	watch->state.cert_time -= 60 * 60 + 1;
	assert_false(run(watch, 900010, 900010));
	assert_true(watch->renewer > 0);
	assert_int_equal(waitpid(watch->renewer, NULL, 0), watch->renewer);
	watch_child(watch, watch->renewer, 0, 900020);
	clients = false;
	assert_true(run(watch, 900030, 900030));
	finish(watch);

	watch = begin_as(TLSHD_STATE);
	tlshd_rc = -ENOENT;
	assert_false(run(watch, 1000, 300990));
	assert_true(run(watch, 301000, 301000));
	finish(watch);
}

/* A mount that is being made keeps it, and so does one that was made since the last look. */
static void test_certificate_claimed(void **state)
{
	struct watch *watch = begin_as(TLSHD_STATE);
	unsigned int once;

	(void)state;
	locked = true;
	assert_false(run(watch, 1000, 1000));
	once = loads;
	assert_true(once > 0);
	assert_false(run(watch, 1010, 5000));
	assert_int_equal(loads, once);
	locked = false;
	claimed = 2;
	assert_false(run(watch, 5010, 5010));
	watch->mounted = true;
	assert_false(run(watch, 5020, 6000));
	assert_int_equal(loads, 2 * once);
	assert_false(removed);
	finish(watch);
}

/* A folder without a state is what is left of a mount.efs that was killed: unless it is in the making. */
static void test_half_made(void **state)
{
	static const char *const names[] = { NAME, TLSHD_STATE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct watch *watch = begin_as(names[i]);

		no_state = true;
		locked = true;
		assert_false(run(watch, 10, 60000));
		assert_false(removed);
		assert_false(run(watch, 60010, 60100));
		assert_int_equal(removed, i == 0);
		locked = false;
		assert_false(run(watch, 60110, 60110));
		assert_true(removed);
		finish(watch);
	}
}

/* It is renewed in time, by a process of its own. */
static void test_certificate_renewed(void **state)
{
	struct watch *watch = begin_as(TLSHD_STATE);

	(void)state;
	watch->mounted = true;
	assert_false(run(watch, 1000, 1000));
	assert_int_equal(watch->renewer, 0);
	watch->state.cert_time -= 60 * 60 + 1;
	assert_false(run(watch, 1010, 1010));
	assert_true(watch->renewer > 0);
	/* Not under its hands */
	watch->mounted = false;
	assert_false(run(watch, 1020, 1100));
	assert_int_equal(waitpid(watch->renewer, NULL, 0), watch->renewer);
	watch_child(watch, watch->renewer, 0, 1110);
	assert_int_equal(watch->renewer, 0);
	assert_true(watch->state.cert_time >= time(NULL) - 10);
	assert_true(run(watch, 1120, 1120));
	finish(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back_off), cmocka_unit_test(test_elsewhere), cmocka_unit_test(test_unmounted),
		cmocka_unit_test(test_lingers), cmocka_unit_test(test_expired), cmocka_unit_test(test_session),
		cmocka_unit_test(test_certificate), cmocka_unit_test(test_certificate_lingers),
		cmocka_unit_test(test_certificate_claimed), cmocka_unit_test(test_certificate_renewed),
		cmocka_unit_test(test_half_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
