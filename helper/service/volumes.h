/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file systems' life: store, pool and kernel brought together, in an order in which a crash at any instant can
 * be made good on the next start.
 *
 *   create   row "creating" → directory with its quota project → kernel → row "available"
 *   delete   row "deleting" → kernel, connections closed → directory into the trash → worker removes it → row gone
 *
 * A "creating" row found at start was never answered for: it is deleted. A "deleting" one is carried on with. Loop
 * thread only; the removal worker gets a descriptor of the trash and an id, nothing else.
 */
#ifndef KEFS_SERVICE_VOLUMES_H
#define KEFS_SERVICE_VOLUMES_H

#include <stdbool.h>
#include <stdint.h>

#include "backing/backing.h"
#include "base/pool.h"
#include "common/err.h"
#include "kernel/kernel.h"
#include "kernel/reconcile.h"
#include "model/fs.h"
#include "store/db.h"

struct kefs_volumes;

/* What it works with; all stays the caller's and outlives it. */
struct kefs_volumes_parts {
	struct kefs_db *db;
	struct kefs_backing *backing;
	struct kefs_kernel kernel;
	struct kefs_pool *pool;
	const char *default_id;		/* the settings' default_file_system */
	uint32_t limit;			/* file systems at most; 0: KEFS_FS_MAX */
	/* For tests: called between the steps with the name of what was just done. May be NULL. */
	void (*step)(const char *name);
};

/*
 * Checks that pool and store belong together (and makes them so when both are new), then settles what an earlier
 * run left half done; the kernel is not asked. 0 or -errno with err.
 */
int kefs_volumes_open(const struct kefs_volumes_parts *parts, struct kefs_volumes **ret_volumes,
		      struct kefs_err *err);

/* Frees it; the pool's jobs must be done. NULL is fine. */
void kefs_volumes_free(struct kefs_volumes *volumes);

/*
 * Makes the kernel serve what the store says, and from then on believes that the kernel is there. 0, or -errno if
 * it could not be asked. A file system that cannot be served (its directory is gone) gets state error and a log
 * line, and does not stop the others.
 */
int kefs_volumes_reconcile(struct kefs_volumes *volumes, struct kefs_reconcile_result *ret_result,
			   struct kefs_err *err);

/* The module has gone. */
void kefs_volumes_kernel_gone(struct kefs_volumes *volumes);

/* Now and then: tries again what failed. */
void kefs_volumes_tick(struct kefs_volumes *volumes);

/*
 * Makes a file system; it is served when this returns. 0 and a pointer good until the next change, or -EINVAL,
 * -EEXIST (token taken; ret_taken_id, of KEFS_ID_SIZE, says by which), -EDQUOT, -ENODEV (no kernel module), -EIO….
 */
int kefs_volumes_create(struct kefs_volumes *volumes, const struct kefs_fs_request *request,
			const struct kefs_fs **ret_fs, char *ret_taken_id, struct kefs_err *err);

/*
 * Deletes one; its data goes in the background. 0, -ENOENT, -EALREADY (being deleted), -EBUSY (it has mount targets
 * or clients are connected, and force is not set).
 */
int kefs_volumes_delete(struct kefs_volumes *volumes, const char *id, bool force, struct kefs_err *err);

/* One of them was changed in the store: reads it again. Pointers into the list stay good. */
int kefs_volumes_refresh(struct kefs_volumes *volumes, const char *id, struct kefs_err *err);

/* All of them, as they are now; good until the next change. */
const struct kefs_fs_list *kefs_volumes_list(const struct kefs_volumes *volumes);

/* Opens (O_PATH) the directory of a file system: the descriptor, -ENOENT or another -errno, with err. */
int kefs_volumes_open_root(const struct kefs_volumes *volumes, uint64_t volume_id, struct kefs_err *err);

/* The pool's folder for what is being made; stays the volumes'. */
int kefs_volumes_making_fd(const struct kefs_volumes *volumes);

/* Whose volume this is: an id, or NULL. */
const char *kefs_volumes_name(const struct kefs_volumes *volumes, uint64_t volume_id);

/*
 * The file system that a connection to no mount target gets: the one that the configuration names, else the only one,
 * if it has no mount targets. 0 and its volume; -ENOENT with err saying why none; another -errno.
 */
int kefs_volumes_default(const struct kefs_volumes *volumes, uint64_t *ret_volume, struct kefs_err *err);

/* Bytes that it holds, or -EOPNOTSUPP if the pool has no project quota. */
int kefs_volumes_usage(const struct kefs_volumes *volumes, const struct kefs_fs *fs, uint64_t *ret_bytes);

#endif
