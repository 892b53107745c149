// SPDX-License-Identifier: GPL-2.0
#include "nfsmount.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "common/err.h"
#include "common/id.h"
#include "common/str.h"
#include "proc.h"

#define MOUNT_NFS4	"/sbin/mount.nfs4"
#define SAID_MAX	((size_t)16 * 1024)
#define CANNOT_RUN	127
#define EXIT_FAILED	32

bool nfsmount_transient(const char *said, bool retry_denied)
{
	return strstr(said, "reset by peer") || (retry_denied && strstr(said, "access denied by server"));
}

/* One and a half seconds, two and a quarter, …, and up to one more, so that many hosts do not come together. */
static void pause_before(unsigned int attempt)
{
	struct timespec pause = { 1, 0 };
	int64_t ms = 1000;
	uint32_t random = 0;

	for (unsigned int i = 0; i < attempt && ms < 60000; i++)
		ms = ms * 3 / 2;
	(void)kefs_id_random(&random, sizeof(random));
	ms += random % 1000;
	pause.tv_sec = ms / 1000;
	pause.tv_nsec = ms % 1000 * 1000000;
	(void)nanosleep(&pause, NULL);
}

/* One run. 0, or its exit status; -ETIMEDOUT; another -errno with the failure. */
static int attempt(const struct nfsmount *mount, unsigned int limit_ms, struct kefs_buf *said,
		   struct failure *failure)
{
	const char *const argv[] = { MOUNT_NFS4, mount->source, mount->mount_point, "-o", mount->options,
				     mount->verbose ? "-v" : NULL, NULL };
	const struct proc_start start = { argv, mount->netns, -1, -1, false };
	int status, rc;

	kefs_buf_free(said);
	rc = proc_run(&start, limit_ms, said, &status);
	if (rc == -ETIMEDOUT)
		return rc;
	if (rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) != CANNOT_RUN)
		return WEXITSTATUS(status);
	(void)refuse(failure, MSG_NO_MOUNT_NFS, rc < 0 ? kefs_err_name(rc) : "it did not start, or was killed");
	return -EIO;
}

/* May another try help? rc: of the last one. */
static bool is_worth_it(const struct nfsmount *mount, int rc, const struct kefs_buf *said)
{
	return rc == -ETIMEDOUT || (rc > 0 && nfsmount_transient(said->data ? said->data : "", mount->retry_denied));
}

/* As often as it may be. 0, the exit status, or -errno. */
static int try_all(const struct nfsmount *mount, struct kefs_buf *said, struct failure *failure)
{
	unsigned int count = mount->retry ? mount->count : 1;

	for (unsigned int i = 1;; i++) {
		int rc = attempt(mount, (i == count ? mount->limit_seconds : mount->seconds) * 1000, said, failure);

		if (i == count || !is_worth_it(mount, rc, said))
			return rc;
		(void)fprintf(stderr, "mount.efs: attempt %u of %u: %s\n", i, count,
			      rc < 0 ? "mount.nfs4 took too long" : said->data);
		if (rc > 0)
			pause_before(i);
	}
}

int nfsmount_run(const struct nfsmount *mount, struct failure *failure)
{
	struct kefs_buf said = { .cap = SAID_MAX };
	int rc;

	failure->text[0] = '\0';
	rc = try_all(mount, &said, failure);
	if (rc > 0 && said.len && strstr(said.data, "access denied by server"))
		(void)refuse(failure, MSG_DENIED, mount->iam ? "these credentials" : "anonymous clients (no option iam)",
			     mount->access_point ? "; or the access point or its directory is not there" : "");
	if (said.len && !mount->quiet)
		(void)fprintf(stderr, "%s%s", said.data, said.data[said.len - 1] == '\n' ? "" : "\n");
	kefs_buf_free(&said);
	return rc < 0 ? EXIT_FAILED : rc;
}
