// SPDX-License-Identifier: GPL-2.0
/*
 * The EFS API's objects: their rules, the topology, pages, shapes; and the services over a store with file systems in
 * states that one does not get to see from outside.
 */
#include "test_efs.h"

#include <errno.h>
#include <fcntl.h>

#include "api/shape.h"
#include "common/str.h"
#include "fake_kernel.h"
#include "internal.h"
#include "model/fault.h"
#include "model/page.h"
#include "policy/caller.h"
#include "service/access.h"
#include "service/access_keys.h"
#include "service/access_points.h"
#include "service/endpoints.h"
#include "service/file_systems.h"
#include "service/fs_policies.h"
#include "service/keyring.h"
#include "service/mount_targets.h"
#include "service/tagging.h"
#include "store/st_access_point.h"
#include "store/st_fs.h"
#include "store/st_group.h"
#include "store/st_key.h"
#include "service/identities.h"
#include "store/st_mount_target.h"
#include "store/st_policy.h"
#include "store/st_tag.h"


char efs_dir[256];
static int making_fd;
static char path[300];
struct kefs_topology topology;
static struct kefs_limits limits = {
	.file_systems = 10, .access_points = 3, .mount_targets = 3, .provisioned_mibps = 100,
};
struct kefs_fs_list list;
struct fake_kernel kernel;
static struct kefs_endpoints endpoints;
static struct kefs_names names;
static unsigned int filtered;
unsigned int listening;
static struct kefs_who root;
static const struct kefs_fs_policies_setter by_root = { .who = &root, .source_ip = "", .bypass = true };
struct kefs_efs efs = { .topology = &topology, .limits = &limits, .endpoints = &endpoints };

int efs_reopen(void)
{
	struct kefs_err err;
	int rc = kefs_db_open(path, &efs.db, &err);

	endpoints.db = efs.db;
	return rc;
}

void efs_allow_many(void)
{
	limits.access_points = limits.mount_targets = 100000;
}

/* File systems without directories and kernel: as service/volumes.h says of them. */
const struct kefs_fs_list *kefs_volumes_list(const struct kefs_volumes *volumes)
{
	(void)volumes;
	return &list;
}

int kefs_volumes_refresh(struct kefs_volumes *volumes, const char *id, struct kefs_err *err)
{
	struct kefs_fs fs;
	int rc = kefs_st_fs_get(efs.db, id, &fs, err);

	(void)volumes;
	if (rc == 0)
		*kefs_fs_find(&list, fs.id) = fs;
	return rc;
}

int kefs_volumes_create(struct kefs_volumes *volumes, const struct kefs_fs_request *request,
			const struct kefs_fs **ret_fs, char *ret_taken_id, struct kefs_err *err)
{
	struct kefs_fs fs;
	int rc;

	(void)volumes;
	assert_int_equal(kefs_fs_make(request, kefs_efs_now_ms(), &fs), 0);
	fs.state = KEFS_FS_AVAILABLE;
	rc = kefs_st_fs_insert(efs.db, &fs, request, limits.file_systems, ret_taken_id, err);
	if (rc == 0)
		assert_int_equal(kefs_fs_list_insert(&list, &fs), 0);
	*ret_fs = kefs_fs_find(&list, fs.id);
	return rc;
}

int kefs_volumes_delete(struct kefs_volumes *volumes, const char *id, bool force, struct kefs_err *err)
{
	(void)volumes;
	(void)force;
	return kefs_st_fs_begin_delete(efs.db, id, err);
}

int kefs_volumes_open_root(const struct kefs_volumes *volumes, uint64_t volume_id, struct kefs_err *err)
{
	int fd = open(efs_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)volumes;
	(void)volume_id;
	return fd < 0 ? kefs_err_sys(err, -errno, "test") : fd;
}

int kefs_volumes_making_fd(const struct kefs_volumes *volumes)
{
	(void)volumes;
	return making_fd;
}

const char *kefs_volumes_name(const struct kefs_volumes *volumes, uint64_t volume_id)
{
	(void)volumes;
	for (size_t i = 0; i < list.count; i++) {
		if (list.fs[i].volume_id == volume_id)
			return list.fs[i].id;
	}
	return NULL;
}

int kefs_volumes_default(const struct kefs_volumes *volumes, uint64_t *ret_volume, struct kefs_err *err)
{
	(void)volumes;
	(void)ret_volume;
	return kefs_err_set(err, -ENOENT, "test: no default");
}

static int test_listen(void *ctx, const struct kefs_addr *addr, struct kefs_err *err)
{
	(void)ctx;
	(void)addr;
	(void)err;
	listening++;
	return 0;
}

static void test_unlisten(void *ctx, const struct kefs_addr *addr)
{
	(void)ctx;
	(void)addr;
	listening--;
}

static int test_filter(void *ctx, struct kefs_err *err)
{
	(void)ctx;
	(void)err;
	filtered++;
	return 0;
}

static int test_check_filter(void *ctx, struct kefs_err *err)
{
	(void)ctx;
	(void)err;
	return 0;
}

static int test_removed(void *ctx, uint32_t address, struct kefs_err *err)
{
	(void)ctx;
	return kefs_access_target_removed(efs.access, address, err);
}

void efs_new_access(struct kefs_loop *loop)
{
	const struct kefs_access_parts parts = {
		.loop = loop, .db = efs.db, .topology = &topology, .kernel = fake_kernel_ops(&kernel),
		.source = { .find = efs_find_client },
	};
	struct kefs_err err;

	assert_int_equal(kefs_access_new(&parts, &efs.access, &err), 0);
}

static void start_enforcing(void)
{
	static const struct kefs_endpoints_ops ops = {
		.listen = test_listen, .unlisten = test_unlisten, .filter = test_filter,
		.check_filter = test_check_filter, .removed = test_removed,
	};
	struct kefs_err err;

	fake_kernel_init(&kernel, 1);
	listening = 0;
	assert_int_equal(kefs_names_open(&topology, "example.test", efs_dir, &names, &err), 0);
	endpoints = (struct kefs_endpoints) { .db = efs.db, .topology = &topology, .names = &names, .ops = &ops };
	efs_new_access(NULL);
}

static int set_up(void **state)
{
	struct kefs_err err;

	(void)state;
	test_mkdir(efs_dir);
	assert_true(snprintf(path, sizeof(path), "%s/making", efs_dir) > 0);
	assert_int_equal(mkdir(path, 0700), 0);
	making_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(making_fd >= 0);
	assert_true(snprintf(path, sizeof(path), "%s/kefs.db", efs_dir) > 0);
	assert_int_equal(kefs_topology_build(&topology, "eu-central-1", "123456789012",
					     "eu-central-1a lo 127.1.0.0/28,eu-central-1b lo 127.2.0.0/24, eu-central-1a eth0 10.0.0.0/16 lab",
					     &err), 0);
	assert_int_equal(kefs_db_open(path, &efs.db, &err), 0);
	assert_int_equal(kefs_identities_new(&(struct kefs_identities_parts) { .db = efs.db, .topology = &topology },
					     &efs.identities, &err), 0);
	assert_int_equal(kefs_identities_recall(efs.identities, "", 0, &root, &err), 0);
	start_enforcing();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kefs_access_free(efs.access);
	kefs_identities_free(efs.identities);
	fake_kernel_unload(&kernel);
	kefs_db_close(efs.db);
	kefs_fs_list_free(&list);
	(void)close(making_fd);
	test_rmdir(efs_dir);
	return 0;
}

/* A group called web. */
static int make_group(const char *id, const char *vpc_id)
{
	struct kefs_security_group group = { .name = "web" };
	struct kefs_err err;

	assert_true(snprintf(group.id, sizeof(group.id), "%s", id) > 0);
	assert_true(snprintf(group.vpc_id, sizeof(group.vpc_id), "%s", vpc_id) > 0);
	return kefs_st_group_insert(efs.db, &group, NULL, 0, 100, 1, &err);
}

/* A new file system's id; static. */
const char *make_fs(const struct kefs_fs_options *options)
{
	static char ids[4][KEFS_ID_SIZE];
	static unsigned int n;
	struct kefs_fs_request request = { .name = "n" };
	char taken[KEFS_ID_SIZE];
	const struct kefs_fs *fs;
	struct kefs_err err;

	if (options)
		request.options = *options;
	assert_int_equal(kefs_file_systems_create(&efs, &request, "", &fs, taken, &err), 0);
	n = (n + 1) % 4;
	assert_true(snprintf(ids[n], sizeof(ids[n]), "%s", fs->id) > 0);
	return ids[n];
}

static void test_topology(void **state)
{
	static const struct {
		const char *subnets, *what;
	} bad[] = {
		{ "a", "not of the form" }, { "a lo", "not of the form" }, { "a lo 127.0.0.0/24 b c", "not of the form" },
		{ "A lo 127.0.0.0/24", "a zone is named" }, { "a lo 127.0.0.0", "not an IPv4 network" },
		{ "a lo 127.0.0.1/24", "not an IPv4 network" }, { "a lo 127.0.0.0/29", "not an IPv4 network" },
		{ "a lo 127.0.0.0/24, b lo 127.0.0.0/16", "overlaps" }, { "a an-interface-too-long 127.0.0.0/24", "not of the form" },
	};
	const struct kefs_subnet *a = &topology.subnets[0], *b = &topology.subnets[1], *lab = &topology.subnets[2];
	char arn[KEFS_ARN_SIZE], before[KEFS_ID_SIZE];
	struct kefs_err err;

	(void)state;
	assert_int_equal(topology.subnet_count, 3);
	assert_string_equal(a->zone_id, "euc1-az1");
	assert_string_equal(b->zone_id, "euc1-az2");
	assert_ptr_equal(a->vpc, b->vpc);
	assert_string_equal(lab->vpc->name, "lab");
	assert_string_not_equal(a->vpc->group_id, lab->vpc->group_id);
	assert_true(kefs_id_valid(a->id, "subnet-") && kefs_id_valid(a->vpc->id, "vpc-") && kefs_id_valid(lab->vpc->group_id, "sg-"));
	assert_int_equal(kefs_subnet_first(a), 0x7f010004);
	assert_int_equal(kefs_subnet_last(a), 0x7f01000e);
	kefs_topology_arn(&topology, "file-system", "fs-12345678", arn);
	assert_string_equal(arn, "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-12345678");
	assert_string_equal(kefs_topology_bare_id(&topology, arn, "file-system", "fs-"), "fs-12345678");
	assert_null(kefs_topology_bare_id(&topology, arn, "access-point", "fsap-"));
	assert_non_null(kefs_topology_bare_id(&topology, "arn:aws-cn:elasticfilesystem:eu-central-1:123456789012:file-system/fs-12345678",
					      "file-system", "fs-"));
	assert_null(kefs_topology_bare_id(&topology, "arn:aws:elasticfilesystem:eu-central-1:999999999999:file-system/fs-12345678",
					  "file-system", "fs-"));
	assert_null(kefs_topology_bare_id(&topology, "arn:aws", "file-system", "fs-"));
	/* An id stays when lines are added or moved. */
	memcpy(before, b->id, sizeof(before));
	assert_int_equal(kefs_topology_build(&topology, "eu-central-1", "123456789012", "eu-central-1b lo 127.2.0.0/24",
					     &err), 0);
	assert_string_equal(topology.subnets[0].id, before);
	assert_int_equal(kefs_topology_build(&topology, "ap-southeast-2", "123456789012", "", &err), 0);
	assert_string_equal(topology.subnets[2].zone_id, "apse2-az3");
	assert_int_equal(kefs_topology_build(&topology, "us-gov-west-1", "123456789012", "left lo 10.0.0.0/8", &err), 0);
	assert_string_equal(topology.subnets[0].zone_id, "left");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(kefs_topology_build(&topology, "eu-west-1", "123456789012", bad[i].subnets, &err), -EINVAL);
		assert_contains(err.text, bad[i].what);
	}
}

static void test_pages(void **state)
{
	char token[KEFS_PAGE_TOKEN_SIZE], changed[KEFS_PAGE_TOKEN_SIZE];
	struct kefs_page page;
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_page_start('f', "", 0, &page, &err), 0);
	assert_int_equal(page.limit, KEFS_PAGE_MAX);
	assert_true(kefs_page_is_after(&page, 0, "fs-1"));
	kefs_page_token('f', 1795252020400, "fsap-0123456789abcdef0", token);
	assert_true(strlen(token) < KEFS_PAGE_TOKEN_SIZE);
	assert_int_equal(kefs_page_start('f', token, 7, &page, &err), 0);
	assert_int_equal(page.limit, 7);
	assert_string_equal(page.after_id, "fsap-0123456789abcdef0");
	assert_false(kefs_page_is_after(&page, 1795252020400, "fsap-0123456789abcdef0"));
	assert_true(kefs_page_is_after(&page, 1795252020400, "fsap-0123456789abcdef1"));
	assert_true(kefs_page_is_after(&page, 1795252020401, "a"));
	assert_false(kefs_page_is_after(&page, 1795252020399, "z"));
	assert_int_equal(kefs_page_start('m', token, 7, &page, &err), -KEFS_E_BAD_REQUEST);
	/* Each other character in each place */
	for (size_t i = 0; token[i]; i++) {
		for (const char *c = "0123456789abcdefxF"; *c; c++) {
			memcpy(changed, token, sizeof(changed));
			changed[i] = *c;
			assert_int_equal(kefs_page_start('f', changed, 7, &page, &err), *c == token[i] ? 0 : -KEFS_E_BAD_REQUEST);
		}
		memcpy(changed, token, sizeof(changed));
		changed[i] = '\0';
		assert_int_equal(kefs_page_start('f', changed, 7, &page, &err), i ? -KEFS_E_BAD_REQUEST : 0);
	}
}

static void test_throughput(void **state)
{
	const int64_t day = 24 * 60 * 60 * 1000LL;
	struct kefs_throughput_change amount = { .has_mibps = true, .mibps = 20 };
	struct kefs_throughput_change provisioned = {
		.has_mode = true, .mode = KEFS_PROVISIONED, .has_mibps = true, .mibps = 10,
	};
	struct kefs_throughput_change elastic = { .has_mode = true, .mode = KEFS_ELASTIC };
	struct kefs_throughput_change bursting = { .has_mode = true, .mode = KEFS_BURSTING }, nothing = { .mibps = 0 };
	struct kefs_fs_options options = { .mibps = 0 };
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_options_set_throughput(&options, &amount, 1000, 100, &err), -KEFS_E_BAD_REQUEST);
	assert_int_equal(kefs_options_set_throughput(&options, &provisioned, 1000, 100, &err), 0);
	/* Up at once, down and away after a day */
	assert_int_equal(kefs_options_set_throughput(&options, &amount, 2000, 100, &err), 0);
	assert_int_equal(kefs_options_set_throughput(&options, &provisioned, 3000, 100, &err), -KEFS_E_TOO_MANY_REQUESTS);
	assert_contains(err.text, "Wait until 1970-01-02T00:00:02Z");
	assert_int_equal(kefs_options_set_throughput(&options, &elastic, 3000, 100, &err), -KEFS_E_TOO_MANY_REQUESTS);
	assert_true(options.throughput == KEFS_PROVISIONED && options.mibps > 19 && options.mibps < 21);
	/* The same again changes nothing, the clock neither. */
	assert_int_equal(kefs_options_set_throughput(&options, &amount, 4000, 100, &err), 0);
	assert_int_equal(options.provisioned_ms, 2000);
	assert_int_equal(kefs_options_set_throughput(&options, &elastic, 2000 + day, 100, &err), 0);
	assert_false(options.mibps > 0);
	assert_int_equal(kefs_options_set_throughput(&options, &bursting, 5, 100, &err), 0);
	amount.mibps = 101;
	options.throughput = KEFS_PROVISIONED;
	assert_int_equal(kefs_options_set_throughput(&options, &amount, 3 * day, 100, &err), -KEFS_E_THROUGHPUT_LIMIT);
	amount.mibps = 0;
	assert_int_equal(kefs_options_set_throughput(&options, &amount, 3 * day, 100, &err), -KEFS_E_BAD_REQUEST);
	assert_int_equal(kefs_options_set_throughput(&options, &nothing, 5, 100, &err), -KEFS_E_BAD_REQUEST);
}

static void test_paths(void **state)
{
	static const char *const good[] = { "/", "/a", "/a/b/c/d", "/a b/ä.c", "/a./b..c" };
	static const char *const bad[] = { "", "a", "/a/", "//", "/a//b", "/.", "/a/..", "/.x", "/a/b/c/d/e", "/a\n",
					   "/a;b", "/\xff" };
	char long_path[KEFS_AP_PATH_CHARS + 2];
	struct kefs_posix_user user = { .gid_count = 0 };
	char text[KEFS_AP_GIDS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(kefs_ap_check_path(good[i], NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(kefs_ap_check_path(bad[i], NULL), -KEFS_E_BAD_REQUEST);
	memset(long_path, 'x', sizeof(long_path));
	long_path[0] = '/';
	long_path[KEFS_AP_PATH_CHARS] = '\0';
	assert_int_equal(kefs_ap_check_path(long_path, NULL), 0);
	long_path[KEFS_AP_PATH_CHARS] = 'x';
	long_path[KEFS_AP_PATH_CHARS + 1] = '\0';
	assert_int_equal(kefs_ap_check_path(long_path, NULL), -KEFS_E_BAD_REQUEST);
	assert_int_equal(kefs_ap_check_permissions("0755", NULL), 0);
	assert_int_equal(kefs_ap_mode("2750"), 02750);
	assert_int_equal(kefs_ap_check_permissions("75", NULL), -KEFS_E_BAD_REQUEST);
	assert_int_equal(kefs_ap_check_permissions("758", NULL), -KEFS_E_BAD_REQUEST);
	for (user.gid_count = 0; user.gid_count < KEFS_AP_GIDS_MAX; user.gid_count++)
		user.gids[user.gid_count] = UINT32_MAX - (uint32_t)user.gid_count;
	kefs_ap_gids_format(&user, text);
	assert_int_equal(kefs_ap_gids_parse(text, &user), 0);
	assert_int_equal(user.gid_count, KEFS_AP_GIDS_MAX);
	assert_int_equal(user.gids[15], UINT32_MAX - 15);
	assert_int_equal(kefs_ap_gids_parse("1,", &user), -EINVAL);
	assert_int_equal(kefs_ap_gids_parse("4294967296", &user), -EINVAL);
}

static void test_tags(void **state)
{
	static const char *const good[] = { "a", "Ä ß\xe2\x85\xa7\xe3\x80\x80", "_.:/=+-@", "xaws:" };
	static const char *const bad[] = { "", "aws:x", "AwS:", "a;b", "a\tb", "\xe2\x98\x83", "\xf0\x9f\x98\x80", "\xff" };
	struct kefs_tags tags = { .count = 0 };
	struct kefs_err err;
	char key[16];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(kefs_tag_check_key(good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(kefs_tag_check_key(bad[i], &err), -KEFS_E_BAD_REQUEST);
	for (int i = 0; i < KEFS_TAG_MAX; i++) {
		assert_true(snprintf(key, sizeof(key), "k%d", i) > 0);
		assert_int_equal(kefs_tags_add(&tags, key, "", 0), 0);
	}
	assert_int_equal(kefs_tags_check(&tags, &err), 0);
	assert_int_equal(kefs_tags_add(&tags, "more", "", 0), 0);
	assert_int_equal(kefs_tags_check(&tags, &err), -KEFS_E_BAD_REQUEST);
	tags.count = 1;
	assert_int_equal(kefs_tags_add(&tags, "k0", "other", 0), 0);
	assert_int_equal(kefs_tags_check(&tags, &err), -KEFS_E_BAD_REQUEST);
	assert_contains(err.text, "twice");
	kefs_tags_free(&tags);
}

static void test_shapes(void **state)
{
	static const char *const words[] = { "one", "two", NULL };
	static const struct kefs_shape number[] = { { .type = KEFS_SHAPE_INTEGER, .min = -1, .max = 3 } };
	static const struct kefs_shape inner[] = {
		{ .name = "Word", .type = KEFS_SHAPE_STRING, .words = words, .required = true }, { .type = KEFS_SHAPE_END },
	};
	static const struct kefs_shape shape[] = {
		{ .name = "Text", .type = KEFS_SHAPE_STRING, .min = 1, .max = 3 },
		{ .name = "Flag", .type = KEFS_SHAPE_BOOLEAN },
		{ .name = "Real", .type = KEFS_SHAPE_NUMBER },
		{ .name = "List", .type = KEFS_SHAPE_LIST, .inner = number, .min = 0, .max = 2 },
		{ .name = "Object", .type = KEFS_SHAPE_OBJECT, .inner = inner },
		{ .type = KEFS_SHAPE_END },
	};
	static const struct {
		const char *text, *what;	/* NULL: fine */
	} cases[] = {
		{ "{}", NULL }, { "{\"Other\":[{}]}", NULL }, { "{\"Text\":null,\"Object\":null}", NULL },
		{ "{\"Text\":\"\\u00e4bc\"}", NULL },
		{ "{\"Text\":\"abcd\"}", "Text must have 1 to 3" }, { "{\"Text\":\"\"}", "Text must have" },
		{ "{\"Text\":1}", "Text must be a string" },
		{ "{\"Flag\":0}", "Flag must be true" }, { "{\"Real\":1}", NULL }, { "{\"Real\":\"1\"}", "Real must be a number" },
		{ "{\"List\":[-1,3]}", NULL }, { "{\"List\":[4]}", "List[0] must be from" },
		{ "{\"List\":[1,1,1]}", "List must have" },
		{ "{\"List\":[1.0]}", "List[0] must be a whole" }, { "{\"List\":{}}", "List must be a list" },
		{ "{\"List\":[null]}", "List[0]" },
		{ "{\"Object\":{}}", "Object.Word is required" }, { "{\"Object\":[]}", "Object must be an object" },
		{ "{\"Object\":{\"Word\":\"three\"}}", "Object.Word: 'three'" }, { "{\"Object\":{\"Word\":\"two\"}}", NULL },
	};
	struct kefs_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *object = json_loads(cases[i].text, 0, NULL);

		assert_int_equal(kefs_shape_check(shape, object, &err), cases[i].what ? -KEFS_E_BAD_REQUEST : 0);
		if (cases[i].what)
			assert_contains(err.text, cases[i].what);
		assert_string_equal(kefs_in_string(object, "Absent"), "");
		assert_int_equal(kefs_in_word(object, "Absent", words, 7), 7);
		json_decref(object);
	}
}

static void test_faults(void **state)
{
	(void)state;
	for (int fault = KEFS_E_FIRST; fault < KEFS_E_END; fault++) {
		assert_non_null(kefs_fault_info(-fault)->code);
		assert_true(kefs_fault_info(-fault)->status >= 400 && kefs_fault_info(-fault)->status < 600);
	}
	assert_string_equal(kefs_fault_info(-EIO)->code, "InternalServerError");
	assert_string_equal(kefs_fault_info(-KEFS_E_END)->code, "InternalServerError");
}

/* What is not available can be looked at, but nothing can be made of it. */
static void test_fs_states(void **state)
{
	const struct kefs_throughput_change change = { .has_mode = true, .mode = KEFS_ELASTIC };
	struct kefs_mount_target_request target_request = { .subnet_id = topology.subnets[0].id };
	struct kefs_access_point point = { .token = "t" };
	const struct kefs_tags none = { .count = 0 };
	struct kefs_mount_target target;
	char id[KEFS_ID_SIZE], taken[KEFS_ID_SIZE];
	const struct kefs_fs *fs;
	const char *fs_id = make_fs(NULL);
	struct kefs_err err;
	bool changed;

	(void)state;
	target_request.fs_id = fs_id;
	for (int s = KEFS_FS_CREATING; s <= KEFS_FS_ERROR; s++) {
		int wanted = s == KEFS_FS_AVAILABLE ? 0 : -KEFS_E_FS_STATE;

		kefs_fs_find(&list, fs_id)->state = (enum kefs_fs_state)s;
		assert_int_equal(kefs_efs_find_fs(&efs, fs_id, &fs, &err), 0);
		assert_int_equal(kefs_mount_targets_create(&efs, &target_request, &target, &err), wanted);
		assert_int_equal(kefs_access_points_create(&efs, fs_id, &point, &none, taken, &err), wanted);
		assert_int_equal(kefs_file_systems_set_throughput(&efs, fs_id, &change, &fs, &err), wanted);
		assert_int_equal(kefs_file_systems_set_lifecycle(&efs, fs_id, 0, 0, 0, &fs, &err), wanted);
		assert_int_equal(kefs_file_systems_set_backup(&efs, fs_id, KEFS_BACKUP_ENABLED, &changed, &err), wanted);
		assert_int_equal(kefs_file_systems_set_protection(&efs, fs_id, KEFS_PROTECTION_ENABLED, &err), wanted);
		assert_int_equal(kefs_fs_policies_put(&efs, fs_id, "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\","
						      "\"Action\":\"elasticfilesystem:ClientMount\"}]}", &by_root, id, &err), wanted);
		assert_int_equal(kefs_fs_policies_delete(&efs, fs_id, &err), wanted);
	}
}

static void test_target_states(void **state)
{
	struct kefs_mount_target_request request = { .subnet_id = topology.subnets[0].id };
	struct kefs_groups groups = { .count = 0 };
	struct kefs_mount_target target;
	struct kefs_err err;

	(void)state;
	request.fs_id = make_fs(NULL);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &target, &err), 0);
	for (int s = KEFS_STATE_CREATING; s <= KEFS_STATE_ERROR; s++) {
		int wanted = s == KEFS_STATE_AVAILABLE ? 0 : -KEFS_E_MOUNT_TARGET_STATE;

		assert_int_equal(kefs_st_mount_target_set_state(efs.db, target.id, (enum kefs_state)s, &err), 0);
		assert_int_equal(kefs_mount_targets_groups(&efs, target.id, &groups, &err), wanted);
		groups.count = 0;
		assert_int_equal(kefs_mount_targets_set_groups(&efs, target.id, &groups, &err), wanted);
	}
	assert_int_equal(kefs_st_mount_target_set_state(efs.db, "fsmt-00000000", KEFS_STATE_ERROR, &err), -ENOENT);
}

static void test_groups(void **state)
{
	struct kefs_mount_target_request request = { .subnet_id = topology.subnets[0].id };
	struct kefs_groups groups;
	struct kefs_mount_target target;
	struct kefs_err err;

	(void)state;
	request.fs_id = make_fs(NULL);
	assert_int_equal(make_group("sg-11111111", topology.vpcs[0].id), 0);
	assert_int_equal(make_group("sg-22222222", topology.vpcs[0].id), -EEXIST);
	assert_int_equal(make_group("sg-22222222", topology.vpcs[1].id), 0);
	assert_int_equal(kefs_groups_add(&request.groups, "sg-11111111", &err), 0);
	assert_int_equal(kefs_groups_add(&request.groups, topology.vpcs[0].group_id, &err), 0);
	assert_int_equal(kefs_groups_add(&request.groups, "sg-11111111", &err), 0);
	assert_int_equal(request.groups.count, 2);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &target, &err), 0);
	assert_int_equal(kefs_mount_targets_groups(&efs, target.id, &groups, &err), 0);
	assert_int_equal(groups.count, 2);
	assert_string_equal(groups.ids[0], "sg-11111111");
	/* Of another VPC */
	groups.count = 0;
	assert_int_equal(kefs_groups_add(&groups, "sg-22222222", &err), 0);
	assert_int_equal(kefs_mount_targets_set_groups(&efs, target.id, &groups, &err), -KEFS_E_GROUP_NOT_FOUND);
	groups.count = 0;
	assert_int_equal(kefs_mount_targets_set_groups(&efs, target.id, &groups, &err), 0);
	assert_int_equal(kefs_mount_targets_groups(&efs, target.id, &groups, &err), 0);
	assert_int_equal(groups.count, 1);
	assert_string_equal(groups.ids[0], topology.vpcs[0].group_id);
	/* Its subnet is no longer configured: it lives on, but has no default group any more. */
	topology.vpc_count = topology.subnet_count = 0;
	groups.count = 0;
	assert_int_equal(kefs_mount_targets_get(&efs, target.id, &target, &err), 0);
	assert_int_equal(kefs_mount_targets_set_groups(&efs, target.id, &groups, &err), -KEFS_E_GROUP_NOT_FOUND);
}

static void test_addresses(void **state)
{
	struct kefs_mount_target_request request = { .subnet_id = topology.subnets[0].id };
	struct kefs_mount_target first, second, third;
	struct kefs_err err;

	(void)state;
	request.fs_id = make_fs(NULL);
	request.address = kefs_subnet_first(&topology.subnets[0]) + 1;
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &first, &err), 0);
	request.address = 0;
	request.fs_id = make_fs(NULL);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &second, &err), 0);
	assert_int_equal(second.address, first.address - 1);
	request.fs_id = make_fs(NULL);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &third, &err), 0);
	assert_int_equal(third.address, first.address + 1);
	request.fs_id = make_fs(NULL);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &third, &err), -KEFS_E_INTERFACE_LIMIT);
	/* Another VPC has its own addresses and its own limit. */
	request.subnet_id = topology.subnets[2].id;
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &third, &err), 0);
	assert_int_equal(third.address, 0x0a000004);
}

/* What hangs on a file system goes when its deletion begins, its tags and policy with its row. */
static void test_deletion(void **state)
{
	struct kefs_mount_target_request request = { .subnet_id = topology.subnets[0].id };
	struct kefs_access_point point = { .token = "t", .path = "/a" }, again;
	struct kefs_mount_target target;
	char id[KEFS_ID_SIZE], taken[KEFS_ID_SIZE];
	struct kefs_tags tags = { .count = 0 };
	static const char text[] = "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"}]}";
	const char *fs_id = make_fs(NULL);
	char *policy = NULL;
	struct kefs_err err;

	(void)state;
	request.fs_id = fs_id;
	assert_int_equal(kefs_tags_add(&tags, "k", "v", 0), 0);
	assert_int_equal(kefs_mount_targets_create(&efs, &request, &target, &err), 0);
	assert_int_equal(kefs_access_points_create(&efs, fs_id, &point, &tags, taken, &err), 0);
	assert_int_equal(kefs_fs_policies_put(&efs, fs_id, text, &by_root, id, &err), 0);
	kefs_tags_free(&tags);
	assert_int_equal(kefs_st_fs_begin_delete(efs.db, fs_id, &err), 0);
	assert_int_equal(kefs_st_fs_begin_delete(efs.db, fs_id, &err), -ENOENT);
	assert_int_equal(kefs_mount_targets_get(&efs, target.id, &target, &err), -KEFS_E_MOUNT_TARGET_NOT_FOUND);
	assert_int_equal(kefs_access_points_get(&efs, point.id, &again, &err), -KEFS_E_ACCESS_POINT_NOT_FOUND);
	assert_int_equal(kefs_st_tag_list(efs.db, point.id, 0, 10, &tags, &err), 0);
	assert_int_equal(tags.count, 0);
	assert_int_equal(kefs_st_tag_list(efs.db, fs_id, 0, 10, &tags, &err), 0);
	assert_int_equal(tags.count, 1);
	kefs_tags_free(&tags);
	assert_int_equal(kefs_st_fs_delete(efs.db, fs_id, &err), 0);
	assert_int_equal(kefs_st_tag_list(efs.db, fs_id, 0, 10, &tags, &err), 0);
	assert_int_equal(tags.count, 0);
	assert_int_equal(kefs_st_policy_get(efs.db, fs_id, &policy, &err), -ENOENT);
}

/* All that an access point is comes back from the store. */
static void test_access_point(void **state)
{
	struct kefs_access_point point = {
		.token = "\xc3\xa4", .has_user = true, .user = { .uid = UINT32_MAX, .gid = 1, .gids = { 5, 0 }, .gid_count = 2 },
		.path = "/x/y", .has_creation = true, .creation = { .uid = 7, .gid = UINT32_MAX, .permissions = "0750" },
	}, back;
	const struct kefs_tags none = { .count = 0 };
	struct kefs_access_point_list points;
	const struct kefs_page page = { .limit = 1 };
	char taken[KEFS_ID_SIZE] = "";
	const char *fs_id = make_fs(NULL);
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_access_points_create(&efs, fs_id, &point, &none, taken, &err), 0);
	memset(&back, 0xff, sizeof(back));
	assert_int_equal(kefs_access_points_get(&efs, point.id, &back, &err), 0);
	assert_memory_equal(&back, &point, sizeof(back));
	assert_int_equal(kefs_access_points_create(&efs, fs_id, &back, &none, taken, &err), -KEFS_E_ACCESS_POINT_EXISTS);
	assert_string_equal(taken, point.id);
	for (unsigned int i = 1; i < limits.access_points; i++) {
		back = (struct kefs_access_point) { .token = { (char)('a' + i) } };
		assert_int_equal(kefs_access_points_create(&efs, fs_id, &back, &none, taken, &err), 0);
		assert_string_equal(back.path, "/");
	}
	back.token[0] = 'z';
	assert_int_equal(kefs_access_points_create(&efs, fs_id, &back, &none, taken, &err), -KEFS_E_ACCESS_POINT_LIMIT);
	/* A page, and one more to see that there is one */
	assert_int_equal(kefs_st_access_point_list(efs.db, "", &page, &points, &err), 0);
	assert_int_equal(points.count, 2);
	free(points.points);
}

static void test_options_stored(void **state)
{
	const struct kefs_fs_options wanted = {
		.performance = KEFS_GENERAL_PURPOSE, .throughput = KEFS_PROVISIONED, .mibps = 12.5, .encrypted = true,
		.zone = "eu-central-1b", .protection = KEFS_PROTECTION_DISABLED, .backup = KEFS_BACKUP_ENABLED,
	};
	const char *fs_id = make_fs(&wanted);
	const struct kefs_fs *changed;
	struct kefs_fs fs;
	struct kefs_err err;
	bool was;

	(void)state;
	assert_int_equal(kefs_file_systems_set_lifecycle(&efs, fs_id, 4, 0, 1, &changed, &err), 0);
	assert_int_equal(kefs_st_fs_get(efs.db, fs_id, &fs, &err), 0);
	assert_true(fs.options.mibps > 12.4 && fs.options.mibps < 12.6);
	assert_true(fs.options.throughput == KEFS_PROVISIONED && fs.options.encrypted);
	assert_true(fs.options.protection == KEFS_PROTECTION_DISABLED && fs.options.backup == KEFS_BACKUP_ENABLED);
	assert_string_equal(fs.options.zone, "eu-central-1b");
	assert_contains(fs.options.kms_key, "arn:aws:kms:eu-central-1:123456789012:key/");
	assert_string_equal(kefs_transition_words[fs.options.to_ia], "AFTER_30_DAYS");
	assert_true(!fs.options.to_archive && fs.options.to_primary == 1);
	/* A One Zone file system has no Archive. */
	assert_int_equal(kefs_file_systems_set_lifecycle(&efs, fs_id, 0, 6, 0, &changed, &err), -KEFS_E_BAD_REQUEST);
	assert_int_equal(kefs_file_systems_set_backup(&efs, fs_id, KEFS_BACKUP_ENABLED, &was, &err), 0);
	assert_false(was);
	assert_int_equal(kefs_st_fs_get(efs.db, "fs-00000000", &fs, &err), -ENOENT);
}

static void test_keys(void **state)
{
	struct kefs_access_key key, again;
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_access_keys_admin(efs.db, &key, &err), 0);
	assert_int_equal(strlen(key.id), 20);
	assert_int_equal(strlen(key.secret), 40);
	assert_int_equal(kefs_access_keys_admin(efs.db, &again, &err), 0);
	assert_memory_equal(&key, &again, sizeof(key));
}

/* --- what a policy makes of connections --- */

/* A connection of 127.0.0.1 to @to, as the fake kernel has it: both ends are real. Returns the client's end. */
int connect_to(const struct kefs_addr *to)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), far;
	struct kefs_claims claims = {
		.local.len = sizeof(claims.local.storage), .peer.len = sizeof(claims.peer.storage),
	};
	struct kefs_addr addr = *to;
	struct kefs_grant grant;
	struct kefs_err err;
	uint64_t id;

	addr.in.sin_port = 0;
	assert_int_equal(bind(listener, &addr.sa, addr.len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, &addr.sa, &addr.len), 0);
	assert_int_equal(connect(near, &addr.sa, addr.len), 0);
	far = accept4(listener, &claims.peer.sa, &claims.peer.len, SOCK_CLOEXEC);
	assert_true(far >= 0);
	assert_int_equal(getsockname(far, &claims.local.sa, &claims.local.len), 0);
	assert_int_equal(kefs_access_decide(efs.access, &claims, &grant, &err), 0);
	kernel.volumes[0].id = grant.volume_id;
	kernel.volume_count = 1;
	assert_int_equal(fake_kernel_ops(&kernel).ops->conn_add(&kernel, far, NULL, &grant, &id, &err), 0);
	(void)close(far);
	(void)close(listener);
	return near;
}

void set_policy(const char *fs, const char *actions)
{
	char text[512], id[KEFS_ID_SIZE];
	struct kefs_err err;

	assert_true(snprintf(text, sizeof(text), "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", "
			     "\"Principal\": {\"AWS\": \"*\"}, \"Action\": [%s]}]}", actions) > 0);
	assert_int_equal(kefs_fs_policies_put(&efs, fs, text, &by_root, id, &err), 0);
}

static const struct kefs_policy_key *key_of(const struct kefs_keyring *ring, const char *name)
{
	for (size_t i = 0; i < ring->count; i++) {
		if (!strcmp(ring->keys[i].name, name))
			return &ring->keys[i];
	}
	return NULL;
}

/* A resource's tags go by the name of its service, too; and IAM is where AWS has it. */
static void test_keyring(void **state)
{
	static const struct {
		const char *action, *region, *own;
	} cases[] = {
		{ "elasticfilesystem:TagResource", "eu-central-1", NULL },
		{ "ec2:CreateTags", "eu-central-1", "ec2:ResourceTag/env" },
		{ "iam:TagRole", "us-east-1", "iam:ResourceTag/env" },
		{ "sts:AssumeRole", "eu-central-1", "iam:ResourceTag/env" },
	};
	static const struct kefs_policy_key team = { .name = "aws:PrincipalTag/team", .value = "us" };
	const struct kefs_policy_set set = { .keys = &team, .key_count = 1 };
	struct kefs_authorize_request request = { .source_ip = "", .tagged_id = "r-1" };
	struct kefs_keyring ring;
	struct kefs_err err;

	(void)state;
	assert_int_equal(kefs_st_tag_set(efs.db, "r-1", "env", "prod", &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		request.action = cases[i].action;
		assert_int_equal(kefs_keyring_make(&efs, &request, &set, &ring, &err), 0);
		assert_string_equal(key_of(&ring, "aws:RequestedRegion")->value, cases[i].region);
		assert_string_equal(key_of(&ring, "aws:ResourceTag/env")->value, "prod");
		assert_int_equal(key_of(&ring, "aws:TagKeys")->count, 0);
		if (cases[i].own)
			assert_string_equal(key_of(&ring, cases[i].own)->value, "prod");
		assert_string_equal(key_of(&ring, "aws:PrincipalTag/team")->value, "us");
		assert_int_equal(ring.count, cases[i].own ? 7 : 6);
		kefs_keyring_free(&ring);
	}
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_policy_holds), WITH_STORE(test_policy_unreadable),
		WITH_STORE(test_policies_are_forgotten), WITH_STORE(test_by_tls), WITH_STORE(test_time_comes),
		WITH_STORE(test_sessions_are_kept), WITH_STORE(test_error_state), WITH_STORE(test_addresses_come_back),
		WITH_STORE(test_resolvers_come_back), WITH_STORE(test_removal_is_ended),
		WITH_STORE(test_topology), WITH_STORE(test_keyring), cmocka_unit_test(test_pages),
		cmocka_unit_test(test_throughput),
		cmocka_unit_test(test_paths), cmocka_unit_test(test_tags), cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_faults), WITH_STORE(test_fs_states), WITH_STORE(test_target_states),
		WITH_STORE(test_groups), WITH_STORE(test_addresses), WITH_STORE(test_deletion), WITH_STORE(test_access_point),
		WITH_STORE(test_options_stored), WITH_STORE(test_keys), WITH_STORE(test_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
