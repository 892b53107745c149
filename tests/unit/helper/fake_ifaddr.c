// SPDX-License-Identifier: GPL-2.0
/* Stands in for net/ifaddr.c: this host's interfaces are left alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/ifaddr.h"

#define MAX 64

static struct kefs_ifaddr have[MAX];
static size_t count;

static size_t find(uint32_t address)
{
	size_t i;

	for (i = 0; i < count && have[i].address != address; i++)
		;
	return i;
}

int kefs_ifaddr_add(const char *interface, uint32_t address, struct kefs_err *err)
{
	if (!strcmp(interface, "missing0"))
		return kefs_err_set(err, -ENODEV, "there is no interface %s (subnets in kefsd.conf)", interface);
	if (find(address) == count && count < MAX)
		have[count++] = (struct kefs_ifaddr) { .address = address, .ifindex = 1, .ours = true };
	return 0;
}

int kefs_ifaddr_del(uint32_t address, struct kefs_err *err)
{
	size_t i = find(address);

	(void)err;
	if (i < count)
		have[i] = have[--count];
	return 0;
}

int kefs_ifaddr_list(struct kefs_ifaddr **ret_list, size_t *ret_count, struct kefs_err *err)
{
	*ret_list = calloc(count + 1, sizeof(**ret_list));
	if (!*ret_list)
		return kefs_err_sys(err, -ENOMEM, "fake");
	memcpy(*ret_list, have, count * sizeof(*have));
	*ret_count = count;
	return 0;
}

int kefs_ifaddr_drop(const struct kefs_ifaddr *ifaddr, struct kefs_err *err)
{
	return kefs_ifaddr_del(ifaddr->address, err);
}
