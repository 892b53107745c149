// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for net/ifaddr.c: this host's interfaces are left alone. With KEFS_FAKE_DIR the addresses are in the file
 * addresses there, a number each, and outlive kefsd.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "common/fail.h"
#include "common/str.h"
#include "net/ifaddr.h"

#define MAX 64

static uint32_t own[MAX];

/* Those that are there; 0: none. */
static uint32_t *all(void)
{
	static uint32_t *shared;
	const char *dir = getenv("KEFS_FAKE_DIR");
	CLEANUP_CLOSE int fd = -1;
	char path[256];
	void *map;

	if (!dir || shared)
		return dir ? shared : own;
	(void)kefs_str_format(path, sizeof(path), "%s/addresses", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(own)) < 0)
		abort();
	map = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	shared = map;
	return shared;
}

static uint32_t *find(uint32_t address)
{
	for (size_t i = 0; i < MAX; i++) {
		if (all()[i] == address)
			return &all()[i];
	}
	return NULL;
}

int kefs_ifaddr_add(const char *interface, uint32_t address, struct kefs_err *err)
{
	uint32_t *place;

	if (!strcmp(interface, "missing0"))
		return kefs_err_set(err, -ENODEV, "there is no interface %s (subnets in kefsd.conf)", interface);
	kefs_fail_point("address-change");
	place = find(address) ? NULL : find(0);
	if (place)
		*place = address;
	kefs_fail_point("address-changed");
	return 0;
}

int kefs_ifaddr_del(uint32_t address, struct kefs_err *err)
{
	uint32_t *place = find(address);

	(void)err;
	kefs_fail_point("address-change");
	if (place)
		*place = 0;
	kefs_fail_point("address-changed");
	return 0;
}

int kefs_ifaddr_list(struct kefs_ifaddr **ret_list, size_t *ret_count, struct kefs_err *err)
{
	struct kefs_ifaddr *list = calloc(MAX, sizeof(*list));

	*ret_count = 0;
	if (!list)
		return kefs_err_sys(err, -ENOMEM, "fake");
	for (size_t i = 0; i < MAX; i++) {
		if (all()[i])
			list[(*ret_count)++] = (struct kefs_ifaddr) { .address = all()[i], .ifindex = 1, .ours = true };
	}
	*ret_list = list;
	return 0;
}

int kefs_ifaddr_drop(const struct kefs_ifaddr *ifaddr, struct kefs_err *err)
{
	return kefs_ifaddr_del(ifaddr->address, err);
}
