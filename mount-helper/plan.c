// SPDX-License-Identifier: GPL-2.0
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "common/str.h"
#include "rules.h"
#include "tlshd.h"

#define PRINT_MAX ((size_t)64 * 1024)

/* What EFS recommends to mount with, unless the user says otherwise. */
static const struct {
	const char *option, *unless[3];
} defaults[] = {
	{ "nfsvers=4.1", { "nfsvers", "vers", "minorversion" } },
	{ "rsize=1048576", { "rsize" } },
	{ "wsize=1048576", { "wsize" } },
	{ "hard", { "hard", "soft", "softerr" } },
	{ "timeo=600", { "timeo" } },
	{ "retrans=2", { "retrans" } },
	{ "noresvport", { "noresvport", "resvport" } },
};

/* Everything that the steps of a plan read. */
struct inputs {
	const struct option_list *list;
	const struct conf *conf;
	const struct facts *facts;
	struct name_rule rule;
};

static const char *option(const struct inputs *in, const char *name)
{
	const char *value = options_get(in->list, name);

	return value ? value : "";
}

static bool has(const struct inputs *in, const char *name)
{
	return options_get(in->list, name) != NULL;
}

#define COPY(to, from, what) (kefs_str_copy(to, sizeof(to), from) < 0 ? refuse(failure, MSG_TOO_LONG, what) : 0)

static int add_defaults(struct option_list *list, struct failure *failure)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults) && rc == 0; i++) {
		bool given = false;

		for (size_t j = 0; j < 3; j++)
			given |= defaults[i].unless[j] && options_get(list, defaults[i].unless[j]);
		if (!given)
			rc = options_add(list, defaults[i].option, failure);
	}
	return rc;
}

static int plan_region(struct inputs *in, struct plan *plan, struct failure *failure)
{
	const char *const from[] = { options_get(in->list, "region"), in->facts->aws_region,
				     in->facts->aws_default_region, in->conf->region };

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]) && !*plan->region; i++) {
		if (!from[i] || !*from[i])
			continue;
		if (!device_region_valid(from[i]))
			return refuse(failure, MSG_BAD_REGION, from[i]);
		(void)kefs_str_copy(plan->region, sizeof(plan->region), from[i]);
	}
	in->rule = (struct name_rule){ in->conf->dns_name_format, plan->region, conf_suffix(in->conf, plan->region) };
	return 0;
}

/* The file system, when the device is a name; the zone, of device or option. */
static int plan_device(const struct inputs *in, struct plan *plan, struct failure *failure)
{
	const char *az = option(in, "az");
	int rc;

	if (plan->device.kind == DEVICE_NAME) {
		rc = device_match(&plan->device, in->facts->canonical ? in->facts->canonical : plan->device.remote,
				  &in->rule, in->conf->path, failure);
		if (rc < 0)
			return rc;
	}
	if (*az && *plan->device.az && strcmp(az, plan->device.az) != 0)
		return refuse(failure, MSG_OTHER_AZ, plan->device.az, az);
	return kefs_str_copy(plan->zone, sizeof(plan->zone), *az ? az : plan->device.az);
}

static int plan_name(const struct inputs *in, struct plan *plan, struct failure *failure)
{
	static const char crossaccount[] = "{az}.{fs_id}.efs.{region}.{dns_name_suffix}";
	struct name_rule rule = in->rule;

	if (!has(in, "crossaccount"))
		return device_name(&rule, plan->device.fs_id, plan->zone, in->conf->path, plan->name, failure);
	if (!*in->conf->az_id)
		return refuse(failure, MSG_NO_AZ_ID, in->conf->path);
	rule.format = crossaccount;
	return device_name(&rule, plan->device.fs_id, in->conf->az_id, in->conf->path, plan->name, failure);
}

/* Where the mount target is. */
static int plan_target(const struct inputs *in, struct plan *plan, struct failure *failure)
{
	if (plan->device.kind == DEVICE_ADDRESS)
		return COPY(plan->address, plan->device.remote, "the address");
	if (has(in, "mounttargetip"))
		return COPY(plan->address, option(in, "mounttargetip"), "mounttargetip");
	plan->fallback = in->conf->fallback && !has(in, "crossaccount");
	return plan_name(in, plan, failure);
}

/* How the server's certificate is checked. */
static int plan_trust(const struct inputs *in, struct plan *plan, struct failure *failure)
{
	const char *cafile = has(in, "cafile") ? option(in, "cafile") : conf_cafile(in->conf, plan->region);

	plan->verify = rules_number(in->list, "verify", 2);
	plan->ocsp = has(in, "ocsp") || (in->conf->ocsp && !has(in, "noocsp"));
	plan->fips = in->conf->fips || (in->facts->aws_fips && !strcmp(in->facts->aws_fips, "true"));
	plan->debug = in->conf->debug;
	if (plan->verify && COPY(plan->cafile, cafile, "cafile") < 0)
		return -EINVAL;
	if (!in->conf->check_hostname)
		return 0;
	if (!plan->verify)
		return refuse(failure, MSG_VERIFY_ZERO, in->conf->path);
	/* Never with the zone: certificates are for the file system's own name */
	if (*plan->name)
		return COPY(plan->check_host, strstr(plan->name, plan->device.fs_id), "the name");
	return device_name(&in->rule, plan->device.fs_id, "", in->conf->path, plan->check_host, failure);
}

/* Who the client says that it is. */
static int plan_identity(const struct inputs *in, struct plan *plan, struct failure *failure)
{
	struct creds_request *creds = &plan->creds;
	int rc = COPY(plan->access_point, option(in, "accesspoint"), "accesspoint");

	plan->iam = has(in, "iam");
	if (rc == 0)
		rc = COPY(plan->client_source, in->conf->source, "source");
	if (rc == 0 && plan->iam && !*plan->region)
		rc = refuse(failure, MSG_NO_REGION, "the option 'iam'", in->conf->path);
	creds->profile_given = has(in, "awsprofile");
	if (rc == 0 && creds->profile_given)
		rc = COPY(creds->profile, option(in, "awsprofile"), "awsprofile");
	else if (rc == 0 && in->facts->aws_profile)
		rc = COPY(creds->profile, in->facts->aws_profile, "AWS_PROFILE");
	if (rc == 0)
		rc = COPY(creds->uri, option(in, "awscredsuri"), "awscredsuri");
	if (rc == 0)
		rc = COPY(creds->role_arn, option(in, "rolearn"), "rolearn");
	return rc < 0 ? rc : COPY(creds->jwt_path, option(in, "jwtpath"), "jwtpath");
}

/* Does the server have to see this mount's certificate? */
static bool has_identity(const struct plan *plan)
{
	return plan->iam || *plan->access_point;
}

/* The kernel's TLS was asked for. */
static int plan_kernel(const struct inputs *in, struct plan *plan, struct failure *failure)
{
	const char *how = option(in, "xprtsec");
	int rc = plan_identity(in, plan, failure);

	if (rc < 0)
		return rc;
	if (strcmp(how, "tls") != 0 && strcmp(how, "mtls") != 0)
		return refuse(failure, MSG_KERNEL_PLAIN, how);
	if (!strcmp(how, "tls"))
		return has_identity(plan) ? refuse(failure, MSG_KERNEL_IDENTITY, plan->iam ? "iam" : "accesspoint") : 0;
	if (in->facts->tlshd && tlshd_presents_ours(in->facts->tlshd)) {
		plan->way = WAY_KERNEL;
		return in->conf->watchdog ? 0 : refuse(failure, MSG_KERNEL_WATCHDOG, in->conf->path);
	}
	if (has_identity(plan))
		return refuse(failure, MSG_KERNEL_TLSHD, plan->iam ? "iam" : "accesspoint", TLSHD_CERT, CERT_KEY_PATH);
	return 0;
}

/*
 * The kernel's TLS comes before stunnel where tlshd would check the server as stunnel does, and present what stunnel
 * would. Whether kernel and server can do it only the attempt tells.
 */
static bool kernel_first(const struct inputs *in, const struct plan *plan)
{
	static const char *const for_stunnel[] = { "stunnel", "tlsport", "verify", "ocsp" };
	const struct tlshd *tlshd = in->facts->tlshd;

	for (size_t i = 0; i < sizeof(for_stunnel) / sizeof(for_stunnel[0]); i++)
		if (has(in, for_stunnel[i]))
			return false;
	return tlshd && in->conf->watchdog && !plan->ocsp && !plan->fips && *plan->cafile &&
		!strcmp(tlshd->truststore, plan->cafile) && tlshd_presents_ours(tlshd);
}

static int plan_tunnel(const struct inputs *in, struct plan *plan, struct failure *failure)
{
	int rc;

	plan->way = WAY_TUNNEL;
	plan->port = rules_number(in->list, "tlsport", 0);
	plan->port_low = in->conf->port_low;
	plan->port_high = in->conf->port_high;
	rc = COPY(plan->log, in->conf->stunnel_log, "stunnel_logs_file");
	if (rc == 0)
		rc = plan_trust(in, plan, failure);
	if (rc == 0)
		rc = plan_identity(in, plan, failure);
	plan->kernel_first = rc == 0 && kernel_first(in, plan);
	return rc;
}

static int plan_tls(const struct inputs *in, struct plan *plan, struct failure *failure)
{
	if (plan->device.kind == DEVICE_ADDRESS)
		return refuse(failure, MSG_ADDRESS_DEVICE, plan->device.remote, "tls");
	return has(in, "xprtsec") ? plan_kernel(in, plan, failure) : plan_tunnel(in, plan, failure);
}

static int plan_remount(const struct inputs *in, struct plan *plan, struct option_list *list,
			struct failure *failure)
{
	char port[16];

	if (!in->facts->mounted_source)
		return refuse(failure, MSG_NOT_MOUNTED, plan->mount_point);
	plan->way = WAY_REMOUNT;
	if (in->facts->mounted_port && !has(in, "port")) {
		(void)kefs_str_format(port, sizeof(port), "port=%u", in->facts->mounted_port);
		if (options_add(list, port, failure) < 0)
			return -EINVAL;
	}
	return COPY(plan->source, in->facts->mounted_source, "the source of what is mounted");
}

static int plan_steps(struct inputs *in, struct plan *plan, struct option_list *list, struct failure *failure)
{
	int rc = rules_check(list, failure);

	if (rc == 0)
		rc = plan_region(in, plan, failure);
	if (rc == 0)
		rc = plan_device(in, plan, failure);
	if (rc == 0)
		rc = COPY(plan->netns, option(in, "netns"), "netns");
	if (rc == 0 && has(in, "remount"))
		return plan_remount(in, plan, list, failure);
	if (rc == 0)
		rc = plan_target(in, plan, failure);
	if (rc == 0 && has(in, "tls"))
		rc = plan_tls(in, plan, failure);
	return rc;
}

int plan_make(const struct device *device, const char *mount_point, struct option_list *list,
	      const struct conf *conf, const struct facts *facts, struct plan *plan, struct failure *failure)
{
	struct inputs in = { .list = list, .conf = conf, .facts = facts };
	int rc;

	*plan = (struct plan){ .device = *device };
	rc = COPY(plan->mount_point, mount_point, "the directory");
	if (rc == 0)
		rc = plan_steps(&in, plan, list, failure);
	rules_strip(list);
	if (plan->way == WAY_KERNEL)
		options_remove(list, "xprtsec");
	if (plan->way == WAY_KERNEL || plan->way == WAY_TUNNEL) {
		plan->bg = has(&in, "bg");
		options_remove(list, "bg");
	}
	if (rc == 0)
		rc = add_defaults(list, failure);
	if (rc < 0)
		return rc;
	plan->options = options_string(list);
	return plan->options ? 0 : refuse(failure, MSG_NO_MEMORY);
}

static int print_creds(const struct plan *plan, struct kefs_buf *out)
{
	if (!plan->iam)
		return kefs_buf_format(out, "credentials: none, an anonymous client\n");
	if (*plan->creds.uri)
		return kefs_buf_format(out, "credentials: of the container, %s\n", plan->creds.uri);
	if (*plan->creds.profile)
		return kefs_buf_format(out, "credentials: profile %s%s\n", plan->creds.profile,
				       plan->creds.profile_given ? "" : " (AWS_PROFILE)");
	if (*plan->creds.role_arn && *plan->creds.jwt_path)
		return kefs_buf_format(out, "credentials: role %s by %s\n", plan->creds.role_arn, plan->creds.jwt_path);
	return kefs_buf_format(out, "credentials: the first that are found\n");
}

static int print_identity(const struct plan *plan, struct kefs_buf *out)
{
	int rc = kefs_buf_format(out, "access point: %s\n", *plan->access_point ? plan->access_point : "-");

	return rc < 0 ? rc : print_creds(plan, out);
}

static int print_tunnel(const struct plan *plan, struct kefs_buf *out)
{
	int rc = kefs_buf_format(out, "server's certificate: verify=%u, CA %s, name %s%s%s\n", plan->verify,
				 *plan->cafile ? plan->cafile : "-", *plan->check_host ? plan->check_host : "not checked",
				 plan->ocsp ? ", OCSP" : "", plan->fips ? ", FIPS" : "");

	if (rc == 0 && plan->port)
		rc = kefs_buf_format(out, "local port: %u\n", plan->port);
	else if (rc == 0)
		rc = kefs_buf_format(out, "local port: from %u to %u\n", plan->port_low, plan->port_high - 1);
	return rc < 0 ? rc : print_identity(plan, out);
}

static const char *way_text(const struct plan *plan)
{
	switch (plan->way) {
	case WAY_KERNEL:
		return "encrypted by the kernel";
	case WAY_TUNNEL:
		return plan->kernel_first ? "encrypted by the kernel if it can, else through stunnel" : "through stunnel";
	case WAY_REMOUNT:
		return "remount";
	case WAY_DIRECT:
		break;
	}
	return "direct";
}

/* That of a mount target which mount.nfs4 connects to. */
static int print_direct(const struct plan *plan, struct kefs_buf *out)
{
	bool v6 = strchr(plan->address, ':');

	return kefs_buf_format(out, "command: mount.nfs4 %s%s%s:%s %s -o %s%s\n", v6 ? "[" : "",
			       *plan->address ? plan->address : plan->name, v6 ? "]" : "", plan->device.path,
			       plan->mount_point, plan->options, plan->way == WAY_DIRECT ? "" : ",xprtsec=mtls");
}

static int print_command(const struct plan *plan, struct kefs_buf *out)
{
	int rc = 0;

	if (plan->way == WAY_REMOUNT)
		return kefs_buf_format(out, "command: mount.nfs4 %s %s -o %s\n", plan->source, plan->mount_point,
				       plan->options);
	if (plan->way != WAY_TUNNEL || plan->kernel_first)
		rc = print_direct(plan, out);
	if (rc < 0 || plan->way != WAY_TUNNEL)
		return rc;
	return kefs_buf_format(out, "%s: mount.nfs4 127.0.0.1:%s %s -o %s,port=LOCAL-PORT\n",
			       plan->kernel_first ? "or" : "command", plan->device.path, plan->mount_point, plan->options);
}

static int print_target(const struct plan *plan, struct kefs_buf *out)
{
	if (plan->way == WAY_REMOUNT)
		return 0;
	return kefs_buf_format(out, "mount target: %s%s%s%s\n", *plan->address ? plan->address : plan->name,
			       plan->fallback ? ", or what the API says" : "", plan->fallback && *plan->zone ? ", in " : "",
			       plan->fallback ? plan->zone : "");
}

int plan_print(const struct plan *plan, struct kefs_buf *out)
{
	int rc;

	out->cap = PRINT_MAX;
	rc = kefs_buf_format(out, "way: %s\nfile system: %s\nregion: %s\n", way_text(plan),
			     *plan->device.fs_id ? plan->device.fs_id : "-", *plan->region ? plan->region : "-");
	if (rc == 0)
		rc = print_target(plan, out);
	if (rc == 0 && *plan->netns)
		rc = kefs_buf_format(out, "network namespace: %s\n", plan->netns);
	if (rc == 0 && plan->bg)
		rc = kefs_buf_format(out, "bg: left out\n");
	if (rc == 0 && plan->way == WAY_TUNNEL)
		rc = print_tunnel(plan, out);
	else if (rc == 0 && plan->way == WAY_KERNEL)
		rc = print_identity(plan, out);
	return rc < 0 ? rc : print_command(plan, out);
}

void plan_free(struct plan *plan)
{
	free(plan->options);
	plan->options = NULL;
}
