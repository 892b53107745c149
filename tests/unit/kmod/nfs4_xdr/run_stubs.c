// SPDX-License-Identifier: GPL-2.0
/* What optable.c's rows point to. Nothing here is ever called: the table is only looked at. */
#include <stdlib.h>
#include "nfs4/op.h"
#include "nfs4/ops.h"

#define STUB(name) \
	KEFS_OP_RUN(name) \
	{ \
		(void)c; \
		abort(); \
	}

STUB(exchange_id)
STUB(create_session)
STUB(destroy_session)
STUB(destroy_clientid)
STUB(bind_conn_to_session)
STUB(backchannel_ctl)
STUB(sequence)
STUB(reclaim_complete)
STUB(set_ssv)
STUB(putfh)
STUB(putrootfh)
STUB(getfh)
STUB(savefh)
STUB(restorefh)
STUB(lookup)
STUB(lookupp)
STUB(create)
STUB(remove)
STUB(rename)
STUB(link)
STUB(readlink)
STUB(secinfo)
STUB(secinfo_no_name)
STUB(access)
STUB(getattr)
STUB(setattr)
STUB(verify)
STUB(nverify)
STUB(open)
STUB(open_downgrade)
STUB(close)
STUB(test_stateid)
STUB(free_stateid)
STUB(delegreturn)
STUB(read)
STUB(write)
STUB(commit)
STUB(lock)
STUB(lockt)
STUB(locku)
STUB(readdir)
