// SPDX-License-Identifier: GPL-2.0
/* Rules of security groups, and the packet filter that they come to. */
#include "test.h"

#include <errno.h>

#include "fake_nft.h"
#include "internal.h"
#include "model/group_rule.h"
#include "service/filter.h"
#include "service/packet_filter.h"
#include "store/st_group.h"
#include "store/st_tag.h"

static struct kefs_db *db;
static struct kefs_topology topology;
static struct kefs_err err;
static const char *default_group;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(kefs_topology_build(&topology, "eu-central-1", "123456789012",
					     "eu-central-1a lo 10.1.0.0/24, eu-central-1b lo 10.2.0.0/24", &err), 0);
	assert_int_equal(kefs_db_open(":memory:", &db, &err), 0);
	assert_int_equal(kefs_packet_filter_defaults(db, &topology, &err), 0);
	default_group = topology.vpcs[0].group_id;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kefs_db_close(db);
	return 0;
}

static void test_protocols(void **state)
{
	static const struct { const char *text; int number; const char *back; } cases[] = {
		{ "tcp", 6, "tcp" }, { "6", 6, "tcp" }, { "-1", -1, "-1" }, { "icmpv6", 58, "icmpv6" }, { "50", 50, "50" },
	};
	static const char *const bad[] = { "", "TCP", "256", "-2", "nfs", "6 " };
	char text[8];
	int number;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(kefs_protocol_parse(cases[i].text, &number), 0);
		assert_int_equal(number, cases[i].number);
		kefs_protocol_format(number, text);
		assert_string_equal(text, cases[i].back);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(kefs_protocol_parse(bad[i], &number), -EINVAL);
}

static void test_cidr(void **state)
{
	static const struct { const char *text; bool ipv6; const char *wanted; } cases[] = {
		{ "10.1.2.3/8", false, "10.0.0.0/8" }, { "10.1.2.3/32", false, "10.1.2.3/32" }, { "1.2.3.4/0", false, "0.0.0.0/0" },
		{ "255.255.255.255/9", false, "255.128.0.0/9" }, { "2001:DB8::1/32", true, "2001:db8::/32" },
		{ "::/0", true, "::/0" },
		{ "1.2.3.4", false, NULL }, { "1.2.3.4/33", false, NULL }, { "1.2.3/8", false, NULL }, { "::/129", true, NULL },
		{ "::/8", false, NULL }, { "1.2.3.4/8", true, NULL }, { "", false, NULL }, { "/8", false, NULL },
		{ "1.2.3.4/8/8", false, NULL }, { "1.2.3.4/ 8", false, NULL }, { "1.2.3.4/-1", false, NULL },
	};
	char text[KEFS_RULE_SOURCE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(kefs_cidr_normalize(cases[i].text, cases[i].ipv6, text), cases[i].wanted ? 0 : -EINVAL);
		if (cases[i].wanted)
			assert_string_equal(text, cases[i].wanted);
	}
	assert_int_equal(kefs_packet_filter_check_members(" 10.0.0.0/8  ::/0 "), 0);
	assert_int_equal(kefs_packet_filter_check_members("10.0.0.0/8 x"), -EINVAL);
}

static void test_ports(void **state)
{
	static const struct { int protocol, from, to; bool fine, nfs; } cases[] = {
		{ 6, 2049, 2049, true, true }, { 6, 0, 65535, true, true }, { 6, 2050, 65535, true, false },
		{ 6, 0, 2048, true, false },
		{ 6, 3000, 2000, false, false }, { 6, -1, -1, false, false }, { 6, -1, 2049, false, false },
		{ 17, 2049, 2049, true, false }, { -1, 1, 2, true, true }, { 1, 8, -1, true, false }, { 1, 300, 0, false, false },
		{ 50, 5, 1, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kefs_group_rule rule = {
			.protocol = cases[i].protocol, .from_port = cases[i].from, .to_port = cases[i].to,
		};

		assert_int_equal(kefs_rule_check_ports(&rule, &err), cases[i].fine ? 0 : -EINVAL);
		if (!cases[i].fine)
			continue;
		assert_int_equal(kefs_rule_lets_in(&rule, 2049), cases[i].nfs);
		rule.egress = true;
		assert_false(kefs_rule_lets_in(&rule, 2049));
	}
}

static struct kefs_group_rule make_rule(const char *group, int port, const char *source)
{
	struct kefs_group_rule rule = { .protocol = 6, .from_port = port, .to_port = port };

	assert_int_equal(kefs_id_new(KEFS_RULE_PREFIX, rule.id), 0);
	assert_true(snprintf(rule.group_id, sizeof(rule.group_id), "%s", group) > 0);
	assert_true(snprintf(rule.source, sizeof(rule.source), "%s", source) > 0);
	return rule;
}

static void make_group(const char *id, const char *name)
{
	struct kefs_security_group group = { .id = "" };

	assert_true(snprintf(group.id, sizeof(group.id), "%s", id) > 0);
	assert_true(snprintf(group.name, sizeof(group.name), "%s", name) > 0);
	assert_true(snprintf(group.vpc_id, sizeof(group.vpc_id), "%s", topology.vpcs[0].id) > 0);
	assert_int_equal(kefs_st_group_insert(db, &group, NULL, 0, 100, 1, &err), 0);
}

static int count_rule(void *ctx, const struct kefs_group_rule *rule)
{
	(void)rule;
	++*(unsigned int *)ctx;
	return 0;
}

static unsigned int rules_of(const char *group)
{
	unsigned int count = 0;

	assert_int_equal(kefs_st_rule_list(db, group, count_rule, &count, &err), 0);
	return count;
}

static void test_rules_stored(void **state)
{
	struct kefs_group_rule rules[2], swapped[2];
	size_t which;

	(void)state;
	make_group("sg-11111111", "web");
	rules[0] = make_rule("sg-11111111", 2049, "10.0.0.0/8");
	rules[1] = make_rule("sg-11111111", 22, "0.0.0.0/0");
	assert_int_equal(kefs_st_rule_add(db, rules, 1, 2, 1, &which, &err), 0);
	/* All or none */
	assert_int_equal(kefs_id_new(KEFS_RULE_PREFIX, rules[0].id), 0);
	swapped[0] = rules[1];
	swapped[1] = rules[0];
	assert_int_equal(kefs_st_rule_add(db, swapped, 2, 2, 1, &which, &err), -EEXIST);
	assert_int_equal(which, 1);
	assert_int_equal(rules_of("sg-11111111"), 1);
	assert_int_equal(kefs_st_rule_remove(db, rules, 2, &which, &err), -ENOENT);
	assert_int_equal(which, 1);
	assert_int_equal(rules_of("sg-11111111"), 1);
	assert_int_equal(kefs_st_rule_add(db, &rules[1], 1, 1, 1, &which, &err), -EDQUOT);
	assert_int_equal(kefs_st_rule_add(db, &rules[1], 1, 2, 1, &which, &err), 0);
	assert_int_equal(kefs_st_rule_remove(db, rules, 2, &which, &err), 0);
	/* A group that another one's rule names stays; its own rules go with it */
	make_group("sg-22222222", "db");
	rules[0] = make_rule("sg-22222222", 2049, "sg-11111111");
	rules[1] = make_rule("sg-11111111", 2049, "sg-11111111");
	assert_int_equal(kefs_st_rule_add(db, &rules[0], 1, 9, 1, &which, &err), 0);
	assert_int_equal(kefs_st_rule_add(db, &rules[1], 1, 9, 1, &which, &err), 0);
	assert_int_equal(kefs_st_group_delete(db, "sg-11111111", &err), -ENOTEMPTY);
	assert_int_equal(kefs_st_group_delete(db, "sg-22222222", &err), 0);
	assert_int_equal(rules_of("sg-22222222"), 0);
	assert_int_equal(kefs_st_group_delete(db, "sg-11111111", &err), 0);
}

/* A mount target without all that belongs to it. */
static void target(const char *id, const char *address, const char *group)
{
	char sql[600];

	assert_true(snprintf(sql, sizeof(sql), "INSERT OR IGNORE INTO file_systems (id, volume_id, creation_token, handle_key, "
			     "project_id, created_ms, life_cycle_state, directory) VALUES ('fs-1', 1, 't', zeroblob(16), 7, 1, "
			     "'available', 'd'); INSERT OR IGNORE INTO mount_targets VALUES ('fsmt-%s', 'fs-1', 1, 'available', "
			     "'subnet-1', 'vpc-1', '%s', 'z', 'eni-%s', %s); INSERT INTO mount_target_groups VALUES ('fsmt-%s', '%s', 1)",
			     id, id, id, address, id, group) < (int)sizeof(sql));
	assert_int_equal(kefs_store_exec(db, sql, "test", &err), 0);
}

/* The filter, which must hold text. */
static void expect(const char *text, size_t targets)
{
	struct kefs_buf buf = { .data = NULL };
	size_t count = 99;

	if (kefs_packet_filter_write(db, &topology, &buf, &count, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(count, targets);
	assert_contains(buf.data, text);
	kefs_buf_free(&buf);
}

static void test_filter(void **state)
{
	struct kefs_group_rule rules[4];
	char text[512];
	size_t which;

	(void)state;
	expect("table inet kefs\ndelete table inet kefs\ntable inet kefs {\n", 0);
	expect("\tchain input {\n\t\ttype filter hook input priority -5; policy accept;\n\t}\n}\n", 0);
	target("0a010005", "167837701", default_group);
	assert_true(snprintf(text, sizeof(text), "\tchain sg_%s {\n\t\tiif lo accept\n\t\tip saddr 10.1.0.0/24 accept\n"
			     "\t\tip saddr 10.2.0.0/24 accept\n\t}\n", default_group + 3) > 0);
	expect(text, 1);
	assert_true(snprintf(text, sizeof(text), "\tchain to_0a010005 {\n\t\tjump sg_%s\n\t\tdrop\n\t}\n\tchain input {\n"
			     "\t\ttype filter hook input priority -5; policy accept;\n\t\ttcp dport 2049 ip daddr vmap {\n"
			     "\t\t\t10.1.0.5 : goto to_0a010005,\n\t\t}\n\t}\n}\n", default_group + 3) > 0);
	expect(text, 1);
	make_group("sg-11111111", "web");
	rules[0] = make_rule("sg-11111111", 2049, "10.0.0.0/8");
	rules[1] = make_rule("sg-11111111", 22, "0.0.0.0/0");
	rules[2] = make_rule("sg-11111111", 2049, "2001:db8::/32");
	rules[3] = make_rule("sg-11111111", 2049, "sg-11111111");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(kefs_st_rule_add(db, &rules[i], 1, 9, (int64_t)i, &which, &err), 0);
	expect("\tchain sg_11111111 {\n\t\tip saddr 10.0.0.0/8 accept\n\t}\n", 1);
	/* Members are whom the tag names, of a default group too */
	assert_int_equal(kefs_st_tag_set(db, "sg-11111111", KEFS_GROUP_MEMBERS_TAG, "192.0.2.9/24 ::/0", &err), 0);
	assert_int_equal(kefs_st_tag_set(db, default_group, KEFS_GROUP_MEMBERS_TAG, "198.51.100.1/32", &err), 0);
	expect("\tchain sg_11111111 {\n\t\tip saddr 10.0.0.0/8 accept\n\t\tip saddr 192.0.2.0/24 accept\n\t}\n", 1);
	assert_true(snprintf(text, sizeof(text), "\tchain sg_%s {\n\t\tip saddr 198.51.100.1/32 accept\n\t}\n",
			     default_group + 3) > 0);
	expect(text, 1);
	/* Two groups, and one that is no more */
	target("0a010005", "167837701", "sg-11111111");
	target("0a020006", "167903238", "sg-99999999");
	expect("\t\tdrop\n\t}\n\tchain to_0a020006 {\n\t\tdrop\n\t}\n", 2);
}

static void test_defaults_once(void **state)
{
	struct kefs_group_rule rule;
	size_t which;

	(void)state;
	assert_int_equal(rules_of(default_group), 2);
	rule = make_rule(default_group, -1, default_group);
	rule.protocol = KEFS_PROTOCOL_ALL;
	assert_int_equal(kefs_st_rule_remove(db, &rule, 1, &which, &err), 0);
	assert_int_equal(kefs_packet_filter_defaults(db, &topology, &err), 0);
	assert_int_equal(rules_of(default_group), 1);
}

/* A change that failed, and a table that somebody else took away, are put right by a look. */
static void test_looked_after(void **state)
{
	struct kefs_filter_parts parts = { .db = db, .topology = &topology, .run_dir = "/nowhere" };
	struct kefs_filter *filter;

	(void)state;
	fake_nft_handle = 0;
	assert_int_equal(kefs_loop_new(&parts.loop), 0);
	assert_int_equal(kefs_filter_new(&parts, &filter, &err), 0);
	assert_int_equal(kefs_filter_apply(filter, &err), 0);
	assert_int_equal(fake_nft_handle, 1);
	assert_int_equal(kefs_filter_check(filter, &err), 0);
	assert_int_equal(fake_nft_handle, 1);
	target("0a010005", "167837701", default_group);
	fake_nft_result = -EMFILE;
	assert_int_equal(kefs_filter_apply(filter, &err), -EMFILE);
	assert_int_equal(kefs_filter_check(filter, &err), -EMFILE);
	fake_nft_result = 0;
	assert_int_equal(kefs_filter_check(filter, &err), 0);
	assert_int_equal(fake_nft_handle, 2);
	fake_nft_handle = 0;
	assert_int_equal(kefs_filter_check(filter, &err), 0);
	assert_int_equal(fake_nft_handle, 1);
	fake_nft_handle = 77;
	assert_int_equal(kefs_filter_check(filter, &err), 0);
	assert_int_equal(fake_nft_handle, 78);
	assert_int_equal(kefs_filter_check(filter, &err), 0);
	assert_int_equal(fake_nft_handle, 78);
	fake_nft_flushed = true;
	assert_int_equal(kefs_filter_apply(filter, &err), 0);
	assert_int_equal(fake_nft_handle, 0);
	assert_int_equal(kefs_filter_check(filter, &err), 0);
	assert_int_equal(fake_nft_handle, 1);
	kefs_filter_free(filter);
	kefs_loop_free(parts.loop);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protocols), cmocka_unit_test(test_cidr), cmocka_unit_test(test_ports),
		WITH(test_rules_stored), WITH(test_filter), WITH(test_defaults_once), WITH(test_looked_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
