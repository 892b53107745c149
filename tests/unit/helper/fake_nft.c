// SPDX-License-Identifier: GPL-2.0
#include "fake_nft.h"

#include <errno.h>

#include "net/nft.h"

int fake_nft_result;
uint64_t fake_nft_handle;

int kefs_nft_load(const char *path, const char *commands, size_t len, struct kefs_err *err)
{
	(void)path;
	(void)commands;
	(void)len;
	(void)err;
	return fake_nft_result < 0 ? fake_nft_result : (fake_nft_handle++, 0);
}

int kefs_nft_table(const char *name, uint64_t *ret_handle)
{
	(void)name;
	*ret_handle = fake_nft_handle;
	return fake_nft_handle ? 0 : -ENOENT;
}

int kefs_nft_watch(void)
{
	return -EPERM;
}

bool kefs_nft_drain(int fd, const char *name)
{
	(void)fd;
	(void)name;
	return false;
}
