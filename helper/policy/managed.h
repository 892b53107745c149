/* SPDX-License-Identifier: GPL-2.0 */
/* The managed policies that AWS has made, as far as they mean something here: arn:aws:iam::aws:policy/<name>. Pure. */
#ifndef KEFS_POLICY_MANAGED_H
#define KEFS_POLICY_MANAGED_H

#include <stddef.h>

struct kefs_aws_policy {
	const char *name, *id, *description, *document;
};

/* By name, in any case; NULL: there is none. Good for ever. */
const struct kefs_aws_policy *kefs_aws_policy_find(const char *name);

/* The i-th by name, or NULL behind the last. */
const struct kefs_aws_policy *kefs_aws_policy_at(size_t i);

#endif
