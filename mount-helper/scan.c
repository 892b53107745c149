// SPDX-License-Identifier: GPL-2.0
#include "scan.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "mountinfo.h"

static struct watch *find(const struct watches *watches, const char *name)
{
	for (size_t i = 0; i < watches->count; i++)
		if (!strcmp(watches->all[i]->state.name, name))
			return watches->all[i];
	return NULL;
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
		if (!state_name_port(entry->d_name) || strlen(entry->d_name) >= STATE_NAME_SIZE)
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

/* A row of one namespace; 0 stands for ours, whose number need not be known. */
struct marking {
	const struct watches *watches;
	uint64_t mount_ns;
};

/* The port alone says whose mount it is: no two tunnels have the same, and a mount point may be moved or bound. */
static void mark(void *arg, const struct mount_row *row)
{
	const struct marking *marking = arg;

	if (!row->nfs || !row->loopback || !row->port)
		return;
	for (size_t i = 0; i < marking->watches->count; i++) {
		struct watch *watch = marking->watches->all[i];

		if (watch->state.port == row->port &&
		    (!marking->mount_ns || marking->mount_ns == watch->state.mount_ns))
			watch->mounted = true;
	}
}

/* Is one missing here that was mounted in that other namespace? */
static bool is_wanted(const struct watches *watches, uint64_t mount_ns)
{
	for (size_t i = 0; i < watches->count; i++)
		if (!watches->all[i]->mounted && watches->all[i]->loaded && watches->all[i]->state.mount_ns == mount_ns)
			return true;
	return false;
}

/* Mounts of other mount namespaces (containers, ip netns exec) are seen through any process that is in them. */
static void mark_elsewhere(const struct watches *watches, uint64_t own_ns)
{
	CLEANUP_DIR DIR *proc = opendir("/proc");
	const struct dirent *entry;
	char path[PATH_MAX];
	struct stat ns;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    kefs_str_format(path, sizeof(path), "/proc/%s/ns/mnt", entry->d_name) < 0 || stat(path, &ns) < 0 ||
		    ns.st_ino == own_ns || !is_wanted(watches, ns.st_ino))
			continue;
		if (kefs_str_format(path, sizeof(path), "/proc/%s/mountinfo", entry->d_name) == 0)
			(void)mountinfo_each(path, mark, &(struct marking){ watches, ns.st_ino });
	}
}

int scan(struct watches *watches, int64_t now_ms)
{
	bool elsewhere = false;
	struct stat ns;
	int rc;

	rc = scan_folders(watches, now_ms);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < watches->count; i++)
		watches->all[i]->mounted = false;
	rc = mountinfo_each("/proc/self/mountinfo", mark, &(struct marking){ watches, 0 });
	if (rc < 0)
		return rc;
	if (stat("/proc/self/ns/mnt", &ns) < 0)
		return -errno;
	for (size_t i = 0; i < watches->count; i++)
		elsewhere |= watches->all[i]->loaded && !watches->all[i]->mounted &&
			watches->all[i]->state.mount_ns != ns.st_ino;
	if (elsewhere)
		mark_elsewhere(watches, ns.st_ino);
	return 0;
}
