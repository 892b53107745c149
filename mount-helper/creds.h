/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AWS credentials: where to look for them, and how they are had again from the same place, which is what a renewed
 * certificate needs. Order: an explicit place (awscredsuri, awsprofile) alone; else rolearn with jwtpath, the
 * environment's keys, AWS_PROFILE or the profile "default", a container's URI, EKS's pod identity, a web identity of
 * the environment.
 */
#ifndef KEFS_MOUNT_CREDS_H
#define KEFS_MOUNT_CREDS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "messages.h"

#define CREDS_NAME	256
#define CREDS_ARN	2049
#define CREDS_TOKEN	4097
#define CREDS_METHOD	8192

struct creds {
	char access_key[129], secret[CREDS_NAME], token[CREDS_TOKEN];	/* token "" = a key for good */
	char method[CREDS_METHOD];	/* whence, as state files say it ("credentials:default"); see creds_again() */
	int64_t expires;		/* a session's end, seconds since the epoch; 0: they are for good, or do not say */
};

/* What the options say; "" = nothing. */
struct creds_request {
	char profile[CREDS_NAME];
	bool profile_given;		/* by awsprofile: then there is nothing else to try */
	char uri[1024];			/* awscredsuri */
	char role_arn[CREDS_ARN], jwt_path[PATH_MAX];
};

/* Where the places are. Texts may be NULL. */
struct creds_places {
	const char *credentials_file, *config_file;	/* AWS's two files */
	const char *region, *sts_url;	/* of STS, for roles; NULL: https://sts.REGION.SUFFIX/ cannot be made either */
	const char *ca_file;		/* that those endpoints are checked by; NULL: AWS_CA_BUNDLE says, or the system */
	const char *(*env)(const char *name);	/* getenv(), or nothing */
};

/* The first place that has some. 0 or negative with @failure, which names what was tried. */
int creds_find(const struct creds_request *request, const struct creds_places *places, struct creds *ret_creds,
	       struct failure *failure);

/* Those of the same place once more; @method is copied from a struct creds. 0 or negative with @failure. */
int creds_again(const char *method, const struct creds_places *places, struct creds *ret_creds,
		struct failure *failure);

#endif
