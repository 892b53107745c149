// SPDX-License-Identifier: GPL-2.0
/*
 * Every operation of NFSv4.1 (RFC 8881 §17). Those without a run function are the ones that a server need not have
 * (pNFS, named attributes, directory delegations) or must not have in this minor version (RFC 8881 §1.8, §18).
 */
#include <linux/kernel.h>
#include "op.h"
#include "ops.h"

#define CINFO	20
#define STATEID	16
#define DENIED	(8 + 8 + 4 + 8 + 4)	/* without its owner, which is cut if it does not fit */
#define BITMAP	(4 + 4 * KEFS_BITMAP_WORDS)
#define DELEG	(4 + STATEID + 4 + 12 + 16)	/* type, stateid, recall, space limit, ACE */

#define SOLO	(KEFS_OPF_SOLO | KEFS_OPF_NO_FH | KEFS_OPF_SESSION_CTL)
#define NO_FH	KEFS_OPF_NO_FH
#define MOD	KEFS_OPF_MODIFIES
#define SETFH	KEFS_OPF_SET_FH
#define ERRBODY	KEFS_OPF_ENCODE_ERR
#define REL	KEFS_OPF_RELEASES
#define DOOR	KEFS_OPF_DOOR

#define ROW(NAME, dec, fn, enc, fl, max) \
	[OP_##NAME] = { .name = #NAME, .decode = dec, .run = kefs_run_##fn, .encode = enc, .flags = fl, .reply_max = max }
#define NOTSUPP(NAME) [OP_##NAME] = { .name = #NAME, .flags = NO_FH }

static const struct kefs_op ops[KEFS_OP_LAST + 1] = {
	ROW(ACCESS, kefs_decode_access, access, kefs_encode_access, 0, 8),
	ROW(CLOSE, kefs_decode_close, close, kefs_encode_stateid, MOD | REL, STATEID),
	ROW(COMMIT, kefs_decode_commit, commit, kefs_encode_commit, 0, 8),
	ROW(CREATE, kefs_decode_create, create, kefs_encode_create, MOD | SETFH, CINFO + BITMAP),
	NOTSUPP(DELEGPURGE),
	ROW(DELEGRETURN, kefs_decode_stateid, delegreturn, NULL, MOD | REL, 0),
	ROW(GETATTR, kefs_decode_getattr, getattr, NULL, DOOR, 0),
	ROW(GETFH, NULL, getfh, kefs_encode_getfh, DOOR, 4 + KEFS_FH_MAX),
	ROW(LINK, kefs_decode_name, link, kefs_encode_cinfo, MOD, CINFO),
	ROW(LOCK, kefs_decode_lock, lock, kefs_encode_lock, MOD | ERRBODY, DENIED),
	ROW(LOCKT, kefs_decode_lockt, lockt, kefs_encode_lockt, ERRBODY, DENIED),
	ROW(LOCKU, kefs_decode_locku, locku, kefs_encode_stateid, MOD | REL, STATEID),
	ROW(LOOKUP, kefs_decode_name, lookup, NULL, SETFH, 0),
	ROW(LOOKUPP, NULL, lookupp, NULL, SETFH, 0),
	ROW(NVERIFY, kefs_decode_verify, nverify, NULL, 0, 0),
	ROW(OPEN, kefs_decode_open, open, kefs_encode_open, MOD, STATEID + CINFO + 4 + BITMAP + DELEG),
	NOTSUPP(OPENATTR),
	NOTSUPP(OPEN_CONFIRM),
	ROW(OPEN_DOWNGRADE, kefs_decode_open_downgrade, open_downgrade, kefs_encode_stateid, MOD | REL, STATEID),
	ROW(PUTFH, kefs_decode_putfh, putfh, NULL, NO_FH | SETFH, 0),
	ROW(PUTPUBFH, NULL, putrootfh, NULL, NO_FH | SETFH, 0),
	ROW(PUTROOTFH, NULL, putrootfh, NULL, NO_FH | SETFH, 0),
	ROW(READ, kefs_decode_read, read, NULL, 0, 8),
	ROW(READDIR, kefs_decode_readdir, readdir, NULL, 0, 0),
	ROW(READLINK, NULL, readlink, kefs_encode_readlink, 0, 0),
	ROW(REMOVE, kefs_decode_name, remove, kefs_encode_cinfo, MOD, CINFO),
	ROW(RENAME, kefs_decode_rename, rename, kefs_encode_rename, MOD, 2 * CINFO),
	NOTSUPP(RENEW),
	ROW(RESTOREFH, NULL, restorefh, NULL, NO_FH, 0),
	ROW(SAVEFH, NULL, savefh, NULL, REL, 0),
	ROW(SECINFO, kefs_decode_name, secinfo, kefs_encode_secinfo, 0, 12),
	ROW(SETATTR, kefs_decode_setattr, setattr, kefs_encode_setattr, MOD | ERRBODY, BITMAP),
	NOTSUPP(SETCLIENTID),
	NOTSUPP(SETCLIENTID_CONFIRM),
	ROW(VERIFY, kefs_decode_verify, verify, NULL, 0, 0),
	ROW(WRITE, kefs_decode_write, write, kefs_encode_write, MOD, 16),
	NOTSUPP(RELEASE_LOCKOWNER),
	ROW(BACKCHANNEL_CTL, kefs_decode_backchannel_ctl, backchannel_ctl, NULL, NO_FH | MOD, 0),
	ROW(BIND_CONN_TO_SESSION, kefs_decode_bind_conn, bind_conn_to_session, kefs_encode_bind_conn, SOLO | MOD, 24),
	ROW(EXCHANGE_ID, kefs_decode_exchange_id, exchange_id, kefs_encode_exchange_id, SOLO | MOD, 256),
	ROW(CREATE_SESSION, kefs_decode_create_session, create_session, kefs_encode_create_session, SOLO | MOD, 80),
	ROW(DESTROY_SESSION, kefs_decode_sessionid, destroy_session, NULL, SOLO | MOD, 0),
	ROW(FREE_STATEID, kefs_decode_stateid, free_stateid, NULL, NO_FH | MOD, 0),
	NOTSUPP(GET_DIR_DELEGATION),
	NOTSUPP(GETDEVICEINFO),
	NOTSUPP(GETDEVICELIST),
	NOTSUPP(LAYOUTCOMMIT),
	NOTSUPP(LAYOUTGET),
	NOTSUPP(LAYOUTRETURN),
	ROW(SECINFO_NO_NAME, kefs_decode_secinfo_no_name, secinfo_no_name, kefs_encode_secinfo, DOOR, 12),
	ROW(SEQUENCE, kefs_decode_sequence, sequence, kefs_encode_sequence, NO_FH, 36),
	ROW(SET_SSV, NULL, set_ssv, NULL, NO_FH, 0),
	ROW(TEST_STATEID, kefs_decode_test_stateid, test_stateid, kefs_encode_test_stateid, NO_FH, 0),
	NOTSUPP(WANT_DELEGATION),
	ROW(DESTROY_CLIENTID, kefs_decode_clientid, destroy_clientid, NULL, SOLO | MOD, 0),
	ROW(RECLAIM_COMPLETE, kefs_decode_reclaim_complete, reclaim_complete, NULL, NO_FH | MOD, 0),
};

const struct kefs_op *kefs_op_find(u32 opnum)
{
	if (opnum >= ARRAY_SIZE(ops) || !ops[opnum].name)
		return NULL;
	return &ops[opnum];
}
