/* SPDX-License-Identifier: GPL-2.0 */
/* A packet filter that takes everything, unless a test wants otherwise. */
#ifndef KEFS_TEST_FAKE_NFT_H
#define KEFS_TEST_FAKE_NFT_H

#include <stdbool.h>
#include <stdint.h>

extern int fake_nft_result;		/* below 0: what loading comes to */
extern bool fake_nft_flushed;		/* somebody takes the next table away as soon as it is loaded */
extern uint64_t fake_nft_handle;	/* of the table; loading makes another one; 0: there is none */

#endif
