// SPDX-License-Identifier: GPL-2.0
/* kefsctl status. */
#include <stdio.h>

#include "base/json.h"
#include "ctl.h"
#include "format.h"
#include "options.h"

static void print_module(const json_t *module)
{
	char text[CTL_TEXT], more[CTL_TEXT];

	if (!json_is_true(json_object_get(module, "Loaded"))) {
		(void)printf("Kernel module  not serving: %s\n", ctl_str(module, "Problem"));
		return;
	}
	(void)printf("Kernel module  loaded for %s, interface version %lld, lease %lld s\n",
		     ctl_format_duration((uint64_t)ctl_int(module, "UptimeSeconds") * 1000, text), ctl_int(module, "Abi"),
		     ctl_int(module, "LeaseSeconds"));
	(void)printf("Serving        %lld volumes, %lld connections, %lld clients, %lld sessions, %lld opens, %lld locks, "
		     "%lld delegations\n",
		     ctl_int(module, "Volumes"), ctl_int(module, "Connections"), ctl_int(module, "Clients"),
		     ctl_int(module, "Sessions"), ctl_int(module, "Opens"), ctl_int(module, "Locks"),
		     ctl_int(module, "Delegations"));
	(void)printf("Requests       %lld alive, %lld of them parked; %lld threads, %lld open files\n",
		     ctl_int(module, "Requests"), ctl_int(module, "Parked"), ctl_int(module, "Threads"),
		     ctl_int(module, "OpenFiles"));
	(void)printf("Memory         %s of %s used\n", ctl_format_size((uint64_t)ctl_int(module, "MemoryUsed"), text),
		     ctl_format_size((uint64_t)ctl_int(module, "MemoryBudget"), more));
}

static void print_acceptor(const json_t *acceptor)
{
	json_t *address;
	size_t i;

	(void)printf("Listening      ");
	json_array_foreach(json_object_get(acceptor, "Listeners"), i, address)
		(void)printf("%s%s", i ? ", " : "", json_string_value(address));
	(void)printf("%s%s\n", json_is_true(json_object_get(acceptor, "SocketActivated")) ? " (sockets held by systemd)" : "",
		     json_is_true(json_object_get(acceptor, "Accepting")) ? "" : " (not accepting now: clients wait)");
	(void)printf("Connections    %lld accepted, %lld handed over, %lld waiting\n", ctl_int(acceptor, "Accepted"),
		     ctl_int(acceptor, "HandedOver"), ctl_int(acceptor, "Waiting"));
}

/* Why connections were not served: only what happened. */
static void print_refusals(const json_t *acceptor)
{
	static const struct {
		const char *key, *text;
	} refusals[] = {
		{ "TlsRefused", "TLS" }, { "BadFirstByte", "not NFS" }, { "Silent", "silent" },
		{ "CrowdedOut", "silent in a crowd" }, { "ClosedEarly", "closed early" },
		{ "OverAddressLimit", "over the address's limit" }, { "NoFileSystem", "no file system for them" },
		{ "Denied", "denied" }, { "HandOverFailed", "refused by the kernel module" },
		{ "Paused", "pauses for want of descriptors" },
	};
	const char *between = "Not served     ";

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (!ctl_int(acceptor, refusals[i].key))
			continue;
		(void)printf("%s%lld %s", between, ctl_int(acceptor, refusals[i].key), refusals[i].text);
		between = ", ";
	}
	if (*between == ',')
		(void)printf("\n");
}

/* Those that are not 0, behind a heading. */
static void print_counts(const char *heading, const json_t *counts)
{
	const char *between = heading, *name;
	json_t *count;

	json_object_foreach((json_t *)(uintptr_t)counts, name, count) {
		if (!json_integer_value(count))
			continue;
		(void)printf("%s%lld %s", between, (long long)json_integer_value(count), name);
		between = ", ";
	}
	if (between != heading)
		(void)printf("\n");
}

static void print_relays(const json_t *relays)
{
	if (!json_is_true(json_object_get(relays, "Enabled")))
		return;
	(void)printf("TLS relays     %lld connections, %lld processes of at most %lld", ctl_int(relays, "Connections"),
		     ctl_int(relays, "Processes"), ctl_int(relays, "Maximum"));
	if (ctl_int(relays, "Refused"))
		(void)printf(", %lld refused because there were so many", ctl_int(relays, "Refused"));
	if (ctl_int(relays, "Failed"))
		(void)printf(", %lld did not start", ctl_int(relays, "Failed"));
	(void)printf("\n");
}

static void print_tls(const json_t *tls)
{
	if (!json_is_true(json_object_get(tls, "Available"))) {
		(void)printf("TLS            none: %s\n", ctl_str(tls, "Problem"));
		return;
	}
	(void)printf("TLS by         %s\n", json_is_string(json_object_get(tls, "Problem")) ? "relays" : "the kernel");
	if (json_is_string(json_object_get(tls, "Problem")))
		(void)printf("               %s\n", ctl_str(tls, "Problem"));
	print_relays(json_object_get(tls, "Relays"));
	(void)printf("TLS            %lld handshakes (%lld resumed), %lld under way, %lld asked for in the clear\n",
		     ctl_int(tls, "Done"), ctl_int(tls, "Resumed"), ctl_int(tls, "UnderWay"), ctl_int(tls, "StartTls"));
	print_counts("TLS failed     ", json_object_get(tls, "Failed"));
	if (ctl_int(tls, "Held"))
		(void)printf("TLS held       %lld handshakes of hosts that had failed again and again\n", ctl_int(tls, "Held"));
	print_counts("Not believed   ", json_object_get(tls, "NotBelieved"));
}

static void print_pool(const json_t *pool)
{
	char size[CTL_TEXT], room[CTL_TEXT];

	(void)printf("Pool           %s (%s%s)\n", ctl_str(pool, "Path"), ctl_str(pool, "Type"),
		     json_is_true(json_object_get(pool, "ProjectQuota")) ? "" : ", without project quota");
	if (*ctl_str(pool, "Image"))
		(void)printf("Pool image     %s\n", ctl_str(pool, "Image"));
	(void)printf("Pool space     %s free of %s\n", ctl_format_size((uint64_t)ctl_int(pool, "FreeInBytes"), room),
		     ctl_format_size((uint64_t)ctl_int(pool, "SizeInBytes"), size));
}

static void print_grace(const json_t *array)
{
	json_t *fs;
	size_t i;

	json_array_foreach(array, i, fs)
		(void)printf("Grace          %s: clients may reclaim for another %lld s; %lld %s awaited\n",
			     ctl_str(fs, "FileSystemId"), ctl_int(fs, "SecondsLeft"), ctl_int(fs, "ClientsAwaited"),
			     ctl_int(fs, "ClientsAwaited") == 1 ? "is" : "are");
}

static void print_audit(const json_t *audit)
{
	if (json_is_true(json_object_get(audit, "Enabled")))
		(void)printf("Audit log      %lld lines written, %lld lost\n", ctl_int(audit, "Written"), ctl_int(audit, "Lost"));
	else
		(void)printf("Audit log      switched off\n");
}

static void print_status(const json_t *status)
{
	const json_t *fs = json_object_get(status, "FileSystems");
	char text[CTL_TEXT];

	(void)printf("kefsd          version %s, process %lld, up for %s\n", ctl_str(status, "Version"), ctl_int(status, "Pid"),
		     ctl_format_duration((uint64_t)ctl_int(status, "UptimeSeconds") * 1000, text));
	print_module(json_object_get(status, "Module"));
	print_acceptor(json_object_get(status, "Acceptor"));
	print_refusals(json_object_get(status, "Acceptor"));
	print_tls(json_object_get(status, "Tls"));
	(void)printf("File systems   %lld available", ctl_int(fs, "Available"));
	if (ctl_int(fs, "Deleting"))
		(void)printf(", %lld being deleted", ctl_int(fs, "Deleting"));
	if (ctl_int(fs, "Error"))
		(void)printf(", %lld in error (see kefsd's log)", ctl_int(fs, "Error"));
	(void)printf("\n");
	print_grace(json_object_get(status, "Grace"));
	print_pool(json_object_get(status, "Pool"));
	print_audit(json_object_get(status, "Audit"));
}

enum ctl_exit ctl_status(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	struct kefs_err err;
	int count;

	if (ctl_options_parse(argc, argv, NULL, 0, false, NULL, 0, &count, &err) < 0)
		return ctl_usage(command, &err);
	return ctl_ask(ctl, "GET", "/kefs/v1/status", NULL, print_status);
}
