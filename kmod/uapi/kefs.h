/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The generic netlink interface of kefs.ko: the only door from user space.
 *
 * Family "kefs", version 1. Every command needs CAP_NET_ADMIN in the initial user namespace. Requests are
 * validated strictly: an attribute that is short, long, of the wrong range, unknown, or missing where the
 * tables below say "required" fails with -EINVAL (or -ERANGE) and an extended ack that names the attribute
 * or says what is wrong. Unknown flag bits are -EOPNOTSUPP. Nothing is half done: a failed command changes
 * nothing. Strings are NUL-terminated; lengths below do not count the NUL. Integers are in host order.
 *
 * Stability: numbers are never reused; new attributes go at the end of their enum; a reader skips attributes
 * that it does not know. KEFS_A_INFO_ABI tells the module's KEFS_GENL_ABI; it changes only when a change would
 * mislead an old peer.
 *
 * Objects outlive the process that made them: after a restart the helper dumps volumes and connections and
 * compares them with its store.
 *
 *  command               request attributes                             reply
 *  --------------------  ---------------------------------------------  ----------------------------------
 *  KEFS_CMD_INFO_GET     none                                           one message, KEFS_A_INFO
 *  KEFS_CMD_CONFIG_SET   KEFS_A_CONFIG (each member optional)           none
 *  KEFS_CMD_VOLUME_ADD   KEFS_A_VOLUME {ID, NAME, ROOT_FD, KEY          none; -EEXIST if the id is taken,
 *                        required; FLAGS, RECOVERY_FD}                  -EBADF, -ENOTDIR, -EOPNOTSUPP if the
 *                                                                       backing fs has no file handles; RECOVERY_FD:
 *                                                                       -EINVAL if it is no regular file open for
 *                                                                       reading and writing, and its I/O errors
 *  KEFS_CMD_VOLUME_DEL   KEFS_A_VOLUME {ID required, FLAGS}             none; -ENOENT; -EBUSY while connections
 *                                                                       use it, unless KEFS_VOLUME_F_FORCE, which
 *                                                                       closes them and drops their state first
 *  KEFS_CMD_VOLUME_GET   dump: KEFS_A_VOLUME {ID} to select             a KEFS_A_VOLUME per volume
 *  KEFS_CMD_CONN_ADD     KEFS_A_CONN {FD, VOLUME, GRANT required,       KEFS_A_CONN {ID}; -ENOENT no such volume,
 *                        PEER and LOCAL, both or none}                  -ENOTSOCK, -EPROTOTYPE not TCP, -ENOTCONN,
 *                                                                       -EBUSY somebody else hooks it, -EMFILE
 *                                                                       too many connections
 *  KEFS_CMD_CONN_DEL     KEFS_A_CONN {ID, or VOLUME for all of one}     none; -ENOENT
 *  KEFS_CMD_CONN_GET     dump: KEFS_A_CONN {VOLUME} to select           a KEFS_A_CONN per connection
 *  KEFS_CMD_GRANT_SET    KEFS_A_CONN {ID, GRANT required}               none; from the next compound on it holds
 *  KEFS_CMD_CLIENT_GET   dump: KEFS_A_CLIENT {VOLUME} to select         a KEFS_A_CLIENT per NFS client record
 *  KEFS_CMD_GRACE_END    KEFS_A_VOLUME {ID required}                    none; -ENOENT no such volume, -ESRCH no grace,
 *                                                                       or what writing to RECOVERY_FD gave
 *  KEFS_CMD_STATS_GET    dump: KEFS_A_STATS {VOLUME} to select          a KEFS_A_STATS with the module's COUNTERS (not
 *                                                                       when one volume is selected), then one per
 *                                                                       volume with the rest
 *
 * A dump is cut over as many messages as it takes, one object per attribute set; an object that comes or goes
 * meanwhile may or may not be in it, no other is missing or doubled.
 *
 * File descriptors (ROOT_FD, FD, GRANT ROOT_FD) are the sender's own; the kernel takes its own reference before
 * it answers and the sender then closes its copy. After CONN_ADD nobody else may read or write the socket.
 */
#ifndef _UAPI_KEFS_H
#define _UAPI_KEFS_H

#include <linux/types.h>

#define KEFS_GENL_NAME		"kefs"
#define KEFS_GENL_VERSION	1
#define KEFS_GENL_ABI		1

#define KEFS_NAME_MAX		127	/* fs id, access point id */
#define KEFS_PRINCIPAL_MAX	2047	/* an access key and an ARN */
#define KEFS_DOMAIN_MAX		64	/* bytes that tell grant domains apart */
#define KEFS_KEY_SIZE		16	/* siphash key of a volume's file handles */
#define KEFS_GIDS_MAX		16

enum kefs_cmd {
	KEFS_CMD_UNSPEC,
	KEFS_CMD_INFO_GET,
	KEFS_CMD_CONFIG_SET,
	KEFS_CMD_VOLUME_ADD,
	KEFS_CMD_VOLUME_DEL,
	KEFS_CMD_VOLUME_GET,
	KEFS_CMD_CONN_ADD,
	KEFS_CMD_CONN_DEL,
	KEFS_CMD_CONN_GET,
	KEFS_CMD_GRANT_SET,
	KEFS_CMD_CLIENT_GET,
	KEFS_CMD_STATS_GET,
	KEFS_CMD_GRACE_END,
	__KEFS_CMD_MAX
};
#define KEFS_CMD_MAX (__KEFS_CMD_MAX - 1)

/* Top level: one nested attribute per object. */
enum kefs_attr {
	KEFS_A_UNSPEC,
	KEFS_A_INFO,		/* nested kefs_info_attr */
	KEFS_A_CONFIG,		/* nested kefs_config_attr */
	KEFS_A_VOLUME,		/* nested kefs_volume_attr */
	KEFS_A_CONN,		/* nested kefs_conn_attr */
	KEFS_A_CLIENT,		/* nested kefs_client_attr */
	KEFS_A_STATS,		/* nested kefs_stats_attr */
	__KEFS_A_MAX
};
#define KEFS_A_MAX (__KEFS_A_MAX - 1)

enum kefs_info_attr {
	KEFS_A_INFO_UNSPEC,
	KEFS_A_INFO_ABI,		/* u32 KEFS_GENL_ABI */
	KEFS_A_INFO_INSTANCE,		/* u64 differs at each load of the module */
	KEFS_A_INFO_UPTIME_MS,		/* u64 since load */
	KEFS_A_INFO_VOLUMES,		/* u32 */
	KEFS_A_INFO_CONNS,		/* u32 */
	KEFS_A_INFO_CLIENTS,		/* u32 */
	KEFS_A_INFO_SESSIONS,		/* u32 */
	KEFS_A_INFO_OPENS,		/* u32 */
	KEFS_A_INFO_LOCKS,		/* u32 lock stateids */
	KEFS_A_INFO_REQUESTS,		/* u32 requests alive now */
	KEFS_A_INFO_PARKED,		/* u32 of those, parked */
	KEFS_A_INFO_THREADS,		/* u32 */
	KEFS_A_INFO_MEM_USED,		/* u64 bytes of the budget in use */
	KEFS_A_INFO_MEM_BUDGET,		/* u64 */
	KEFS_A_INFO_LEASE_SEC,		/* u32 */
	KEFS_A_INFO_OPEN_FILES,		/* u32 backing files in the open-file cache */
	KEFS_A_INFO_PAD,
	KEFS_A_INFO_DELEGATIONS,	/* u32 */
	__KEFS_A_INFO_MAX
};
#define KEFS_A_INFO_MAX (__KEFS_A_INFO_MAX - 1)

enum kefs_config_attr {
	KEFS_A_CONFIG_UNSPEC,
	KEFS_A_CONFIG_MEM_BUDGET,	/* u64 bytes, 16 MiB or more; 0 = the default, an eighth of memory */
	KEFS_A_CONFIG_LEASE_SEC,	/* u32 10..3600; holds for clients made afterwards; default 90 */
	KEFS_A_CONFIG_THREADS_MAX,	/* u32 2..1024 */
	KEFS_A_CONFIG_CONNS_MAX,	/* u32 1..1048576 */
	KEFS_A_CONFIG_PAD,
	__KEFS_A_CONFIG_MAX
};
#define KEFS_A_CONFIG_MAX (__KEFS_A_CONFIG_MAX - 1)

#define KEFS_VOLUME_F_READ_ONLY	(1u << 0)	/* ADD: every change is NFS4ERR_ROFS */
#define KEFS_VOLUME_F_FORCE	(1u << 1)	/* DEL: close what uses it */
#define KEFS_VOLUME_F_ELASTIC	(1u << 2)	/* ADD: to clients, 2^63 - 1 bytes less what its project has used */

enum kefs_volume_attr {
	KEFS_A_VOLUME_UNSPEC,
	KEFS_A_VOLUME_ID,		/* u64, not 0: the NFS fsid (major), chosen by the helper, lasting */
	KEFS_A_VOLUME_NAME,		/* string 1..KEFS_NAME_MAX: "fs-…" */
	KEFS_A_VOLUME_ROOT_FD,		/* s32 directory (O_PATH will do) */
	KEFS_A_VOLUME_KEY,		/* binary, KEFS_KEY_SIZE: lasting, secret; a new one invalidates all handles */
	KEFS_A_VOLUME_FLAGS,		/* u32 KEFS_VOLUME_F_* */
	KEFS_A_VOLUME_CONNS,		/* u32, in replies */
	KEFS_A_VOLUME_CLIENTS,		/* u32, in replies */
	KEFS_A_VOLUME_PAD,
	KEFS_A_VOLUME_RECOVERY_FD,	/* s32 regular file, read and write, outside of what is served: the module keeps in
					 * it which clients may reclaim after a restart. Empty for a new volume, else as it
					 * was left. Absent: none may. */
	KEFS_A_VOLUME_GRACE_MS,		/* u32 in replies, during grace only: time that clients still have to reclaim */
	KEFS_A_VOLUME_GRACE_AWAITED,	/* u32 in replies, during grace only: clients that are not done */
	__KEFS_A_VOLUME_MAX
};
#define KEFS_A_VOLUME_MAX (__KEFS_A_VOLUME_MAX - 1)

#define KEFS_GRANT_F_READ_ONLY		(1u << 0)	/* changes are NFS4ERR_ROFS */
#define KEFS_GRANT_F_SQUASH_ROOT	(1u << 1)	/* uid 0 / gid 0 become ANON_UID / ANON_GID */
#define KEFS_GRANT_F_TLS		(1u << 2)	/* for audit: the connection is encrypted */
#define KEFS_GRANT_F_ENFORCE_IDS	(1u << 3)	/* UID, GID, GIDS replace the caller's (access point) */
#define KEFS_GRANT_F_NO_ACCESS		(1u << 4)	/* no mount: what gives or changes something is NFS4ERR_ACCESS */
#define KEFS_GRANT_F_TUNNEL		(1u << 5)	/* CONN_ADD: it ends in another program of the client's host, which may
							 * go while its NFS client lives: an NFS client that begins on it
							 * is one by itself (server owner, client id), not merged with others
							 * of its name */

#define KEFS_ANON_ID	65534

enum kefs_grant_attr {
	KEFS_A_GRANT_UNSPEC,
	KEFS_A_GRANT_FLAGS,		/* u32, required */
	KEFS_A_GRANT_DOMAIN,		/* binary 1..KEFS_DOMAIN_MAX, required in CONN_ADD; in GRANT_SET absent or the same
					 * as before (-EINVAL): connections
					 * of one volume with equal bytes share one NFS server instance (server owner,
					 * client ids, state); others are separate servers to the client. */
	KEFS_A_GRANT_ROOT_FD,		/* s32 directory inside the volume; absent: the volume's root, in GRANT_SET the
					 * root that the connection has */
	KEFS_A_GRANT_ACCESS_POINT,	/* string ..KEFS_NAME_MAX: "fsap-…"; for audit */
	KEFS_A_GRANT_PRINCIPAL,		/* string ..KEFS_PRINCIPAL_MAX; kept for the helper: "ACCESS-KEY-ID ARN" */
	KEFS_A_GRANT_UID,		/* u32 with ENFORCE_IDS */
	KEFS_A_GRANT_GID,		/* u32 with ENFORCE_IDS */
	KEFS_A_GRANT_GIDS,		/* binary, 0..KEFS_GIDS_MAX u32, with ENFORCE_IDS */
	__KEFS_A_GRANT_MAX
};
#define KEFS_A_GRANT_MAX (__KEFS_A_GRANT_MAX - 1)

enum kefs_conn_attr {
	KEFS_A_CONN_UNSPEC,
	KEFS_A_CONN_ID,			/* u64, never reused while the module is loaded */
	KEFS_A_CONN_FD,			/* s32 connected TCP socket */
	KEFS_A_CONN_VOLUME,		/* u64 volume id */
	KEFS_A_CONN_GRANT,		/* nested kefs_grant_attr */
	KEFS_A_CONN_PEER,		/* binary sockaddr_in or sockaddr_in6: the client's. In CONN_ADD when the socket leads to
					 * a relay on this host instead: what the client is known by from then on */
	KEFS_A_CONN_LOCAL,		/* likewise: the address that it came to */
	KEFS_A_CONN_AGE_MS,		/* u64 */
	KEFS_A_CONN_IDLE_MS,		/* u64 since the last request */
	KEFS_A_CONN_REQUESTS,		/* u64 RPC calls received */
	KEFS_A_CONN_BYTES_IN,		/* u64 */
	KEFS_A_CONN_BYTES_OUT,		/* u64 */
	KEFS_A_CONN_IN_FLIGHT,		/* u32 requests alive now */
	KEFS_A_CONN_PAD,
	KEFS_A_CONN_RELAYED,		/* u8 in replies: PEER and LOCAL came with CONN_ADD */
	__KEFS_A_CONN_MAX
};
#define KEFS_A_CONN_MAX (__KEFS_A_CONN_MAX - 1)

enum kefs_client_attr {
	KEFS_A_CLIENT_UNSPEC,
	KEFS_A_CLIENT_ID,		/* u64 clientid4 */
	KEFS_A_CLIENT_VOLUME,		/* u64 */
	KEFS_A_CLIENT_OWNER,		/* binary co_ownerid, usually text */
	KEFS_A_CLIENT_PEER,		/* binary sockaddr of a connection that it used */
	KEFS_A_CLIENT_CONFIRMED,	/* u8 */
	KEFS_A_CLIENT_RENEWED_MS,	/* u64 since the lease was renewed */
	KEFS_A_CLIENT_SESSIONS,		/* u32 */
	KEFS_A_CLIENT_OPENS,		/* u32 */
	KEFS_A_CLIENT_LOCKS,		/* u32 */
	KEFS_A_CLIENT_PAD,
	KEFS_A_CLIENT_DELEGATIONS,	/* u32, with revoked ones that it has not freed */
	KEFS_A_CLIENT_RECLAIMED,	/* u8 it has sent RECLAIM_COMPLETE */
	__KEFS_A_CLIENT_MAX
};
#define KEFS_A_CLIENT_MAX (__KEFS_A_CLIENT_MAX - 1)

/* One row per NFSv4 operation number that was seen; 0 stands for the RPC NULL procedure, 1 for whole compounds. */
struct kefs_op_stat {
	__u32 op;
	__u32 pad;
	__u64 count;
	__u64 errors;	/* results other than NFS4_OK */
	__u64 nsec;	/* time run, without time parked */
	__u64 bytes;	/* READ: returned, WRITE: accepted, else 0 */
};

/*
 * Things that peers do wrong and events worth a number, of the module as a whole. KEFS_A_STATS_COUNTERS is an array
 * of u64 in this order; a longer one comes from a newer module.
 */
enum kefs_counter {
	KEFS_CNT_CONN_ADOPTED,
	KEFS_CNT_CONN_CLOSED,
	KEFS_CNT_BAD_RECORD,		/* record mark: too long, too many fragments */
	KEFS_CNT_BAD_RPC,		/* header that cannot be parsed, or a reply that nobody waits for */
	KEFS_CNT_RPC_MISMATCH,		/* RPC version */
	KEFS_CNT_PROG_UNAVAIL,
	KEFS_CNT_PROG_MISMATCH,
	KEFS_CNT_PROC_UNAVAIL,
	KEFS_CNT_AUTH_ERROR,
	KEFS_CNT_GARBAGE_ARGS,
	KEFS_CNT_BADXDR,		/* NFS4ERR_BADXDR results */
	KEFS_CNT_OP_ILLEGAL,
	KEFS_CNT_BAD_HANDLE,		/* forged or foreign file handle */
	KEFS_CNT_REPLAYED,		/* answered from the reply cache */
	KEFS_CNT_SEQ_MISORDERED,
	KEFS_CNT_RX_STALLED,		/* reading paused: memory budget or replies not taken */
	KEFS_CNT_TX_STALLED,		/* a peer did not take replies in time and was closed */
	KEFS_CNT_RX_TIMEOUT,		/* a record stayed incomplete too long; closed */
	KEFS_CNT_CB_SENT,
	KEFS_CNT_CB_FAILED,
	KEFS_CNT_LEASE_EXPIRED,
	KEFS_CNT_NOMEM,			/* a request failed for want of memory */
	KEFS_CNT_DELEG_GIVEN,		/* delegations, by OPEN */
	KEFS_CNT_DELEG_RECALLED,	/* wanted back, because something conflicted */
	KEFS_CNT_DELEG_REVOKED,		/* taken, because they were not returned within a lease */
	KEFS_CNT_CB_GETATTR,		/* times that a holder was asked for size and change */
	KEFS_CNT_UNRECORDED,		/* a client beyond what the recovery file holds: cannot reclaim after a restart */
	__KEFS_CNT_MAX
};

enum kefs_stats_attr {
	KEFS_A_STATS_UNSPEC,
	KEFS_A_STATS_VOLUME,		/* u64; absent in the message for the module as a whole */
	KEFS_A_STATS_OPS,		/* binary array of struct kefs_op_stat */
	KEFS_A_STATS_COUNTERS,		/* binary array of u64 by enum kefs_counter; module as a whole only */
	KEFS_A_STATS_BYTES_IN,		/* u64 bytes received on the volume's connections */
	KEFS_A_STATS_BYTES_OUT,		/* u64 */
	KEFS_A_STATS_PAD,
	__KEFS_A_STATS_MAX
};
#define KEFS_A_STATS_MAX (__KEFS_A_STATS_MAX - 1)

#endif /* _UAPI_KEFS_H */
