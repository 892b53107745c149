// SPDX-License-Identifier: GPL-2.0
/* kefsd.conf: what is taken, and what each mistake is answered with. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>

#include "common/config.h"
#include "model/settings.h"

static int parse(const char *text, struct kefs_settings *settings, struct kefs_err *err)
{
	kefs_settings_init(settings);
	return kefs_settings_parse(settings, text, strlen(text), "kefsd.conf", err);
}

static void test_defaults(void **state)
{
	struct kefs_settings s;
	struct kefs_err err;

	(void)state;
	assert_int_equal(parse("", &s, &err), 0);
	assert_string_equal(s.state_dir, "/var/lib/kefs");
	assert_string_equal(s.pool, "");
	assert_int_equal(s.pool_image_size, 64ull << 30);
	assert_int_equal(s.listen_count, 2);
	assert_true(s.listen_default);
	assert_int_equal(s.lease_seconds, 90);
}

static void test_all_keys(void **state)
{
	static const char text[] =
		"# a comment\n\n"
		"state_dir=/srv/kefs/ # behind a value\n"
		"\trun_dir = /run/k\r\n"
		"pool = /srv/po#ol\n"
		"pool_image_size = 2T\n"
		"listen = 192.0.2.1, [2001:db8::1]:2050  192.0.2.2:111\n"
		"memory_budget = 1G\n"
		"lease_seconds = 30\n"
		"threads_max = 16\n"
		"conns_max = 100\n"
		"conns_per_address = 10\n"
		"default_file_system = fs-0123456789abcdef0\n"
		"dns = on\n"
		"dns_suffix = example.test\n"
		"tls_certificate = /etc/c.pem\ntls_key = /etc/k.pem\ntls_ca = /etc/ca.pem\n"
		"tls_names = *.efs.eu-central-1.example.test, nfs\n"
		"tls_kernel = off\ntls_fallback = relay\ntls_relays_max = 7\n"
		"audit = off\naudit_file = /var/log/kefs.log\naudit_size = 2M\naudit_files = 3\n"
		"log_level = debug";
	struct kefs_settings s;
	struct kefs_err err;

	(void)state;
	assert_int_equal(parse(text, &s, &err), 0);
	assert_string_equal(s.state_dir, "/srv/kefs");
	assert_string_equal(s.run_dir, "/run/k");
	assert_string_equal(s.pool, "/srv/po#ol");
	assert_int_equal(s.pool_image_size, 2ull << 40);
	assert_int_equal(s.listen_count, 3);
	assert_false(s.listen_default);
	assert_int_equal(s.memory_budget, 1ull << 30);
	assert_int_equal(s.lease_seconds, 30);
	assert_int_equal(s.threads_max, 16);
	assert_int_equal(s.conns_max, 100);
	assert_int_equal(s.conns_per_address, 10);
	assert_string_equal(s.default_file_system, "fs-0123456789abcdef0");
	assert_true(s.dns);
	assert_string_equal(s.dns_suffix, "example.test");
	assert_string_equal(s.tls_certificate, "/etc/c.pem");
	assert_string_equal(s.tls_key, "/etc/k.pem");
	assert_string_equal(s.tls_ca, "/etc/ca.pem");
	assert_string_equal(s.tls_names, "*.efs.eu-central-1.example.test, nfs");
	assert_false(s.tls_kernel);
	assert_true(s.tls_relays);
	assert_int_equal(s.tls_relays_max, 7);
	assert_int_equal(s.log_level, KEFS_LOG_DEBUG);
	assert_false(s.audit);
	assert_string_equal(s.audit_file, "/var/log/kefs.log");
	assert_int_equal(s.audit_size, 2 << 20);
	assert_int_equal(s.audit_files, 3);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} cases[] = {
		{ "\n\nfoo = 1", "kefsd.conf:3: ", "unknown key \"foo\"" },
		{ "pool", "kefsd.conf:1: ", "not of the form" },
		{ "= 1", "kefsd.conf:1: ", "unknown key \"\"" },
		{ "pool = x", "kefsd.conf:1: pool: ", "absolute path" },
		{ "state_dir =", "kefsd.conf:1: state_dir: ", "absolute path" },
		{ "pool = /a\npool = /b", "kefsd.conf:2: ", "a second time" },
		{ "pool_image_size = 1M", ":1: pool_image_size: ", "64 MiB" },
		{ "pool_image_size = lots", ":1: pool_image_size: ", "64G" },
		{ "pool_image_size = 0", ":1: pool_image_size: ", "64 MiB" },
		{ "memory_budget = 1K", ":1: memory_budget: ", "or 0 for the default" },
		{ "lease_seconds = 5", ":1: lease_seconds: ", "from 10 to 3600" },
		{ "lease_seconds = 1h", ":1: lease_seconds: ", "whole number" },
		{ "threads_max = 1", ":1: threads_max: ", "from 2 to 1024" },
		{ "conns_max = 0", ":1: conns_max: ", "from 1 to" },
		{ "conns_per_address = -1", ":1: conns_per_address: ", "whole number" },
		{ "listen =", ":1: listen: ", "no address" },
		{ "listen = localhost", ":1: listen: ", "names are not looked up" },
		{ "listen = ::, [::]:2049", ":1: listen: ", "twice" },
		{ "default_file_system = demo", ":1: default_file_system: ", "fs- and 17" },
		{ "dns = yes", ":1: dns: ", "on nor off" },
		{ "dns_suffix = -x-.de.", ":1: dns_suffix: ", "a domain such as" },
		{ "dns_suffix = a b", ":1: dns_suffix: ", "a domain such as" },
		{ "tls_names = a;b", ":1: tls_names: ", "DNS names" },
		{ "tls_key = key.pem", ":1: tls_key: ", "absolute path" },
		{ "tls_key = /key.pem", "kefsd.conf: ", "set both or none" },
		{ "api_certificate = /c.pem", "kefsd.conf: ", "set both or none" },
		{ "tls_certificate = /c.pem", "kefsd.conf: ", "set both or none" },
		{ "tls_ca = /c.pem", "kefsd.conf: ", "set that and tls_key too" },
		{ "tls_fallback = stunnel", ":1: tls_fallback: ", "neither none nor relay" },
		{ "tls_relays_max = 0", ":1: tls_relays_max: ", "from 1 to 2048" },
		{ "tls_kernel = no", ":1: tls_kernel: ", "on nor off" },
		{ "audit = yes", ":1: audit: ", "neither on nor off" },
		{ "audit_file = log", ":1: audit_file: ", "absolute path" },
		{ "audit_size = 1K", ":1: audit_size: ", "from 1 MiB" },
		{ "audit_files = 0", ":1: audit_files: ", "from 1 to 1000" },
		{ "log_level = loud", ":1: log_level: ", "error, warning, info, debug" },
		{ "run_dir = /0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
		  ":1: run_dir: ", "90 bytes" },
	};
	struct kefs_settings s;
	struct kefs_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(parse(cases[i].text, &s, &err) < 0);
		assert_contains(err.text, cases[i].where);
		assert_contains(err.text, cases[i].what);
	}
}

static void test_odd_text(void **state)
{
	static const char nul[] = "pool = /a\0b\n";
	char *text = malloc(KEFS_CONFIG_LINE_MAX + 16);
	struct kefs_settings s;
	struct kefs_err err;

	(void)state;
	kefs_settings_init(&s);
	assert_int_equal(kefs_settings_parse(&s, nul, sizeof(nul) - 1, "f", &err), -EINVAL);
	assert_contains(err.text, "f:1: a NUL byte");
	assert_non_null(text);
	memset(text, 'x', KEFS_CONFIG_LINE_MAX + 15);
	text[KEFS_CONFIG_LINE_MAX + 15] = '\0';
	assert_int_equal(parse(text, &s, &err), -EINVAL);
	assert_contains(err.text, "longer than");
	free(text);
}

static void test_files(void **state)
{
	char dir[256], path[300], *text;
	struct kefs_err err;
	size_t len;
	int fd;

	(void)state;
	test_mkdir(dir);
	assert_true(snprintf(path, sizeof(path), "%s/x", dir) > 0);
	assert_int_equal(kefs_config_read(path, &text, &len, &err), -ENOENT);
	assert_contains(err.text, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(kefs_config_read(path, &text, &len, &err), 0);
	assert_int_equal(len, 0);
	free(text);
	assert_int_equal(ftruncate(fd, KEFS_CONFIG_SIZE_MAX + 1), 0);
	assert_int_equal(kefs_config_read(path, &text, &len, &err), -EMSGSIZE);
	assert_int_equal(kefs_config_read(dir, &text, &len, &err), -EISDIR);
	(void)close(fd);
	test_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_all_keys), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_odd_text), cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
