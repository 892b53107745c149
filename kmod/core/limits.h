/* SPDX-License-Identifier: GPL-2.0 */
/* Every cap, with its reason. Pure: also built in user space. */
#ifndef KEFS_CORE_LIMITS_H
#define KEFS_CORE_LIMITS_H

#define KEFS_IO_MAX		(1024 * 1024)	/* largest READ and WRITE: what the Linux client asks for at most */
#define KEFS_MSG_OVERHEAD	4096		/* RPC header, credentials and the other ops around one READ or WRITE */
#define KEFS_RECORD_MAX		(KEFS_IO_MAX + KEFS_MSG_OVERHEAD) /* a longer record closes the connection */
#define KEFS_FRAGMENTS_MAX	64		/* fragments of a record: more is an attack on the parser */
#define KEFS_RECORD_HEAD	2048		/* linear start of a record, in the slab; all but WRITE, mostly, fits */
#define KEFS_REPLY_HEAD		1024		/* reply buffer inside the request; READDIR and big GETATTRs get their own */
#define KEFS_REPLY_LINEAR_MAX	(256 * 1024)	/* largest linear reply: READDIR; beyond it round trips stop mattering */
#define KEFS_SMALL_READ		(16 * 1024)	/* up to here READ copies: cheaper than page references */

#define KEFS_OPS_MAX		64		/* operations in a compound (ca_maxoperations) */
#define KEFS_OPS_NOSESSION	1		/* RFC 8881 §2.10.6.1.3: alone without SEQUENCE */
#define KEFS_TAG_MAX		1024		/* RFC 8881 §16.2.3 leaves it open; NFS4_OPAQUE_LIMIT */
#define KEFS_OPAQUE_MAX		1024		/* NFS4_OPAQUE_LIMIT: owners */
#define KEFS_MAJOR_ID_MAX	48		/* our server owner's major id and scope, with a NUL that is not sent */
#define KEFS_NAME_COMPONENT_MAX	255		/* NAME_MAX */
#define KEFS_PATH_TARGET_MAX	4095		/* symlink text: PATH_MAX - 1 */
#define KEFS_BITMAP_WORDS_MAX	8		/* of which 3 mean something */
#define KEFS_TEST_STATEIDS_MAX	128		/* of one TEST_STATEID; the Linux client sends one */
#define KEFS_FH_MAX		128		/* NFS4_FHSIZE; ours are at most 60 */

#define KEFS_SLOTS_MAX		128		/* per session; the Linux client asks for 64 */
#define KEFS_SLOT_CACHE_MAX	4096		/* ca_maxresponsesize_cached that is honoured */
#define KEFS_SESSIONS_PER_CLIENT 16		/* nconnect uses one; a client that leaks them hits this: NOSPC */
#define KEFS_CLIENTS_MAX	65536		/* of all server instances; the oldest unconfirmed is evicted first */
#define KEFS_LEDGER_CLIENTS_MAX	65536		/* on stable storage, per volume; those beyond it cannot reclaim */
#define KEFS_OPENS_PER_CLIENT	262144
#define KEFS_STATES_PER_MIB	64		/* opens and locks of all, per MiB of memory: with its file one is some 2 KiB */
#define KEFS_STATES_ASSURED	1024		/* of a client, however many another one has */
#define KEFS_LOCK_WAITS_MAX	16384		/* waiting LOCKs remembered, of 200 bytes; one more only asks again */
#define KEFS_LOCK_WAITS_PER_FILE 256		/* each release looks through them */
#define KEFS_LOCKS_PER_CLIENT	65536		/* lock stateids */
#define KEFS_RANGES_PER_MIB	64		/* byte ranges of all, per MiB of memory: each is some 240 bytes of it */
#define KEFS_RANGES_ASSURED	1024		/* of a client, however many another one has */

#define KEFS_DELEGS_PER_MIB	8		/* delegations of all, per MiB of memory: each keeps a file open, some 2 KiB */
#define KEFS_DELEGS_PER_CLIENT	8192		/* the Linux client gives back what is unused from 5000 on */
#define KEFS_DELEGS_PER_FILE	256		/* each OPEN and each recall walks them */

#define KEFS_CONN_INFLIGHT_MAX	256		/* requests of one connection alive at once; then it is not read */
#define KEFS_WAIT_HELD		(16 * 1024)	/* bytes of a request that may wait while memory is short */
#define KEFS_CONN_TX_MAX	(8 * 1024 * 1024) /* bytes of replies queued on one connection; then it is not read */
#define KEFS_RX_AHEAD		(64 * 1024)	/* of a record not there yet, charged to the budget at most */
#define KEFS_PACE_SEC		60		/* a peer that owes bytes, or takes none, for this long is closed */
#define KEFS_PACE_LOW_SEC	10		/* the same when memory is low */
#define KEFS_PACE_MIN		4096		/* bytes a second, over such a time, or it is closed, too: 32 kbit/s */
#define KEFS_STUCK_SEC		5		/* others have waited this long for memory: who holds much and is slow goes */
#define KEFS_CB_TIMEOUT_SEC	10		/* a callback without an answer */
#define KEFS_CB_RECALL_SEC	4		/* then it is tried again, if there is one on another connection */
#define KEFS_CB_GETATTR_SEC	2		/* then the delegation is recalled instead */

#define KEFS_THREADS_MIN	2
#define KEFS_THREADS_MAX_DEFAULT 256
#define KEFS_LANE_SHARE		3		/* threads for a volume: this times as many as are left to the others */
#define KEFS_THREAD_IDLE_SEC	30		/* an idle thread above the minimum ends */
#define KEFS_CONNS_MAX_DEFAULT	65536

#define KEFS_LEASE_SEC_DEFAULT	90		/* RFC 8881 §8.3; what knfsd and EFS use */

#endif
