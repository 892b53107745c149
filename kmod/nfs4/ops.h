/* SPDX-License-Identifier: GPL-2.0 */
/* The run functions, by family; each is named by its row in optable.c. */
#ifndef KEFS_NFS4_OPS_H
#define KEFS_NFS4_OPS_H

#include "compound.h"

#define KEFS_OP_RUN(name) int kefs_run_##name(struct kefs_compound *c)

/* op_session.c */
KEFS_OP_RUN(exchange_id);
KEFS_OP_RUN(create_session);
KEFS_OP_RUN(destroy_session);
KEFS_OP_RUN(destroy_clientid);
KEFS_OP_RUN(bind_conn_to_session);
KEFS_OP_RUN(backchannel_ctl);
KEFS_OP_RUN(sequence);
KEFS_OP_RUN(reclaim_complete);
KEFS_OP_RUN(set_ssv);
/* op_name.c */
KEFS_OP_RUN(putfh);
KEFS_OP_RUN(putrootfh);
KEFS_OP_RUN(getfh);
KEFS_OP_RUN(savefh);
KEFS_OP_RUN(restorefh);
KEFS_OP_RUN(lookup);
KEFS_OP_RUN(lookupp);
KEFS_OP_RUN(create);
KEFS_OP_RUN(remove);
KEFS_OP_RUN(rename);
KEFS_OP_RUN(link);
KEFS_OP_RUN(readlink);
KEFS_OP_RUN(secinfo);
KEFS_OP_RUN(secinfo_no_name);
/* op_attr.c */
KEFS_OP_RUN(access);
KEFS_OP_RUN(getattr);
KEFS_OP_RUN(setattr);
KEFS_OP_RUN(verify);
KEFS_OP_RUN(nverify);
/* op_open.c */
KEFS_OP_RUN(open);
KEFS_OP_RUN(open_downgrade);
KEFS_OP_RUN(close);
KEFS_OP_RUN(test_stateid);
KEFS_OP_RUN(free_stateid);
/* op_deleg.c */
KEFS_OP_RUN(delegreturn);
/* op_io.c */
KEFS_OP_RUN(read);
KEFS_OP_RUN(write);
KEFS_OP_RUN(commit);
/* op_lock.c */
KEFS_OP_RUN(lock);
KEFS_OP_RUN(lockt);
KEFS_OP_RUN(locku);
/* op_dir.c */
KEFS_OP_RUN(readdir);

#endif
