// SPDX-License-Identifier: GPL-2.0
/* Killed at any instant, by the clock: tests/api/killed.py does it by the step. */
#include "test_efs.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "internal.h"
#include "model/fault.h"
#include "model/page.h"
#include "service/access_points.h"
#include "service/mount_targets.h"
#include "store/st_access_point.h"
#include "store/st_mount_target.h"
#include "store/st_tag.h"

/* The child: makes and removes access points and mount targets, saying so, until it is killed. */
static void churn(int said, const char *fs_id)
{
	struct kefs_mount_target_request request = { .fs_id = fs_id, .subnet_id = topology.subnets[0].id };
	struct kefs_tags tags = { .count = 0 };
	struct kefs_err err;

	(void)kefs_tags_add(&tags, "a", "1", 0);
	(void)kefs_tags_add(&tags, "b", "2", 0);
	for (unsigned int i = 0;; i++) {
		struct kefs_access_point point = { .has_user = true, .has_creation = true, .creation = { .permissions = "755" } };
		struct kefs_mount_target target;
		char taken[KEFS_ID_SIZE];

		assert_true(snprintf(point.token, sizeof(point.token), "%u", i) > 0);
		if (kefs_access_points_create(&efs, fs_id, &point, &tags, taken, &err) < 0 ||
		    kefs_mount_targets_create(&efs, &request, &target, &err) < 0 ||
		    write(said, point.id, KEFS_ID_SIZE) != KEFS_ID_SIZE || write(said, target.id, KEFS_ID_SIZE) != KEFS_ID_SIZE)
			_exit(1);
		if (kefs_mount_targets_delete(&efs, target.id, &err) < 0 || write(said, "", 1) != 1)
			_exit(2);
		if (i % 2 && kefs_access_points_delete(&efs, point.id, &err) < 0)
			_exit(3);
	}
}

/* Whole or not there at all: no tag without its access point, no mount target without a group. */
static void check_whole(const char *fs_id)
{
	const struct kefs_page page = { .limit = KEFS_PAGE_MAX };
	struct kefs_mount_target_list targets;
	struct kefs_access_point_list points;
	struct kefs_groups groups;
	struct kefs_tags tags;
	int strays = 0;
	struct kefs_err err;

	assert_int_equal(kefs_st_access_point_list(efs.db, fs_id, &page, &points, &err), 0);
	for (size_t i = 0; i < points.count; i++) {
		assert_true(points.points[i].has_user && points.points[i].has_creation);
		assert_int_equal(kefs_st_tag_list(efs.db, points.points[i].id, 0, 10, &tags, &err), 0);
		assert_int_equal(tags.count, 2);
		kefs_tags_free(&tags);
	}
	free(points.points);
	assert_int_equal(kefs_st_mount_target_list(efs.db, fs_id, &page, &targets, &err), 0);
	assert_true(targets.count <= 1);
	for (size_t i = 0; i < targets.count; i++) {
		assert_int_equal(kefs_st_mount_target_groups(efs.db, targets.targets[i].id, &groups, &err), 0);
		assert_int_equal(groups.count, 1);
	}
	free(targets.targets);
	assert_int_equal(kefs_store_integer(efs.db, "SELECT count(*) FROM tags WHERE resource_id NOT IN "
					    "(SELECT id FROM access_points UNION SELECT id FROM file_systems)", &strays, &err), 0);
	assert_int_equal(strays, 0);
}

/* Killed at any instant: what was answered is there, and what is there is whole. */
void test_kill(void **state)
{
	char said[2 * KEFS_ID_SIZE + 1];
	const char *fs_id = make_fs(NULL);
	struct kefs_err err;

	(void)state;
	efs_allow_many();
	for (int round = 0; round < 20; round++) {
		struct kefs_access_point point;
		struct kefs_mount_target target;
		ssize_t n, last = 0;
		int fds[2], status;
		pid_t pid;

		kefs_db_close(efs.db);
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			if (efs_reopen() < 0)
				_exit(4);
			churn(fds[1], fs_id);
		}
		(void)close(fds[1]);
		(void)usleep((useconds_t)(20000 + round * 3000));
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(efs_reopen(), 0);
		/* The last thing that it said */
		while ((n = read(fds[0], said, sizeof(said))) > 0)
			last = n;
		(void)close(fds[0]);
		check_whole(fs_id);
		if (last == 2 * KEFS_ID_SIZE) {
			assert_int_equal(kefs_access_points_get(&efs, said, &point, &err), 0);
			/* It may have been removed, and killed before it could say so. */
			status = kefs_mount_targets_get(&efs, said + KEFS_ID_SIZE, &target, &err);
			assert_true(status == 0 || status == -KEFS_E_MOUNT_TARGET_NOT_FOUND);
		}
		assert_int_equal(kefs_store_exec(efs.db, "DELETE FROM access_points; DELETE FROM mount_targets", "", &err), 0);
	}
}
