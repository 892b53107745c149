/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints of all layers: what a peer does wrong is told here and in the counters, never in the log. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kefs

#if !defined(KEFS_CORE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define KEFS_CORE_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

/* A connection came or went. */
DECLARE_EVENT_CLASS(kefs_conn_class,
	TP_PROTO(u64 conn),
	TP_ARGS(conn),
	TP_STRUCT__entry(
		__field(u64, conn)
	),
	TP_fast_assign(
		__entry->conn = conn;
	),
	TP_printk("conn=%llu", __entry->conn)
);
DEFINE_EVENT(kefs_conn_class, kefs_conn_adopted, TP_PROTO(u64 conn), TP_ARGS(conn));
DEFINE_EVENT(kefs_conn_class, kefs_conn_closed, TP_PROTO(u64 conn), TP_ARGS(conn));

/* A connection is given up for what the peer did: @what names the rule, @err the reason as errno. */
TRACE_EVENT(kefs_conn_error,
	TP_PROTO(u64 conn, const char *what, int err),
	TP_ARGS(conn, what, err),
	TP_STRUCT__entry(
		__field(u64, conn)
		__field(const char *, what)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->what = what;
		__entry->err = err;
	),
	TP_printk("conn=%llu %s err=%d", __entry->conn, __entry->what, __entry->err)
);

/* An RPC call was refused; @stat is its accept_stat or auth_stat. */
TRACE_EVENT(kefs_rpc_error,
	TP_PROTO(u64 conn, u32 xid, const char *what, u32 stat),
	TP_ARGS(conn, xid, what, stat),
	TP_STRUCT__entry(
		__field(u64, conn)
		__field(const char *, what)
		__field(u32, xid)
		__field(u32, stat)
	),
	TP_fast_assign(
		__entry->conn = conn;
		__entry->what = what;
		__entry->xid = xid;
		__entry->stat = stat;
	),
	TP_printk("conn=%llu xid=%08x %s stat=%u", __entry->conn, __entry->xid, __entry->what, __entry->stat)
);

/* A request of the NFS layer broke the protocol; @what must be a string constant. */
TRACE_EVENT(kefs_proto_error,
	TP_PROTO(const char *what, u64 conn),
	TP_ARGS(what, conn),
	TP_STRUCT__entry(
		__field(const char *, what)
		__field(u64, conn)
	),
	TP_fast_assign(
		__entry->what = what;
		__entry->conn = conn;
	),
	TP_printk("conn=%llu %s", __entry->conn, __entry->what)
);

/* An operation ended. */
TRACE_EVENT(kefs_op,
	TP_PROTO(u32 op, u32 status, u64 ns),
	TP_ARGS(op, status, ns),
	TP_STRUCT__entry(
		__field(u32, op)
		__field(u32, status)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->op = op;
		__entry->status = status;
		__entry->ns = ns;
	),
	TP_printk("op=%u status=%u ns=%llu", __entry->op, __entry->status, __entry->ns)
);

/* A request gave its thread back, or goes on. */
DECLARE_EVENT_CLASS(kefs_park_class,
	TP_PROTO(const void *request),
	TP_ARGS(request),
	TP_STRUCT__entry(
		__field(const void *, request)
	),
	TP_fast_assign(
		__entry->request = request;
	),
	TP_printk("request=%p", __entry->request)
);
DEFINE_EVENT(kefs_park_class, kefs_park, TP_PROTO(const void *request), TP_ARGS(request));
DEFINE_EVENT(kefs_park_class, kefs_unpark, TP_PROTO(const void *request), TP_ARGS(request));

/* A request was answered from its slot's reply cache. */
TRACE_EVENT(kefs_slot_replay,
	TP_PROTO(u64 client, u32 slot, u32 seqid),
	TP_ARGS(client, slot, seqid),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u32, slot)
		__field(u32, seqid)
	),
	TP_fast_assign(
		__entry->client = client;
		__entry->slot = slot;
		__entry->seqid = seqid;
	),
	TP_printk("client=%016llx slot=%u seqid=%u", __entry->client, __entry->slot, __entry->seqid)
);

/* A client record was made, or ended because its lease did. */
DECLARE_EVENT_CLASS(kefs_client_class,
	TP_PROTO(u64 client),
	TP_ARGS(client),
	TP_STRUCT__entry(
		__field(u64, client)
	),
	TP_fast_assign(
		__entry->client = client;
	),
	TP_printk("client=%016llx", __entry->client)
);
DEFINE_EVENT(kefs_client_class, kefs_client_created, TP_PROTO(u64 client), TP_ARGS(client));
DEFINE_EVENT(kefs_client_class, kefs_client_expired, TP_PROTO(u64 client), TP_ARGS(client));

/* A file handle was refused. */
TRACE_EVENT(kefs_bad_handle,
	TP_PROTO(u64 volume, int err),
	TP_ARGS(volume, err),
	TP_STRUCT__entry(
		__field(u64, volume)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->volume = volume;
		__entry->err = err;
	),
	TP_printk("volume=%llx err=%d", __entry->volume, __entry->err)
);

#endif

/* Relative to kmod/, which is on the include path for this. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH core
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
