// SPDX-License-Identifier: GPL-2.0
#include "dns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/keeper.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "net/ifaddr.h"

struct resolver {
	struct kefs_names_view view;
	char conf[KEFS_NAMES_PATH + 16];	/* "--conf-file=…" */
	const char *argv[4];
	struct kefs_keeper *keeper;
};

struct kefs_dns {
	const struct kefs_names *names;
	size_t count;
	struct resolver resolvers[KEFS_SUBNETS_MAX];
};

static bool in_view(const struct kefs_subnet *subnet, const struct kefs_names_view *view)
{
	return subnet->vpc == view->vpc && !strcmp(subnet->zone, view->zone);
}

static int write_conf(const struct kefs_dns *dns, const struct kefs_names_view *view, const char *path,
		      struct kefs_err *err)
{
	const struct kefs_topology *topology = dns->names->topology;
	char more[KEFS_NAMES_PATH], ip[KEFS_IP_TEXT];
	CLEANUP_FILE FILE *f = fopen(path, "we");
	int rc = kefs_names_path(dns->names, view, "names.conf", more, err);

	if (rc < 0)
		return rc;
	if (!f)
		return kefs_err_sys(err, -errno, "writing %s", path);
	(void)fprintf(f, "# Made by kefsd for the dnsmasq that it runs\nkeep-in-foreground\nlog-facility=-\nport=53\n"
			 "bind-dynamic\nno-resolv\nno-hosts\nno-poll\npid-file=\nconf-file=%s\n", more);
	for (size_t i = 0; i < topology->subnet_count; i++) {
		if (!in_view(&topology->subnets[i], view))
			continue;
		kefs_ip_format(kefs_subnet_resolver(&topology->subnets[i]), ip);
		(void)fprintf(f, "listen-address=%s\n", ip);
	}
	return fflush(f) == 0 ? 0 : kefs_err_sys(err, -errno, "writing %s", path);
}

static void on_end(void *ctx, int status)
{
	const struct resolver *resolver = ctx;

	log_warn_limited("dnsmasq of zone %s ended (%s %d) and is started again", resolver->view.zone,
			 WIFSIGNALED(status) ? "signal" : "exit status", WIFSIGNALED(status) ? WTERMSIG(status)
			 : WEXITSTATUS(status));
}

static int add_addresses(const struct kefs_dns *dns, const struct kefs_names_view *view, struct kefs_err *err)
{
	const struct kefs_topology *topology = dns->names->topology;
	int rc = 0;

	for (size_t i = 0; i < topology->subnet_count && rc == 0; i++) {
		const struct kefs_subnet *subnet = &topology->subnets[i];

		if (in_view(subnet, view))
			rc = kefs_ifaddr_add(subnet->interface, kefs_subnet_resolver(subnet), err);
	}
	return rc;
}

static int start(struct kefs_dns *dns, struct resolver *resolver, struct kefs_loop *loop, struct kefs_err *err)
{
	struct kefs_keeper_parts parts = { .loop = loop, .argv = resolver->argv, .ended = on_end, .ctx = resolver };
	char path[KEFS_NAMES_PATH];
	int rc = kefs_names_path(dns->names, &resolver->view, "dnsmasq.conf", path, err);

	if (rc == 0)
		rc = write_conf(dns, &resolver->view, path, err);
	if (rc == 0)
		rc = add_addresses(dns, &resolver->view, err);
	if (rc < 0)
		return rc;
	(void)kefs_str_format(resolver->conf, sizeof(resolver->conf), "--conf-file=%s", path);
	resolver->argv[0] = "dnsmasq";
	resolver->argv[1] = resolver->conf;
	rc = kefs_names_path(dns->names, &resolver->view, "dnsmasq.pid", path, err);
	parts.pid_file = path;
	return rc < 0 ? rc : kefs_keeper_new(&parts, &resolver->keeper, err);
}

int kefs_dns_start(struct kefs_loop *loop, const struct kefs_names *names, struct kefs_dns **ret_dns,
		   struct kefs_err *err)
{
	struct kefs_dns *dns = calloc(1, sizeof(*dns));
	int rc = 0;

	if (!dns)
		return kefs_err_sys(err, -ENOMEM, "resolvers");
	dns->names = names;
	while (rc == 0 && kefs_names_view(names->topology, dns->count, &dns->resolvers[dns->count].view)) {
		rc = start(dns, &dns->resolvers[dns->count], loop, err);
		dns->count++;
	}
	if (rc < 0) {
		kefs_dns_stop(dns);
		return rc;
	}
	*ret_dns = dns;
	return 0;
}

void kefs_dns_stop(struct kefs_dns *dns)
{
	const struct kefs_topology *topology;
	struct kefs_err err;

	if (!dns)
		return;
	for (size_t i = 0; i < dns->count; i++)
		kefs_keeper_free(dns->resolvers[i].keeper);
	topology = dns->names->topology;
	for (size_t i = 0; i < topology->subnet_count; i++) {
		if (kefs_ifaddr_del(kefs_subnet_resolver(&topology->subnets[i]), &err) < 0)
			log_err("%s", err.text);
	}
	free(dns);
}
