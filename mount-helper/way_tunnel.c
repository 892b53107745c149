// SPDX-License-Identifier: GPL-2.0
#include "ways.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "common/str.h"
#include "file.h"
#include "making.h"
#include "mountinfo.h"
#include "supervisor.h"
#include "tunnel.h"

#define END_MS		2000
#define WORDS_MAX	((size_t)8 * 1024)

/* What is there while a tunnel is made, to be undone. */
struct making {
	const struct exec_request *request;
	struct state *state;
	int listen_fd;
	int words_fd;			/* what stunnel says */
	bool folder;
};

/* Is there a folder for that port already? Its tunnel may be down just now, and come back on the same port. */
static bool port_taken(unsigned int port)
{
	CLEANUP_DIR DIR *dir = opendir(RUN_DIR);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (state_name_port(entry->d_name) == port)
			return true;
	return false;
}

/* A socket on a free local port, the search starting anywhere in the range. */
static int choose_port(struct making *m, struct failure *failure)
{
	const struct plan *plan = m->request->plan;
	unsigned int low = plan->port ? plan->port : plan->port_low, n = plan->port ? 1 : plan->port_high - low;
	char first[8], last[8];
	uint32_t start = 0;

	(void)kefs_id_random(&start, sizeof(start));
	for (unsigned int i = 0; i < n; i++) {
		unsigned int port = low + (start + i) % n;

		if (port_taken(port))
			continue;
		m->listen_fd = tunnel_listen(plan->netns, port);
		if (m->listen_fd >= 0) {
			m->state->port = port;
			return 0;
		}
		if (m->listen_fd != -EADDRINUSE)
			return refuse(failure, MSG_SYSTEM, *plan->netns ? plan->netns : "a local port",
				    kefs_err_name(m->listen_fd));
	}
	(void)kefs_str_format(first, sizeof(first), "%u", low);
	(void)kefs_str_format(last, sizeof(last), "%u", low + n - 1);
	return plan->port ? refuse(failure, MSG_PORT_BUSY, first) : refuse(failure, MSG_NO_PORT, first, last);
}

static int make_folder(struct making *m, struct failure *failure)
{
	struct state *s = m->state;
	int rc;

	state_name(s->fs_id, s->mount_point, s->port, s->name);
	rc = making_folder(s, failure);
	if (rc == -EEXIST)
		return refuse(failure, MSG_STATE, s->name, kefs_err_name(rc));
	m->folder = rc == 0;
	return rc;
}

/* Whether this stunnel knows the kernel's TLS: asked, not guessed from a version. */
static bool stunnel_has_ktls(const char *program)
{
	const char *const argv[] = { program, "-options", NULL };
	const struct proc_start start = { argv, NULL, -1, -1, false };
	struct kefs_buf said = { .cap = WORDS_MAX };
	int status;
	bool has;

	has = proc_run(&start, 2000, &said, &status) == 0 && said.data && strstr(said.data, "ENABLE_KTLS");
	kefs_buf_free(&said);
	return has;
}

static int write_config(struct making *m, const char *program, struct failure *failure)
{
	struct kefs_buf text = { 0 };
	char dir[PATH_MAX], path[PATH_MAX];
	struct tunnel_config config = { m->request->plan, dir, m->state->name, m->request->target, m->state->port,
					stunnel_has_ktls(program) };
	int rc;

	rc = state_path(m->state, "", dir);
	if (rc == 0)
		rc = state_path(m->state, "stunnel.conf", path);
	if (rc == 0)
		rc = tunnel_config(&config, &text);
	if (rc == 0)
		rc = file_write(path, text.data, text.len, 0600, 0);
	kefs_buf_free(&text);
	return rc < 0 ? refuse(failure, MSG_STATE, dir, kefs_err_name(rc)) : 0;
}

/* What stunnel has said that sounds like the reason: its last error; else its last line. */
static void stunnel_words(const struct making *m, char *ret_words, size_t size)
{
	struct kefs_buf all = { .cap = WORDS_MAX };
	const char *best = "it said nothing";
	char chunk[512], *next;
	ssize_t n;

	while (m->words_fd >= 0 && (n = read(m->words_fd, chunk, sizeof(chunk))) > 0)
		if (kefs_buf_add(&all, chunk, (size_t)n) < 0)
			break;
	for (char *line = all.data; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strstr(line, "LOG3") || strstr(line, "CERT: ") || !strncmp(line, "[!]", 3) || !strstr(best, "LOG3"))
			best = *line ? line : best;
	}
	(void)kefs_str_copy(ret_words, size, best);
	kefs_buf_free(&all);
}

static int start_tunnel(struct making *m, struct failure *failure)
{
	CLEANUP_CLOSE int out = -1;
	char words[512];
	int fds[2], rc;

	/* Neither side ever waits for the other */
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return refuse(failure, MSG_SYSTEM, "pipe", kefs_err_name(-errno));
	m->words_fd = fds[0];
	out = fds[1];
	rc = tunnel_start(m->state, m->listen_fd, out);
	if (rc == 0)
		return 0;
	stunnel_words(m, words, sizeof(words));
	return refuse(failure, MSG_STUNNEL_DIED, m->request->target, rc == -ECHILD ? words : kefs_err_name(rc));
}

static bool is_mounted(const struct making *m)
{
	CLEANUP_FREE struct mount_row *row = malloc(sizeof(*row));

	return row && mountinfo_find(m->request->plan->mount_point, row) == 0 && row->loopback && row->port == m->state->port;
}

static int mount_through(struct making *m, struct failure *failure)
{
	const struct exec_request *r = m->request;
	CLEANUP_FREE char *source = NULL, *options = NULL;
	char words[512], text[FAILURE_SIZE];
	int rc;

	if (asprintf(&source, "127.0.0.1:%s", r->plan->device.path) < 0) {
		source = NULL;
		return refuse(failure, MSG_NO_MEMORY);
	}
	if (asprintf(&options, "%s,port=%u", r->plan->options, m->state->port) < 0) {
		options = NULL;
		return refuse(failure, MSG_NO_MEMORY);
	}
	rc = ways_mount(r, source, options, failure);
	/* One that took too long may have come about all the same */
	if (rc == 0 || is_mounted(m))
		return 0;
	/* A handshake that fails is invisible to mount.nfs4 */
	stunnel_words(m, words, sizeof(words));
	if (strstr(words, "LOG3") || strstr(words, "CERT")) {
		(void)kefs_str_format(text, sizeof(text), "%s%sthe tunnel to %s says: %s", failure->text,
				      *failure->text ? "; " : "", r->target, words);
		(void)kefs_str_copy(failure->text, sizeof(failure->text), text);
	}
	failure->status = rc;
	return -EIO;
}

static int make_tunnel(struct making *m, const struct creds *creds, struct failure *failure)
{
	char program[PATH_MAX];
	int rc;

	if (proc_find("stunnel", program, sizeof(program)) < 0)
		return refuse(failure, MSG_NO_STUNNEL);
	rc = making_fill(m->request, m->state, failure);
	if (rc == 0)
		rc = choose_port(m, failure);
	if (rc == 0)
		rc = make_folder(m, failure);
	if (rc == 0)
		rc = making_certify(m->state, creds, failure);
	if (rc == 0)
		rc = write_config(m, program, failure);
	if (rc == 0)
		rc = making_save(m->state, failure);
	if (rc == 0)
		rc = start_tunnel(m, failure);
	if (rc == 0)
		rc = mount_through(m, failure);
	if (rc < 0)
		return rc;
	m->state->helper = (struct proc_id){ 0, 0 };
	/* It is mounted: what fails now is not worth taking it away again; kefs-watchdog sees that this process is gone */
	(void)making_save(m->state, NULL);
	return 0;
}

static void undo(struct making *m)
{
	proc_end(&m->state->tunnel, END_MS);
	if (m->folder)
		(void)state_remove(m->state);
}

int way_tunnel(const struct exec_request *request, const struct creds *creds, struct failure *failure)
{
	CLEANUP_FREE struct state *state = calloc(1, sizeof(*state));
	struct making m = { request, state, -1, -1, false };
	int rc;

	if (!state)
		return refuse(failure, MSG_NO_MEMORY);
	if (*request->plan->cafile && access(request->plan->cafile, R_OK) < 0)
		return refuse(failure, MSG_NO_FILE, "CA file", request->plan->cafile, kefs_err_name(-errno));
	if (request->conf->watchdog)
		supervisor_start();
	rc = make_tunnel(&m, creds, failure);
	if (rc < 0)
		undo(&m);
	if (m.listen_fd >= 0)
		(void)close(m.listen_fd);
	if (m.words_fd >= 0)
		(void)close(m.words_fd);
	return rc;
}
