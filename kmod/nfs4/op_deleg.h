/* SPDX-License-Identifier: GPL-2.0 */
/* Delegations as OPEN and the attribute operations meet them. */
#ifndef KEFS_NFS4_OP_DELEG_H
#define KEFS_NFS4_OP_DELEG_H

#include "../state/deleg.h"
#include "compound.h"

struct kefs_fattr;

static inline bool kefs_open_claims_deleg(const struct args_open *a)
{
	return a->claim == CLAIM_DELEGATE_CUR || a->claim == CLAIM_DELEG_CUR_FH;
}

/* What the OPEN wants of delegations, and *@ret_claimed, the one that it claims if it does. -KEFS_ERR_BAD_STATEID;
 * KEFS_PARKED: not for long. */
int kefs_open_deleg_ask(struct kefs_compound *c, struct dentry *dentry, struct kefs_deleg_ask *ask,
			struct kefs_stateid *ret_claimed);
/* What it got, into its result. */
void kefs_open_deleg_res(struct kefs_compound *c, struct dentry *dentry, const struct kefs_deleg_give *give);

/*
 * Before the current file's attributes @want are told: ask another client that holds a delegation for writing, if they
 * are what it may have changed. 1: it has, and *@ret_size is the size. 0: as the file system says. -KEFS_ERR_LEASE:
 * wait.
 */
int kefs_holder_attrs(struct kefs_compound *c, struct dentry *dentry, const struct kefs_bitmap *want, u64 *ret_size);

#endif
