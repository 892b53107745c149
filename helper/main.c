// SPDX-License-Identifier: GPL-2.0
/*
 * kefsd: arguments, the order in which the parts start, and the reverse of it on the way out. When kefsd ends, by
 * whatever cause, the kernel module goes on serving the clients that it has, and the pool stays mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "accept/acceptor.h"
#include "accept/ca.h"
#include "accept/listen.h"
#include "accept/relays.h"
#include "accept/tls.h"
#include "api/api.h"
#include "audit/audit.h"
#include "backing/backing.h"
#include "base/daemon.h"
#include "base/loop.h"
#include "base/pool.h"
#include "base/tcpsock.h"
#include "base/unixsock.h"
#include "certificates.h"
#include "common/cleanup.h"
#include "common/config.h"
#include "common/fail.h"
#include "common/log.h"
#include "common/str.h"
#include "common/version.h"
#include "http/auth.h"
#include "http/server.h"
#include "kernel/nl.h"
#include "model/settings.h"
#include "policy/caller.h"
#include "service/access.h"
#include "service/access_keys.h"
#include "service/dns.h"
#include "service/endpoints.h"
#include "service/filter.h"
#include "service/efs.h"
#include "service/identities.h"
#include "service/module.h"
#include "service/names.h"
#include "service/packet_filter.h"
#include "service/sync.h"
#include "service/volumes.h"
#include "store/db.h"

#define CONFIG_FILE	"/etc/kefs/kefsd.conf"
#define FILES_WANTED	16384	/* those that wait for their first byte, and some */
#define WORKERS		2
#define CONTROL_CONNECTIONS 64
#define CONTROL_IDLE_SEC 15
#define PUBLIC_CONNECTIONS 1024
#define PUBLIC_PER_ADDRESS 512	/* one stranger does not take all */
#define PUBLIC_IDLE_SEC	15
#define REQUEST_SEC	30	/* from the first line of a request to the last byte of its answer, and for that line */
#define EXIT_USAGE	2

struct options {
	const char *config;	/* NULL: CONFIG_FILE, if it is there */
	bool check_config;
	bool foreground;
};

/* All parts, in the order in which they start. */
struct daemon {
	struct kefs_settings settings;
	int lock_fd;
	struct kefs_loop *loop;
	struct kefs_source *signals[3];
	struct kefs_nl *nl;
	struct kefs_kernel kernel;
	struct kefs_module *module;
	struct kefs_listen_sockets sockets;
	struct kefs_db *db;
	struct kefs_backing *backing;
	struct kefs_pool *pool;
	struct kefs_volumes *volumes;
	struct kefs_audit *audit;		/* NULL: switched off */
	struct kefs_identities *identities;
	struct kefs_access *access;
	struct kefs_ca *ca;
	struct kefs_tls *tls;		/* NULL: the kernel has none, and this is why */
	struct kefs_err tls_problem;
	struct kefs_relays *relays;	/* NULL: there is no fallback */
	struct kefs_certificates *certificates;
	struct kefs_certificates_seen seen;
	struct kefs_names names;
	struct kefs_dns *dns;
	struct kefs_endpoints endpoints;
	struct kefs_filter *filter;
	struct kefs_acceptor *acceptor;
	struct kefs_sync *sync;
	struct kefs_efs efs;
	struct kefs_api api;
	struct kefs_auth_parts auth;
	struct kefs_http_server *control, *public;
	uint64_t started_ms;
	char control_path[KEFS_SETTINGS_PATH];
};

static void usage(FILE *out)
{
	(void)fprintf(out,
		      "Usage: kefsd [--config FILE] [--foreground]\n"
		      "       kefsd [--config FILE] --check-config\n"
		      "The Kefs file service: defines file systems and hands connections to the kernel module.\n\n"
		      "  -c, --config FILE   read this configuration file (default " CONFIG_FILE ", which\n"
		      "                      need not exist)\n"
		      "      --check-config  read the configuration, report errors, start nothing\n"
		      "  -f, --foreground    stay in the foreground and log to stderr; otherwise kefsd\n"
		      "                      leaves the terminal when it is ready\n"
		      "  -h, --help          show this help\n"
		      "  -V, --version       show the version\n\n"
		      "Exit status: 0 fine, 1 failed, 2 wrong usage. See kefsd(8) and kefsd.conf(5).\n");
}

/* -1: go on; else the status to exit with. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' }, { "check-config", no_argument, NULL, 'C' },
		{ "foreground", no_argument, NULL, 'f' },   { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },	    { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:fhV", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->config = optarg;
			break;
		case 'C':
			options->check_config = true;
			break;
		case 'f':
			options->foreground = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			(void)printf("kefsd %s\n", KEFS_VERSION);
			return EXIT_SUCCESS;
		default:
			(void)fprintf(stderr, "Try 'kefsd --help'.\n");
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	(void)fprintf(stderr, "kefsd: unexpected argument '%s'\nTry 'kefsd --help'.\n", argv[optind]);
	return EXIT_USAGE;
}

static int load_settings(const struct options *options, struct kefs_settings *settings, struct kefs_err *err)
{
	const char *path = options->config ? options->config : CONFIG_FILE;
	CLEANUP_FREE char *text = NULL;
	size_t len = 0;
	int rc;

	kefs_settings_init(settings);
	rc = kefs_config_read(path, &text, &len, err);
	if (rc == -ENOENT && !options->config)
		return 0;
	return rc < 0 ? rc : kefs_settings_parse(settings, text, len, path, err);
}

static int make_dir(const char *path, const char *key, mode_t mode, struct kefs_err *err)
{
	struct stat st;

	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return kefs_err_sys(err, -errno, "creating %s %s", key, path);
	if (stat(path, &st) < 0)
		return kefs_err_sys(err, -errno, "%s %s", key, path);
	if (!S_ISDIR(st.st_mode))
		return kefs_err_set(err, -ENOTDIR, "%s %s is not a directory: set another one in kefsd.conf", key, path);
	if (st.st_uid != 0 || (st.st_mode & 022))
		return kefs_err_set(err, -EPERM, "%s %s must belong to root and be writable by nobody else (chown root, chmod go-w)",
				    key, path);
	return 0;
}

/* One kefsd per state_dir. */
static int take_lock(struct daemon *d, struct kefs_err *err)
{
	char path[KEFS_SETTINGS_PATH];

	(void)kefs_str_format(path, sizeof(path), "%s/lock", d->settings.state_dir);
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->lock_fd < 0)
		return kefs_err_sys(err, -errno, "%s", path);
	if (flock(d->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return kefs_err_sys(err, -errno, "locking %s", path);
	return kefs_err_set(err, -EBUSY, "another kefsd runs with state_dir %s: end it first, or give this one another state_dir",
			    d->settings.state_dir);
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FILES_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void on_signal(void *ctx, int signo)
{
	struct daemon *d = ctx;

	if (signo == SIGHUP) {
		log_info("SIGHUP: certificates are read again; for the configuration restart kefsd, clients will not notice");
		kefs_certificates_renew(d->certificates);
		return;
	}
	log_info("ending on signal %d; the kernel module goes on serving", signo);
	(void)sd_notify(0, "STOPPING=1");
	kefs_loop_exit(d->loop);
}

static int start_loop(struct daemon *d, struct kefs_err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	int rc = kefs_loop_new(&d->loop);

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && rc == 0; i++)
		rc = kefs_loop_add_signal(d->loop, signals[i], on_signal, d, &d->signals[i]);
	if (rc == 0)
		rc = kefs_pool_new(d->loop, WORKERS, &d->pool);
	return rc < 0 ? kefs_err_sys(err, rc, "starting the event loop") : 0;
}

static int decide(void *ctx, const struct kefs_claims *claims, struct kefs_grant *ret_grant, struct kefs_err *err)
{
	const struct daemon *d = ctx;

	return kefs_access_decide(d->access, claims, ret_grant, err);
}

static int hand_over(void *ctx, int fd, const struct kefs_ends *ends, const struct kefs_grant *grant,
		     struct kefs_err *err)
{
	struct daemon *d = ctx;
	uint64_t id;
	int rc = d->kernel.ops->conn_add(d->kernel.ctx, fd, ends, grant, &id, err);

	if (rc == -ENODEV)
		kefs_sync_check(d->sync);
	else if (rc == -ENOENT)
		kefs_sync_redo(d->sync);
	return rc;
}

static int count_served(void *ctx, void (*each)(void *each_ctx, const struct kefs_addr *peer), void *each_ctx)
{
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	const struct daemon *d = ctx;
	size_t count = 0;
	int rc = d->kernel.ops->conn_list(d->kernel.ctx, 0, &list, &count, NULL);

	for (size_t i = 0; i < count; i++)
		each(each_ctx, &list[i].peer);
	return rc;
}

static void on_kernel(void *ctx, bool up)
{
	struct daemon *d = ctx;

	if (up)
		kefs_access_renew(d->access);
	kefs_acceptor_enable(d->acceptor, up);
}

static void on_tick(void *ctx)
{
	const struct daemon *d = ctx;

	kefs_access_tick(d->access);
	kefs_endpoints_tick(&d->endpoints);
}

static void on_module_notice(void *ctx)
{
	struct daemon *d = ctx;

	if (d->sync)
		kefs_sync_check(d->sync);
}

/* What can fail for outside reasons comes first, before anything is made on disk. */
static int start_outside(struct daemon *d, struct kefs_err *err)
{
	int rc = make_dir(d->settings.state_dir, "state_dir", 0700, err);

	if (rc == 0)
		rc = make_dir(d->settings.run_dir, "run_dir", 0755, err);
	if (rc == 0)
		rc = take_lock(d, err);
	if (rc == 0)
		rc = start_loop(d, err);
	if (rc == 0)
		rc = kefs_nl_open(&d->nl, err);
	if (rc < 0)
		return rc;
	d->kernel = kefs_nl_kernel(d->nl);
	rc = kefs_module_load(d->nl, err);
	if (rc == 0)
		rc = kefs_module_watch(d->nl, d->loop, on_module_notice, d, &d->module, err);
	if (rc == 0)
		rc = kefs_listen_open(d->settings.listen, d->settings.listen_count, d->settings.listen_default, &d->sockets,
				      err);
	return rc;
}

static int start_volumes(struct daemon *d, struct kefs_err *err)
{
	struct kefs_volumes_parts parts = { .default_id = d->settings.default_file_system };
	char path[KEFS_SETTINGS_PATH];
	struct kefs_pool_info info;
	int rc;

	/* The pool first: there is more about it that can be wrong, and a store must not be left without one. */
	rc = kefs_backing_open(&d->settings, &d->backing, err);
	if (rc < 0)
		return rc;
	(void)kefs_str_format(path, sizeof(path), "%s/kefs.db", d->settings.state_dir);
	rc = kefs_db_open(path, &d->db, err);
	if (rc < 0)
		return rc;
	kefs_backing_get_info(d->backing, &info);
	log_info("pool %s (%s%s%s)%s", info.path, info.type, info.image ? ", image " : "", info.image ? info.image : "",
		 info.made ? " made" : "");
	if (!info.quota)
		log_warn("pool %s has no project quota: sizes of file systems will not be known (mount it with prjquota)",
			 info.path);
	parts.db = d->db;
	parts.backing = d->backing;
	parts.kernel = d->kernel;
	parts.pool = d->pool;
	parts.limit = d->settings.limits.file_systems;
	return kefs_volumes_open(&parts, &d->volumes, err);
}

/* A folder that cannot be made is one of the reasons for which the log cannot be written: that is said then. */
static int start_audit(struct daemon *d, struct kefs_err *err)
{
	char path[KEFS_SETTINGS_PATH];
	const struct kefs_audit_parts parts = {
		.loop = d->loop, .path = path, .size = d->settings.audit_size, .keep = d->settings.audit_files,
		.region = d->settings.region, .account = d->settings.topology.account,
	};

	if (!d->settings.audit)
		return 0;
	(void)kefs_str_format(path, sizeof(path), "%s/audit", d->settings.state_dir);
	if (!*d->settings.audit_file && mkdir(path, 0700) < 0 && errno != EEXIST)
		log_err("creating %s: %s", path, kefs_err_name(-errno));
	if (*d->settings.audit_file)
		(void)kefs_str_copy(path, sizeof(path), d->settings.audit_file);
	else
		(void)kefs_str_format(path, sizeof(path), "%s/audit/audit.log", d->settings.state_dir);
	return kefs_audit_open(&parts, &d->audit, err);
}

static void identities_changed(void *ctx)
{
	const struct daemon *d = ctx;

	kefs_access_renew_soon(d->access);
}

static int start_identities(struct daemon *d, struct kefs_err *err)
{
	const struct kefs_identities_parts parts = {
		.db = d->db, .topology = &d->settings.topology, .changed = identities_changed, .ctx = d,
	};

	return kefs_identities_new(&parts, &d->identities, err);
}

/* Whose access key a client's certificate names. */
static int find_client(void *ctx, const char *access_key, const char *token, struct kefs_known_client *ret_client,
		       struct kefs_err *err)
{
	struct kefs_who *who = calloc(1, sizeof(*who));
	const struct daemon *d = ctx;
	int rc;

	if (!who)
		return kefs_err_sys(err, -ENOMEM, "a client");
	/* A connection outlives the session that it began in: its client has no way to say who he is anew. */
	rc = token ? kefs_identities_find(d->identities, access_key, token, time(NULL), who, err) :
		     kefs_identities_recall(d->identities, access_key, 0, who, err);
	*ret_client = (struct kefs_known_client) { .principal = &who->caller.principal, .held = who };
	if (rc == 0)
		rc = kefs_identities_policies(d->identities, who, &ret_client->policies, err);
	if (rc == 0 && token)
		rc = kefs_str_copy(ret_client->secret, sizeof(ret_client->secret), who->secret);
	explicit_bzero(who->secret, sizeof(who->secret));
	if (rc == 0)
		return 0;
	free(who);
	/* Somebody of whom it cannot be understood what he may gets nothing */
	return rc == -EACCES || rc == -EKEYEXPIRED || rc == -EUCLEAN ? -ENOENT : rc;
}

static void release_client(void *ctx, struct kefs_known_client *client)
{
	(void)ctx;
	free(client->held);
}

static int start_access(struct daemon *d, struct kefs_err *err)
{
	const struct kefs_access_parts parts = {
		.source = { .find = find_client, .release = release_client, .ctx = d },
		.loop = d->loop,
		.db = d->db,
		.volumes = d->volumes,
		.kernel = d->kernel,
		.topology = &d->settings.topology,
		.audit = d->audit,
	};

	return kefs_access_new(&parts, &d->access, err);
}

/* The names that the server's certificate is for: those that clients ask for, and what goes by the machine's own. */
static void tls_names(const struct kefs_settings *settings, char *names, size_t size)
{
	char host[HOST_NAME_MAX + 1] = "";

	if (*settings->tls_names) {
		(void)kefs_str_copy(names, size, settings->tls_names);
		return;
	}
	(void)gethostname(host, sizeof(host) - 1);
	(void)kefs_str_format(names, size, "*.efs.%s.%s, localhost, %s", settings->region,
			      settings->dns_suffix, host);
}

/* A kernel without TLS serves plain connections; a certificate that cannot be used is an error. */
static int start_tls(struct daemon *d, struct kefs_err *err)
{
	char names[KEFS_TLS_NAMES_SIZE];
	const struct kefs_ca_parts parts = {
		.state_dir = d->settings.state_dir,
		.certificate = d->settings.tls_certificate,
		.key = d->settings.tls_key,
		.ca = d->settings.tls_ca,
		.names = names,
	};
	struct kefs_relays_parts relays = { .loop = d->loop, .max = d->settings.tls_relays_max };
	int rc;

	tls_names(&d->settings, names, sizeof(names));
	rc = kefs_ca_open(&parts, &d->ca, err);
	if (rc < 0)
		return rc;
	relays.ca = d->ca;
	if (d->settings.tls_relays && (rc = kefs_relays_new(&relays, &d->relays, err)) < 0)
		return kefs_err_prefix(err, rc, "tls_fallback: ");
	if (!d->settings.tls_kernel)
		rc = kefs_err_set(&d->tls_problem, -EOPNOTSUPP, "the kernel's TLS is not to be used (tls_kernel in kefsd.conf)");
	else
		rc = kefs_tls_check_kernel(&d->tls_problem);
	if (rc < 0) {
		log_warn("%s: %s", d->relays ? "clients' TLS is relayed" : "clients cannot use TLS", d->tls_problem.text);
		return 0;
	}
	return kefs_tls_new(d->ca, &d->tls, err);
}

static int start_acceptor(struct daemon *d, struct kefs_err *err)
{
	static const struct kefs_acceptor_ops ops = { .decide = decide, .hand_over = hand_over, .count = count_served };
	const struct kefs_acceptor_parts parts = {
		.loop = d->loop,
		.sockets = &d->sockets,
		.per_address = d->settings.conns_per_address,
		.tls = d->tls,
		.tls_problem = d->tls_problem.text,
		.relays = d->relays,
		.ops = &ops,
		.ctx = d,
	};

	return kefs_acceptor_new(&parts, &d->acceptor, err);
}

static int target_listen(void *ctx, const struct kefs_addr *addr, struct kefs_err *err)
{
	struct daemon *d = ctx;

	return kefs_acceptor_listen(d->acceptor, addr, err);
}

static void target_unlisten(void *ctx, const struct kefs_addr *addr)
{
	struct daemon *d = ctx;

	kefs_acceptor_unlisten(d->acceptor, addr);
}

static int target_filter(void *ctx, struct kefs_err *err)
{
	const struct daemon *d = ctx;

	return kefs_filter_apply(d->filter, err);
}

static int target_check_filter(void *ctx, struct kefs_err *err)
{
	const struct daemon *d = ctx;

	return kefs_filter_check(d->filter, err);
}

static int target_removed(void *ctx, uint32_t address, struct kefs_err *err)
{
	struct daemon *d = ctx;

	return kefs_access_target_removed(d->access, address, err);
}

static int start_endpoints(struct daemon *d, struct kefs_err *err)
{
	static const struct kefs_endpoints_ops ops = {
		.listen = target_listen, .unlisten = target_unlisten, .filter = target_filter,
		.check_filter = target_check_filter, .removed = target_removed,
	};
	const struct kefs_filter_parts filter = {
		.loop = d->loop, .db = d->db, .topology = &d->settings.topology, .run_dir = d->settings.run_dir,
	};
	int rc = kefs_names_open(&d->settings.topology, d->settings.dns_suffix, d->settings.run_dir, &d->names, err);

	d->endpoints = (struct kefs_endpoints) {
		.db = d->db, .topology = &d->settings.topology, .names = &d->names, .resolvers = d->settings.dns,
		.ops = &ops, .ctx = d,
	};
	if (rc == 0)
		rc = kefs_packet_filter_defaults(d->db, &d->settings.topology, err);
	if (rc == 0)
		rc = kefs_filter_new(&filter, &d->filter, err);
	if (rc == 0)
		rc = kefs_endpoints_start(&d->endpoints, err);
	if (rc < 0 || !d->settings.dns)
		return rc;
	rc = kefs_dns_start(d->loop, &d->names, &d->dns, err);
	return rc < 0 ? kefs_err_prefix(err, rc, "dns: ") : 0;
}

static int start_sync(struct daemon *d, struct kefs_err *err)
{
	const struct kefs_sync_parts parts = {
		.loop = d->loop,
		.kernel = d->kernel,
		.volumes = d->volumes,
		.config = {
			.mem_budget = d->settings.memory_budget,
			.lease_sec = d->settings.lease_seconds,
			.threads_max = d->settings.threads_max,
			.conns_max = d->settings.conns_max,
		},
		.changed = on_kernel,
		.tick = on_tick,
		.ctx = d,
	};

	return kefs_sync_start(&parts, &d->sync, err);
}

static uint64_t monotonic_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* For the API's status. */
static void look(void *ctx, struct kefs_server_status *ret_status)
{
	const struct daemon *d = ctx;

	*ret_status = (struct kefs_server_status) {
		.uptime_ms = monotonic_ms() - d->started_ms,
		.accepting = kefs_acceptor_is_enabled(d->acceptor),
		.socket_activated = d->sockets.activated,
		.listener_count = d->sockets.count,
	};
	for (size_t i = 0; i < d->sockets.count; i++)
		ret_status->listeners[i] = d->sockets.sockets[i].addr;
	kefs_acceptor_get_stats(d->acceptor, &ret_status->acceptor, &ret_status->tls);
	ret_status->tls_problem = d->tls ? NULL : d->tls_problem.text;
	ret_status->tls_relays = d->relays != NULL;
	if (d->relays)
		kefs_relays_get_stats(d->relays, &ret_status->relays);
	kefs_access_get_refusals(d->access, ret_status->refused);
	kefs_backing_get_info(d->backing, &ret_status->pool);
}

static int find_key(void *ctx, const char *access_key, struct kefs_auth_key *ret_key)
{
	const struct daemon *d = ctx;
	struct kefs_who who;
	struct kefs_err err;
	int rc;

	kefs_err_set(&err, 0, "%s", "");
	rc = kefs_identities_look_up(d->identities, access_key, &who, &err);
	if (rc == 0)
		rc = kefs_str_copy(ret_key->secret, sizeof(ret_key->secret), who.secret);
	if (rc == 0)
		rc = kefs_str_copy(ret_key->token, sizeof(ret_key->token), who.token);
	if (rc == 0)
		rc = kefs_str_copy(ret_key->arn, sizeof(ret_key->arn), who.caller.arn);
	ret_key->expires = who.expires;
	explicit_bzero(&who.secret, sizeof(who.secret));
	explicit_bzero(&who.token, sizeof(who.token));
	if (rc < 0 && rc != -ENOENT)
		log_err("looking for an access key: %s", err.text);
	return rc;
}

/* What the API works with. The administrator's key is there before anybody can ask for it. */
static int start_efs(struct daemon *d, struct kefs_err *err)
{
	struct kefs_access_key key;
	int rc = kefs_access_keys_admin(d->db, &key, err);

	explicit_bzero(&key, sizeof(key));
	d->efs = (struct kefs_efs) {
		.db = d->db,
		.volumes = d->volumes,
		.topology = &d->settings.topology,
		.limits = &d->settings.limits,
		.access = d->access,
		.identities = d->identities,
		.endpoints = &d->endpoints,
	};
	d->api = (struct kefs_api) {
		.audit = d->audit,
		.volumes = d->volumes,
		.kernel = d->kernel,
		.efs = &d->efs,
		.endpoint = &d->settings.api_listen,
		.endpoint_tls = *d->settings.api_certificate,
		.look = look,
		.look_ctx = d,
		.ca_pem = kefs_ca_pem(d->ca),
		.ca_given = kefs_ca_is_given(d->ca),
	};
	d->auth = (struct kefs_auth_parts) {
		.account = d->settings.topology.account,
		.region = d->settings.topology.region,
		.find = find_key,
		.ctx = d,
	};
	return rc;
}

static int start_control(struct daemon *d, struct kefs_err *err)
{
	struct kefs_http_server_parts parts = {
		.loop = d->loop,
		.connections = CONTROL_CONNECTIONS,
		.idle_sec = CONTROL_IDLE_SEC,
		.request_sec = REQUEST_SEC,
		.answered = kefs_api_answered,
		.ctx = &d->api,
	};
	int rc;

	d->started_ms = monotonic_ms();
	parts.auth = kefs_auth_local(&d->auth);
	(void)kefs_str_format(d->control_path, sizeof(d->control_path), "%s/kefsd.sock", d->settings.run_dir);
	parts.routes = kefs_api_local_routes(&parts.route_count);
	rc = kefs_unixsock_listen(d->control_path, err);
	if (rc < 0) {
		d->control_path[0] = '\0';
		return rc;
	}
	parts.listen_fd = rc;
	return kefs_http_server_new(&parts, &d->control, err);
}

/* The authority's text that clients are given may be another one. */
static void on_renewed(void *ctx)
{
	struct daemon *d = ctx;

	d->api.ca_pem = kefs_ca_pem(d->ca);
}

/* Last, for what it starts needs all the rest. */
static int watch_certificates(struct daemon *d, struct kefs_err *err)
{
	const struct kefs_certificates_parts parts = {
		.loop = d->loop, .settings = &d->settings, .seen = &d->seen, .ca = d->ca, .api = d->public,
		.renewed = on_renewed, .ctx = d,
	};

	return kefs_certificates_new(&parts, &d->certificates, err);
}

/* The EFS API for everybody who signs. */
static int start_public(struct daemon *d, struct kefs_err *err)
{
	struct kefs_http_server_parts parts = {
		.loop = d->loop,
		.connections = PUBLIC_CONNECTIONS,
		.per_address = PUBLIC_PER_ADDRESS,
		.idle_sec = PUBLIC_IDLE_SEC,
		.request_sec = REQUEST_SEC,
		.answered = kefs_api_answered,
		.ctx = &d->api,
	};
	CLEANUP_FREE char *certificate = NULL;
	char text[KEFS_ADDR_TEXT], *key = NULL;
	int rc = 0;

	if (!d->settings.api_listen.len)
		return 0;
	if (*d->settings.api_certificate)
		rc = kefs_certificates_load_api(&d->settings, &certificate, &key, err);
	if (rc < 0)
		return rc;
	parts.certificate = certificate;
	parts.key = key;
	parts.auth = kefs_auth_signed(&d->auth);
	parts.routes = kefs_api_public_routes(&parts.route_count);
	parts.listen_fd = kefs_tcpsock_listen(&d->settings.api_listen);
	kefs_addr_format(&d->settings.api_listen, text);
	if (parts.listen_fd < 0)
		rc = kefs_err_sys(err, parts.listen_fd, "listening on %s for the EFS API (api_listen in kefsd.conf)", text);
	else
		rc = kefs_http_server_new(&parts, &d->public, err);
	kefs_certificates_wipe(key);
	if (rc == 0)
		log_info("the EFS API is at %s://%s, region %s, account %s", certificate ? "https" : "http", text,
			 d->settings.region, d->settings.account_id);
	return rc;
}

static int start(struct daemon *d, struct kefs_err *err)
{
	static int (*const steps[])(struct daemon *, struct kefs_err *) = {
		start_outside, start_volumes, start_audit, start_identities, start_access, start_tls, start_acceptor, start_endpoints,
		start_sync, start_efs,
		start_public,
		start_control, watch_certificates,
	};
	int rc = 0;

	kefs_certificates_look(&d->settings, &d->seen);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++)
		rc = steps[i](d, err);
	return rc;
}

static void stop(struct daemon *d)
{
	kefs_certificates_free(d->certificates);
	kefs_http_server_free(d->control);
	kefs_http_server_free(d->public);
	if (*d->control_path)
		(void)unlink(d->control_path);
	kefs_dns_stop(d->dns);
	kefs_filter_free(d->filter);
	kefs_sync_free(d->sync);
	kefs_acceptor_free(d->acceptor);
	kefs_relays_free(d->relays);
	kefs_tls_free(d->tls);
	kefs_ca_free(d->ca);
	kefs_access_free(d->access);
	kefs_identities_free(d->identities);
	kefs_audit_free(d->audit);
	/* The pool's last jobs report to the volumes. */
	kefs_pool_free(d->pool);
	kefs_volumes_free(d->volumes);
	kefs_backing_free(d->backing);
	kefs_db_close(d->db);
	kefs_listen_close(&d->sockets);
	kefs_module_free(d->module);
	kefs_nl_free(d->nl);
	for (size_t i = 0; i < sizeof(d->signals) / sizeof(d->signals[0]); i++)
		(void)kefs_loop_remove(d->signals[i]);
	kefs_loop_free(d->loop);
	if (d->lock_fd >= 0)
		(void)close(d->lock_fd);
}

static int run(struct daemon *d, int ready_fd)
{
	struct kefs_err err;
	int rc = start(d, &err);

	if (rc < 0) {
		log_err("%s", err.text);
		stop(d);
		return EXIT_FAILURE;
	}
	log_info("kefsd %s is ready: %zu listeners, control socket %s", KEFS_VERSION, d->sockets.count, d->control_path);
	if (ready_fd >= 0) {
		kefs_log_to_syslog();
		kefs_daemon_ready(ready_fd);
	}
	(void)sd_notify(0, "READY=1");
	rc = kefs_loop_run(d->loop);
	if (rc < 0)
		log_err("event loop: %s", kefs_err_name(rc));
	stop(d);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static struct daemon d = { .lock_fd = -1 };
	struct options options = { .config = NULL };
	int status, ready_fd = -1, rc;
	struct kefs_err err;

	kefs_log_open("kefsd", KEFS_LOG_INFO);
	status = parse_options(argc, argv, &options);
	if (status >= 0)
		return status;
	if (load_settings(&options, &d.settings, &err) < 0) {
		log_err("%s", err.text);
		return EXIT_FAILURE;
	}
	if (options.check_config) {
		(void)printf("kefsd: the configuration is valid\n");
		return EXIT_SUCCESS;
	}
	kefs_log_set_level(d.settings.log_level);
	if (kefs_fail_open(secure_getenv("KEFS_FAIL_FILE"), &err) < 0) {
		log_err("%s", err.text);
		return EXIT_FAILURE;
	}
	if (geteuid() != 0) {
		log_err("kefsd must be run by root: it mounts, listens on port 2049 and commands the kernel module");
		return EXIT_FAILURE;
	}
	(void)umask(0022);
	(void)signal(SIGPIPE, SIG_IGN);
	raise_file_limit();
	if (!options.foreground) {
		rc = kefs_daemon_detach(&ready_fd, &status);
		if (rc > 0)
			return status;
		if (rc < 0) {
			log_err("starting in the background: %s", kefs_err_name(rc));
			return EXIT_FAILURE;
		}
	}
	return run(&d, ready_fd);
}
