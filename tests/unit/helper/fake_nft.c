// SPDX-License-Identifier: GPL-2.0
/* A packet filter that takes everything. */
#include "net/nft.h"

int kefs_nft_load(const char *path, const char *commands, size_t len, struct kefs_err *err)
{
	(void)path;
	(void)commands;
	(void)len;
	(void)err;
	return 0;
}
