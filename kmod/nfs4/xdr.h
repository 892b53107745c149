/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decoders and encoders of the operations' arguments and results. Pure: they touch no state. A decoder gives false when
 * the bytes are not what the XDR of RFC 5662 says (NFS4ERR_BADXDR). An encoder writes what follows the operation's
 * status and cannot fail but by want of room, which the cursor remembers.
 */
#ifndef KEFS_NFS4_XDR_H
#define KEFS_NFS4_XDR_H

#include "args.h"

typedef bool kefs_decode_fn(struct kefs_xdr_in *in, union kefs_args *args);
typedef void kefs_encode_fn(struct kefs_xdr_out *out, const union kefs_res *res, u32 status);

/* Shared pieces (xdr_common.c). */
bool kefs_xdr_stateid(struct kefs_xdr_in *in, struct kefs_stateid *stateid);
void kefs_xdr_put_stateid(struct kefs_xdr_out *out, const struct kefs_stateid *stateid);
bool kefs_xdr_str(struct kefs_xdr_in *in, u32 max, struct kefs_str *str);
bool kefs_xdr_attr_bitmap(struct kefs_xdr_in *in, struct kefs_bitmap *bitmap);
void kefs_xdr_put_attr_bitmap(struct kefs_xdr_out *out, const struct kefs_bitmap *bitmap);
void kefs_xdr_put_cinfo(struct kefs_xdr_out *out, const struct kefs_change_info *cinfo);
bool kefs_xdr_copy(struct kefs_xdr_in *in, u8 *to, size_t len);

kefs_decode_fn kefs_decode_access, kefs_decode_close, kefs_decode_commit, kefs_decode_create, kefs_decode_getattr,
	kefs_decode_name, kefs_decode_lock, kefs_decode_lockt, kefs_decode_locku, kefs_decode_verify,
	kefs_decode_open, kefs_decode_open_downgrade, kefs_decode_putfh, kefs_decode_read, kefs_decode_readdir,
	kefs_decode_rename, kefs_decode_setattr, kefs_decode_write, kefs_decode_backchannel_ctl,
	kefs_decode_bind_conn, kefs_decode_exchange_id, kefs_decode_create_session, kefs_decode_sessionid,
	kefs_decode_stateid, kefs_decode_clientid, kefs_decode_reclaim_complete, kefs_decode_secinfo_no_name,
	kefs_decode_sequence, kefs_decode_test_stateid;

kefs_encode_fn kefs_encode_access, kefs_encode_stateid, kefs_encode_commit, kefs_encode_create, kefs_encode_cinfo,
	kefs_encode_lock, kefs_encode_lockt, kefs_encode_open, kefs_encode_getfh, kefs_encode_readlink,
	kefs_encode_rename, kefs_encode_setattr, kefs_encode_write, kefs_encode_bind_conn,
	kefs_encode_exchange_id, kefs_encode_create_session, kefs_encode_sessionid_res, kefs_encode_sequence,
	kefs_encode_test_stateid, kefs_encode_secinfo;

#endif
