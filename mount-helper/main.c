// SPDX-License-Identifier: GPL-2.0
/* mount.efs: what `mount -t efs` runs. Collects what is known, decides (plan.c), then acts (exec.c). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "common/str.h"
#include "common/version.h"
#include "exec.h"
#include "help.h"
#include "mountinfo.h"
#include "plan.h"
#include "resolve.h"
#include "tlshd.h"

struct request {
	const char *device, *directory;
	struct option_list options;
	bool fake, verbose;
};

/* Everything that the decision is made of. Too large for a stack. */
struct work {
	struct request request;
	struct device device;
	struct conf conf;
	struct facts facts;
	struct plan plan;
	struct places places;
	struct mount_row mounted;
	struct tlshd tlshd;
	char canonical[NAME_SIZE], target[NAME_SIZE], mount_point[PATH_MAX];
	struct failure failure;
};

/* -1: go on; 0: said what was asked for; else the failure. */
static int parse(int argc, char **argv, struct request *req, struct failure *failure)
{
	static const struct option longs[] = { { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { "options", required_argument, NULL, 'o' }, { 0 } };
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "fno:svhVN:t:", longs, NULL)) != -1) {
		switch (c) {
		case 'h':
			return fputs(mount_help, stdout) < 0;
		case 'V':
			return printf("mount.efs Version: %s (kefs)\n", KEFS_VERSION) < 0;
		case 'o':
			if (options_add(&req->options, optarg, failure) < 0)
				return EXIT_USAGE;
			break;
		case 'f':
			req->fake = true;
			break;
		case 'v':
			req->verbose = true;
			break;
		case 'n': case 's': case 'N': case 't':
			break;
		default:
			(void)refuse(failure, MSG_BAD_SWITCH);
			return EXIT_USAGE;
		}
	}
	if (argc - optind != 2) {
		(void)refuse(failure, MSG_WANT_DEVICE);
		return EXIT_USAGE;
	}
	req->device = argv[optind];
	req->directory = argv[optind + 1];
	return -1;
}

/* The slash in front of the last name; those behind it are cut off. NULL: there is none. */
static char *last_slash(char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/')) && slash > path && !slash[1])
		*slash = '\0';
	return slash;
}

/*
 * Absolute and without links, but the last name is not looked at: a look at a mount point is one at what is mounted
 * there, whose server may not answer.
 */
static int find_mount_point(const char *directory, char ret_path[PATH_MAX], struct failure *failure)
{
	char parent[PATH_MAX], resolved[PATH_MAX];
	char *slash, *name;
	int rc;

	if (kefs_str_copy(parent, sizeof(parent), directory) < 0)
		return refuse(failure, MSG_TOO_LONG, "the directory");
	slash = last_slash(parent);
	name = slash ? slash + 1 : parent;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return realpath(directory, ret_path) ? 0 :
			refuse(failure, MSG_SYSTEM, directory, kefs_err_name(-errno));
	if (slash)
		*slash = '\0';
	if (!realpath(!slash ? "." : *parent ? parent : "/", resolved))
		return refuse(failure, MSG_SYSTEM, directory, kefs_err_name(-errno));
	rc = kefs_str_format(ret_path, PATH_MAX, "%s%s%s", resolved, resolved[1] ? "/" : "", name);
	return rc < 0 ? refuse(failure, MSG_TOO_LONG, "the directory") : 0;
}

static void collect_environment(struct facts *facts)
{
	facts->aws_region = places_env("AWS_REGION");
	facts->aws_default_region = places_env("AWS_DEFAULT_REGION");
	facts->aws_profile = places_env("AWS_PROFILE");
	facts->aws_fips = places_env("AWS_USE_FIPS_ENDPOINT");
}

/* What is mounted there: *ret_done if there is nothing left to do. */
static void collect_mounted(struct work *w, bool *ret_done)
{
	bool remount = options_get(&w->request.options, "remount") != NULL;

	*ret_done = false;
	if (mountinfo_find(w->mount_point, &w->mounted) < 0 || !w->mounted.nfs)
		return;
	if (!remount) {
		(void)printf("mount.efs: %s is already mounted on %s; umount it first to mount anew\n", w->mounted.source,
			     w->mount_point);
		*ret_done = true;
		return;
	}
	w->facts.mounted_source = w->mounted.source;
	w->facts.mounted_port = w->mounted.port;
}

static void collect_tlshd(struct work *w)
{
	const char *netns = options_get(&w->request.options, "netns");

	/* A network that is not there is told of later */
	if (tlshd_find(netns && *netns ? proc_namespace(netns) : 0, &w->tlshd) == 0)
		w->facts.tlshd = &w->tlshd;
}

static int decide(struct work *w, bool *ret_done)
{
	struct request *req = &w->request;
	int rc;

	collect_environment(&w->facts);
	rc = conf_load(&w->conf, CONF_PATH, &w->failure);
	if (rc == 0)
		rc = device_parse(req->device, &w->device, &w->failure);
	if (rc == 0)
		rc = find_mount_point(req->directory, w->mount_point, &w->failure);
	if (rc < 0)
		return rc;
	collect_mounted(w, ret_done);
	if (*ret_done)
		return 0;
	if (options_get(&w->request.options, "tls"))
		collect_tlshd(w);
	if (w->device.kind == DEVICE_NAME) {
		rc = resolve_canonical(w->device.remote, w->canonical, &w->failure);
		w->facts.canonical = w->canonical;
	}
	return rc < 0 ? rc : plan_make(&w->device, w->mount_point, &req->options, &w->conf, &w->facts, &w->plan,
				       &w->failure);
}

/* The mount target's port: only a plain mount may have another one. */
static unsigned int server_port(const struct plan *plan)
{
	const char *option = plan->way == WAY_DIRECT || plan->way == WAY_KERNEL ? strstr(plan->options, "port=") : NULL;
	unsigned long port = option && (option == plan->options || option[-1] == ',') ?
		strtoul(option + strlen("port="), NULL, 10) : 0;

	return port && port <= UINT16_MAX ? (unsigned int)port : NFS_PORT;
}

static void show(const struct plan *plan)
{
	struct kefs_buf text = { 0 };

	if (plan_print(plan, &text) == 0)
		(void)fputs(text.data, stdout);
	kefs_buf_free(&text);
}

static int act(struct work *w)
{
	const struct exec_request exec = { &w->plan, &w->conf, &w->places, w->target, w->request.verbose,
					   false };

	places_find(&w->places, &w->conf, w->plan.region);
	if (w->plan.bg)
		(void)fprintf(stderr, "mount.efs: warning: the option 'bg' is left out: no tunnel is kept for what is not mounted\n");
	if (w->request.fake || w->request.verbose)
		show(&w->plan);
	if (w->plan.way != WAY_REMOUNT &&
	    resolve_target(&w->plan, server_port(&w->plan), &w->places, w->target, &w->failure) < 0)
		return w->failure.status;
	if (w->request.fake)
		return 0;
	return exec_plan(&exec, &w->failure);
}

static int run(int argc, char **argv, struct work *w)
{
	bool done = false;
	int status;

	status = parse(argc, argv, &w->request, &w->failure);
	if (status >= 0)
		return status;
	if (geteuid() != 0 && !w->request.fake) {
		(void)refuse(&w->failure, MSG_NOT_ROOT);
		return w->failure.status;
	}
	if (decide(w, &done) < 0)
		return w->failure.status;
	return done ? 0 : act(w);
}

int main(int argc, char **argv)
{
	CLEANUP_FREE struct work *work = calloc(1, sizeof(*work));
	int status;

	if (!work)
		return EXIT_USAGE;
	/* A server that hangs up is an error of a call, not the end */
	(void)signal(SIGPIPE, SIG_IGN);
	status = run(argc, argv, work);
	if (status && *work->failure.text)
		(void)fprintf(stderr, "mount.efs: %s\n", work->failure.text);
	plan_free(&work->plan);
	conf_free(&work->conf);
	options_free(&work->request.options);
	return status;
}
