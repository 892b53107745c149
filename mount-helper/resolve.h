/* SPDX-License-Identifier: GPL-2.0 */
/* From names to addresses: DNS, and the API's mount targets where DNS knows nothing. */
#ifndef KEFS_MOUNT_RESOLVE_H
#define KEFS_MOUNT_RESOLVE_H

#include <jansson.h>

#include "places.h"
#include "plan.h"

/* The canonical name of a host. 0 or negative with @failure. */
int resolve_canonical(const char *name, char ret_canonical[NAME_SIZE], struct failure *failure);

/*
 * What to connect to: the plan's name if it resolves, its address if it answers on the port, an address of the API.
 * 0 or negative with @failure.
 */
int resolve_target(const struct plan *plan, unsigned int port, const struct places *places, char ret_target[NAME_SIZE],
		   struct failure *failure);

/*
 * The address of a mount target in an answer of DescribeMountTargets: one that is available, in the zone (name or id;
 * "": any) if there is one there, or NULL. Lies in the answer. Pure.
 */
const char *resolve_pick(const json_t *answer, const char *zone);

#endif
