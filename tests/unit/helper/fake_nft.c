// SPDX-License-Identifier: GPL-2.0
/* A packet filter that takes everything; with KEFS_FAKE_DIR it is the file nft there. */
#include "net/nft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/fail.h"
#include "common/str.h"

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
	if (dir)
		rc = keep(dir, commands, len);
	kefs_fail_point("filter-loaded");
	return rc < 0 ? kefs_err_sys(err, rc, "fake: nft") : 0;
}
