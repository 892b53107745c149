// SPDX-License-Identifier: GPL-2.0
/* mount.efs: what `mount -t efs` runs. Decides first (plan.c), then becomes mount.nfs4. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "plan.h"

#define MOUNT_NFS4	"/sbin/mount.nfs4"
#define EXIT_USAGE	1		/* mount(8): incorrect invocation or permissions */
#define EXIT_FAILED	32		/* mount(8): mount failure */

#ifndef KEFS_VERSION
#define KEFS_VERSION "unknown"
#endif

static const char help[] =
	"Usage: mount.efs DEVICE DIRECTORY [-fnsv] [-o OPTION,...]\n"
	"       mount -t efs DEVICE DIRECTORY [-o OPTION,...]\n"
	"\n"
	"Mounts a Kefs (or EFS) file system over NFSv4.1.\n"
	"\n"
	"DEVICE is REMOTE[:PATH]: REMOTE is a host name or address, or a file system id (fs-...)\n"
	"together with mounttargetip; PATH is a directory of the file system (default /).\n"
	"\n"
	"Options of its own (all others are mount.nfs4's, nfs(5)):\n"
	"  mounttargetip=ADDRESS  connect to this address\n"
	"Unless given otherwise: nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport.\n"
	"tls, iam and accesspoint are refused: this version makes plain mounts only.\n"
	"\n"
	"  -f          check everything, mount nothing\n"
	"  -v          print the command that is run\n"
	"  -n, -s      accepted for mount(8)\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 mounted; 1 wrong usage, options or rights; else that of mount.nfs4 (32: mount failed).\n";

struct request {
	const char *device, *dir;
	struct option_list options;
	bool fake, verbose;
};

static int usage(const char *what)
{
	fprintf(stderr, "mount.efs: %s\nTry 'mount.efs --help'.\n", what);
	return EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct request *req)
{
	static const struct option longs[] = { { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { "options", required_argument, NULL, 'o' }, { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "fno:svhVN:t:", longs, NULL)) != -1) {
		switch (c) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'V':
			puts("mount.efs (kefs) " KEFS_VERSION);
			return 0;
		case 'o':
			if (options_add(&req->options, optarg))
				return usage("too many options");
			break;
		case 'f':
			req->fake = true;
			break;
		case 'v':
			req->verbose = true;
			break;
		case 'n': case 's': case 'N': case 't':
			break;
		default:
			return usage("unknown option");
		}
	}
	if (argc - optind != 2)
		return usage("want a device and a directory");
	req->device = argv[optind];
	req->dir = argv[optind + 1];
	return -1;
}

static int run(const struct request *req, const struct plan *plan)
{
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	char *const args[] = { (char *)"mount.nfs4", plan->source, (char *)req->dir, (char *)"-o", plan->options, NULL };

	if (req->verbose)
		printf("mount.efs: %s %s %s -o %s\n", MOUNT_NFS4, plan->source, req->dir, plan->options);
	if (req->fake)
		return 0;
	if (geteuid() != 0) {
		fprintf(stderr, "mount.efs: only root can mount\n");
		return EXIT_USAGE;
	}
	if (fflush(stdout))
		return EXIT_FAILED;
	execve(MOUNT_NFS4, args, env);
	fprintf(stderr, "mount.efs: cannot run %s: %s; is the package nfs-common installed?\n", MOUNT_NFS4,
		strerror(errno));
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct request req = { 0 };
	struct plan plan = { 0 };
	char error[256] = "out of memory";
	int status;

	status = parse(argc, argv, &req);
	if (status < 0) {
		if (plan_make(req.device, &req.options, &plan, error, sizeof(error))) {
			fprintf(stderr, "mount.efs: %s\n", error);
			status = EXIT_USAGE;
		} else {
			status = run(&req, &plan);
		}
	}
	plan_free(&plan);
	options_free(&req.options);
	return status;
}
