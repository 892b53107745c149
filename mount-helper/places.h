/* SPDX-License-Identifier: GPL-2.0 */
/* Where AWS's files and services are for this user, by environment and configuration. */
#ifndef KEFS_MOUNT_PLACES_H
#define KEFS_MOUNT_PLACES_H

#include <limits.h>

#include "conf.h"
#include "creds.h"

#define URL_SIZE 512

struct places {
	char credentials_file[PATH_MAX], config_file[PATH_MAX];	/* "" = no home directory */
	char region[REGION_SIZE];
	char sts_url[URL_SIZE], efs_url[URL_SIZE];	/* without a path; "" = no region to make it of */
};

/* The home directory is that of the passwd entry, as mounts at boot have no $HOME. */
void places_find(struct places *places, const struct conf *conf, const char *region);

/* As creds.h wants them; good as long as places. @env: getenv(), or NULL where the environment is not the user's. */
struct creds_places places_for_creds(const struct places *places, const char *(*env)(const char *name));

/* getenv() with that type. */
const char *places_env(const char *name);

#endif
