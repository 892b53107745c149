/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of the EFS API's objects share; test_efs.c has main(). */
#ifndef KEFS_TEST_EFS_H
#define KEFS_TEST_EFS_H

#include "test.h"

#include "fake_kernel.h"
#include "model/fs.h"
#include "model/fs_options.h"
#include "service/access.h"
#include "service/efs.h"

#define ROOT "arn:aws:iam::123456789012:root"

extern char efs_dir[256];	/* of the store; stands for the directory of every file system too */
extern struct kefs_topology topology;
extern struct kefs_fs_list list;
extern struct fake_kernel kernel;
extern struct kefs_efs efs;
extern unsigned int listening;	/* addresses, now */

/* A new file system that is available: its id. */
const char *make_fs(const struct kefs_fs_options *options);

/* Everybody may do these, and nothing else. */
void set_policy(const char *fs, const char *actions);

/* A connection of 127.0.0.1 to that address, which the kernel has: the client's end. */
int connect_to(const struct kefs_addr *to);

/* Where clients that come by TLS are known: the account's keys. */
int efs_find_client(void *ctx, const char *access_key, const char *token, struct kefs_known_client *ret_client,
		    struct kefs_err *err);

/* Opens the store, which was closed, again: 0 or -errno. */
int efs_reopen(void);

/* Another service of access, on that loop, in the place of what there is. */
void efs_new_access(struct kefs_loop *loop);

/* Limits that are no limits. */
void efs_allow_many(void);

/* That of test_efs_kill.c. */
void test_kill(void **state);

/* Those of test_access.c. */
void test_policy_holds(void **state);
void test_policy_unreadable(void **state);
void test_policies_are_forgotten(void **state);
void test_by_tls(void **state);
void test_sessions_are_kept(void **state);
void test_error_state(void **state);
void test_addresses_come_back(void **state);
void test_resolvers_come_back(void **state);
void test_removal_is_ended(void **state);
void test_time_comes(void **state);

#endif
