// SPDX-License-Identifier: GPL-2.0
#include "tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cert.h"
#include "common/cleanup.h"
#include "common/str.h"
#include "common/version.h"
#include "file.h"

#define CONFIG_MAX	((size_t)64 * 1024)
#define BACKLOG		64
#define READY_MS	10000
#define READY_STEP_MS	10

/* What there is for every tunnel. */
static int add_global(const struct tunnel_config *c, struct kefs_buf *out)
{
	const struct plan *plan = c->plan;
	int rc;

	/* In the foreground it speaks to stderr, whose reader is mount.efs while it mounts, and then nobody; and to syslog */
	rc = kefs_buf_format(out, "fips = %s\nforeground = yes\nsocket = l:SO_REUSEADDR=yes\n"
			     "socket = a:SO_BINDTODEVICE=lo\npid = %s/stunnel.pid\n", plan->fips ? "yes" : "no", c->dir);
	if (rc < 0)
		return rc;
	if (!plan->debug)
		return kefs_buf_format(out, "debug = warning\n");
	if (!*plan->log)
		return kefs_buf_format(out, "debug = debug\noutput = %s/stunnel.log\n", c->dir);
	rc = kefs_buf_format(out, "debug = debug\noutput = ");
	for (const char *p = plan->log; rc == 0 && *p;) {
		const char *rest = kefs_str_after(p, "{fs_id}");

		rc = rest ? kefs_buf_format(out, "%s", plan->device.fs_id) : kefs_buf_add(out, p, 1);
		p = rest ? rest : p + 1;
	}
	return rc < 0 ? rc : kefs_buf_format(out, "\n");
}

static int add_service(const struct tunnel_config *c, struct kefs_buf *out)
{
	const struct plan *plan = c->plan;
	int rc;

	rc = kefs_buf_format(out, "[efs]\nclient = yes\naccept = 127.0.0.1:%u\nconnect = %s:%u\nsslVersion = TLSv1.2\n"
			     "renegotiation = no\nTIMEOUTbusy = 20\nTIMEOUTclose = 0\nTIMEOUTidle = 70\ndelay = yes\n"
			     "verify = %u\n", c->port, c->target, NFS_PORT, plan->verify);
	if (rc == 0 && plan->verify)
		rc = kefs_buf_format(out, "CAfile = %s\n", plan->cafile);
	if (rc == 0)
		rc = kefs_buf_format(out, "cert = %s/certificate.pem\nkey = " CERT_KEY_PATH "\n", c->dir);
	if (rc == 0 && *plan->check_host)
		rc = kefs_buf_format(out, "checkHost = %s\n", plan->check_host);
	/* Otherwise it would be the address, which is no server name: stunnel takes an IPv6 one for a fault */
	if (rc == 0 && *plan->check_host && strchr(c->target, ':'))
		rc = kefs_buf_format(out, "sni = %s\n", plan->check_host);
	if (rc == 0 && plan->ocsp)
		rc = kefs_buf_format(out, "OCSPaia = yes\n");
	if (rc == 0 && c->ktls)
		rc = kefs_buf_format(out, "options = ENABLE_KTLS\n");
	return rc < 0 ? rc : kefs_buf_format(out, "libwrap = no\n");
}

int tunnel_config(const struct tunnel_config *config, struct kefs_buf *out)
{
	int rc;

	out->cap = CONFIG_MAX;
	rc = add_global(config, out);
	return rc < 0 ? rc : add_service(config, out);
}

static int listen_here(void *arg)
{
	const unsigned int *port = arg;
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)*port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	/* Two may bind a port with SO_REUSEADDR, but only one listens */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return take_fd(fd);
}

int tunnel_listen(const char *netns, unsigned int port)
{
	return proc_in_netns(netns, listen_here, &port);
}

/* stunnel writes its pid once its configuration is read and its socket taken. */
static int wait_ready(const struct state *state, const char *pid_file)
{
	const struct timespec step = { 0, READY_STEP_MS * 1000000L };
	CLEANUP_CLOSE int fd = proc_open(&state->tunnel);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (int i = 0; i < READY_MS / READY_STEP_MS; i++) {
		if (fd < 0 || poll(&p, 1, 0) > 0)
			return -ECHILD;
		if (access(pid_file, F_OK) == 0)
			return 0;
		(void)nanosleep(&step, NULL);
	}
	return -ETIMEDOUT;
}

int tunnel_spawn(struct state *state, const char *netns, int listen_fd, int out_fd)
{
	char program[PATH_MAX], config[PATH_MAX], pid_file[PATH_MAX];
	const char *const argv[] = { program, config, NULL };
	const struct proc_start start = { argv, netns, listen_fd, out_fd, true };
	pid_t pid;
	int rc;

	rc = proc_find("stunnel", program, sizeof(program));
	if (rc == 0)
		rc = state_path(state, "stunnel.conf", config);
	if (rc == 0)
		rc = state_path(state, "stunnel.pid", pid_file);
	if (rc < 0)
		return rc;
	(void)unlink(pid_file);
	rc = proc_start(&start, &pid);
	return rc < 0 ? rc : proc_identify(pid, &state->tunnel);
}

int tunnel_start(struct state *state, int listen_fd, int out_fd)
{
	char pid_file[PATH_MAX];
	struct kefs_err err;
	int rc;

	rc = state_path(state, "stunnel.pid", pid_file);
	if (rc == 0)
		rc = tunnel_spawn(state, state->netns, listen_fd, out_fd);
	if (rc < 0)
		return rc;
	/* At once: who ends while it waits leaves a stunnel that is known */
	rc = state_save(state, &err);
	if (rc == 0)
		rc = wait_ready(state, pid_file);
	if (rc < 0)
		proc_end(&state->tunnel, 1000);
	return rc;
}

int tunnel_certify(struct state *state, const struct creds *creds, struct kefs_err *err)
{
	const struct cert_request request = {
		.common_name = state->common_name, .fs_id = state->fs_id, .access_point = state->access_point,
		.region = state->region, .source = state->client_source, .version = KEFS_VERSION, .creds = creds,
		.now = (int64_t)time(NULL),
	};
	CLEANUP_FREE char *pem = NULL;
	EVP_PKEY *key = NULL;
	char path[PATH_MAX];
	int rc;

	rc = state_path(state, "certificate.pem", path);
	if (rc == 0)
		rc = cert_key(CERT_KEY_PATH, &key, err);
	if (rc == 0)
		rc = cert_make(key, &request, &pem, err);
	EVP_PKEY_free(key);
	if (rc < 0)
		return rc;
	rc = file_write(path, pem, strlen(pem), 0600, 0);
	if (rc < 0)
		return kefs_err_sys(err, rc, "%s", path);
	state->cert_time = request.now;
	state->cert_end = cert_end(creds, request.now);
	return 0;
}
