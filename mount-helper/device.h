/* SPDX-License-Identifier: GPL-2.0 */
/* What stands first on the command line: REMOTE[:PATH]. And the DNS names of mount targets. Pure. */
#ifndef KEFS_MOUNT_DEVICE_H
#define KEFS_MOUNT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/id.h"
#include "messages.h"

#define NAME_SIZE	256	/* a DNS name and a NUL */
#define ZONE_SIZE	64
#define REGION_SIZE	33
#define DEVICE_PATH_MAX	4096

enum device_kind {
	DEVICE_ID,		/* fs-0123456789abcdef0 */
	DEVICE_NAME,		/* its DNS name, or an alias of it */
	DEVICE_ADDRESS,		/* 192.0.2.1, [2001:db8::1]: a plain mount only, for it names no file system */
};

struct device {
	enum device_kind kind;
	char remote[NAME_SIZE];		/* without brackets */
	char path[DEVICE_PATH_MAX];	/* "/" if none was given */
	char fs_id[KEFS_ID_SIZE];	/* DEVICE_ID; of a DEVICE_NAME once it is matched */
	char az[ZONE_SIZE];		/* in front of the DNS name; "" = none */
};

/* Takes @text apart. 0 or negative with @failure. */
int device_parse(const char *text, struct device *ret_device, struct failure *failure);

/* What the DNS names of a configuration are made of. */
struct name_rule {
	const char *format;		/* "{az}.{fs_id}.efs.{region}.{dns_name_suffix}" */
	const char *region, *suffix;	/* NULL or "": not known */
};

/*
 * The DNS name of a file system's mount target (@az: "" = none, and then "{az}." stands for nothing). 0 or negative
 * with @failure; MSG_NO_REGION, which says @config, when the format needs a region that is not known.
 */
int device_name(const struct name_rule *rule, const char *fs_id, const char *az, const char *config,
		char ret_name[NAME_SIZE], struct failure *failure);

/*
 * Takes file system and zone of a DEVICE_NAME from its canonical name, which must be the one that @rule makes. 0 or
 * negative with @failure.
 */
int device_match(struct device *device, const char *canonical, const struct name_rule *rule, const char *config,
		 struct failure *failure);

/* 1..32 of a-z, 0-9, '-', the last not at an end. */
bool device_region_valid(const char *text);
/* The same for a zone's name or id, to 63. */
bool device_zone_valid(const char *text);

#endif
