// SPDX-License-Identifier: GPL-2.0
#include "names.h"

#include <assert.h>

#include <kefs.h>

/* RFC 8881 section 16.2 and 18, RFC 7862 section 15, RFC 8276. */
static const char *const op_names[] = {
	"NULL", "COMPOUND", NULL, "ACCESS", "CLOSE", "COMMIT", "CREATE", "DELEGPURGE", "DELEGRETURN", "GETATTR", "GETFH",
	"LINK", "LOCK", "LOCKT", "LOCKU", "LOOKUP", "LOOKUPP", "NVERIFY", "OPEN", "OPENATTR", "OPEN_CONFIRM",
	"OPEN_DOWNGRADE", "PUTFH", "PUTPUBFH", "PUTROOTFH", "READ", "READDIR", "READLINK", "REMOVE", "RENAME", "RENEW",
	"RESTOREFH", "SAVEFH", "SECINFO", "SETATTR", "SETCLIENTID", "SETCLIENTID_CONFIRM", "VERIFY", "WRITE",
	"RELEASE_LOCKOWNER", "BACKCHANNEL_CTL", "BIND_CONN_TO_SESSION", "EXCHANGE_ID", "CREATE_SESSION",
	"DESTROY_SESSION", "FREE_STATEID", "GET_DIR_DELEGATION", "GETDEVICEINFO", "GETDEVICELIST", "LAYOUTCOMMIT",
	"LAYOUTGET", "LAYOUTRETURN", "SECINFO_NO_NAME", "SEQUENCE", "SET_SSV", "TEST_STATEID", "WANT_DELEGATION",
	"DESTROY_CLIENTID", "RECLAIM_COMPLETE", "ALLOCATE", "COPY", "COPY_NOTIFY", "DEALLOCATE", "IO_ADVISE",
	"LAYOUTERROR", "LAYOUTSTATS", "OFFLOAD_CANCEL", "OFFLOAD_STATUS", "READ_PLUS", "SEEK", "WRITE_SAME", "CLONE",
	"GETXATTR", "SETXATTR", "LISTXATTRS", "REMOVEXATTR",
};

static_assert(sizeof(op_names) / sizeof(op_names[0]) == 76, "the last operation is 75, REMOVEXATTR");

static const char *const counter_names[] = {
	[KEFS_CNT_CONN_ADOPTED] = "ConnAdopted",
	[KEFS_CNT_CONN_CLOSED] = "ConnClosed",
	[KEFS_CNT_BAD_RECORD] = "BadRecord",
	[KEFS_CNT_BAD_RPC] = "BadRpc",
	[KEFS_CNT_RPC_MISMATCH] = "RpcMismatch",
	[KEFS_CNT_PROG_UNAVAIL] = "ProgUnavail",
	[KEFS_CNT_PROG_MISMATCH] = "ProgMismatch",
	[KEFS_CNT_PROC_UNAVAIL] = "ProcUnavail",
	[KEFS_CNT_AUTH_ERROR] = "AuthError",
	[KEFS_CNT_GARBAGE_ARGS] = "GarbageArgs",
	[KEFS_CNT_BADXDR] = "BadXdr",
	[KEFS_CNT_OP_ILLEGAL] = "OpIllegal",
	[KEFS_CNT_BAD_HANDLE] = "BadHandle",
	[KEFS_CNT_REPLAYED] = "Replayed",
	[KEFS_CNT_SEQ_MISORDERED] = "SeqMisordered",
	[KEFS_CNT_RX_STALLED] = "RxStalled",
	[KEFS_CNT_TX_STALLED] = "TxStalled",
	[KEFS_CNT_RX_TIMEOUT] = "RxTimeout",
	[KEFS_CNT_CB_SENT] = "CbSent",
	[KEFS_CNT_CB_FAILED] = "CbFailed",
	[KEFS_CNT_LEASE_EXPIRED] = "LeaseExpired",
	[KEFS_CNT_NOMEM] = "NoMem",
	[KEFS_CNT_DELEG_GIVEN] = "DelegGiven",
	[KEFS_CNT_DELEG_RECALLED] = "DelegRecalled",
	[KEFS_CNT_DELEG_REVOKED] = "DelegRevoked",
	[KEFS_CNT_CB_GETATTR] = "CbGetattr",
	[KEFS_CNT_UNRECORDED] = "Unrecorded",
};

static_assert(sizeof(counter_names) / sizeof(counter_names[0]) == __KEFS_CNT_MAX, "every counter has a name");

const char *kefs_names_op(uint32_t op)
{
	return op < sizeof(op_names) / sizeof(op_names[0]) ? op_names[op] : NULL;
}

const char *kefs_names_counter(size_t index)
{
	return index < sizeof(counter_names) / sizeof(counter_names[0]) ? counter_names[index] : NULL;
}
