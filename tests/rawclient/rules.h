/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the program rules share. A test says 0 if all is well; else it has printed what is not. */
#ifndef KEFS_TESTS_RULES_H
#define KEFS_TESTS_RULES_H

#include "nfs41.h"

struct peer {
	struct rpc4_conn conn;
	struct nfs41_session ses;
};

struct pair {
	struct rpc4_addr addr;
	struct peer a, b;
};

struct rules_test {
	const char *name;	/* NULL ends a list; with an @ it runs only when it is named */
	int (*run)(struct pair *t);
};

extern const struct rules_test rules_exchange_tests[], rules_session_tests[], rules_attr_tests[], rules_state_tests[],
				rules_deleg_tests[], rules_memory_tests[];

/* 1, and says so, if @got is not @wanted. */
int said(const char *what, int got, int wanted);
/* Sends, takes the answer: its status; *res stands at the last op's result if @op is not 0. */
int ask(struct peer *p, struct nfs41_req *q, struct nfs41_res *res, uint32_t op);
/* OPEN in the root. */
int open_file(struct peer *p, const struct nfs41_open_args *args, struct nfs41_stateid *id);

#endif
