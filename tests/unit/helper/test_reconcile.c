// SPDX-License-Identifier: GPL-2.0
/* Making the kernel match a list, against a kernel that is a few arrays. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>

#include "fake_kernel.h"
#include "kernel/names.h"
#include "kernel/reconcile.h"

static struct fake_kernel fake;
static uint64_t refused;

static int add(void *ctx, uint64_t id)
{
	const struct kefs_kernel *kernel = ctx;
	struct kefs_kvolume_new volume = {
		.id = id,
		.name = id == 3 ? "fs-renamed" : "fs-x",
		.key = (const uint8_t *)"0123456789abcdef",
	};
	int rc;

	if (id == refused)
		return -EIO;
	volume.root_fd = open("/", O_PATH | O_CLOEXEC);
	volume.recovery_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	rc = kernel->ops->volume_add(kernel->ctx, &volume, NULL);
	(void)close(volume.root_fd);
	(void)close(volume.recovery_fd);
	return rc;
}

static void test_plan(void **state)
{
	struct kefs_wanted want[] = { { 3, "c" }, { 1, "a" }, { 2, "b" } };
	struct kefs_kvolume have[] = { { .id = 9, .name = "z" }, { .id = 2, .name = "b" }, { .id = 3, .name = "old" } };
	struct kefs_step steps[6];

	(void)state;
	assert_int_equal(kefs_reconcile_plan(want, 3, have, 3, steps), 4);
	assert_int_equal(steps[0].kind, KEFS_STEP_DEL);
	assert_int_equal(steps[0].id, 3);
	assert_int_equal(steps[1].kind, KEFS_STEP_DEL);
	assert_int_equal(steps[1].id, 9);
	assert_int_equal(steps[2].kind, KEFS_STEP_ADD);
	assert_int_equal(steps[2].id, 1);
	assert_int_equal(steps[3].kind, KEFS_STEP_ADD);
	assert_int_equal(steps[3].id, 3);
	assert_int_equal(kefs_reconcile_plan(NULL, 0, NULL, 0, steps), 0);
	assert_int_equal(kefs_reconcile_plan(want, 3, NULL, 0, steps), 3);
	assert_int_equal(kefs_reconcile_plan(NULL, 0, have, 3, steps), 3);
}

static void test_run(void **state)
{
	struct kefs_wanted want[] = { { 1, "fs-x" }, { 2, "fs-x" }, { 3, "fs-renamed" }, { 4, "fs-x" } };
	struct kefs_kernel kernel = fake_kernel_ops(&fake);
	struct kefs_reconcile_result result;
	struct kefs_err err;

	(void)state;
	fake_kernel_init(&fake, 1);
	for (uint64_t id = 2; id < 10; id += 3)
		assert_int_equal(add(&kernel, id), 0);
	refused = 4;
	assert_int_equal(kefs_reconcile_run(&kernel, want, 4, add, &kernel, &result, &err), 0);
	assert_int_equal(result.kept, 1);
	assert_int_equal(result.added, 2);
	assert_int_equal(result.removed, 2);
	assert_int_equal(result.failed, 1);
	assert_true(fake_kernel_has(&fake, 1) && fake_kernel_has(&fake, 2) && fake_kernel_has(&fake, 3));
	assert_false(fake_kernel_has(&fake, 4) || fake_kernel_has(&fake, 5) || fake_kernel_has(&fake, 8));
	refused = 0;
	assert_int_equal(kefs_reconcile_run(&kernel, want, 4, add, &kernel, &result, &err), 0);
	assert_int_equal(result.kept, 3);
	assert_int_equal(result.added, 1);
}

static void test_failures(void **state)
{
	struct kefs_kernel kernel = fake_kernel_ops(&fake);
	struct kefs_reconcile_result result;
	struct kefs_err err;

	(void)state;
	fake.fail_list = -ETIMEDOUT;
	assert_int_equal(kefs_reconcile_run(&kernel, NULL, 0, add, &kernel, &result, &err), -ETIMEDOUT);
	fake.fail_del = -EIO;
	assert_int_equal(kefs_reconcile_run(&kernel, NULL, 0, add, &kernel, &result, &err), -EIO);
	fake_kernel_unload(&fake);
	assert_int_equal(kefs_reconcile_run(&kernel, NULL, 0, add, &kernel, &result, &err), -ENODEV);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(kefs_names_op(0), "NULL");
	assert_string_equal(kefs_names_op(1), "COMPOUND");
	assert_string_equal(kefs_names_op(3), "ACCESS");
	assert_string_equal(kefs_names_op(25), "READ");
	assert_string_equal(kefs_names_op(38), "WRITE");
	assert_string_equal(kefs_names_op(42), "EXCHANGE_ID");
	assert_string_equal(kefs_names_op(53), "SEQUENCE");
	assert_string_equal(kefs_names_op(58), "RECLAIM_COMPLETE");
	assert_string_equal(kefs_names_op(75), "REMOVEXATTR");
	assert_null(kefs_names_op(2));
	assert_null(kefs_names_op(76));
	assert_string_equal(kefs_names_counter(0), "ConnAdopted");
	assert_null(kefs_names_counter(1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan), cmocka_unit_test(test_run), cmocka_unit_test(test_failures),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
