/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a command line, the configuration and the environment ask for, made into everything that will be done: how the
 * file system is reached, what the tunnel checks and presents, what mount.nfs4 is told. Pure; exec.c carries it out.
 */
#ifndef KEFS_MOUNT_PLAN_H
#define KEFS_MOUNT_PLAN_H

#include <limits.h>

#include "common/buf.h"
#include "conf.h"
#include "creds.h"
#include "device.h"
#include "options.h"

#define NFS_PORT	2049
#define ACCESS_POINT_SIZE 23	/* "fsap-", 17 digits, NUL */
#define ADDRESS_SIZE	64

struct tlshd;

enum plan_way {
	WAY_DIRECT,		/* mount.nfs4 connects to the mount target */
	WAY_KERNEL,		/* likewise, and the kernel encrypts, with this mount's own certificate */
	WAY_TUNNEL,		/* mount.nfs4 connects to a stunnel on this host */
	WAY_REMOUNT,		/* the options of what is mounted there are changed; its tunnel stays */
};

/* What the planner must know of the world, collected by its caller. Texts may be NULL. */
struct facts {
	const char *aws_region, *aws_default_region, *aws_profile, *aws_fips;	/* environment */
	const char *canonical;		/* of a DEVICE_NAME: its canonical DNS name */
	const char *mounted_source;	/* remount: what is mounted there now ("127.0.0.1:/"), and its port or 0 */
	unsigned int mounted_port;
	const struct tlshd *tlshd;	/* that does the handshakes in the mount's network; NULL: none */
};

struct plan {
	enum plan_way way;
	struct device device;
	char mount_point[PATH_MAX];
	char region[REGION_SIZE], zone[ZONE_SIZE];	/* "" = not known, none */
	char name[NAME_SIZE];		/* of the mount target; "" = the address is all that is known */
	char address[ADDRESS_SIZE];	/* mounttargetip; "" = the name is looked up */
	bool fallback;			/* ask the API for an address if the name does not resolve */
	char *options;			/* for mount.nfs4; a tunnel's port comes behind */
	char source[NAME_SIZE + DEVICE_PATH_MAX];	/* WAY_REMOUNT: for mount.nfs4 */
	char netns[PATH_MAX];
	/* WAY_TUNNEL */
	bool kernel_first;		/* WAY_KERNEL is tried before */
	char check_host[NAME_SIZE];	/* that the server's certificate must be for; "" = not checked */
	unsigned int verify;		/* stunnel's level */
	char cafile[PATH_MAX];		/* "" with verify 0 */
	unsigned int port, port_low, port_high;	/* local port, or 0 and the range, its end excluded */
	bool ocsp, fips, debug;
	char log[PATH_MAX];		/* of stunnel, with debug; "" = beside its configuration */
	/* WAY_TUNNEL, WAY_KERNEL */
	char access_point[ACCESS_POINT_SIZE];
	bool iam;
	struct creds_request creds;
	char client_source[101];
	bool bg;			/* was asked for, and is left out: see plan_make() */
};

/*
 * Options that are not mount.nfs4's leave @list, EFS's defaults come into it. So does bg where the mount has a
 * certificate of its own: mount.nfs4 would say that it is mounted, and go on trying with a tunnel that nobody keeps for
 * what is not mounted, or with what has its port by then. 0 or negative with @failure; plan_free() either way.
 */
int plan_make(const struct device *device, const char *mount_point, struct option_list *list,
	      const struct conf *conf, const struct facts *facts, struct plan *plan, struct failure *failure);

/* The plan as text, for -v and -f. 0 or -ENOMEM. */
int plan_print(const struct plan *plan, struct kefs_buf *out);
void plan_free(struct plan *plan);

#endif
