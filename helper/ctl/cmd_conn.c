// SPDX-License-Identifier: GPL-2.0
/* kefsctl clients, kefsctl connections. */
#include <stdio.h>

#include "base/json.h"
#include "common/id.h"
#include "common/str.h"
#include "ctl.h"
#include "format.h"
#include "options.h"
#include "table.h"

/* Gets a list, of one file system if --fs says so. */
static enum ctl_exit get(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv,
			 const char *what, json_t **ret_json)
{
	struct ctl_option options[] = { { .name = "fs", .kind = CTL_OPTION_VALUE } };
	char id[KEFS_ID_SIZE] = "", path[128];
	enum ctl_exit status = CTL_OK;
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, options, 1, false, NULL, 0, &count, &err) < 0)
		return ctl_usage(command, &err);
	if (options[0].value)
		status = ctl_resolve_fs(ctl, options[0].value, id);
	if (status != CTL_OK)
		return status;
	(void)kefs_str_format(path, sizeof(path), "/kefs/v1/%s%s%s", what, *id ? "?FileSystemId=" : "", id);
	return ctl_call(ctl, "GET", path, NULL, ret_json);
}

static const char *client_state(const json_t *client)
{
	if (!json_is_true(json_object_get(client, "Confirmed")))
		return "new";
	/* After a restart: it may have state that it has not told us of yet. */
	return json_is_true(json_object_get(client, "ReclaimComplete")) ? "confirmed" : "reclaiming";
}

static void print_clients(const json_t *array)
{
	static const char *const headers[] = {
		"CLIENT ID", "FILE SYSTEM", "ADDRESS", "STATE", ">RENEWED", ">SESSIONS", ">OPENS", ">LOCKS", ">DELEGATIONS",
		"OWNER",
	};
	struct ctl_table table;
	json_t *client;
	size_t i;

	ctl_table_init(&table, headers, sizeof(headers) / sizeof(headers[0]));
	json_array_foreach(array, i, client) {
		char renewed[CTL_TEXT], sessions[CTL_TEXT], opens[CTL_TEXT], locks[CTL_TEXT], delegs[CTL_TEXT];
		const char *const cells[] = {
			ctl_str(client, "ClientId"), ctl_str(client, "FileSystemId"), ctl_str(client, "PeerAddress"),
			client_state(client),
			ctl_format_duration((uint64_t)ctl_int(client, "RenewedMilliseconds"), renewed),
			ctl_format_count((uint64_t)ctl_int(client, "Sessions"), sessions),
			ctl_format_count((uint64_t)ctl_int(client, "Opens"), opens),
			ctl_format_count((uint64_t)ctl_int(client, "Locks"), locks),
			ctl_format_count((uint64_t)ctl_int(client, "Delegations"), delegs), ctl_str(client, "Owner"),
		};

		ctl_table_add(&table, cells);
	}
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
}

enum ctl_exit ctl_clients(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	CLEANUP_JSON json_t *json = NULL;
	enum ctl_exit status = get(ctl, command, argc, argv, "clients", &json);

	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print_json(json);
	else if (!json_array_size(json_object_get(json, "Clients")))
		(void)printf("There are no clients.\n");
	else
		print_clients(json_object_get(json, "Clients"));
	return CTL_OK;
}

static const char *how(const json_t *conn)
{
	if (!json_is_true(json_object_get(conn, "Access")))
		return "no access";
	if (json_is_true(json_object_get(conn, "Relayed")))
		return "TLS, relayed";
	return json_is_true(json_object_get(conn, "Tls")) ? "TLS" : "plain";
}

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static void print_connections(const json_t *array)
{
	static const char *const headers[] = {
		">ID", "FILE SYSTEM", "PEER", "LOCAL", "HOW", "ACCESS POINT", "PRINCIPAL", ">AGE", ">IDLE",
		">REQUESTS", ">IN", ">OUT", ">IN FLIGHT",
	};
	struct ctl_table table;
	json_t *conn;
	size_t i;

	ctl_table_init(&table, headers, sizeof(headers) / sizeof(headers[0]));
	json_array_foreach(array, i, conn) {
		char id[CTL_TEXT], age[CTL_TEXT], idle[CTL_TEXT], requests[CTL_TEXT], in[CTL_TEXT], out[CTL_TEXT];
		char in_flight[CTL_TEXT];
		const char *const cells[] = {
			ctl_format_count((uint64_t)ctl_int(conn, "ConnectionId"), id), ctl_str(conn, "FileSystemId"),
			ctl_str(conn, "PeerAddress"), ctl_str(conn, "LocalAddress"), how(conn),
			or_dash(ctl_str(conn, "AccessPointId")), or_dash(ctl_str(conn, "Principal")),
			ctl_format_duration((uint64_t)ctl_int(conn, "AgeMilliseconds"), age),
			ctl_format_duration((uint64_t)ctl_int(conn, "IdleMilliseconds"), idle),
			ctl_format_count((uint64_t)ctl_int(conn, "Requests"), requests),
			ctl_format_size((uint64_t)ctl_int(conn, "BytesIn"), in),
			ctl_format_size((uint64_t)ctl_int(conn, "BytesOut"), out),
			ctl_format_count((uint64_t)ctl_int(conn, "InFlight"), in_flight),
		};

		ctl_table_add(&table, cells);
	}
	ctl_table_print(&table, stdout);
	ctl_table_free(&table);
}

enum ctl_exit ctl_connections(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	CLEANUP_JSON json_t *json = NULL;
	enum ctl_exit status = get(ctl, command, argc, argv, "connections", &json);

	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print_json(json);
	else if (!json_array_size(json_object_get(json, "Connections")))
		(void)printf("There are no connections.\n");
	else
		print_connections(json_object_get(json, "Connections"));
	return CTL_OK;
}
