/* SPDX-License-Identifier: GPL-2.0 */
/* Runs mount.nfs4, and again where another try may help. */
#ifndef KEFS_MOUNT_NFSMOUNT_H
#define KEFS_MOUNT_NFSMOUNT_H

#include <stdbool.h>

#include "common/buf.h"
#include "messages.h"

struct nfsmount {
	const char *source, *mount_point, *options;
	const char *netns;
	bool retry;			/* else once */
	unsigned int limit_seconds;	/* of the last or only attempt; 0: none */
	unsigned int count, seconds;	/* attempts, and the limit of all but the last */
	bool retry_denied;		/* an access point may still be in the making */
	bool iam, access_point;		/* how it says who it is, for what is said when it is denied */
	bool verbose;
	bool quiet;			/* what mount.nfs4 says is not passed on */
};

/*
 * 0 or the exit status. What mount.nfs4 said goes to stderr, unless quiet; @failure's text is what may be behind it, or
 * empty.
 */
int nfsmount_run(const struct nfsmount *mount, struct failure *failure);

/* Is what it said of the kind that passes? Pure. */
bool nfsmount_transient(const char *said, bool retry_denied);

#endif
