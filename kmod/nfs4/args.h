/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decoded arguments and results of the operations, one struct each, in the RFC's names. Pure. Pointers lead into the
 * request's record and live as long as it does.
 */
#ifndef KEFS_NFS4_ARGS_H
#define KEFS_NFS4_ARGS_H

#include <linux/types.h>
#include "../core/kefs.h"
#include "../core/limits.h"
#include "../xdr/cursor.h"
#include "proto.h"

struct kefs_str {
	const u8 *data;
	u32 len;
};

#define KEFS_BITMAP_WORDS 3

struct kefs_bitmap {
	u32 w[KEFS_BITMAP_WORDS];
	bool high;		/* a bit behind the last word is set */
};

struct kefs_nfstime {
	s64 sec;
	u32 nsec;
};

/* Values of settable attributes; a bit in mask says that the value is there. */
struct kefs_settable {
	struct kefs_bitmap mask;
	u64 size;
	u32 mode, uid, gid;
	u32 masked_mode, mode_mask;
	bool atime_now, mtime_now;
	struct kefs_nfstime atime, mtime;
	int error;		/* 0, or why an attribute cannot be set: decided at decode, told when run */
};

struct kefs_change_info {
	bool atomic;
	u64 before, after;
};

struct kefs_callback_sec {
	u32 flavor, uid, gid;
	bool known;		/* AUTH_NONE or AUTH_SYS was offered */
};

struct kefs_channel_attrs {
	u32 headerpad, max_request, max_response, max_response_cached, max_ops, max_requests;
};

struct args_access { u32 access; };
struct res_access { u32 supported, access; };
struct args_close { struct kefs_stateid stateid; };
struct res_stateid { struct kefs_stateid stateid; };
struct args_commit { u64 offset; u32 count; };
struct res_commit { u64 verifier; };

struct args_create {
	u32 type;
	struct kefs_str linkdata, name;
	u32 major, minor;
	struct kefs_settable attrs;
};
struct res_create { struct kefs_change_info cinfo; struct kefs_bitmap attrset; };

struct args_getattr { struct kefs_bitmap want; };
struct args_name { struct kefs_str name; };
struct res_cinfo { struct kefs_change_info cinfo; };

struct args_lock {
	u32 type;
	bool reclaim, new_owner;
	u64 offset, length;
	struct kefs_stateid stateid;		/* open stateid if new_owner, else lock stateid */
	u64 clientid;				/* 4.1 ignores it (RFC 8881 §18.10.3) */
	struct kefs_str owner;
};
struct res_lock {
	struct kefs_stateid stateid;
	bool denied;
	u64 offset, length, clientid;
	u32 type, owner_len;
	u8 owner[KEFS_OPAQUE_MAX];
};
struct args_lockt { u32 type; u64 offset, length, clientid; struct kefs_str owner; };
struct args_locku { u32 type; struct kefs_stateid stateid; u64 offset, length; };

struct args_verify { struct kefs_bitmap mask; const u8 *vals; u32 vals_len; };

struct args_open {
	u32 access, deny, want;
	u64 clientid;
	struct kefs_str owner;
	u32 opentype, createmode;
	struct kefs_settable attrs;
	u8 verifier[KEFS_VERIFIER_SIZE];
	u32 claim, delegate_type;
	struct kefs_stateid delegate_stateid;
	struct kefs_str name;
};
struct res_open {
	struct kefs_stateid stateid;
	struct kefs_change_info cinfo;
	u32 rflags;
	struct kefs_bitmap attrset;
	u32 deleg_type, why_no_deleg;
	struct kefs_stateid deleg_stateid;	/* READ and WRITE; and the rest */
	bool deleg_recall;
	u32 limit_blocks, limit_block_size;	/* WRITE: how much the client may keep unwritten when it closes */
};
struct args_open_downgrade { struct kefs_stateid stateid; u32 access, deny; };
struct args_putfh { struct kefs_str fh; };
struct res_getfh { u32 len; u8 data[KEFS_FH_MAX]; };

struct args_read { struct kefs_stateid stateid; u64 offset; u32 count; };
struct res_read { bool eof; u32 count; };
struct args_readdir {
	u64 cookie;
	u8 verifier[KEFS_VERIFIER_SIZE];
	u32 dircount, maxcount;
	struct kefs_bitmap want;
};
struct res_readlink { const u8 *data; u32 len; };
struct args_rename { struct kefs_str oldname, newname; };
struct res_rename { struct kefs_change_info source, target; };
struct args_setattr { struct kefs_stateid stateid; struct kefs_settable attrs; };
struct res_setattr { struct kefs_bitmap attrset; };
struct args_write {
	struct kefs_stateid stateid;
	u64 offset;
	u32 stable, count;
	struct kefs_xdr_opaque body;
};
struct res_write { u32 count, committed; u64 verifier; };

struct args_backchannel_ctl { u32 program; struct kefs_callback_sec sec; };
struct args_bind_conn { u8 sessionid[KEFS_SESSIONID_SIZE]; u32 dir; bool rdma; };
struct res_bind_conn { u8 sessionid[KEFS_SESSIONID_SIZE]; u32 dir; };
struct args_exchange_id {
	u8 verifier[KEFS_VERIFIER_SIZE];
	struct kefs_str owner;
	u32 flags, protect;
};
struct res_exchange_id {
	u64 clientid;
	u32 seqid, flags;
	struct kefs_str owner, scope;
	char major[KEFS_MAJOR_ID_MAX];	/* owner points here */
};
struct args_create_session {
	u64 clientid;
	u32 seqid, flags;
	struct kefs_channel_attrs fore, back;
	u32 cb_program;
	struct kefs_callback_sec sec;
};
struct res_create_session {
	u8 sessionid[KEFS_SESSIONID_SIZE];
	u32 seqid, flags;
	struct kefs_channel_attrs fore, back;
};
struct args_sessionid { u8 sessionid[KEFS_SESSIONID_SIZE]; };
struct args_stateid { struct kefs_stateid stateid; };
struct args_clientid { u64 clientid; };
struct args_reclaim_complete { bool one_fs; };
struct args_secinfo_no_name { u32 style; };
struct args_sequence {
	u8 sessionid[KEFS_SESSIONID_SIZE];
	u32 seqid, slotid, highest_slotid;
	bool cachethis;
};
struct res_sequence {
	u8 sessionid[KEFS_SESSIONID_SIZE];
	u32 seqid, slotid, highest_slotid, target_highest_slotid, status_flags;
};
/* TEST_STATEID is answered id by id while it runs: the ids stay in wire form. */
struct args_test_stateid { u32 count; const u8 *ids; };
struct res_test_stateid { u32 count; u32 status[KEFS_TEST_STATEIDS_MAX]; };

union kefs_args {
	struct args_access access;
	struct args_close close;
	struct args_commit commit;
	struct args_create create;
	struct args_getattr getattr;
	struct args_name name;
	struct args_lock lock;
	struct args_lockt lockt;
	struct args_locku locku;
	struct args_verify verify;
	struct args_open open;
	struct args_open_downgrade open_downgrade;
	struct args_putfh putfh;
	struct args_read read;
	struct args_readdir readdir;
	struct args_rename rename;
	struct args_setattr setattr;
	struct args_write write;
	struct args_backchannel_ctl backchannel_ctl;
	struct args_bind_conn bind_conn;
	struct args_exchange_id exchange_id;
	struct args_create_session create_session;
	struct args_sessionid sessionid;
	struct args_stateid stateid;
	struct args_clientid clientid;
	struct args_reclaim_complete reclaim_complete;
	struct args_secinfo_no_name secinfo_no_name;
	struct args_sequence sequence;
	struct args_test_stateid test_stateid;
};

union kefs_res {
	struct res_access access;
	struct res_stateid stateid;
	struct res_commit commit;
	struct res_create create;
	struct res_cinfo cinfo;
	struct res_lock lock;
	struct res_open open;
	struct res_getfh getfh;
	struct res_read read;
	struct res_readlink readlink;
	struct res_rename rename;
	struct res_setattr setattr;
	struct res_write write;
	struct res_bind_conn bind_conn;
	struct res_exchange_id exchange_id;
	struct res_create_session create_session;
	struct res_sequence sequence;
	struct res_test_stateid test_stateid;
};

#endif
