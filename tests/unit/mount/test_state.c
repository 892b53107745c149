// SPDX-License-Identifier: GPL-2.0
/* State files, the configuration of stunnel, processes, what mount.nfs4 said. */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "nfsmount.h"
#include "proc.h"
#include "state.h"
#include "tunnel.h"

static void test_round_trip(void **state)
{
	struct state *one = calloc(1, sizeof(*one)), *two = calloc(1, sizeof(*two));
	struct kefs_err err;
	char *text;

	(void)state;
	*one = (struct state){ .tunnel = { 12, 345678901234 }, .helper = { 1, 2 }, .port = 20051, .mount_ns = 4026531841,
			       .mount_point = "/mnt/\"a b\"", .fs_id = "fs-0123456789abcdef0", .cert_time = 1767323045,
			       .creds_method = "webidentity:arn:x,/token", .ca_bundle = "/ca.pem", .boot = "b" };
	assert_int_equal(state_format(one, &text, &err), 0);
	assert_int_equal(state_parse(two, text, strlen(text), &err), 0);
	assert_memory_equal(one, two, sizeof(*one));
	free(text);
	free(one);
	free(two);
}

/* Each is what a stranger could have written: refused, and the message names the key. */
static void test_bad_states(void **state)
{
	static const char *const bad[] = { "", "[]", "{\"pid\": 1", "{}", "{\"pid\": \"1\"}", "{\"pid\": -1}",
					   "{\"pid\": 99999999999}" };
	struct state *s = calloc(1, sizeof(*s));
	struct kefs_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(state_parse(s, bad[i], strlen(bad[i]), &err) < 0);
		assert_true(*err.text);
	}
	/* Of another version */
	assert_int_equal(state_parse(s, "{\"port\": 20051, \"new\": 1}", 25, &err), 0);
	assert_int_equal(state_parse(s, "{\"pid\": \"1\"}", 12, &err), -EINVAL);
	assert_contains(err.text, "pid");
	free(s);
}

static void test_names(void **state)
{
	char name[STATE_NAME_SIZE], point[PATH_MAX];

	(void)state;
	state_name("fs-0123456789abcdef0", "/mnt/efs", 20051, name);
	assert_string_equal(name, "fs-0123456789abcdef0.mnt.efs.20051");
	assert_int_equal(state_name_port(name), 20051);
	memset(point, 'x', sizeof(point) - 1);
	point[sizeof(point) - 1] = '\0';
	state_name("fs-0123456789abcdef0", point, 20051, name);
	assert_int_equal(state_name_port(name), 20051);
	assert_int_equal(state_name_port("fs-1.mnt.0"), 0);
	assert_int_equal(state_name_port("fs-1.mnt.65536"), 0);
	assert_int_equal(state_name_port("x.20051"), 0);
	assert_int_equal(state_name_port("fs-1"), 0);
	assert_int_equal(state_name_port(".."), 0);
}

static char *config_of(const struct plan *plan, const char *target, bool ktls)
{
	struct tunnel_config config = { plan, "/run/x", "x", target, 20051, ktls };
	struct kefs_buf text = { 0 };

	assert_int_equal(tunnel_config(&config, &text), 0);
	return text.data;
}

static void test_config(void **state)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	char *text;

	(void)state;
	*plan = (struct plan){ .device.fs_id = "fs-1", .verify = 2, .cafile = "/ca.pem", .check_host = "fs-1.example.test" };
	text = config_of(plan, "fs-1.example.test", true);
	assert_string_equal(text, "fips = no\nforeground = yes\nsocket = l:SO_REUSEADDR=yes\n"
		"socket = a:SO_BINDTODEVICE=lo\npid = /run/x/stunnel.pid\ndebug = warning\n[efs]\nclient = yes\n"
		"accept = 127.0.0.1:20051\nconnect = fs-1.example.test:2049\nsslVersion = TLSv1.2\nrenegotiation = no\n"
		"TIMEOUTbusy = 20\nTIMEOUTclose = 0\nTIMEOUTidle = 70\ndelay = yes\nverify = 2\nCAfile = /ca.pem\n"
		"cert = /run/x/certificate.pem\nkey = /etc/amazon/efs/privateKey.pem\ncheckHost = fs-1.example.test\n"
		"options = ENABLE_KTLS\nlibwrap = no\n");
	free(text);
	*plan = (struct plan){ .device.fs_id = "fs-1", .check_host = "n", .fips = true, .debug = true, .ocsp = true,
			       .log = "/var/log/{fs_id}.log" };
	text = config_of(plan, "2001:db8::1", false);
	assert_contains(text, "fips = yes\n");
	assert_contains(text, "debug = debug\noutput = /var/log/fs-1.log\n");
	assert_contains(text, "connect = 2001:db8::1:2049\n");
	assert_contains(text, "verify = 0\ncert");
	assert_contains(text, "sni = n\n");
	assert_contains(text, "OCSPaia = yes\n");
	assert_null(strstr(text, "KTLS"));
	free(text);
	free(plan);
}

/* A process is known by its start time: another one of the same pid is another one. */
static void test_processes(void **state)
{
	struct proc_id self, other;
	pid_t child = fork();

	(void)state;
	if (!child) {
		(void)pause();
		_exit(0);
	}
	assert_int_equal(proc_identify(getpid(), &self), 0);
	assert_true(proc_alive(&self));
	other = self;
	other.start++;
	assert_false(proc_alive(&other));
	assert_int_equal(proc_open(&other), -ESRCH);
	assert_false(proc_alive(&(struct proc_id){ 0, 0 }));
	assert_int_equal(proc_identify(child, &other), 0);
	proc_end(&other, 5000);
	assert_false(proc_alive(&other));
}

static void test_run(void **state)
{
	const char *const talk[] = { "/bin/sh", "-c", "echo said; echo too >&2; exit 3", NULL };
	const char *const hang[] = { "/bin/sh", "-c", "exec sleep 100", NULL };
	const char *const none[] = { "/nowhere", NULL };
	struct proc_start start = { talk, NULL, -1, -1, false };
	struct kefs_buf out = { .cap = 1000 };
	int status;

	(void)state;
	assert_int_equal(proc_run(&start, 5000, &out, &status), 0);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_string_equal(out.data, "said\ntoo\n");
	start.argv = hang;
	assert_int_equal(proc_run(&start, 50, &out, &status), -ETIMEDOUT);
	start.argv = none;
	assert_int_equal(proc_run(&start, 5000, &out, &status), 0);
	assert_int_equal(WEXITSTATUS(status), 127);
	kefs_buf_free(&out);
}

/* Two may not listen at one port; the second learns it. */
static void test_listen(void **state)
{
	int one = -1, two;
	unsigned int port;

	(void)state;
	for (port = 20049; port < 21049 && one < 0; port++)
		one = tunnel_listen(NULL, port);
	assert_true(one >= 0);
	two = tunnel_listen(NULL, port - 1);
	assert_int_equal(two, -EADDRINUSE);
	assert_int_equal(tunnel_listen("/nowhere", port), -ENOENT);
	(void)close(one);
}

/* The one that was asked for, or none. */
static void test_namespaces(void **state)
{
	const char *own = "/proc/self/ns/net";
	uint64_t number = proc_namespace(own);
	char path[64];
	int fd;

	(void)state;
	assert_int_not_equal(number, 0);
	fd = proc_open_namespace(own, number);
	assert_true(fd >= 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(proc_namespace(path), number);
	(void)close(fd);
	assert_int_equal(proc_open_namespace(own, number + 1), -ESTALE);
	assert_int_equal(proc_open_namespace("/proc/self/ns/mnt", number), -ESTALE);
	assert_int_equal(proc_open_namespace("/nowhere", number), -ENOENT);
	assert_int_equal(proc_namespace("/nowhere"), 0);
}

static void test_transient(void **state)
{
	(void)state;
	assert_true(nfsmount_transient("mount.nfs4: Connection reset by peer", false));
	assert_false(nfsmount_transient("mount.nfs4: access denied by server while mounting", false));
	assert_true(nfsmount_transient("mount.nfs4: access denied by server while mounting", true));
	assert_false(nfsmount_transient("mount.nfs4: mounting 127.0.0.1:/x failed, reason given by server: No such file",
					true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_bad_states), cmocka_unit_test(test_names),
		cmocka_unit_test(test_config), cmocka_unit_test(test_processes), cmocka_unit_test(test_run),
		cmocka_unit_test(test_listen), cmocka_unit_test(test_namespaces), cmocka_unit_test(test_transient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
