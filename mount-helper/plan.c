// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* asprintf() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plan.h"

/* Options that ask for an encrypted or authenticated mount, which this version cannot make: refused, never ignored. */
static const char *const secure[] = { "tls", "iam", "accesspoint", "awsprofile", "awscredsuri" };

/* What EFS recommends to mount with, unless the user says otherwise. */
static const struct {
	const char *option, *unless[2];
} defaults[] = {
	{ "nfsvers=4.1", { "nfsvers", "vers" } },
	{ "rsize=1048576", { "rsize", NULL } },
	{ "wsize=1048576", { "wsize", NULL } },
	{ "hard", { "hard", "soft" } },
	{ "timeo=600", { "timeo", NULL } },
	{ "retrans=2", { "retrans", NULL } },
	{ "noresvport", { "noresvport", "resvport" } },
};

static int refuse_secure(const struct option_list *list, char *error, unsigned long size)
{
	unsigned int i;

	for (i = 0; i < sizeof(secure) / sizeof(*secure); i++)
		if (options_get(list, secure[i])) {
			snprintf(error, size, "option '%s': this version makes plain mounts only; leave it out, "
				 "or use a client with TLS support", secure[i]);
			return -EINVAL;
		}
	return 0;
}

static int add_defaults(struct option_list *list)
{
	unsigned int i, j;
	int err = 0;

	for (i = 0; i < sizeof(defaults) / sizeof(*defaults) && !err; i++) {
		bool given = false;

		for (j = 0; j < 2; j++)
			given |= defaults[i].unless[j] && options_get(list, defaults[i].unless[j]);
		if (!given)
			err = options_add(list, defaults[i].option);
	}
	return err;
}

static bool is_fs_id(const char *s, size_t len)
{
	size_t i;

	if (len < 4 || strncmp(s, "fs-", 3) != 0)
		return false;
	for (i = 3; i < len; i++)
		if (!strchr("0123456789abcdef", s[i]))
			return false;
	return true;
}

/* "[2001:db8::1]:/x": the colon that ends the host is behind the bracket. */
static size_t remote_len(const char *device)
{
	const char *end = *device == '[' ? strchr(device, ']') : NULL;

	return end ? (size_t)(end + 1 - device) : strcspn(device, ":");
}

static int make_source(const char *device, const char *target, char **source, char *error, unsigned long size)
{
	size_t len = remote_len(device);
	const char *path = device[len] == ':' ? device + len + 1 : "/";
	int n;

	if (!len || (device[len] && device[len] != ':')) {
		snprintf(error, size, "device '%s': want REMOTE[:PATH], with REMOTE a file system id or a host", device);
		return -EINVAL;
	}
	if (*path != '/') {
		snprintf(error, size, "device '%s': the path must begin with '/'", device);
		return -EINVAL;
	}
	if (!target && is_fs_id(device, len)) {
		snprintf(error, size, "device '%s': a file system id needs the option mounttargetip=ADDRESS", device);
		return -EINVAL;
	}
	if (target && strchr(target, ':'))
		n = asprintf(source, "[%s]:%s", target, path);
	else if (target)
		n = asprintf(source, "%s:%s", target, path);
	else
		n = asprintf(source, "%.*s:%s", (int)len, device, path);
	return n < 0 ? -ENOMEM : 0;
}

int plan_make(const char *device, struct option_list *list, struct plan *plan, char *error, unsigned long size)
{
	const char *target = options_get(list, "mounttargetip");
	int err;

	memset(plan, 0, sizeof(*plan));
	if (target && !*target) {
		snprintf(error, size, "option 'mounttargetip': want an address, as in mounttargetip=192.0.2.1");
		return -EINVAL;
	}
	err = refuse_secure(list, error, size);
	if (!err)
		err = make_source(device, target, &plan->source, error, size);
	options_remove(list, "mounttargetip");
	options_remove(list, "notls");
	if (!err)
		err = add_defaults(list);
	if (err)
		return err;
	plan->options = options_string(list);
	return plan->options ? 0 : -ENOMEM;
}

void plan_free(struct plan *plan)
{
	free(plan->source);
	free(plan->options);
	memset(plan, 0, sizeof(*plan));
}
