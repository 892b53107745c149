// SPDX-License-Identifier: GPL-2.0
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fail.h"
#include "common/str.h"

#define TEXT_SIZE 2048

static bool same_view(const struct kefs_subnet *a, const struct kefs_subnet *b)
{
	return a->vpc == b->vpc && !strcmp(a->zone, b->zone);
}

bool kefs_names_view(const struct kefs_topology *topology, size_t n, struct kefs_names_view *ret_view)
{
	for (size_t i = 0; i < topology->subnet_count; i++) {
		const struct kefs_subnet *subnet = &topology->subnets[i];
		size_t first = 0;

		while (!same_view(&topology->subnets[first], subnet))
			first++;
		if (first < i || n--)
			continue;
		*ret_view = (struct kefs_names_view) { .vpc = subnet->vpc, .zone = subnet->zone };
		return true;
	}
	return false;
}

int kefs_names_path(const struct kefs_names *names, const struct kefs_names_view *view, const char *file,
		    char *ret_path, struct kefs_err *err)
{
	int rc = kefs_str_format(ret_path, KEFS_NAMES_PATH, "%s/%s.%s%s%s", names->dir, view->zone, view->vpc->id,
				 *file ? "/" : "", file);

	return rc < 0 ? kefs_err_set(err, rc, "%s/%s…: too long a path", names->dir, view->zone) : 0;
}

static int make_dir(const char *path, struct kefs_err *err)
{
	/* dnsmasq runs as a user of its own and reads them */
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return kefs_err_sys(err, -errno, "making %s", path);
	return 0;
}

/* In one step: dnsmasq passes over names that begin with a dot, and sees the file when it is whole. */
static int write_file(const char *dir, const char *name, const char *text, struct kefs_err *err)
{
	CLEANUP_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int fd = -1;
	char tmp[64];

	(void)kefs_str_format(tmp, sizeof(tmp), ".%s", name);
	if (dir_fd >= 0)
		fd = openat(dir_fd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	kefs_fail_point("name-write");
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || renameat(dir_fd, tmp, dir_fd, name) < 0)
		return kefs_err_sys(err, errno ? -errno : -EIO, "writing %s/%s", dir, name);
	return 0;
}

static int open_view(const struct kefs_names *names, const struct kefs_names_view *view, struct kefs_err *err)
{
	char path[KEFS_NAMES_PATH], hosts[KEFS_NAMES_PATH], text[TEXT_SIZE];
	int rc = kefs_names_path(names, view, "", path, err);

	if (rc == 0)
		rc = make_dir(path, err);
	if (rc == 0)
		rc = kefs_names_path(names, view, "hosts", hosts, err);
	if (rc == 0)
		rc = make_dir(hosts, err);
	if (rc < 0)
		return rc;
	(void)kefs_str_format(text, sizeof(text),
			      "# Made by kefsd: the names of mount targets as zone %s of %s (%s) sees them.\n"
			      "# For a dnsmasq of the system's own: conf-file=%s/names.conf\n"
			      "local=/efs.%s.%s/\nhostsdir=%s\nlocal-ttl=60\n",
			      view->zone, view->vpc->name, view->vpc->id, path, names->topology->region, names->suffix,
			      hosts);
	return write_file(path, "names.conf", text, err);
}

int kefs_names_open(const struct kefs_topology *topology, const char *suffix, const char *run_dir,
		    struct kefs_names *ret_names, struct kefs_err *err)
{
	struct kefs_names_view view;
	int rc;

	*ret_names = (struct kefs_names) { .topology = topology, .suffix = suffix };
	rc = kefs_str_format(ret_names->dir, sizeof(ret_names->dir), "%s/dns", run_dir);
	if (rc < 0)
		return kefs_err_set(err, rc, "%s/dns: too long a path", run_dir);
	rc = make_dir(ret_names->dir, err);
	for (size_t n = 0; rc == 0 && kefs_names_view(topology, n, &view); n++)
		rc = open_view(ret_names, &view, err);
	return rc;
}

static void describe(const struct kefs_names *names, const struct kefs_mount_target *target, bool own_zone, char *text)
{
	const char *region = names->topology->region, *fs = target->fs_id;
	char ip[KEFS_IP_TEXT], tail[KEFS_ID_SIZE + KEFS_REGION_SIZE + KEFS_NAMES_SUFFIX_MAX + 8];

	kefs_ip_format(target->address, ip);
	(void)kefs_str_format(tail, sizeof(tail), "%s.efs.%s.%s", fs, region, names->suffix);
	/* The first name of a line is the one that addresses are resolved back to. */
	(void)kefs_str_format(text, TEXT_SIZE, "%s %s%s%s.%s %s.%s\n", ip, own_zone ? tail : "", own_zone ? " " : "",
			      target->zone, tail, target->zone_id, tail);
}

int kefs_names_add(const struct kefs_names *names, const struct kefs_mount_target *target, struct kefs_err *err)
{
	char dir[KEFS_NAMES_PATH], text[TEXT_SIZE];
	struct kefs_names_view view;
	int rc = 0;

	for (size_t n = 0; rc == 0 && kefs_names_view(names->topology, n, &view); n++) {
		if (strcmp(view.vpc->id, target->vpc_id))
			continue;
		describe(names, target, !strcmp(view.zone, target->zone), text);
		rc = kefs_names_path(names, &view, "hosts", dir, err);
		if (rc == 0)
			rc = write_file(dir, target->id, text, err);
	}
	return rc;
}

void kefs_names_remove(const struct kefs_names *names, const struct kefs_mount_target *target)
{
	char dir[KEFS_NAMES_PATH], path[KEFS_NAMES_PATH + KEFS_ID_SIZE + 1];
	struct kefs_names_view view;
	struct kefs_err err;

	for (size_t n = 0; kefs_names_view(names->topology, n, &view); n++) {
		if (kefs_names_path(names, &view, "hosts", dir, &err) < 0)
			continue;
		(void)kefs_str_format(path, sizeof(path), "%s/%s", dir, target->id);
		kefs_fail_point("name-remove");
		(void)unlink(path);
	}
}

int kefs_names_prune(const struct kefs_names *names, bool (*is_known)(const void *ctx, const char *target_id),
		     const void *ctx, struct kefs_err *err)
{
	struct kefs_names_view view;
	char path[KEFS_NAMES_PATH];
	int rc = 0;

	for (size_t n = 0; rc == 0 && kefs_names_view(names->topology, n, &view); n++) {
		CLEANUP_DIR DIR *dir = NULL;
		struct dirent *entry;

		rc = kefs_names_path(names, &view, "hosts", path, err);
		if (rc == 0)
			dir = opendir(path);
		if (rc == 0 && !dir)
			return kefs_err_sys(err, -errno, "reading %s", path);
		while (dir && (entry = readdir(dir))) {
			if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && !is_known(ctx, entry->d_name))
				(void)unlinkat(dirfd(dir), entry->d_name, 0);
		}
	}
	return rc;
}
