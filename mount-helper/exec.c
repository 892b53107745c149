// SPDX-License-Identifier: GPL-2.0
#include "exec.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "common/str.h"
#include "file.h"
#include "making.h"
#include "mountinfo.h"
#include "nfsmount.h"
#include "ways.h"

#define READAHEAD_RSIZE	15		/* efs-utils: so many rsize */
#define KERNEL_SECONDS	20		/* tlshd has ten for a handshake: net/sunrpc/xprtsock.c */

static int status_of(int rc, const struct failure *failure)
{
	return rc < 0 ? failure->status : rc;
}

int ways_mount(const struct exec_request *r, const char *source, const char *options, struct failure *failure)
{
	struct nfsmount mount = {
		.source = source, .mount_point = r->plan->mount_point, .options = options, .netns = r->plan->netns,
		.retry = r->conf->retry, .count = r->conf->retry_count, .seconds = r->conf->retry_seconds,
		.retry_denied = *r->plan->access_point,
		.iam = r->plan->iam, .access_point = *r->plan->access_point, .verbose = r->verbose,
	};

	/* There is another way: what this one says is of no use to anybody, and nobody waits for it long */
	if (r->attempt) {
		mount.retry = false;
		mount.limit_seconds = KERNEL_SECONDS;
		mount.quiet = !r->verbose;
	}
	if (r->verbose)
		(void)printf("mount.efs: mount.nfs4 %s %s -o %s\n", source, mount.mount_point, options);
	(void)fflush(stdout);
	return nfsmount_run(&mount, failure);
}

char *ways_source(const struct exec_request *r)
{
	bool v6 = strchr(r->target, ':');
	char *source;

	return asprintf(&source, "%s%s%s:%s", v6 ? "[" : "", r->target, v6 ? "]" : "", r->plan->device.path) < 0 ?
		NULL : source;
}

/* The pages that the kernel reads ahead: for a file service of high latency the default of 128 KiB is little. */
static void set_readahead(const struct exec_request *r)
{
	const char *option = strstr(r->plan->options, "rsize=");
	unsigned long rsize = option ? strtoul(option + strlen("rsize="), NULL, 10) : 0;
	CLEANUP_FREE struct mount_row *row = malloc(sizeof(*row));
	CLEANUP_CLOSE int fd = -1;
	char path[128];

	if (!r->conf->readahead || !rsize || !row || mountinfo_find(r->plan->mount_point, row) < 0)
		return;
	(void)kefs_str_format(path, sizeof(path), "/sys/class/bdi/%s/read_ahead_kb", row->device);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* As in efs-utils, a host that does not let us is no reason to fail */
	if (fd >= 0 && dprintf(fd, "%lu\n", READAHEAD_RSIZE * rsize / 1024) < 0 && r->verbose)
		(void)fprintf(stderr, "mount.efs: cannot set %s\n", path);
}

static int way_direct(const struct exec_request *r, struct failure *failure)
{
	CLEANUP_FREE char *source = ways_source(r);

	return source ? ways_mount(r, source, r->plan->options, failure) : refuse(failure, MSG_NO_MEMORY);
}

/* The kernel's TLS where it can be had. What is wrong there is not told: stunnel's attempt tells what is with both. */
static int way_best(const struct exec_request *request, const struct creds *creds, struct failure *failure)
{
	struct exec_request attempt = *request;

	attempt.attempt = true;
	if (request->plan->kernel_first && way_kernel(&attempt, creds, failure) == 0)
		return 0;
	if (request->plan->kernel_first && request->verbose)
		(void)printf("mount.efs: not by the kernel's TLS%s%s; through stunnel\n", *failure->text ? ": " : "",
			     failure->text);
	failure->text[0] = '\0';
	return way_tunnel(request, creds, failure);
}

/* With a certificate of the mount's own, whose credentials are asked for once, whatever is tried with them. */
static int way_certified(const struct exec_request *request, struct failure *failure)
{
	struct creds creds = { 0 }, *given = request->plan->iam ? &creds : NULL;
	int rc = file_mkdirs(RUN_DIR, 0700);

	if (rc < 0)
		return refuse(failure, MSG_STATE, RUN_DIR, kefs_err_name(rc));
	if (given)
		rc = making_creds(request, given, failure);
	if (rc == 0)
		rc = request->plan->way == WAY_KERNEL ? way_kernel(request, given, failure) :
			way_best(request, given, failure);
	explicit_bzero(&creds, sizeof(creds));
	return rc;
}

int exec_plan(const struct exec_request *request, struct failure *failure)
{
	int rc;

	switch (request->plan->way) {
	case WAY_TUNNEL:
	case WAY_KERNEL:
		rc = way_certified(request, failure);
		break;
	case WAY_REMOUNT:
		return status_of(ways_mount(request, request->plan->source, request->plan->options, failure), failure);
	case WAY_DIRECT:
	default:
		rc = way_direct(request, failure);
	}
	if (rc == 0)
		set_readahead(request);
	return status_of(rc, failure);
}
