// SPDX-License-Identifier: GPL-2.0
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cert.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "sockets.h"
#include "tlshd.h"
#include "tunnel.h"

#define BACKOFF_FIRST_MS	250
#define BACKOFF_MAX_MS		2000	/* a mount waits for it, and programs wait for the mount */
#define STABLE_MS		1000	/* a tunnel that ran so long did not fail at the start, which takes milliseconds */
#define END_MS			5000	/* from SIGTERM to SIGKILL */
#define RENEW_RETRY_MS		60000	/* after a failure; others' services are not to be asked each second */
#define RENEW_LIMIT_SEC		60
#define LINGER_MS		10000	/* a client that is there so long without a mount has files open */
#define ELSEWHERE_MS		300000	/* so long a client may be without a connection: the kernel's when nothing happens */
#define HALF_MADE_MS		60000	/* a folder without a state: what a mount.efs left that was killed */
#define EXPIRY_MARGIN		(20 * 60)

struct watch *watch_new(const char *name, int64_t now_ms)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->pidfd = watch->listen_fd = watch->netns_fd = -1;
	watch->found_ms = now_ms;
	watch->backoff_ms = BACKOFF_FIRST_MS;
	watch->tlshd = !strcmp(name, TLSHD_STATE);
	(void)kefs_str_copy(watch->state.name, sizeof(watch->state.name), name);
	return watch;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	close_fd(&watch->pidfd);
	close_fd(&watch->listen_fd);
	close_fd(&watch->netns_fd);
	free(watch);
}

static void save(const struct watch *watch)
{
	struct kefs_err err;

	if (state_save(&watch->state, &err) < 0)
		log_warn_limited("%s: %s", watch->state.name, err.text);
}

/* What mount.efs left that was killed. A mount that is in the making now holds the lock, if it is that of tlshd. */
static void remove_half_made(struct watch *watch)
{
	CLEANUP_CLOSE int fd = watch->tlshd ? tlshd_lock(0, false) : -1;
	struct kefs_err err;

	if ((watch->tlshd && fd < 0) || state_load(&watch->state, &err) != -ENOENT)
		return;
	if (state_remove(&watch->state) == 0)
		log_info("%s: removed, for nothing was made of it", watch->state.name);
}

void watch_load(struct watch *watch, int64_t now_ms)
{
	struct kefs_err err;
	int rc;

	if (watch->loaded || !watch->listed)
		return;
	watch->claimed = tlshd_claimed();
	rc = state_load(&watch->state, &err);
	if (rc < 0) {
		/* One that cannot be read may have a tunnel all the same, with a mount that needs it. */
		if (rc != -ENOENT)
			log_warn_limited("%s: not looked after: %s", watch->state.name, err.text);
		else if (now_ms - watch->found_ms > HALF_MADE_MS)
			remove_half_made(watch);
		return;
	}
	/* What was read may be older than its end */
	if (!proc_alive(&watch->state.helper))
		watch->loaded = state_load(&watch->state, &err) == 0;
}

/* What only a running stunnel can give, for the time when it is away. */
static void borrow(struct watch *watch)
{
	char path[64];

	if (watch->listen_fd < 0)
		watch->listen_fd = sockets_borrow_listener(watch->pidfd, watch->state.port);
	if (watch->netns_fd >= 0 || watch->state.net_ns == proc_namespace("/proc/self/ns/net"))
		return;
	(void)kefs_str_format(path, sizeof(path), "/proc/%d/ns/net", (int)watch->state.tunnel.pid);
	/* One that was just started is still in ours, and another process may have that pid by now: then the next time */
	watch->netns_fd = proc_open_namespace(path, watch->state.net_ns);
}

/* A path of its network: "" for ours. 0 or -errno. */
static int find_netns(const struct watch *watch, char *ret_path, size_t size)
{
	const struct state *state = &watch->state;

	if (state->net_ns == proc_namespace("/proc/self/ns/net"))
		return kefs_str_copy(ret_path, size, "");
	if (watch->netns_fd >= 0)
		return kefs_str_format(ret_path, size, "/proc/self/fd/%d", watch->netns_fd);
	if (*state->netns)
		return kefs_str_copy(ret_path, size, state->netns);
	return proc_find_netns(state->net_ns, ret_path, size);
}

static void note_end(struct watch *watch, int64_t now_ms)
{
	if (!watch->ending_ms)
		log_warn("%s: stunnel (process %d) has ended", watch->state.name, (int)watch->state.tunnel.pid);
	close_fd(&watch->pidfd);
	if (watch->started_ms && now_ms - watch->started_ms <= STABLE_MS)
		return;
	watch->backoff_ms = BACKOFF_FIRST_MS;
	watch->retry_ms = now_ms;
}

/* Does stunnel run? Finds the one that the state names, and notices its end. */
static bool alive(struct watch *watch, int64_t now_ms)
{
	struct pollfd p = { .events = POLLIN };

	if (watch->pidfd < 0) {
		watch->pidfd = proc_open(&watch->state.tunnel);
		if (watch->pidfd < 0)
			return false;
		log_debug("%s: stunnel is process %d", watch->state.name, (int)watch->state.tunnel.pid);
	}
	p.fd = watch->pidfd;
	if (poll(&p, 1, 0) > 0) {
		note_end(watch, now_ms);
		return false;
	}
	borrow(watch);
	return true;
}

static void start(struct watch *watch, int64_t now_ms)
{
	const struct state *state = &watch->state;
	char netns[PATH_MAX];
	int rc;

	if (now_ms < watch->retry_ms)
		return;
	watch->retry_ms = now_ms + watch->backoff_ms;
	watch->backoff_ms = watch->backoff_ms * 2 < BACKOFF_MAX_MS ? watch->backoff_ms * 2 : BACKOFF_MAX_MS;
	rc = find_netns(watch, netns, sizeof(netns));
	if (rc == 0 && watch->listen_fd < 0) {
		watch->listen_fd = tunnel_listen(netns, state->port);
		rc = watch->listen_fd < 0 ? watch->listen_fd : 0;
	}
	if (rc == 0)
		rc = tunnel_spawn(&watch->state, netns, watch->listen_fd, -1);
	if (rc < 0) {
		log_warn_limited("%s: cannot start stunnel on port %u: %s", state->name, state->port, kefs_err_name(rc));
		return;
	}
	watch->started_ms = now_ms;
	log_info("%s: started stunnel as process %d", state->name, (int)state->tunnel.pid);
	save(watch);
	(void)alive(watch, now_ms);
}

/* In a process of its own. Its exit status. */
static int renew(struct state *state)
{
	static struct creds creds;
	const struct creds_places places = {
		.credentials_file = state->credentials_file, .config_file = state->config_file,
		.region = state->region, .sts_url = *state->sts_url ? state->sts_url : NULL,
		.ca_file = *state->ca_bundle ? state->ca_bundle : NULL,
	};
	struct failure failure;
	struct kefs_err err;

	(void)alarm(RENEW_LIMIT_SEC);
	if (*state->creds_method && creds_again(state->creds_method, &places, &creds, &failure) < 0) {
		log_err("%s: the certificate is not renewed: %s", state->name, failure.text);
		return EXIT_FAILURE;
	}
	if (tunnel_certify(state, *state->creds_method ? &creds : NULL, &err) < 0) {
		log_err("%s: the certificate is not renewed: %s", state->name, err.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int64_t certificate_age(const struct watch *watch)
{
	return (int64_t)time(NULL) - watch->state.cert_time;
}

/* A state that does not know is of a version whose certificates all had that life. */
static int64_t certificate_life(const struct watch *watch)
{
	const struct state *state = &watch->state;

	/* Negative: the clock went on, or the host slept, before it was seen that it was made */
	return state->cert_end ? state->cert_end - state->cert_time : CERT_LIFE;
}

static bool certificate_due(const struct watch *watch, const struct conf *conf)
{
	int64_t age = certificate_age(watch), most = (int64_t)conf->renewal_minutes * 60;
	int64_t life = certificate_life(watch);
	char path[PATH_MAX];

	/* However long the interval: before it expires. A clock that was set back makes a new one, too. */
	life -= life / 3 < EXPIRY_MARGIN ? life / 3 : EXPIRY_MARGIN;
	if (most > life)
		most = life;
	return age > most || age < 0 || state_path(&watch->state, "certificate.pem", path) < 0 || access(path, F_OK) < 0;
}

static void begin_renewal(struct watch *watch, const struct conf *conf, int64_t now_ms)
{
	sigset_t none;
	pid_t pid;

	if (watch->renewer || now_ms < watch->renew_ms || !certificate_due(watch, conf))
		return;
	pid = fork();
	if (pid == 0) {
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		/* A watchdog that is killed may have let another mount have the place of this one, when it comes again */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Among them the lock: a watchdog that is killed leaves it to the next one at once */
		closelog();
		(void)close_range(STDERR_FILENO + 1, ~0U, 0);
		_exit(renew(&watch->state));
	}
	if (pid < 0)
		log_warn_limited("%s: no process for the renewal of its certificate: %s", watch->state.name,
				 kefs_err_name(-errno));
	else
		watch->renewer = pid;
}

void watch_child(struct watch *watch, pid_t pid, int status, int64_t now_ms)
{
	char path[PATH_MAX];
	bool expired;

	if (watch->renewer != pid)
		return;
	watch->renewer = 0;
	watch->renew_ms = now_ms + RENEW_RETRY_MS;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS) {
		if (WIFSIGNALED(status))
			log_err("%s: the renewal of its certificate was killed", watch->state.name);
		return;
	}
	expired = certificate_age(watch) > certificate_life(watch);
	watch->state.cert_time = (int64_t)time(NULL);
	if (state_path(&watch->state, "certificate.pem", path) < 0 || cert_read_end(path, &watch->state.cert_end) < 0)
		watch->state.cert_end = 0;
	watch->renew_ms = 0;
	save(watch);
	/*
	 * New connections have the new one. A stunnel that is away will read it when it starts. Where the old one was out
	 * of date (the host slept) there may be a connection by now that was refused for it: it ends with its stunnel.
	 */
	if (watch->pidfd >= 0)
		(void)pidfd_send_signal(watch->pidfd, expired ? SIGTERM : SIGHUP, NULL, 0);
	log_info("%s: the certificate was renewed", watch->state.name);
}

/* Connections that nobody takes: stunnel is there, and does nothing. */
static void check_health(struct watch *watch, const struct conf *conf, const struct sockets *sockets, int64_t now_ms)
{
	if (!conf->health_check || !sockets->waiting) {
		watch->stuck_ms = 0;
		return;
	}
	if (!watch->stuck_ms)
		watch->stuck_ms = now_ms;
	if (now_ms - watch->stuck_ms < (int64_t)conf->health_seconds * 1000)
		return;
	log_err("%s: stunnel takes no connections: killed", watch->state.name);
	(void)pidfd_send_signal(watch->pidfd, SIGKILL, NULL, 0);
	watch->stuck_ms = 0;
}

/* Nothing is mounted through it any more, and nobody is connected: for long enough? */
static bool is_over(struct watch *watch, const struct conf *conf, const struct sockets *sockets, int64_t now_ms)
{
	if (sockets->connected) {
		/* The kernel takes its time to leave after a umount, too */
		if (!watch->unmounted_ms)
			watch->unmounted_ms = now_ms;
		watch->lingers = now_ms - watch->unmounted_ms > LINGER_MS;
		watch->quiet = 0;
		return false;
	}
	if (!watch->quiet++)
		watch->quiet_ms = now_ms;
	if (watch->elsewhere)
		return now_ms - watch->quiet_ms >= ELSEWHERE_MS;
	return watch->quiet > conf->gone_count &&
		(!watch->lingers || now_ms - watch->quiet_ms >= (int64_t)conf->grace_seconds * 1000);
}

/* Ends stunnel; true when it has ended and the folder is gone. */
static bool end(struct watch *watch, int64_t now_ms)
{
	if (alive(watch, now_ms)) {
		if (!watch->ending_ms) {
			watch->ending_ms = now_ms;
			(void)pidfd_send_signal(watch->pidfd, SIGTERM, NULL, 0);
		} else if (now_ms - watch->ending_ms > END_MS) {
			(void)pidfd_send_signal(watch->pidfd, SIGKILL, NULL, 0);
		}
		return false;
	}
	if (watch->renewer)
		return false;
	if (state_remove(&watch->state) < 0) {
		log_warn_limited("%s: cannot be removed", watch->state.name);
		return false;
	}
	log_info("%s: unmounted, all of it is gone", watch->state.name);
	return true;
}

/* The last mount with it is gone: unless another was made meanwhile, or is being made. */
static bool release_certificate(struct watch *watch)
{
	CLEANUP_CLOSE int fd = tlshd_lock(0, false);

	if (fd < 0)
		return false;
	if (tlshd_claimed() != watch->claimed) {
		watch->loaded = false;
		watch->quiet = 0;
		return false;
	}
	if (watch->renewer || state_remove(&watch->state) < 0)
		return false;
	log_info("%s: no mount presents its certificate any more, it is gone", watch->state.name);
	return true;
}

/* umount -l leaves the kernel's client while files are open: it will want the certificate when it connects again. */
static bool may_linger(const struct watch *watch, int64_t now_ms)
{
	struct tlshd *tlshd = malloc(sizeof(*tlshd));
	bool seen, in_use;

	if (!tlshd)
		return true;
	(void)tlshd_find(watch->state.net_ns, tlshd);
	seen = tlshd->pid > 0;
	in_use = seen && tlshd_network_in_use(tlshd->pid);
	free(tlshd);
	return seen ? in_use : now_ms - watch->quiet_ms < ELSEWHERE_MS;
}

static bool tick_certificate(struct watch *watch, const struct conf *conf, int64_t now_ms)
{
	if (watch->mounted || watch->elsewhere) {
		watch->quiet = 0;
		begin_renewal(watch, conf, now_ms);
		return false;
	}
	if (!watch->quiet++)
		watch->quiet_ms = now_ms;
	if (watch->quiet <= conf->gone_count)
		return false;
	if (may_linger(watch, now_ms)) {
		begin_renewal(watch, conf, now_ms);
		return false;
	}
	return release_certificate(watch);
}

/* Behind umount -l somebody may have files open: stunnel is needed, also to see in its network who is connected. */
static bool is_wanted(const struct watch *watch, const struct sockets *sockets)
{
	return watch->elsewhere || sockets->connected || watch->lingers;
}

static bool tick_tunnel(struct watch *watch, const struct conf *conf, struct sockets_table *table, int64_t now_ms)
{
	struct sockets sockets = { 0 };
	bool runs, used;

	if (watch->ending_ms)
		return end(watch, now_ms);
	runs = alive(watch, now_ms);
	/* A client without a mount has lost its connection now; in another network it cannot be seen before stunnel is back */
	if (!runs && watch->unmounted_ms)
		watch->lingers = true;
	(void)sockets_look(table, runs ? watch->state.tunnel.pid : 0, runs ? watch->state.net_ns : 0, watch->state.port,
			   &sockets);
	used = watch->mounted || (watch->elsewhere && sockets.connected);
	if (used) {
		watch->quiet = 0;
		watch->unmounted_ms = 0;
		watch->lingers = false;
	} else if (is_over(watch, conf, &sockets, now_ms)) {
		watch->ending_ms = runs ? 0 : now_ms;
		return end(watch, now_ms);
	}
	if (!used && !is_wanted(watch, &sockets))
		return false;
	if (!runs)
		start(watch, now_ms);
	else
		check_health(watch, conf, &sockets, now_ms);
	begin_renewal(watch, conf, now_ms);
	return false;
}

bool watch_tick(struct watch *watch, const struct conf *conf, struct sockets_table *table, int64_t now_ms)
{
	if (!watch->listed && !watch->ending_ms)
		return true;
	if (!watch->loaded)
		return false;
	return watch->tlshd ? tick_certificate(watch, conf, now_ms) : tick_tunnel(watch, conf, table, now_ms);
}
