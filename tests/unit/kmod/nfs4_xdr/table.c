// SPDX-License-Identifier: GPL-2.0
/* The operation table against RFC 8881 §17: what must be there, what must not, and each with its vectors. */
#include "vectors.h"
#include "nfs4/ops.h"

enum need { REQ, REC, OPT, MNI };

static const struct {
	u32 opnum;
	const char *name;
	enum need need;
	int (*run)(struct kefs_compound *c);	/* of those that may be left out: NULL */
} table[] = {
	{ 3, "ACCESS", REQ, kefs_run_access },
	{ 4, "CLOSE", REQ, kefs_run_close },
	{ 5, "COMMIT", REQ, kefs_run_commit },
	{ 6, "CREATE", REQ, kefs_run_create },
	{ 7, "DELEGPURGE", OPT, NULL },
	{ 8, "DELEGRETURN", OPT, kefs_run_delegreturn },
	{ 9, "GETATTR", REQ, kefs_run_getattr },
	{ 10, "GETFH", REQ, kefs_run_getfh },
	{ 11, "LINK", OPT, kefs_run_link },
	{ 12, "LOCK", REQ, kefs_run_lock },
	{ 13, "LOCKT", REQ, kefs_run_lockt },
	{ 14, "LOCKU", REQ, kefs_run_locku },
	{ 15, "LOOKUP", REQ, kefs_run_lookup },
	{ 16, "LOOKUPP", REQ, kefs_run_lookupp },
	{ 17, "NVERIFY", REQ, kefs_run_nverify },
	{ 18, "OPEN", REQ, kefs_run_open },
	{ 19, "OPENATTR", OPT, NULL },
	{ 20, "OPEN_CONFIRM", MNI, NULL },
	{ 21, "OPEN_DOWNGRADE", REQ, kefs_run_open_downgrade },
	{ 22, "PUTFH", REQ, kefs_run_putfh },
	{ 23, "PUTPUBFH", REQ, kefs_run_putrootfh },
	{ 24, "PUTROOTFH", REQ, kefs_run_putrootfh },
	{ 25, "READ", REQ, kefs_run_read },
	{ 26, "READDIR", REQ, kefs_run_readdir },
	{ 27, "READLINK", OPT, kefs_run_readlink },
	{ 28, "REMOVE", REQ, kefs_run_remove },
	{ 29, "RENAME", REQ, kefs_run_rename },
	{ 30, "RENEW", MNI, NULL },
	{ 31, "RESTOREFH", REQ, kefs_run_restorefh },
	{ 32, "SAVEFH", REQ, kefs_run_savefh },
	{ 33, "SECINFO", REQ, kefs_run_secinfo },
	{ 34, "SETATTR", REQ, kefs_run_setattr },
	{ 35, "SETCLIENTID", MNI, NULL },
	{ 36, "SETCLIENTID_CONFIRM", MNI, NULL },
	{ 37, "VERIFY", REQ, kefs_run_verify },
	{ 38, "WRITE", REQ, kefs_run_write },
	{ 39, "RELEASE_LOCKOWNER", MNI, NULL },
	{ 40, "BACKCHANNEL_CTL", REQ, kefs_run_backchannel_ctl },
	{ 41, "BIND_CONN_TO_SESSION", REQ, kefs_run_bind_conn_to_session },
	{ 42, "EXCHANGE_ID", REQ, kefs_run_exchange_id },
	{ 43, "CREATE_SESSION", REQ, kefs_run_create_session },
	{ 44, "DESTROY_SESSION", REQ, kefs_run_destroy_session },
	{ 45, "FREE_STATEID", REQ, kefs_run_free_stateid },
	{ 46, "GET_DIR_DELEGATION", OPT, NULL },
	{ 47, "GETDEVICEINFO", OPT, NULL },
	{ 48, "GETDEVICELIST", OPT, NULL },
	{ 49, "LAYOUTCOMMIT", OPT, NULL },
	{ 50, "LAYOUTGET", OPT, NULL },
	{ 51, "LAYOUTRETURN", OPT, NULL },
	{ 52, "SECINFO_NO_NAME", REC, kefs_run_secinfo_no_name },
	{ 53, "SEQUENCE", REQ, kefs_run_sequence },
	{ 54, "SET_SSV", REQ, kefs_run_set_ssv },
	{ 55, "TEST_STATEID", REQ, kefs_run_test_stateid },
	{ 56, "WANT_DELEGATION", OPT, NULL },
	{ 57, "DESTROY_CLIENTID", REQ, kefs_run_destroy_clientid },
	{ 58, "RECLAIM_COMPLETE", REQ, kefs_run_reclaim_complete },
};

/* Those whose XDR has no arguments; SET_SSV is refused before its arguments matter. */
static bool without_arguments(u32 opnum)
{
	static const u32 ops[] = {
		OP_GETFH, OP_LOOKUPP, OP_PUTPUBFH, OP_PUTROOTFH, OP_READLINK, OP_RESTOREFH, OP_SAVEFH, OP_SET_SSV,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i] == opnum)
			return true;
	return false;
}

void test_table_rows(void **state)
{
	const struct kefs_op *op;
	u32 opnum;
	size_t i;

	for (opnum = 0; opnum <= 100; opnum++)
		if (opnum < table[0].opnum || opnum > OP_RECLAIM_COMPLETE)
			assert_null(kefs_op_find(opnum));
	assert_null(kefs_op_find(OP_ILLEGAL));
	assert_null(kefs_op_find(0x80000003));
	assert_null(kefs_op_find(0xffffffff));
	assert_int_equal(ARRAY_SIZE(table), OP_RECLAIM_COMPLETE - OP_ACCESS + 1);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(table[i].opnum, OP_ACCESS + i);
		op = kefs_op_find(table[i].opnum);
		assert_non_null(op);
		assert_string_equal(op->name, table[i].name);
		if (op->run != table[i].run || (table[i].need == REQ && !op->run) || (table[i].need == MNI && op->run))
			fail_msg("%s: wrong run function", op->name);
		if (op->run && !op->decode != without_arguments(table[i].opnum))
			fail_msg("%s: arguments", op->name);
		if (!op->run)
			assert_true(!op->decode && !op->encode);
	}
}

#define OP(x) (1ULL << OP_##x)

/* RFC 8881 §18: CURRENT_FH in the arguments' comments; §2.10.6.1.3: alone without SEQUENCE; §16.2.3.1.2. */
void test_table_flags(void **state)
{
	const u64 no_fh = OP(PUTFH) | OP(PUTPUBFH) | OP(PUTROOTFH) | OP(RESTOREFH) | OP(BACKCHANNEL_CTL) |
		OP(BIND_CONN_TO_SESSION) | OP(EXCHANGE_ID) | OP(CREATE_SESSION) | OP(DESTROY_SESSION) |
		OP(FREE_STATEID) | OP(SEQUENCE) | OP(SET_SSV) | OP(TEST_STATEID) | OP(DESTROY_CLIENTID) |
		OP(RECLAIM_COMPLETE);
	const u64 solo = OP(BIND_CONN_TO_SESSION) | OP(EXCHANGE_ID) | OP(CREATE_SESSION) | OP(DESTROY_SESSION) |
		OP(DESTROY_CLIENTID);
	const u64 set_fh = OP(PUTFH) | OP(PUTPUBFH) | OP(PUTROOTFH) | OP(LOOKUP) | OP(LOOKUPP) | OP(CREATE);
	const u64 error_body = OP(LOCK) | OP(LOCKT) | OP(SETATTR);
	const u64 modifies = OP(CLOSE) | OP(CREATE) | OP(LINK) | OP(LOCK) | OP(LOCKU) | OP(OPEN) | OP(OPEN_DOWNGRADE) |
		OP(DELEGRETURN) | OP(REMOVE) | OP(RENAME) | OP(SETATTR) | OP(WRITE);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct kefs_op *op = kefs_op_find(table[i].opnum);
		u64 bit = 1ULL << table[i].opnum;

		if (!op->run)
			continue;
		if (!(op->flags & KEFS_OPF_NO_FH) != !(no_fh & bit))
			fail_msg("%s: current filehandle", op->name);
		if (!(op->flags & KEFS_OPF_SOLO) != !(solo & bit))
			fail_msg("%s: alone", op->name);
		if (!(op->flags & KEFS_OPF_SET_FH) != !(set_fh & bit))
			fail_msg("%s: sets the filehandle", op->name);
		if (!(op->flags & KEFS_OPF_ENCODE_ERR) != !(error_body & bit))
			fail_msg("%s: body with an error", op->name);
		if ((modifies & bit) && !(op->flags & KEFS_OPF_MODIFIES))
			fail_msg("%s: modifies", op->name);
	}
}

static u64 seen;

static void note(const struct vector *v)
{
	seen |= 1ULL << v->opnum;
}

void test_table_vectors(void **state)
{
	size_t i;

	seen = 0;
	for_each_vector(note);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (kefs_op_find(table[i].opnum)->decode && !(seen & 1ULL << table[i].opnum))
			fail_msg("%s: has no vector", table[i].name);
}
