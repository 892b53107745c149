// SPDX-License-Identifier: GPL-2.0
/* Sessions, client ids and what surrounds them (RFC 8881 §18.33 to §18.51). */
#include "xdr.h"

#define AUTH_SYS_BODY_GIDS 16

/* nfs_impl_id4: who made the peer; read and dropped. */
static bool impl_id(struct kefs_xdr_in *in)
{
	u32 len;

	if (kefs_xdr_count(in, 1, 4 + 4 + 12) && (!kefs_xdr_opaque(in, KEFS_OPAQUE_MAX, &len) ||
						  !kefs_xdr_opaque(in, KEFS_OPAQUE_MAX, &len) ||
						  !kefs_xdr_take(in, 12)))
		return false;
	return !in->bad;
}

static bool op_masks(struct kefs_xdr_in *in)
{
	struct kefs_bitmap skip;

	return kefs_xdr_attr_bitmap(in, &skip) && kefs_xdr_attr_bitmap(in, &skip);
}

/* ssv_sp_parms4: the algorithms and numbers of SP4_SSV, which is refused once it is read. */
static bool ssv_parms(struct kefs_xdr_in *in)
{
	u32 i, j, n, len;

	if (!op_masks(in))
		return false;
	for (i = 0; i < 2; i++) {
		n = kefs_xdr_count(in, 32, 4);
		for (j = 0; j < n; j++)
			if (!kefs_xdr_opaque(in, KEFS_OPAQUE_MAX, &len))
				return false;
	}
	return kefs_xdr_take(in, 8);
}

bool kefs_decode_exchange_id(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_exchange_id *a = &args->exchange_id;

	if (!kefs_xdr_copy(in, a->verifier, KEFS_VERIFIER_SIZE) || !kefs_xdr_str(in, KEFS_OPAQUE_MAX, &a->owner))
		return false;
	a->flags = kefs_xdr_u32(in);
	a->protect = kefs_xdr_u32(in);
	switch (a->protect) {
	case SP4_NONE:
		break;
	case SP4_MACH_CRED:
		if (!op_masks(in))
			return false;
		break;
	case SP4_SSV:
		if (!ssv_parms(in))
			return false;
		break;
	default:
		return false;
	}
	return impl_id(in);
}

void kefs_encode_exchange_id(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	const struct res_exchange_id *r = &res->exchange_id;

	kefs_xdr_put_u64(out, r->clientid);
	kefs_xdr_put_u32(out, r->seqid);
	kefs_xdr_put_u32(out, r->flags);
	kefs_xdr_put_u32(out, SP4_NONE);
	kefs_xdr_put_u64(out, 0);			/* so_minor_id */
	kefs_xdr_put_opaque(out, r->owner.data, r->owner.len);
	kefs_xdr_put_opaque(out, r->scope.data, r->scope.len);
	kefs_xdr_put_u32(out, 0);			/* no nfs_impl_id4 */
}

static bool channel_attrs(struct kefs_xdr_in *in, struct kefs_channel_attrs *ca)
{
	ca->headerpad = kefs_xdr_u32(in);
	ca->max_request = kefs_xdr_u32(in);
	ca->max_response = kefs_xdr_u32(in);
	ca->max_response_cached = kefs_xdr_u32(in);
	ca->max_ops = kefs_xdr_u32(in);
	ca->max_requests = kefs_xdr_u32(in);
	if (kefs_xdr_count(in, 1, 4))
		kefs_xdr_u32(in);			/* rdma_ird */
	return !in->bad;
}

static void put_channel_attrs(struct kefs_xdr_out *out, const struct kefs_channel_attrs *ca)
{
	kefs_xdr_put_u32(out, ca->headerpad);
	kefs_xdr_put_u32(out, ca->max_request);
	kefs_xdr_put_u32(out, ca->max_response);
	kefs_xdr_put_u32(out, ca->max_response_cached);
	kefs_xdr_put_u32(out, ca->max_ops);
	kefs_xdr_put_u32(out, ca->max_requests);
	kefs_xdr_put_u32(out, 0);
}

/* callback_sec_parms4<>: the first AUTH_SYS, else AUTH_NONE, is what callbacks will use. */
static bool callback_sec(struct kefs_xdr_in *in, struct kefs_callback_sec *sec)
{
	u32 n = kefs_xdr_count(in, 32, 4), len, uid, gid;

	memset(sec, 0, sizeof(*sec));
	while (n-- && !in->bad) {
		u32 flavor = kefs_xdr_u32(in);

		switch (flavor) {
		case AUTH_FLAVOR_NONE:
			if (!sec->known)
				*sec = (struct kefs_callback_sec){ .known = true };
			break;
		case AUTH_FLAVOR_SYS:
			kefs_xdr_u32(in);		/* stamp */
			kefs_xdr_opaque(in, 255, &len);
			uid = kefs_xdr_u32(in);
			gid = kefs_xdr_u32(in);
			kefs_xdr_take(in, 4 * (size_t)kefs_xdr_count(in, AUTH_SYS_BODY_GIDS, 4));
			if (sec->flavor != AUTH_FLAVOR_SYS)
				*sec = (struct kefs_callback_sec){ flavor, uid, gid, true };
			break;
		case AUTH_FLAVOR_GSS:
			kefs_xdr_u32(in);		/* gcbp_service */
			kefs_xdr_opaque(in, KEFS_OPAQUE_MAX, &len);
			kefs_xdr_opaque(in, KEFS_OPAQUE_MAX, &len);
			break;
		default:
			return false;
		}
	}
	return !in->bad;
}

bool kefs_decode_create_session(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_create_session *a = &args->create_session;

	a->clientid = kefs_xdr_u64(in);
	a->seqid = kefs_xdr_u32(in);
	a->flags = kefs_xdr_u32(in);
	if (!channel_attrs(in, &a->fore) || !channel_attrs(in, &a->back))
		return false;
	a->cb_program = kefs_xdr_u32(in);
	return callback_sec(in, &a->sec);
}

void kefs_encode_create_session(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	const struct res_create_session *r = &res->create_session;

	kefs_xdr_put_fixed(out, r->sessionid, KEFS_SESSIONID_SIZE);
	kefs_xdr_put_u32(out, r->seqid);
	kefs_xdr_put_u32(out, r->flags);
	put_channel_attrs(out, &r->fore);
	put_channel_attrs(out, &r->back);
}

bool kefs_decode_backchannel_ctl(struct kefs_xdr_in *in, union kefs_args *args)
{
	args->backchannel_ctl.program = kefs_xdr_u32(in);
	return callback_sec(in, &args->backchannel_ctl.sec);
}

bool kefs_decode_bind_conn(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_bind_conn *a = &args->bind_conn;

	if (!kefs_xdr_copy(in, a->sessionid, KEFS_SESSIONID_SIZE))
		return false;
	a->dir = kefs_xdr_u32(in);
	a->rdma = kefs_xdr_bool(in);
	return !in->bad;
}

void kefs_encode_bind_conn(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_fixed(out, res->bind_conn.sessionid, KEFS_SESSIONID_SIZE);
	kefs_xdr_put_u32(out, res->bind_conn.dir);
	kefs_xdr_put_u32(out, 0);			/* no RDMA */
}

bool kefs_decode_sessionid(struct kefs_xdr_in *in, union kefs_args *args)
{
	return kefs_xdr_copy(in, args->sessionid.sessionid, KEFS_SESSIONID_SIZE);
}

bool kefs_decode_clientid(struct kefs_xdr_in *in, union kefs_args *args)
{
	args->clientid.clientid = kefs_xdr_u64(in);
	return !in->bad;
}

bool kefs_decode_reclaim_complete(struct kefs_xdr_in *in, union kefs_args *args)
{
	args->reclaim_complete.one_fs = kefs_xdr_bool(in);
	return !in->bad;
}

bool kefs_decode_secinfo_no_name(struct kefs_xdr_in *in, union kefs_args *args)
{
	args->secinfo_no_name.style = kefs_xdr_u32(in);
	return !in->bad && args->secinfo_no_name.style <= SECINFO_STYLE4_PARENT;
}

/* SECINFO4resok: AUTH_SYS, then AUTH_NONE (served as the anonymous user). */
void kefs_encode_secinfo(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	kefs_xdr_put_u32(out, 2);
	kefs_xdr_put_u32(out, AUTH_FLAVOR_SYS);
	kefs_xdr_put_u32(out, AUTH_FLAVOR_NONE);
}

bool kefs_decode_sequence(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_sequence *a = &args->sequence;

	if (!kefs_xdr_copy(in, a->sessionid, KEFS_SESSIONID_SIZE))
		return false;
	a->seqid = kefs_xdr_u32(in);
	a->slotid = kefs_xdr_u32(in);
	a->highest_slotid = kefs_xdr_u32(in);
	a->cachethis = kefs_xdr_bool(in);
	return !in->bad;
}

void kefs_encode_sequence(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	const struct res_sequence *r = &res->sequence;

	kefs_xdr_put_fixed(out, r->sessionid, KEFS_SESSIONID_SIZE);
	kefs_xdr_put_u32(out, r->seqid);
	kefs_xdr_put_u32(out, r->slotid);
	kefs_xdr_put_u32(out, r->highest_slotid);
	kefs_xdr_put_u32(out, r->target_highest_slotid);
	kefs_xdr_put_u32(out, r->status_flags);
}

bool kefs_decode_test_stateid(struct kefs_xdr_in *in, union kefs_args *args)
{
	struct args_test_stateid *a = &args->test_stateid;

	a->count = kefs_xdr_count(in, KEFS_TEST_STATEIDS_MAX, 16);
	a->ids = kefs_xdr_take(in, 16 * (size_t)a->count);
	return a->ids && !in->bad;
}

void kefs_encode_test_stateid(struct kefs_xdr_out *out, const union kefs_res *res, u32 status)
{
	u32 i;

	kefs_xdr_put_u32(out, res->test_stateid.count);
	for (i = 0; i < res->test_stateid.count; i++)
		kefs_xdr_put_u32(out, res->test_stateid.status[i]);
}
