// SPDX-License-Identifier: GPL-2.0
/* EXCHANGE_ID to RECLAIM_COMPLETE, SEQUENCE, SECINFO_NO_NAME, TEST_STATEID, FREE_STATEID, DELEGRETURN. */
#include "vectors.h"

/* EXCHANGE_ID4args without protection and without nfs_impl_id4. */
static const u8 exchange_id_plain[] = {
	VERIFIER, W(5), 'o', 'w', 'n', 'e', 'r', 0, 0, 0,
	W(0x40000103), W(0), W(0),
};

static void check_exchange_id_plain(const union kefs_args *args, const struct source *s)
{
	static const u8 verifier[] = { VERIFIER };
	const struct args_exchange_id *a = &args->exchange_id;

	assert_memory_equal(a->verifier, verifier, sizeof(verifier));
	check_str(&a->owner, "owner");
	assert_int_equal(a->flags, 0x40000103);
	assert_int_equal(a->protect, SP4_NONE);
}

/* What the Linux client sends: nfs_impl_id4 of domain, name, date; here with a date before 1970. */
static const u8 exchange_id_impl[] = {
	VERIFIER, W(4), 'l', 'n', 'x', '1',
	W(0x00000101), W(0), W(1),
	W(10), 'k', 'e', 'r', 'n', 'e', 'l', '.', 'o', 'r', 'g', 0, 0,
	W(7), 'L', 'i', 'n', 'u', 'x', ' ', '6', 0,
	D(-1), W(999999999),
};

static void check_exchange_id_impl(const union kefs_args *args, const struct source *s)
{
	check_str(&args->exchange_id.owner, "lnx1");
	assert_int_equal(args->exchange_id.flags, 0x101);
	assert_int_equal(args->exchange_id.protect, SP4_NONE);
}

/* SP4_MACH_CRED: what must be enforced, what must be allowed. */
static const u8 exchange_id_mach[] = {
	VERIFIER, W(0),
	W(0), W(1),
	W(2), W(0x00000100), W(0x00001f00),
	W(4), W(1), W(2), W(3), W(4),
	W(0),
};

static void check_exchange_id_mach(const union kefs_args *args, const struct source *s)
{
	check_str(&args->exchange_id.owner, "");
	assert_int_equal(args->exchange_id.protect, SP4_MACH_CRED);
}

/* ssv_sp_parms4: operations, hash algorithms, encryption algorithms, window, handles. */
static const u8 exchange_id_ssv[] = {
	VERIFIER, W(1), 'x', 0, 0, 0,
	W(0), W(2),
	W(0), W(1), W(0),
	W(2), W(3), 1, 2, 3, 0, W(4), 1, 2, 3, 4,
	W(1), W(5), 1, 2, 3, 4, 5, 0, 0, 0,
	W(128), W(16),
	W(0),
};

static void check_exchange_id_ssv(const union kefs_args *args, const struct source *s)
{
	check_str(&args->exchange_id.owner, "x");
	assert_int_equal(args->exchange_id.protect, SP4_SSV);
}

/* CREATE_SESSION4args as the Linux client has them: AUTH_SYS for the back channel. */
static const u8 create_session_sys[] = {
	D(CLIENTID), W(9), W(2),
	W(0), W(1049620), W(1049480), W(7584), W(8), W(64), W(0),
	W(1), W(4096), W(4097), W(4098), W(2), W(16), W(1), W(77),
	W(0x40000000),
	W(1), W(AUTH_FLAVOR_SYS), W(0xdead), W(4), 'h', 'o', 's', 't', W(501), W(502), W(2), W(10), W(11),
};

static void check_create_session_sys(const union kefs_args *args, const struct source *s)
{
	const struct args_create_session *a = &args->create_session;

	assert_true(a->clientid == CLIENTID);
	assert_int_equal(a->seqid, 9);
	assert_int_equal(a->flags, CREATE_SESSION4_FLAG_CONN_BACK_CHAN);
	assert_int_equal(a->fore.headerpad, 0);
	assert_int_equal(a->fore.max_request, 1049620);
	assert_int_equal(a->fore.max_response, 1049480);
	assert_int_equal(a->fore.max_response_cached, 7584);
	assert_int_equal(a->fore.max_ops, 8);
	assert_int_equal(a->fore.max_requests, 64);
	assert_int_equal(a->back.headerpad, 1);
	assert_int_equal(a->back.max_request, 4096);
	assert_int_equal(a->back.max_response, 4097);
	assert_int_equal(a->back.max_response_cached, 4098);
	assert_int_equal(a->back.max_ops, 2);
	assert_int_equal(a->back.max_requests, 16);
	assert_int_equal(a->cb_program, 0x40000000);
	assert_true(a->sec.known);
	assert_int_equal(a->sec.flavor, AUTH_FLAVOR_SYS);
	assert_int_equal(a->sec.uid, 501);
	assert_int_equal(a->sec.gid, 502);
}

/* AUTH_NONE, RPCSEC_GSS, then two AUTH_SYS: the first of them counts. */
static const u8 create_session_many[] = {
	D(1), W(1), W(0),
	W(0), W(1), W(2), W(3), W(4), W(5), W(0),
	W(0), W(1), W(2), W(3), W(4), W(5), W(0),
	W(7),
	W(4),
	W(AUTH_FLAVOR_NONE),
	W(AUTH_FLAVOR_GSS), W(1), W(3), 1, 2, 3, 0, W(0),
	W(AUTH_FLAVOR_SYS), W(0), W(0), W(1), W(2), W(0),
	W(AUTH_FLAVOR_SYS), W(0), W(1), 'h', 0, 0, 0, W(3), W(4), W(1), W(5),
};

static void check_create_session_many(const union kefs_args *args, const struct source *s)
{
	assert_true(args->create_session.sec.known);
	assert_int_equal(args->create_session.sec.flavor, AUTH_FLAVOR_SYS);
	assert_int_equal(args->create_session.sec.uid, 1);
	assert_int_equal(args->create_session.sec.gid, 2);
	assert_int_equal(args->create_session.cb_program, 7);
}

static const u8 backchannel_none[] = { W(0x40000001), W(1), W(AUTH_FLAVOR_NONE) };

static void check_backchannel_none(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->backchannel_ctl.program, 0x40000001);
	assert_true(args->backchannel_ctl.sec.known);
	assert_int_equal(args->backchannel_ctl.sec.flavor, AUTH_FLAVOR_NONE);
}

/* AUTH_SYS goes before AUTH_NONE wherever it stands. */
static const u8 backchannel_sys[] = {
	W(5), W(2),
	W(AUTH_FLAVOR_SYS), W(0), W(0), W(7), W(8), W(0),
	W(AUTH_FLAVOR_NONE),
};

static void check_backchannel_sys(const union kefs_args *args, const struct source *s)
{
	assert_true(args->backchannel_ctl.sec.known);
	assert_int_equal(args->backchannel_ctl.sec.flavor, AUTH_FLAVOR_SYS);
	assert_int_equal(args->backchannel_ctl.sec.uid, 7);
	assert_int_equal(args->backchannel_ctl.sec.gid, 8);
}

/* Only RPCSEC_GSS is offered: XDR, but nothing that callbacks could use. */
static const u8 backchannel_gss[] = {
	W(5), W(1), W(AUTH_FLAVOR_GSS), W(3), W(4), 1, 2, 3, 4, W(2), 5, 6, 0, 0,
};

static void check_backchannel_gss(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->backchannel_ctl.program, 5);
	assert_false(args->backchannel_ctl.sec.known);
}

static const u8 backchannel_nothing[] = { W(5), W(0) };

static void check_backchannel_nothing(const union kefs_args *args, const struct source *s)
{
	assert_false(args->backchannel_ctl.sec.known);
}

static const u8 bind_conn[] = { SESSIONID, W(CDFC4_FORE_OR_BOTH), W(0) };

static void check_bind_conn(const union kefs_args *args, const struct source *s)
{
	static const u8 id[] = { SESSIONID };

	assert_memory_equal(args->bind_conn.sessionid, id, sizeof(id));
	assert_int_equal(args->bind_conn.dir, CDFC4_FORE_OR_BOTH);
	assert_false(args->bind_conn.rdma);
}

static const u8 bind_conn_rdma[] = { SESSIONID, W(CDFC4_BACK), W(1) };

static void check_bind_conn_rdma(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->bind_conn.dir, CDFC4_BACK);
	assert_true(args->bind_conn.rdma);
}

static const u8 sessionid[] = { SESSIONID };

static void check_sessionid(const union kefs_args *args, const struct source *s)
{
	assert_memory_equal(args->sessionid.sessionid, sessionid, sizeof(sessionid));
}

static const u8 free_stateid[] = { STATEID };

static void check_free_stateid(const union kefs_args *args, const struct source *s)
{
	check_stateid(&args->stateid.stateid);
}

static const u8 clientid[] = { D(CLIENTID) };

static void check_clientid(const union kefs_args *args, const struct source *s)
{
	assert_true(args->clientid.clientid == CLIENTID);
}

static const u8 reclaim_all[] = { W(0) };

static void check_reclaim_all(const union kefs_args *args, const struct source *s)
{
	assert_false(args->reclaim_complete.one_fs);
}

static const u8 reclaim_one[] = { W(1) };

static void check_reclaim_one(const union kefs_args *args, const struct source *s)
{
	assert_true(args->reclaim_complete.one_fs);
}

static const u8 secinfo_current[] = { W(0) };

static void check_secinfo_current(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->secinfo_no_name.style, SECINFO_STYLE4_CURRENT_FH);
}

static const u8 secinfo_parent[] = { W(1) };

static void check_secinfo_parent(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->secinfo_no_name.style, SECINFO_STYLE4_PARENT);
}

static const u8 sequence[] = { SESSIONID, W(0xfffffffe), W(3), W(63), W(1) };

static void check_sequence(const union kefs_args *args, const struct source *s)
{
	const struct args_sequence *a = &args->sequence;

	assert_memory_equal(a->sessionid, sessionid, sizeof(sessionid));
	assert_int_equal(a->seqid, 0xfffffffe);
	assert_int_equal(a->slotid, 3);
	assert_int_equal(a->highest_slotid, 63);
	assert_true(a->cachethis);
}

static const u8 test_two[] = { W(2), STATEID, W(0), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

static void check_test_two(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->test_stateid.count, 2);
	assert_memory_equal(args->test_stateid.ids, test_two + 4, 32);
}

static const u8 test_none[] = { W(0) };

static void check_test_none(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->test_stateid.count, 0);
}

static const struct vector vectors[] = {
	VECTOR(EXCHANGE_ID, exchange_id_plain, 8, 28),
	VECTOR(EXCHANGE_ID, exchange_id_impl, 8, 24, 28, 44),
	VECTOR(EXCHANGE_ID, exchange_id_mach, 8, 20, 32, 52),
	VECTOR(EXCHANGE_ID, exchange_id_ssv, 8, 24, 28, 36, 40, 48, 56, 60),
	VECTOR(CREATE_SESSION, create_session_sys, 40, 68, 80, 92, 108),
	VECTOR(CREATE_SESSION, create_session_many, 40, 68, 76, 92, 100, 112, 124, 136),
	VECTOR(BACKCHANNEL_CTL, backchannel_none, 4),
	VECTOR(BACKCHANNEL_CTL, backchannel_sys, 4, 16, 28),
	VECTOR(BACKCHANNEL_CTL, backchannel_gss, 4, 16, 24),
	VECTOR(BACKCHANNEL_CTL, backchannel_nothing, 4),
	PLAIN(BIND_CONN_TO_SESSION, bind_conn),
	PLAIN(BIND_CONN_TO_SESSION, bind_conn_rdma),
	PLAIN(DESTROY_SESSION, sessionid),
	PLAIN(FREE_STATEID, free_stateid),
	PLAIN(DELEGRETURN, free_stateid),
	PLAIN(DESTROY_CLIENTID, clientid),
	PLAIN(RECLAIM_COMPLETE, reclaim_all),
	PLAIN(RECLAIM_COMPLETE, reclaim_one),
	PLAIN(SECINFO_NO_NAME, secinfo_current),
	PLAIN(SECINFO_NO_NAME, secinfo_parent),
	PLAIN(SEQUENCE, sequence),
	VECTOR(TEST_STATEID, test_two, 0),
	VECTOR(TEST_STATEID, test_none, 0),
};

const struct vectors session_vectors = { vectors, ARRAY_SIZE(vectors) };
