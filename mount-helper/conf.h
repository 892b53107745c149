/* SPDX-License-Identifier: GPL-2.0 */
/*
 * efs-utils.conf: the keys of amazon-efs-utils that mean something here, with the values that it ships as defaults, and
 * the endpoints of a service that is not Amazon's. Keys that are not known are left alone: the file may be
 * amazon-efs-utils' own. Pure but for conf_load().
 */
#ifndef KEFS_MOUNT_CONF_H
#define KEFS_MOUNT_CONF_H

#include <limits.h>
#include <stdbool.h>

#include "device.h"
#include "ini.h"

#define CONF_PATH	"/etc/amazon/efs/efs-utils.conf"
#define CONF_CAFILE	"/etc/amazon/efs/efs-utils.crt"
#define CONF_TEXT	256

struct conf {
	struct ini ini;
	char path[PATH_MAX];		/* for messages */
	/* [mount] */
	char dns_name_format[CONF_TEXT], dns_name_suffix[CONF_TEXT], region[CONF_TEXT], az_id[CONF_TEXT];
	char cafile[PATH_MAX], stunnel_log[PATH_MAX];
	char efs_endpoint[CONF_TEXT], sts_endpoint[CONF_TEXT];	/* ours: URLs; "" = made of region and suffix */
	bool debug, check_hostname, ocsp, fips, readahead, fallback, retry;
	unsigned int port_low, port_high;			/* the upper one excluded */
	unsigned int retry_count, retry_seconds;
	/* [client-info] */
	char source[101];
	/* [mount-watchdog] */
	bool watchdog, health_check;
	unsigned int poll_seconds, grace_seconds, gone_count, renewal_minutes, health_minutes, health_seconds;
	char log_level[16];
};

/* The defaults, then what @ini says; takes @ini over, which is empty then. 0 or negative with @failure. */
int conf_parse(struct conf *conf, struct ini *ini, const char *path, struct failure *failure);

/* conf_parse() of a file; a file that is not there is an empty one. */
int conf_load(struct conf *conf, const char *path, struct failure *failure);

/* Suffix of DNS names and CA file of a region: of [mount.REGION] where that says so, else of [mount]. */
const char *conf_suffix(const struct conf *conf, const char *region);
const char *conf_cafile(const struct conf *conf, const char *region);
void conf_free(struct conf *conf);

#endif
