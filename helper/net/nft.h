/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nftables, by its own program: nft(8) loads a whole file as one transaction, and what it takes an administrator can
 * read. A library (libnftables) would put the same parser into kefsd for the sake of some milliseconds a change.
 */
#ifndef KEFS_NET_NFT_H
#define KEFS_NET_NFT_H

#include <stddef.h>

#include "common/err.h"

/*
 * Writes the commands to the file at path, which stays there to be looked at, and has them carried out: all or none.
 * 0; -ENOENT if there is no nft on this host; -errno.
 */
int kefs_nft_load(const char *path, const char *commands, size_t len, struct kefs_err *err);

#endif
