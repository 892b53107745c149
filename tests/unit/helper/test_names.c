// SPDX-License-Identifier: GPL-2.0
/* service/names: what stands in the hosts directories. */
#include "test.h"

#include <stdlib.h>

#include "service/names.h"

#define A	"us-east-1a"
#define B	"us-east-1b"
#define TAIL	".efs.us-east-1.example.test"

static struct kefs_topology topology;
static struct kefs_names names;
static char dir[256];

static void file_of(size_t view, const char *name, char *ret_path, size_t size)
{
	struct kefs_names_view v;
	char path[KEFS_NAMES_PATH];
	struct kefs_err err;

	assert_true(kefs_names_view(&topology, view, &v));
	assert_int_equal(kefs_names_path(&names, &v, "hosts", path, &err), 0);
	assert_true(snprintf(ret_path, size, "%s/%s", path, name) < (int)size);
}

/* What stands in a view's file of the target; "" if there is none. */
static const char *text_of(size_t view, const char *name)
{
	static char text[4096];
	char path[2048];
	size_t n = 0;
	FILE *f;

	file_of(view, name, path, sizeof(path));
	f = fopen(path, "re");
	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		(void)fclose(f);
	}
	text[n] = '\0';
	return text;
}

static void open_names(void)
{
	struct kefs_err err;

	assert_int_equal(kefs_topology_build(&topology, "us-east-1", "123456789012",
					     A " eth0 10.0.0.0/24, " B " eth0 10.0.1.0/24, " A " eth0 10.0.2.0/24, "
					     A " eth1 10.9.0.0/24 other", &err), 0);
	assert_int_equal(kefs_names_open(&topology, "example.test", dir, &names, &err), 0);
}

static struct kefs_mount_target target(const char *id, const char *fs_id, size_t subnet, uint32_t address)
{
	struct kefs_mount_target t = { .address = address };

	(void)snprintf(t.id, sizeof(t.id), "%s", id);
	(void)snprintf(t.fs_id, sizeof(t.fs_id), "%s", fs_id);
	(void)snprintf(t.vpc_id, sizeof(t.vpc_id), "%s", topology.subnets[subnet].vpc->id);
	(void)snprintf(t.zone, sizeof(t.zone), "%s", topology.subnets[subnet].zone);
	(void)snprintf(t.zone_id, sizeof(t.zone_id), "%s", topology.subnets[subnet].zone_id);
	return t;
}

static void test_views(void **state)
{
	struct kefs_names_view view;

	(void)state;
	open_names();
	assert_true(kefs_names_view(&topology, 0, &view));
	assert_string_equal(view.zone, A);
	assert_string_equal(view.vpc->name, "default");
	assert_true(kefs_names_view(&topology, 1, &view));
	assert_string_equal(view.zone, B);
	assert_true(kefs_names_view(&topology, 2, &view));
	assert_string_equal(view.zone, A);
	assert_string_equal(view.vpc->name, "other");
	assert_false(kefs_names_view(&topology, 3, &view));
	assert_int_equal(kefs_subnet_resolver(&topology.subnets[1]), 0x0a000102);
}

/* The plain name is for the own zone, the others for the VPC, nothing for another VPC. */
static void test_add_remove(void **state)
{
	struct kefs_mount_target t;
	struct kefs_err err;

	(void)state;
	open_names();
	t = target("fsmt-1", "fs-1", 0, 0x0a000010);
	assert_int_equal(kefs_names_add(&names, &t, &err), 0);
	assert_string_equal(text_of(0, "fsmt-1"), "10.0.0.16 fs-1" TAIL " " A ".fs-1" TAIL " use1-az1.fs-1" TAIL "\n");
	assert_string_equal(text_of(1, "fsmt-1"), "10.0.0.16 " A ".fs-1" TAIL " use1-az1.fs-1" TAIL "\n");
	assert_string_equal(text_of(2, "fsmt-1"), "");
	kefs_names_remove(&names, &t);
	assert_string_equal(text_of(0, "fsmt-1"), "");
	assert_string_equal(text_of(1, "fsmt-1"), "");
}

static bool is_two(const void *ctx, const char *id)
{
	(void)ctx;
	return !strcmp(id, "fsmt-2");
}

static void test_prune(void **state)
{
	struct kefs_mount_target one, two;
	char path[2048];
	struct kefs_err err;
	FILE *f;

	(void)state;
	open_names();
	one = target("fsmt-1", "fs-1", 0, 0x0a000010);
	two = target("fsmt-2", "fs-1", 1, 0x0a000110);
	assert_int_equal(kefs_names_add(&names, &one, &err), 0);
	assert_int_equal(kefs_names_add(&names, &two, &err), 0);
	/* What a kefsd that was killed was about to write */
	file_of(0, ".fsmt-3", path, sizeof(path));
	f = fopen(path, "we");
	assert_non_null(f);
	(void)fclose(f);
	assert_int_equal(kefs_names_prune(&names, is_two, NULL, &err), 0);
	assert_string_equal(text_of(0, "fsmt-1"), "");
	assert_string_not_equal(text_of(0, "fsmt-2"), "");
	assert_int_equal(access(path, F_OK), -1);
}

static int make_dir(void **state)
{
	(void)state;
	test_mkdir(dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	test_rmdir(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_views, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_add_remove, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_prune, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
