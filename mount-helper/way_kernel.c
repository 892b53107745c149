// SPDX-License-Identifier: GPL-2.0
#include "ways.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "common/str.h"
#include "making.h"
#include "mountinfo.h"
#include "supervisor.h"
#include "tlshd.h"

#define ATTEMPT_SECONDS	20	/* to wait for another that mounts, where there is another way */
#define WAIT_SECONDS	300	/* and where there is none */

/* The certificate that tlshd presents, while a mount is made with it. */
struct claim {
	struct state *state;
	int lock_fd;
	bool made;		/* it was free before: what is there is ours to take away */
};

/* Is it the certificate of a client that the server cannot tell from this one? */
static bool same_client(const struct state *a, const struct state *b)
{
	return !strcmp(a->fs_id, b->fs_id) && !strcmp(a->access_point, b->access_point) &&
		!strcmp(a->identity, b->identity) && a->net_ns == b->net_ns && !strcmp(a->sts_url, b->sts_url);
}

/* 0: it is this mount's. */
static int take_place(struct claim *claim, struct failure *failure)
{
	CLEANUP_FREE struct state *there = calloc(1, sizeof(*there));
	struct kefs_err err;
	int rc;

	if (!there)
		return refuse(failure, MSG_NO_MEMORY);
	rc = making_folder(claim->state, failure);
	claim->made = rc == 0;
	if (rc != -EEXIST)
		return rc;
	(void)kefs_str_copy(there->name, sizeof(there->name), claim->state->name);
	/* What has no state is what another left who was killed: that was before it could mount */
	rc = state_load(there, &err);
	claim->made = rc == -ENOENT;
	if (rc < 0 && rc != -ENOENT)
		return refuse(failure, MSG_CONFIG, err.text);
	return rc == -ENOENT || same_client(there, claim->state) ? 0 :
		refuse(failure, MSG_KERNEL_BUSY, there->mount_point);
}

static int make_claim(const struct exec_request *r, struct claim *claim, const struct creds *creds,
		      struct failure *failure)
{
	struct state *state = claim->state;
	int rc = making_fill(r, state, failure);

	(void)kefs_str_copy(state->name, sizeof(state->name), TLSHD_STATE);
	state->port = NFS_PORT;
	if (rc == 0 && creds)
		rc = making_identity(state, creds, failure);
	if (rc < 0)
		return rc;
	claim->lock_fd = tlshd_lock(r->attempt ? ATTEMPT_SECONDS : WAIT_SECONDS, true);
	if (claim->lock_fd < 0)
		return refuse(failure, MSG_STATE, "another mount is being made with tlshd's certificate",
			      kefs_err_name(claim->lock_fd));
	rc = take_place(claim, failure);
	if (rc == 0)
		rc = making_certify(state, creds, failure);
	return rc < 0 ? rc : making_save(state, failure);
}

static bool is_mounted(const struct exec_request *r)
{
	CLEANUP_FREE struct mount_row *row = malloc(sizeof(*row));

	return row && mountinfo_find(r->plan->mount_point, row) == 0 && row->mtls;
}

static int mount_it(const struct exec_request *r, struct failure *failure)
{
	CLEANUP_FREE char *source = ways_source(r), *options = NULL;
	int rc;

	if (!source || asprintf(&options, "%s,xprtsec=mtls", r->plan->options) < 0) {
		options = NULL;
		return refuse(failure, MSG_NO_MEMORY);
	}
	rc = ways_mount(r, source, options, failure);
	/* One that took too long may have come about all the same */
	if (rc > 0 && is_mounted(r))
		return 0;
	if (rc > 0)
		failure->status = rc;
	return rc > 0 ? -EIO : rc;
}

static int mount_with_claim(const struct exec_request *r, struct claim *claim, const struct creds *creds,
			    struct failure *failure)
{
	int rc = make_claim(r, claim, creds, failure);

	if (rc == 0)
		rc = mount_it(r, failure);
	if (rc < 0 && claim->made) {
		(void)state_remove(claim->state);
	} else if (rc == 0) {
		claim->state->helper = (struct proc_id){ 0, 0 };
		(void)making_save(claim->state, NULL);
	}
	if (claim->lock_fd >= 0)
		(void)close(claim->lock_fd);
	return rc;
}

int way_kernel(const struct exec_request *request, const struct creds *creds, struct failure *failure)
{
	CLEANUP_FREE struct state *state = calloc(1, sizeof(*state));
	struct claim claim = { state, -1, false };

	if (!state)
		return refuse(failure, MSG_NO_MEMORY);
	supervisor_start();
	return mount_with_claim(request, &claim, creds, failure);
}
