// SPDX-License-Identifier: GPL-2.0
#include "scan.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "mountinfo.h"
#include "tlshd.h"

#define NAMESPACES_MAX 256

static struct watch *find(const struct watches *watches, const char *name)
{
	for (size_t i = 0; i < watches->count; i++)
		if (!strcmp(watches->all[i]->state.name, name))
			return watches->all[i];
	return NULL;
}

static bool is_folder(const char *name)
{
	return strlen(name) < STATE_NAME_SIZE && (state_name_port(name) || !strcmp(name, TLSHD_STATE));
}

static int scan_folders(struct watches *watches, int64_t now_ms)
{
	CLEANUP_DIR DIR *dir = opendir(RUN_DIR);
	const struct dirent *entry;
	struct watch *watch;

	if (!dir)
		return -errno;
	for (size_t i = 0; i < watches->count; i++)
		watches->all[i]->listed = false;
	while ((errno = 0, entry = readdir(dir))) {
		if (!is_folder(entry->d_name))
			continue;
		watch = find(watches, entry->d_name);
		if (!watch && watches->count == SCAN_WATCHES_MAX) {
			log_warn_limited("more than %d tunnels: %s is not looked after", SCAN_WATCHES_MAX, entry->d_name);
			continue;
		}
		if (!watch) {
			watch = watch_new(entry->d_name, now_ms);
			if (!watch)
				return -ENOMEM;
			watches->all[watches->count++] = watch;
		}
		watch->listed = true;
	}
	return -errno;
}

/* A look into a mount namespace. */
struct look {
	const struct watches *watches;
	uint64_t ns;	/* 0: ours */
};

/*
 * The port says whose mount it is: no two tunnels of RUN_DIR have the same, and a mount point may be moved or bound,
 * into other namespaces too. But who has a RUN_DIR of his own, in a container, may have a tunnel of the same number.
 * Of what tlshd presents are all mounts that present something.
 */
static bool is_of(const struct watch *watch, const struct mount_row *row)
{
	return watch->tlshd ? row->mtls : row->loopback && row->port && row->port == watch->state.port;
}

static void mark(void *arg, const struct mount_row *row)
{
	const struct look *look = arg;

	if (!row->nfs)
		return;
	for (size_t i = 0; i < look->watches->count; i++) {
		struct watch *watch = look->watches->all[i];

		if (!is_of(watch, row))
			continue;
		if (!look->ns || look->ns == watch->state.mount_ns)
			watch->mounted = true;
		else
			watch->elsewhere = true;
	}
}

static bool is_missing(const struct watches *watches)
{
	for (size_t i = 0; i < watches->count; i++)
		if (watches->all[i]->loaded && !watches->all[i]->mounted)
			return true;
	return false;
}

/* What has been looked into. What does not fit in is looked into again. */
struct known {
	uint64_t views[NAMESPACES_MAX];
	size_t count;
};

static bool is_known(const struct known *known, uint64_t view)
{
	for (size_t i = 0; i < known->count; i++)
		if (known->views[i] == view)
			return true;
	return false;
}

/*
 * What that process sees: its namespace, below its root; /proc/PID/mountinfo leaves out the rest. The root's name does:
 * to look at it could hang. 0 or -errno, also if it is gone.
 */
static int find_view(const char *pid, uint64_t *ret_ns, uint64_t *ret_view)
{
	char path[PATH_MAX], root[PATH_MAX];
	uint64_t hash = 0xcbf29ce484222325;	/* FNV-1a */
	struct stat ns;
	ssize_t len;

	if (kefs_str_format(path, sizeof(path), "/proc/%s/ns/mnt", pid) < 0 || stat(path, &ns) < 0 ||
	    kefs_str_format(path, sizeof(path), "/proc/%s/root", pid) < 0)
		return -ESRCH;
	len = readlink(path, root, sizeof(root));
	if (len < 0)
		return -errno;
	for (ssize_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)root[i]) * 0x100000001b3;
	*ret_ns = ns.st_ino;
	*ret_view = hash ^ ns.st_ino;
	return 0;
}

/* Mounts of other mount namespaces (containers, ip netns exec) are seen through the processes that are in them. */
static void mark_others(const struct watches *watches, uint64_t own_ns)
{
	CLEANUP_DIR DIR *proc = opendir("/proc");
	struct known known = { .count = 0 };
	const struct dirent *entry;
	char path[PATH_MAX];
	uint64_t ns = 0, view = 0;

	while (proc && is_missing(watches) && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || find_view(entry->d_name, &ns, &view) < 0 || ns == own_ns ||
		    is_known(&known, view))
			continue;
		/* One that ended meanwhile has shown nothing */
		if (kefs_str_format(path, sizeof(path), "/proc/%s/mountinfo", entry->d_name) == 0 &&
		    mountinfo_each(path, mark, &(struct look) { watches, ns }) == 0 && known.count < NAMESPACES_MAX)
			known.views[known.count++] = view;
	}
}

int scan(struct watches *watches, int64_t now_ms)
{
	struct stat ns;
	int rc;

	rc = scan_folders(watches, now_ms);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < watches->count; i++) {
		watch_load(watches->all[i], now_ms);
		watches->all[i]->mounted = watches->all[i]->elsewhere = false;
	}
	rc = mountinfo_each("/proc/self/mountinfo", mark, &(struct look) { watches, 0 });
	if (rc < 0)
		return rc;
	if (stat("/proc/self/ns/mnt", &ns) < 0)
		return -errno;
	if (is_missing(watches))
		mark_others(watches, ns.st_ino);
	return 0;
}
