/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Certificates that the administrator gave, for NFS and for the API: read again when their files change and when he
 * says so. Connections that live keep what they were made with; files that cannot be used leave all as it was. Loop
 * thread only.
 */
#ifndef KEFS_CERTIFICATES_H
#define KEFS_CERTIFICATES_H

#include "accept/ca.h"
#include "base/filewatch.h"
#include "base/loop.h"
#include "common/err.h"
#include "http/server.h"
#include "model/settings.h"

struct kefs_certificates;

/* The files, as they look before they are read for the first time. */
struct kefs_certificates_seen {
	struct kefs_filewatch_look looks[KEFS_FILEWATCH_MAX];
};

/* All stays the caller's and outlives it. */
struct kefs_certificates_parts {
	struct kefs_loop *loop;
	const struct kefs_settings *settings;
	const struct kefs_certificates_seen *seen;
	struct kefs_ca *ca;
	struct kefs_http_server *api;		/* NULL: it does not listen */
	void (*renewed)(void *ctx);		/* ca was read again */
	void *ctx;
};

/*
 * The API's certificate and key, in PEM: to be freed, to be wiped. Looked at closely, because libmicrohttpd takes
 * anything. 0 or -errno with err.
 */
int kefs_certificates_load_api(const struct kefs_settings *settings, char **ret_certificate, char **ret_key,
			       struct kefs_err *err);

/* Wipes and frees. NULL is fine. */
void kefs_certificates_wipe(char *key);

/* How the files look now: what changes from here on is noticed later. */
void kefs_certificates_look(const struct kefs_settings *settings, struct kefs_certificates_seen *ret_seen);

/* Looks at the files from now on. 0 or -errno with err. */
int kefs_certificates_new(const struct kefs_certificates_parts *parts, struct kefs_certificates **ret_certificates,
			  struct kefs_err *err);

/* Reads them now. NULL is fine. */
void kefs_certificates_renew(struct kefs_certificates *certificates);

/* NULL is fine. */
void kefs_certificates_free(struct kefs_certificates *certificates);

#endif
