// SPDX-License-Identifier: GPL-2.0
/* One look at the whole server. */
#include <unistd.h>

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/version.h"
#include "internal.h"

static json_t *module_json(const struct kefs_api *api)
{
	struct kefs_kinfo info;
	struct kefs_err err;

	if (api->kernel.ops->info(api->kernel.ctx, &info, &err) < 0)
		return json_pack("{sb ss}", "Loaded", 0, "Problem", err.text);
	return json_pack("{sb si sI sI si si si si si si si si si si sI sI si si}",
			 "Loaded", 1,
			 "Abi", (int)info.abi,
			 "Instance", (json_int_t)(info.instance & INT64_MAX),
			 "UptimeSeconds", (json_int_t)(info.uptime_ms / 1000),
			 "Volumes", (int)info.volumes,
			 "Connections", (int)info.conns,
			 "Clients", (int)info.clients,
			 "Sessions", (int)info.sessions,
			 "Opens", (int)info.opens,
			 "Locks", (int)info.locks,
			 "Delegations", (int)info.delegations,
			 "Requests", (int)info.requests,
			 "Parked", (int)info.parked,
			 "Threads", (int)info.threads,
			 "MemoryUsed", (json_int_t)info.mem_used,
			 "MemoryBudget", (json_int_t)info.mem_budget,
			 "LeaseSeconds", (int)info.lease_sec,
			 "OpenFiles", (int)info.open_files);
}

static json_t *pool_json(const struct kefs_pool_info *pool)
{
	json_t *object = json_pack("{ss ss sb sI sI}",
				   "Path", pool->path,
				   "Type", pool->type,
				   "ProjectQuota", pool->quota,
				   "SizeInBytes", (json_int_t)pool->size,
				   "FreeInBytes", (json_int_t)pool->room);

	if (object && pool->image)
		(void)json_object_set_new(object, "Image", json_string(pool->image));
	return object;
}

static json_t *listeners_json(const struct kefs_server_status *status)
{
	json_t *array = json_array();

	for (size_t i = 0; i < status->listener_count; i++) {
		char text[KEFS_ADDR_TEXT];

		kefs_addr_format(&status->listeners[i], text);
		(void)json_array_append_new(array, json_string(text));
	}
	return array;
}

static json_t *acceptor_json(const struct kefs_server_status *status)
{
	const struct kefs_acceptor_stats *stats = &status->acceptor;

	return json_pack("{sb sb so sI sI sI sI sI sI sI sI sI sI sI sI sI}",
			 "Accepting", status->accepting,
			 "SocketActivated", status->socket_activated,
			 "Listeners", listeners_json(status),
			 "Accepted", (json_int_t)stats->accepted,
			 "HandedOver", (json_int_t)stats->handed_over,
			 "Waiting", (json_int_t)stats->waiting,
			 "TlsRefused", (json_int_t)stats->tls_refused,
			 "BadFirstByte", (json_int_t)stats->bad_first_byte,
			 "Silent", (json_int_t)stats->silent,
			 "CrowdedOut", (json_int_t)stats->crowded_out,
			 "ClosedEarly", (json_int_t)stats->closed_early,
			 "OverAddressLimit", (json_int_t)stats->over_address_limit,
			 "NoFileSystem", (json_int_t)stats->no_file_system,
			 "Denied", (json_int_t)stats->denied,
			 "HandOverFailed", (json_int_t)stats->hand_over_failed,
			 "Paused", (json_int_t)stats->paused);
}

static json_t *counts_json(const char *const *names, const uint64_t *counts, size_t count)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++)
		(void)json_object_set_new(object, names[i], json_integer((json_int_t)counts[i]));
	return object;
}

/* How many of the connections that are served go through a relay, an earlier kefsd's among them; -1: not known now. */
static json_int_t relayed(const struct kefs_api *api)
{
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	json_int_t relayed = 0;
	size_t count = 0;

	if (api->kernel.ops->conn_list(api->kernel.ctx, 0, &list, &count, NULL) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		relayed += list[i].relayed;
	return relayed;
}

static json_t *relays_json(const struct kefs_api *api, const struct kefs_server_status *status)
{
	const struct kefs_relay_stats *stats = &status->relays;

	if (!status->tls_relays)
		return json_pack("{sb}", "Enabled", 0);
	return json_pack("{sb sI sI sI sI sI sI}", "Enabled", 1, "Maximum", (json_int_t)stats->max,
			 "Connections", relayed(api), "Processes", (json_int_t)stats->live,
			 "Started", (json_int_t)stats->started, "Refused", (json_int_t)stats->refused,
			 "Failed", (json_int_t)stats->failed);
}

static json_t *tls_json(const struct kefs_api *api, const struct kefs_server_status *status)
{
	static const char *const reasons[KEFS_TLS_REASONS] = {
		[KEFS_TLS_BAD_HANDSHAKE] = "BadHandshake", [KEFS_TLS_NOTHING_SHARED] = "NothingShared",
		[KEFS_TLS_TOO_LONG] = "TooLong", [KEFS_TLS_CLIENT_ALERT] = "ClientAlert", [KEFS_TLS_CLOSED] = "Closed",
		[KEFS_TLS_TIMED_OUT] = "TimedOut", [KEFS_TLS_REFUSED] = "Refused", [KEFS_TLS_NOT_IN_KERNEL] = "NotInKernel",
	};
	static const char *const refusals[KEFS_REFUSALS] = {
		[KEFS_REFUSED_MALFORMED] = "Malformed", [KEFS_REFUSED_TIME] = "Time",
		[KEFS_REFUSED_FILE_SYSTEM] = "FileSystem", [KEFS_REFUSED_KEY] = "AccessKey",
		[KEFS_REFUSED_SIGNATURE] = "Signature", [KEFS_REFUSED_ACCESS_POINT] = "AccessPoint",
		[KEFS_REFUSED_ROOT] = "RootDirectory",
	};
	const char *by = !status->tls_problem ? "kernel" : status->tls_relays ? "relays" : "none";
	json_t *object = json_pack("{sb ss so sI sI sI sI sI so so}",
				   "Available", !status->tls_problem || status->tls_relays,
				   "By", by,
				   "Relays", relays_json(api, status),
				   "UnderWay", (json_int_t)status->tls.under_way,
				   "Done", (json_int_t)status->tls.done,
				   "Resumed", (json_int_t)status->tls.resumed,
				   "Held", (json_int_t)status->tls.held,
				   "StartTls", (json_int_t)status->acceptor.starttls,
				   "Failed", counts_json(reasons, status->tls.failed, KEFS_TLS_REASONS),
				   "NotBelieved", counts_json(refusals, status->refused, KEFS_REFUSALS));

	if (object && status->tls_problem)
		(void)json_object_set_new(object, "Problem", json_string(status->tls_problem));
	return object;
}

static json_t *fs_json(const struct kefs_api *api)
{
	const struct kefs_fs_list *list = kefs_volumes_list(api->volumes);
	int by_state[KEFS_FS_ERROR + 1] = { 0 };

	for (size_t i = 0; i < list->count; i++)
		by_state[list->fs[i].state]++;
	return json_pack("{si si si si}", "Available", by_state[KEFS_FS_AVAILABLE], "Creating", by_state[KEFS_FS_CREATING],
			 "Deleting", by_state[KEFS_FS_DELETING], "Error", by_state[KEFS_FS_ERROR]);
}

static json_t *audit_json(const struct kefs_api *api)
{
	struct kefs_journal_stats stats;

	kefs_audit_get_stats(api->audit, &stats);
	return json_pack("{sb sI sI}", "Enabled", api->audit != NULL, "Written", (json_int_t)stats.written,
			 "Lost", (json_int_t)stats.lost);
}

/* File systems whose clients may still reclaim what they had before a restart. */
static json_t *grace_json(const struct kefs_api *api)
{
	CLEANUP_FREE struct kefs_kvolume *list = NULL;
	json_t *array = json_array();
	size_t count = 0;

	if (api->kernel.ops->volume_list(api->kernel.ctx, 0, &list, &count, NULL) < 0)
		return array;
	for (size_t i = 0; i < count; i++) {
		if (list[i].grace_ms)
			(void)json_array_append_new(array, json_pack("{ss sI sI}", "FileSystemId", list[i].name,
								     "SecondsLeft", (json_int_t)(list[i].grace_ms + 999) / 1000,
								     "ClientsAwaited", (json_int_t)list[i].grace_awaited));
	}
	return array;
}

void kefs_api_status(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	struct kefs_server_status status;

	(void)request;
	api->look(api->look_ctx, &status);
	kefs_reply_json(reply, 200, json_pack("{ss si sI so so so so so so so}",
					      "Version", KEFS_VERSION,
					      "Pid", (int)getpid(),
					      "UptimeSeconds", (json_int_t)(status.uptime_ms / 1000),
					      "Module", module_json(api),
					      "Pool", pool_json(&status.pool),
					      "Acceptor", acceptor_json(&status),
					      "Tls", tls_json(api, &status),
					      "FileSystems", fs_json(api),
					      "Audit", audit_json(api),
					      "Grace", grace_json(api)));
}
