/* SPDX-License-Identifier: GPL-2.0 */
/* Carries out a plan by one of its ways (ways.h), which undo what they did when they fail. */
#ifndef KEFS_MOUNT_EXEC_H
#define KEFS_MOUNT_EXEC_H

#include "conf.h"
#include "places.h"
#include "plan.h"

struct exec_request {
	const struct plan *plan;
	const struct conf *conf;
	const struct places *places;
	const char *target;		/* what to connect to; resolve_target() */
	bool verbose;
	bool attempt;			/* there is another way if this one fails; exec.c's own */
};

/* 0: mounted; else the exit status, with @failure's text, which is empty if mount.nfs4 has said what there is to. */
int exec_plan(const struct exec_request *request, struct failure *failure);

#endif
