/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mount.efs leaves for kefs-watchdog: a folder per tunnel, RUN_DIR/FS-ID.MOUNT-POINT.PORT, with state.json and
 * what stunnel reads. The name and most of the keys are those of efs-utils' state files; the folder is another one, for
 * two watchdogs would fight over theirs. mount.efs writes the state until it ends; while it lives (the key "helper"),
 * kefs-watchdog keeps its hands off. From then on kefs-watchdog alone writes
 * (but for the one of tlshd.h).
 */
#ifndef KEFS_MOUNT_STATE_H
#define KEFS_MOUNT_STATE_H

#include <limits.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"
#include "creds.h"
#include "places.h"
#include "plan.h"
#include "proc.h"

#define RUN_DIR		"/run/kefs/mounts"
#define STATE_NAME_SIZE	256

struct state {
	/* Not in the file: where it is */
	char name[STATE_NAME_SIZE];	/* of the folder */
	/* In the file */
	struct proc_id tunnel, helper;
	unsigned int port;		/* local */
	char mount_point[PATH_MAX], netns[PATH_MAX];
	uint64_t mount_ns, net_ns;	/* inodes of the namespaces: mount.efs's own, and the tunnel's */
	int64_t mount_time;		/* seconds since the epoch */
	char fs_id[KEFS_ID_SIZE], access_point[ACCESS_POINT_SIZE], region[REGION_SIZE];
	char common_name[256], client_source[101];
	int64_t cert_time, cert_end;	/* when the certificate was made, and ends: seconds since the epoch */
	char creds_method[CREDS_METHOD];	/* "" = an anonymous client */
	char identity[CREDS_METHOD + 2 * PATH_MAX + 80];	/* of tlshd's (tlshd.h): making_identity() */
	char credentials_file[PATH_MAX], config_file[PATH_MAX], sts_url[URL_SIZE];
	char ca_bundle[PATH_MAX];	/* of AWS's endpoints; "" = the system's */
	char boot[64];			/* the boot that the processes are of; "" = not known */
};

/* The folder's name: the mount point's slashes are dots, those in front left out. It is cut where it is too long. */
void state_name(const char *fs_id, const char *mount_point, unsigned int port, char ret_name[STATE_NAME_SIZE]);

/* The port that a folder's name ends with, or 0. */
unsigned int state_name_port(const char *name);

/* The path of a file of the folder. 0 or -ENAMETOOLONG. */
int state_path(const struct state *state, const char *file, char ret_path[PATH_MAX]);

/*
 * To text and back. Pure. 0 or negative with err. A key that is not there leaves the member as it is: another version
 * may have written it. Without a port it is no state.
 */
int state_format(const struct state *state, char **ret_text, struct kefs_err *err);
int state_parse(struct state *state, const char *text, size_t len, struct kefs_err *err);

/*
 * state.json of the folder: written in one step; read into a state whose name is set. 0 or negative with err; -ENOENT
 * only if there is no such file. Processes of an earlier boot are none: their numbers are others' now.
 */
int state_save(const struct state *state, struct kefs_err *err);
int state_load(struct state *state, struct kefs_err *err);

/* Folder and all. 0 or -errno. */
int state_remove(const struct state *state);

#endif
