// SPDX-License-Identifier: GPL-2.0
#include "volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backing/fsdir.h"
#include "backing/quota.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "store/st_fs.h"
#include "store/st_mount_target.h"
#include "store/st_setting.h"

struct removal;

struct kefs_volumes {
	struct kefs_volumes_parts parts;
	struct kefs_fs_list list;	/* the store's, with state error where it applies */
	struct removal *removals;	/* jobs that the pool has */
	bool kernel_up;
};

/* The job of a worker: its own descriptor and id; volumes is for done(), in the loop's thread. */
struct removal {
	struct kefs_job job;
	int trash_fd;
	char id[KEFS_ID_SIZE];
	int rc;
	struct kefs_volumes *volumes;
	struct removal *next;
};

static void step(const struct kefs_volumes *volumes, const char *name)
{
	if (volumes->parts.step)
		volumes->parts.step(name);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Reads the store again; what was found unservable stays so until it is reconciled. */
static int reload(struct kefs_volumes *volumes, struct kefs_err *err)
{
	struct kefs_fs_list list;
	int rc = kefs_st_fs_list(volumes->parts.db, &list, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < volumes->list.count; i++) {
		struct kefs_fs *fs = kefs_fs_find(&list, volumes->list.fs[i].id);

		if (fs && fs->state == KEFS_FS_AVAILABLE && volumes->list.fs[i].state == KEFS_FS_ERROR)
			fs->state = KEFS_FS_ERROR;
	}
	kefs_fs_list_free(&volumes->list);
	volumes->list = list;
	return 0;
}

/* Reads one of them again. */
static int refresh(struct kefs_volumes *volumes, const char *id, struct kefs_err *err)
{
	struct kefs_fs fs, *known = kefs_fs_find(&volumes->list, id);
	int rc = kefs_st_fs_get(volumes->parts.db, id, &fs, err);

	if (rc == -ENOENT) {
		kefs_fs_list_remove(&volumes->list, id);
		return 0;
	}
	if (rc < 0)
		return rc;
	if (known && known->state == KEFS_FS_ERROR && fs.state == KEFS_FS_AVAILABLE)
		fs.state = KEFS_FS_ERROR;
	if (known)
		*known = fs;
	else
		rc = kefs_fs_list_insert(&volumes->list, &fs);
	explicit_bzero(fs.key, sizeof(fs.key));
	return rc < 0 ? kefs_err_sys(err, rc, "listing file system %s", id) : 0;
}

static bool removal_stops(void *ctx)
{
	const struct removal *removal = ctx;

	return kefs_pool_stopping(&removal->job);
}

static void removal_run(struct kefs_job *job)
{
	struct removal *removal = (struct removal *)job;

	removal->rc = kefs_fsdir_purge(removal->trash_fd, removal->id, removal_stops, removal);
}

static void removal_done(struct kefs_job *job)
{
	struct removal *removal = (struct removal *)job;
	struct kefs_volumes *volumes = removal->volumes;
	struct kefs_err err;
	int rc = removal->rc;

	for (struct removal **p = &volumes->removals; *p; p = &(*p)->next) {
		if (*p == removal) {
			*p = removal->next;
			break;
		}
	}
	step(volumes, "purged");
	if (rc == 0 && kefs_fs_find(&volumes->list, removal->id)) {
		rc = kefs_st_fs_delete(volumes->parts.db, removal->id, &err);
		if (rc == 0)
			rc = refresh(volumes, removal->id, &err);
		if (rc < 0)
			log_err("file system %s is removed, but the store still lists it: %s", removal->id, err.text);
		else
			log_info("file system %s is removed", removal->id);
	} else if (rc < 0 && rc != -ECANCELED) {
		log_err("removing the data of file system %s: %s; will be tried again", removal->id, kefs_err_name(rc));
	}
	(void)close(removal->trash_fd);
	free(removal);
}

static bool is_being_removed(const struct kefs_volumes *volumes, const char *id)
{
	for (const struct removal *r = volumes->removals; r; r = r->next) {
		if (!strcmp(r->id, id))
			return true;
	}
	return false;
}

static int start_removal(struct kefs_volumes *volumes, const char *id, struct kefs_err *err)
{
	struct removal *removal = calloc(1, sizeof(*removal));

	if (!removal)
		return kefs_err_sys(err, -ENOMEM, "removing file system %s", id);
	removal->trash_fd = fcntl(kefs_backing_trash_fd(volumes->parts.backing), F_DUPFD_CLOEXEC, 3);
	if (removal->trash_fd < 0) {
		free(removal);
		return kefs_err_sys(err, -errno, "removing file system %s", id);
	}
	(void)kefs_str_copy(removal->id, sizeof(removal->id), id);
	removal->job.run = removal_run;
	removal->job.done = removal_done;
	removal->rc = -ECANCELED;
	removal->volumes = volumes;
	removal->next = volumes->removals;
	volumes->removals = removal;
	kefs_pool_submit(volumes->parts.pool, &removal->job);
	return 0;
}

/* Everything after the row says "deleting". Each step may find itself done already. */
static int carry_on_deleting(struct kefs_volumes *volumes, const struct kefs_fs *fs, struct kefs_err *err)
{
	int rc;

	if (is_being_removed(volumes, fs->id))
		return 0;
	if (volumes->kernel_up) {
		rc = volumes->parts.kernel.ops->volume_del(volumes->parts.kernel.ctx, fs->volume_id, true, err);
		if (rc < 0 && rc != -ENOENT && rc != -ENODEV)
			return rc;
		step(volumes, "kernel-deleted");
	}
	rc = kefs_fsdir_discard(volumes->parts.backing, fs->directory, fs->id, err);
	if (rc == 0)
		rc = kefs_fsdir_remove_recovery(volumes->parts.backing, fs->id, err);
	if (rc < 0)
		return rc;
	step(volumes, "discarded");
	return start_removal(volumes, fs->id, err);
}

void kefs_volumes_tick(struct kefs_volumes *volumes)
{
	struct kefs_err err;

	/* Before the kernel was asked it may still serve what is to be deleted. */
	if (!volumes->kernel_up)
		return;
	for (size_t i = 0; i < volumes->list.count; i++) {
		const struct kefs_fs *fs = &volumes->list.fs[i];

		if (fs->state == KEFS_FS_DELETING && carry_on_deleting(volumes, fs, &err) < 0)
			log_err("deleting file system %s: %s; will be tried again", fs->id, err.text);
	}
}

/* A new pool and a new store are married; otherwise they must know each other. */
static int check_pool(struct kefs_volumes *volumes, struct kefs_err *err)
{
	char stored[KEFS_UUID_SIZE], found[KEFS_UUID_SIZE];
	struct kefs_pool_info info;
	int have_stored, have_found, rc;

	kefs_backing_get_info(volumes->parts.backing, &info);
	have_stored = kefs_st_setting_get(volumes->parts.db, KEFS_SETTING_POOL_ID, stored, sizeof(stored), err);
	if (have_stored < 0 && have_stored != -ENOENT)
		return have_stored;
	have_found = kefs_backing_read_id(volumes->parts.backing, found, err);
	if (have_found < 0 && have_found != -ENOENT)
		return have_found;
	if (have_stored < 0 && have_found < 0) {
		rc = kefs_id_uuid(stored);
		if (rc < 0)
			return kefs_err_sys(err, rc, "drawing a pool id");
		rc = kefs_st_setting_set(volumes->parts.db, KEFS_SETTING_POOL_ID, stored, err);
		step(volumes, "pool-id-stored");
		return rc < 0 ? rc : kefs_backing_write_id(volumes->parts.backing, stored, err);
	}
	if (have_stored < 0)
		return kefs_err_set(err, -ESTALE,
				    "pool %s belongs to another store, and this one is new: restore that store's database into "
				    "state_dir, or name another pool (%s is what to move away for an image)", info.path,
				    info.image ? info.image : "pool");
	if (have_found < 0 && !volumes->list.count)
		return kefs_backing_write_id(volumes->parts.backing, stored, err);
	if (have_found < 0)
		return kefs_err_set(err, -ESTALE,
				    "pool %s is not the one that the store's %zu file systems are in (it has no file kefs-pool): is "
				    "its disk mounted?", info.path, volumes->list.count);
	if (strcmp(stored, found))
		return kefs_err_set(err, -ESTALE,
				    "pool %s is not the store's: it has id %s, the store wants %s; mount or name the right one",
				    info.path, found, stored);
	return 0;
}

static void purge_orphan(void *ctx, const char *id)
{
	struct kefs_volumes *volumes = ctx;
	struct kefs_err err;

	if (kefs_fs_find(&volumes->list, id) || is_being_removed(volumes, id))
		return;
	log_warn("the pool's trash has left-overs of file system %s, which the store does not know: removing them", id);
	if (start_removal(volumes, id, &err) < 0)
		log_err("%s", err.text);
}

/* What was being made when kefsd died is deleted. */
static int settle(struct kefs_volumes *volumes, struct kefs_err *err)
{
	bool changed = false;
	int rc;

	for (size_t i = 0; i < volumes->list.count; i++) {
		const struct kefs_fs *fs = &volumes->list.fs[i];

		if (fs->state != KEFS_FS_CREATING)
			continue;
		log_warn("file system %s was being created when kefsd ended: removing it", fs->id);
		rc = kefs_st_fs_abandon(volumes->parts.db, fs->id, err);
		if (rc < 0)
			return rc;
		changed = true;
	}
	rc = changed ? reload(volumes, err) : 0;
	if (rc < 0)
		return rc;
	rc = kefs_fsdir_list_trash(volumes->parts.backing, purge_orphan, volumes);
	return rc < 0 ? kefs_err_sys(err, rc, "reading the pool's trash") : 0;
}

int kefs_volumes_open(const struct kefs_volumes_parts *parts, struct kefs_volumes **ret_volumes,
		      struct kefs_err *err)
{
	struct kefs_volumes *volumes = calloc(1, sizeof(*volumes));
	int rc;

	if (!volumes)
		return kefs_err_sys(err, -ENOMEM, "file systems");
	volumes->parts = *parts;
	rc = reload(volumes, err);
	if (rc == 0)
		rc = check_pool(volumes, err);
	if (rc == 0)
		rc = kefs_backing_open_folders(parts->backing, err);
	if (rc == 0)
		rc = settle(volumes, err);
	if (rc < 0) {
		kefs_volumes_free(volumes);
		return rc;
	}
	*ret_volumes = volumes;
	return 0;
}

void kefs_volumes_free(struct kefs_volumes *volumes)
{
	if (!volumes)
		return;
	kefs_fs_list_free(&volumes->list);
	free(volumes);
}

static int add_to_kernel(struct kefs_volumes *volumes, const struct kefs_fs *fs, struct kefs_err *err)
{
	CLEANUP_CLOSE int fd = kefs_fsdir_open(volumes->parts.backing, fs->directory, err);
	CLEANUP_CLOSE int recovery_fd = -1;
	struct kefs_kvolume_new volume = { .id = fs->volume_id, .name = fs->id, .root_fd = fd, .key = fs->key,
					   .elastic = true };

	if (fd < 0)
		return fd;
	recovery_fd = kefs_fsdir_open_recovery(volumes->parts.backing, fs->id, err);
	if (recovery_fd < 0)
		return recovery_fd;
	volume.recovery_fd = recovery_fd;
	return volumes->parts.kernel.ops->volume_add(volumes->parts.kernel.ctx, &volume, err);
}

static int reconcile_add(void *ctx, uint64_t id)
{
	struct kefs_volumes *volumes = ctx;
	struct kefs_fs *fs = kefs_fs_find_volume(&volumes->list, id);
	struct kefs_err err;
	int rc = fs ? add_to_kernel(volumes, fs, &err) : -ENOENT;

	if (fs && rc < 0) {
		log_err("file system %s cannot be served: %s", fs->id, err.text);
		fs->state = KEFS_FS_ERROR;
	}
	return rc;
}

int kefs_volumes_reconcile(struct kefs_volumes *volumes, struct kefs_reconcile_result *ret_result,
			   struct kefs_err *err)
{
	CLEANUP_FREE struct kefs_wanted *want = calloc(volumes->list.count + 1, sizeof(*want));
	size_t count = 0;
	int rc;

	if (!want)
		return kefs_err_sys(err, -ENOMEM, "planning the volumes");
	for (size_t i = 0; i < volumes->list.count; i++) {
		struct kefs_fs *fs = &volumes->list.fs[i];

		if (fs->state == KEFS_FS_ERROR)
			fs->state = KEFS_FS_AVAILABLE;
		if (fs->state != KEFS_FS_AVAILABLE)
			continue;
		want[count].id = fs->volume_id;
		(void)kefs_str_copy(want[count].name, sizeof(want[count].name), fs->id);
		count++;
	}
	rc = kefs_reconcile_run(&volumes->parts.kernel, want, count, reconcile_add, volumes, ret_result, err);
	volumes->kernel_up = rc == 0;
	if (rc == 0)
		kefs_volumes_tick(volumes);
	return rc;
}

void kefs_volumes_kernel_gone(struct kefs_volumes *volumes)
{
	volumes->kernel_up = false;
}

static int check_request(const struct kefs_fs_request *request, struct kefs_err *err)
{
	int rc = kefs_fs_check_name(request->name, err);

	if (rc == 0 && *request->token)
		rc = kefs_fs_check_token(request->token, err);
	return rc;
}

/* Directory, kernel, "available"; the row is there. */
static int build(struct kefs_volumes *volumes, const struct kefs_fs *fs, struct kefs_err *err)
{
	int rc;

	step(volumes, "stored");
	rc = kefs_fsdir_make(volumes->parts.backing, fs->directory, fs->project_id, err);
	if (rc < 0)
		return rc;
	step(volumes, "directory-made");
	rc = add_to_kernel(volumes, fs, err);
	if (rc < 0)
		return rc;
	step(volumes, "kernel-added");
	rc = kefs_st_fs_set_state(volumes->parts.db, fs->id, KEFS_FS_CREATING, KEFS_FS_AVAILABLE, err);
	step(volumes, "available");
	return rc;
}

/* Takes back a creation that failed. If even that fails, the next start finds the row and does it. */
static void unbuild(struct kefs_volumes *volumes, const struct kefs_fs *fs)
{
	struct kefs_err err;
	int rc = kefs_st_fs_abandon(volumes->parts.db, fs->id, &err);

	if (rc == 0)
		rc = refresh(volumes, fs->id, &err);
	if (rc == 0)
		rc = carry_on_deleting(volumes, fs, &err);
	if (rc < 0)
		log_err("taking back file system %s, which could not be created: %s", fs->id, err.text);
}

int kefs_volumes_create(struct kefs_volumes *volumes, const struct kefs_fs_request *request,
			const struct kefs_fs **ret_fs, char *ret_taken_id, struct kefs_err *err)
{
	struct kefs_fs fs;
	int rc;

	rc = check_request(request, err);
	if (rc < 0)
		return rc;
	if (!volumes->kernel_up)
		return kefs_err_set(err, -ENODEV, "the kernel module kefs is not loaded (modprobe kefs)");
	rc = kefs_fs_make(request, now_ms(), &fs);
	if (rc < 0)
		return kefs_err_sys(err, rc, "drawing an id");
	rc = kefs_st_fs_insert(volumes->parts.db, &fs, request, volumes->parts.limit ? volumes->parts.limit : KEFS_FS_MAX,
			       ret_taken_id, err);
	if (rc < 0)
		return rc;
	rc = build(volumes, &fs, err);
	if (rc == 0)
		rc = refresh(volumes, fs.id, err);
	if (rc < 0) {
		unbuild(volumes, &fs);
	} else {
		*ret_fs = kefs_fs_find(&volumes->list, fs.id);
		log_info("file system %s is created", fs.id);
	}
	explicit_bzero(fs.key, sizeof(fs.key));
	return rc;
}

static int check_unused(struct kefs_volumes *volumes, const struct kefs_fs *fs, struct kefs_err *err)
{
	CLEANUP_FREE struct kefs_kvolume *list = NULL;
	int64_t targets = 0;
	size_t count = 0;
	int rc = kefs_st_mount_target_count(volumes->parts.db, fs->id, &targets, err);

	if (rc == 0 && targets)
		return kefs_err_set(err, -EBUSY, "File system '%s' has %d mount target%s: delete %s first", fs->id, (int)targets,
				    targets == 1 ? "" : "s", targets == 1 ? "it" : "them");
	if (rc < 0 || !volumes->kernel_up)
		return rc;
	rc = volumes->parts.kernel.ops->volume_list(volumes->parts.kernel.ctx, fs->volume_id, &list, &count, err);
	if (rc < 0)
		return rc;
	if (count && list[0].conns)
		return kefs_err_set(err, -EBUSY,
				    "File system '%s' has %u connection%s: unmount it on the clients, or delete it with force",
				    fs->id, list[0].conns, list[0].conns == 1 ? "" : "s");
	return 0;
}

int kefs_volumes_delete(struct kefs_volumes *volumes, const char *id, bool force, struct kefs_err *err)
{
	const struct kefs_fs *fs = kefs_fs_find(&volumes->list, id);
	char own_id[KEFS_ID_SIZE];
	int rc;

	if (!fs)
		return kefs_err_set(err, -ENOENT, "File system '%s' does not exist.", id);
	/* The caller's may lie in the list, which is about to be read anew. */
	(void)kefs_str_copy(own_id, sizeof(own_id), fs->id);
	if (fs->state == KEFS_FS_DELETING)
		return kefs_err_set(err, -EALREADY, "File system '%s' is being deleted already", id);
	/* Connections come in by this same thread: none can slip in between the check and the end. */
	rc = force ? 0 : check_unused(volumes, fs, err);
	if (rc == 0)
		rc = kefs_st_fs_begin_delete(volumes->parts.db, own_id, err);
	step(volumes, "deleting");
	if (rc == 0)
		rc = refresh(volumes, own_id, err);
	if (rc < 0)
		return rc;
	fs = kefs_fs_find(&volumes->list, own_id);
	rc = fs ? carry_on_deleting(volumes, fs, err) : 0;
	if (rc < 0)
		log_err("deleting file system %s: %s; will be tried again", own_id, err ? err->text : kefs_err_name(rc));
	/* The row says so: it will be deleted, whatever stood in the way just now. */
	return 0;
}

int kefs_volumes_refresh(struct kefs_volumes *volumes, const char *id, struct kefs_err *err)
{
	char own_id[KEFS_ID_SIZE];

	(void)kefs_str_copy(own_id, sizeof(own_id), id);
	return refresh(volumes, own_id, err);
}

const struct kefs_fs_list *kefs_volumes_list(const struct kefs_volumes *volumes)
{
	return &volumes->list;
}

int kefs_volumes_open_root(const struct kefs_volumes *volumes, uint64_t volume_id, struct kefs_err *err)
{
	const struct kefs_fs *fs = kefs_fs_find_volume(&volumes->list, volume_id);

	return fs ? kefs_fsdir_open(volumes->parts.backing, fs->directory, err) :
		    kefs_err_set(err, -ENOENT, "its file system is gone");
}

int kefs_volumes_making_fd(const struct kefs_volumes *volumes)
{
	return kefs_backing_making_fd(volumes->parts.backing);
}

const char *kefs_volumes_name(const struct kefs_volumes *volumes, uint64_t volume_id)
{
	const struct kefs_fs *fs = kefs_fs_find_volume(&volumes->list, volume_id);

	return fs ? fs->id : NULL;
}

int kefs_volumes_default(const struct kefs_volumes *volumes, uint64_t *ret_volume, struct kefs_err *err)
{
	const struct kefs_fs *fs = kefs_fs_default(&volumes->list, volumes->parts.default_id);
	bool chosen = *volumes->parts.default_id;
	int64_t targets = 0;
	int rc = fs && !chosen ? kefs_st_mount_target_count(volumes->parts.db, fs->id, &targets, err) : 0;

	if (rc < 0)
		return rc;
	/* Security groups guard the addresses of its mount targets; this one they do not. */
	if (targets)
		return kefs_err_set(err, -ENOENT,
				    "%s has mount targets: mount the address of one, or set default_file_system in kefsd.conf", fs->id);
	if (fs) {
		*ret_volume = fs->volume_id;
		return 0;
	}
	if (chosen)
		return kefs_err_set(err, -ENOENT, "default_file_system %s does not exist or is not available",
				    volumes->parts.default_id);
	if (!volumes->list.count)
		return kefs_err_set(err, -ENOENT, "there is no file system yet (kefsctl fs create)");
	return kefs_err_set(err, -ENOENT, "there is not exactly one available file system: set default_file_system in kefsd.conf");
}

int kefs_volumes_usage(const struct kefs_volumes *volumes, const struct kefs_fs *fs, uint64_t *ret_bytes)
{
	if (!kefs_backing_has_quota(volumes->parts.backing))
		return -EOPNOTSUPP;
	return kefs_quota_usage(kefs_backing_fd(volumes->parts.backing), fs->project_id, ret_bytes);
}
