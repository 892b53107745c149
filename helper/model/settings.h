/* SPDX-License-Identifier: GPL-2.0 */
/* kefsd's settings: defaults, and the keys of kefsd.conf(5). Pure. */
#ifndef KEFS_MODEL_SETTINGS_H
#define KEFS_MODEL_SETTINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/id.h"
#include "common/log.h"
#include "model/limits.h"
#include "model/topology.h"

#define KEFS_SETTINGS_LISTEN_MAX	64
#define KEFS_SETTINGS_PATH		1024
#define KEFS_SETTINGS_DNS_SUFFIX	128
#define KEFS_NFS_PORT			2049
#define KEFS_API_PORT			8049
#define KEFS_TLS_NAMES_SIZE		4096

struct kefs_settings {
	char state_dir[KEFS_SETTINGS_PATH];
	char run_dir[KEFS_SETTINGS_PATH];
	char pool[KEFS_SETTINGS_PATH];		/* "" = make an image */
	uint64_t pool_image_size;
	struct kefs_addr listen[KEFS_SETTINGS_LISTEN_MAX];
	size_t listen_count;
	bool listen_default;			/* nobody chose the addresses: a missing IPv6 is no error */
	uint64_t memory_budget;			/* 0 = the module's default */
	uint32_t lease_seconds;
	uint32_t threads_max;			/* 0 = the module's default */
	uint32_t conns_max;
	uint32_t conns_per_address;
	char default_file_system[KEFS_ID_SIZE];	/* "" = the only one there is */
	enum kefs_log_level log_level;
	bool audit;				/* write the audit log */
	char audit_file[KEFS_SETTINGS_PATH];	/* "" = audit/audit.log in state_dir */
	uint64_t audit_size;			/* bytes of one file */
	uint32_t audit_files;			/* old ones that are kept */
	struct kefs_addr api_listen;		/* len 0 = the control socket only */
	char api_certificate[KEFS_SETTINGS_PATH]; /* "" = plain HTTP */
	char api_key[KEFS_SETTINGS_PATH];
	bool dns;				/* run a dnsmasq for each zone */
	char dns_suffix[KEFS_SETTINGS_DNS_SUFFIX]; /* "fs-….efs.<region>.<dns_suffix>" */
	char region[KEFS_REGION_SIZE];
	char account_id[KEFS_ACCOUNT_SIZE];
	char subnets[KEFS_SUBNETS_TEXT];	/* "" = loopback ranges */
	struct kefs_topology topology;		/* made of the three above */
	struct kefs_limits limits;
	char tls_certificate[KEFS_SETTINGS_PATH];	/* "" = of the own authority */
	char tls_key[KEFS_SETTINGS_PATH];
	char tls_ca[KEFS_SETTINGS_PATH];
	char tls_names[KEFS_TLS_NAMES_SIZE];		/* for its certificates, with commas; "" = the usual */
	bool tls_kernel;			/* the kernel does TLS, if it can */
	bool tls_relays;			/* processes do TLS that the kernel does not */
	uint32_t tls_relays_max;		/* of them at once */
};

/* Fills in the defaults. Settings are not to be copied, for the topology's sake. */
void kefs_settings_init(struct kefs_settings *settings);

/*
 * Applies the text of a configuration file to settings that were initialised. 0, or -errno with err naming
 * source, line, key and what the value must be; settings is then not to be used.
 */
int kefs_settings_parse(struct kefs_settings *settings, const char *text, size_t len, const char *source,
			struct kefs_err *err);

#endif
