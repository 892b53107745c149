// SPDX-License-Identifier: GPL-2.0
/* Texts of files and of /proc. */
#include "test.h"

#include <errno.h>

#include "file.h"
#include "ini.h"
#include "mountinfo.h"
#include "sockets.h"
#include "tlshd.h"

static void test_ini(void **state)
{
	static const char text[] = "# comment\n[One]\nKey = a value # not a comment\n; comment\n[two]\nkey: b\n"
		"nested =\n  inner = x\nkey = c\n";
	struct failure failure;
	struct ini ini;

	(void)state;
	assert_int_equal(ini_parse(&ini, text, strlen(text), "f", &failure), 0);
	assert_string_equal(ini_get(&ini, "One", "key"), "a value # not a comment");
	assert_string_equal(ini_get(&ini, "two", "key"), "c");
	assert_string_equal(ini_get(&ini, "two", "nested"), "");
	assert_null(ini_get(&ini, "two", "inner"));
	assert_null(ini_get(&ini, "one", "key"));
	assert_true(ini_has_section(&ini, "two"));
	assert_false(ini_has_section(&ini, "three"));
	ini_free(&ini);
	assert_true(ini_parse(&ini, "[a]\nkey = b\rc\n", 14, "f", &failure) < 0);
	assert_string_equal(failure.text, "f:2: a control character");
	assert_int_equal(ini_read(&ini, "/nowhere/at/all", &failure), -ENOENT);
	assert_null(ini_get(&ini, "a", "b"));
}

struct rows {
	struct mount_row row[8];
	unsigned int n;
};

static void keep(void *arg, const struct mount_row *row)
{
	struct rows *rows = arg;

	assert_true(rows->n < 8);
	rows->row[rows->n++] = *row;
}

static void test_mountinfo(void **state)
{
	static const char text[] =
		"22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
		"36 22 0:55 / /mnt/a\\040b rw,relatime shared:2 master:1 - nfs4 127.0.0.1:/x\\134y rw,vers=4.1,proto=tcp,"
		"port=20051,timeo=600,clientaddr=127.0.0.1,local_lock=none,addr=127.0.0.1\n"
		"37 22 0:56 / /mnt/c rw - nfs4 server:/ rw,vers=4.1,addr=192.0.2.1\n"
		"38 22 0:57 / /mnt/d rw - nfs4 192.0.2.1:/ rw,vers=4.1,xprtsec=mtls,addr=192.0.2.1\n"
		"cut off\n";
	struct rows *rows = calloc(1, sizeof(*rows));

	(void)state;
	mountinfo_parse(text, keep, rows);
	assert_int_equal(rows->n, 4);
	assert_false(rows->row[0].nfs);
	assert_string_equal(rows->row[1].mount_point, "/mnt/a b");
	assert_string_equal(rows->row[1].source, "127.0.0.1:/x\\y");
	assert_string_equal(rows->row[1].device, "0:55");
	assert_true(rows->row[1].nfs && rows->row[1].loopback);
	assert_int_equal(rows->row[1].port, 20051);
	assert_true(rows->row[2].nfs && !rows->row[2].loopback);
	assert_int_equal(rows->row[2].port, 0);
	assert_false(rows->row[2].mtls);
	assert_true(rows->row[3].mtls);
	free(rows);
}

/* Clients of servers at port 2049, which is 801, of any version and address. */
static void test_servers(void **state)
{
	static const char head[] = "NV SERVER   PORT USE HOSTNAME\n";

	(void)state;
	assert_false(tlshd_servers_in_use(""));
	assert_false(tlshd_servers_in_use(head));
	assert_false(tlshd_servers_in_use("NV SERVER   PORT USE HOSTNAME\nv4 7f000001 4e53   2 127.0.0.1\n"));
	assert_true(tlshd_servers_in_use("NV SERVER   PORT USE HOSTNAME\nv4 7f000001 4e53   2 127.0.0.1\n"
					 "v4 0a42000a  801   2 10.66.0.10\n"));
	assert_true(tlshd_servers_in_use("v4 20010db8000000000000000000000001  801   1 2001:db8::1"));
}

static void test_sockets(void **state)
{
	/* 20051 is 4E53 */
	static const char text[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
		"   0: 0100007F:4E53 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0\n"
		"   1: 0100007F:4E53 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0\n"
		"   2: 0100007F:C350 0100007F:4E53 01 00000000:00000000 00:00000000 00000000     0\n"
		"   3: 0100007F:4E53 0100007F:C351 06 00000000:00000000 00:00000000 00000000     0\n"
		"   4: 0100007F:4E54 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0\n";
	static struct sockets_table table;

	(void)state;
	sockets_count(text, &table);
	assert_int_equal(table.ports[20051].connected, 1);
	assert_int_equal(table.ports[20051].waiting, 2);
	assert_int_equal(table.ports[20052].connected, 0);
	assert_int_equal(table.ports[20052].waiting, 1);
	sockets_count("", &table);
	assert_int_equal(table.ports[20052].waiting, 0);
}

static void test_file(void **state)
{
	char dir[256], path[300], deep[300], *text;
	size_t len;

	(void)state;
	test_mkdir(dir);
	(void)snprintf(deep, sizeof(deep), "%s/a/b", dir);
	assert_int_equal(file_mkdirs(deep, 0700), 0);
	assert_int_equal(file_mkdirs(deep, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/a/b/f", dir);
	assert_int_equal(file_write(path, "one", 3, 0600, 0), 0);
	assert_int_equal(file_write(path, "two", 3, 0600, 1), 0);
	assert_int_equal(file_read(path, 3, &text, &len), 0);
	assert_string_equal(text, "two");
	free(text);
	assert_int_equal(file_read(path, 2, &text, &len), -EFBIG);
	assert_int_equal(file_read("/nowhere", 2, &text, &len), -ENOENT);
	(void)snprintf(path, sizeof(path), "%s/a", dir);
	assert_int_equal(file_remove_dir(path), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(file_remove_dir(path), 0);
	test_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ini), cmocka_unit_test(test_mountinfo), cmocka_unit_test(test_servers),
		cmocka_unit_test(test_sockets), cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
