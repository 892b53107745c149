/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nftables, by its own program: nft(8) loads a whole file as one transaction, and what it takes an administrator can
 * read. A library (libnftables) would put the same parser into kefsd for the sake of some milliseconds a change.
 */
#ifndef KEFS_NET_NFT_H
#define KEFS_NET_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/*
 * Writes the commands to the file at path, which stays there to be looked at, and has them carried out: all or none.
 * 0; -ENOENT if there is no nft on this host; -errno.
 */
int kefs_nft_load(const char *path, const char *commands, size_t len, struct kefs_err *err);

/* The handle of the table of that name in family inet: the kernel never gives one out twice. 0; -ENOENT; -errno. */
int kefs_nft_table(const char *name, uint64_t *ret_handle);

/* A socket that is readable when any table has changed, by whomever: the descriptor or -errno. */
int kefs_nft_watch(void);

/* Takes the notices out of it: was one of them about that table, or were some lost? */
bool kefs_nft_drain(int fd, const char *name);

#endif
