/* SPDX-License-Identifier: GPL-2.0 */
/* What the ways with a certificate of the mount's own have in common: its state, its credentials, its certificate. */
#ifndef KEFS_MOUNT_MAKING_H
#define KEFS_MOUNT_MAKING_H

#include "creds.h"
#include "exec.h"
#include "state.h"

/* What the state says of the mount, but its name and port. 0 or negative with @failure. */
int making_fill(const struct exec_request *request, struct state *state, struct failure *failure);

/* The folder of that state, which is not there yet. 0, -EEXIST (no failure text), or negative with @failure. */
int making_folder(const struct state *state, struct failure *failure);

/* The credentials that the plan wants. 0 or negative with @failure. */
int making_creds(const struct exec_request *request, struct creds *creds, struct failure *failure);

/*
 * Who the mount is, beside file system and access point: two with equal identities are one client, also after their
 * credentials were had again. 0 or negative with @failure.
 */
int making_identity(struct state *state, const struct creds *creds, struct failure *failure);

/*
 * A certificate in the state's folder with these credentials (NULL: anonymous), whose source is noted for its renewal:
 * keys of the environment are kept in the folder. 0 or negative with @failure.
 */
int making_certify(struct state *state, const struct creds *creds, struct failure *failure);

/* 0 or negative with @failure, which may be NULL. */
int making_save(const struct state *state, struct failure *failure);

#endif
