// SPDX-License-Identifier: GPL-2.0
/* Stands in for net/nft.c; with KEFS_FAKE_DIR what is loaded is the file nft there. */
#include "fake_nft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/fail.h"
#include "common/str.h"
#include "net/nft.h"

int fake_nft_result;
uint64_t fake_nft_handle;
bool fake_nft_flushed;

static int keep(const char *dir, const char *commands, size_t len)
{
	CLEANUP_FILE FILE *f = NULL;
	char path[256], tmp[264];

	(void)kefs_str_format(path, sizeof(path), "%s/nft", dir);
	(void)kefs_str_format(tmp, sizeof(tmp), "%s.tmp", path);
	f = fopen(tmp, "we");
	if (!f || fwrite(commands, 1, len, f) != len || fflush(f) != 0 || rename(tmp, path) < 0)
		return -errno;
	return 0;
}

int kefs_nft_load(const char *path, const char *commands, size_t len, struct kefs_err *err)
{
	const char *dir = getenv("KEFS_FAKE_DIR");
	int rc = 0;

	(void)path;
	kefs_fail_point("filter-load");
	if (fake_nft_result < 0)
		rc = fake_nft_result;
	else if (dir)
		rc = keep(dir, commands, len);
	kefs_fail_point("filter-loaded");
	if (rc < 0)
		return kefs_err_sys(err, rc, "fake: nft");
	fake_nft_handle = fake_nft_flushed ? 0 : fake_nft_handle + 1;
	fake_nft_flushed = false;
	return 0;
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
