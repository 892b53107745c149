/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control API: handlers by object, and the route tables that main gives to the HTTP servers. Paths under
 * /2015-02-01 are the EFS API (efs.h); those under /kefs/v1 are the administrator's own, on the control socket only,
 * with the EFS API's names for JSON members where it has the thing:
 *
 *   GET    /kefs/v1/status
 *   GET    /kefs/v1/stats?FileSystemId=           counters by operation
 *   GET    /kefs/v1/connections?FileSystemId=
 *   GET    /kefs/v1/clients?FileSystemId=
 *   POST   /kefs/v1/file-systems                  {"Name", "CreationToken"} → 201 and the file system
 *   GET    /kefs/v1/file-systems                  {"FileSystems": […]}
 *   GET    /kefs/v1/file-systems/{id}
 *   DELETE /kefs/v1/file-systems/{id}?Force=true  → 204
 *   GET    /kefs/v1/file-systems/{id}/explanation?Principal=&AccessPointId=&Tls=&Address=&Action=
 *                                                 who may do what, and which statement says so
 *   GET    /kefs/v1/admin-key                     the administrator's access key, and where it is good for
 *   GET    /kefs/v1/ca                            what clients of TLS are to trust
 *   GET    /kefs/v1/topology                      region, account, VPCs, subnets
 */
#ifndef KEFS_API_API_H
#define KEFS_API_API_H

#include <stddef.h>

#include "http/route.h"
#include "kernel/kernel.h"
#include "model/server.h"
#include "service/efs.h"
#include "service/volumes.h"

struct kefs_audit;
struct kefs_http_reply;
struct kefs_http_request;

/* What the handlers work with: their ctx. Pointers stay main's. */
struct kefs_api {
	struct kefs_audit *audit;		/* NULL: calls are not written down */
	struct kefs_volumes *volumes;
	struct kefs_kernel kernel;
	const struct kefs_efs *efs;
	const struct kefs_addr *endpoint;	/* of the EFS API; len 0: the control socket only */
	bool endpoint_tls;
	/* Looks at the parts that the API does not reach itself. */
	void (*look)(void *ctx, struct kefs_server_status *ret_status);
	void *look_ctx;
	const char *ca_pem;	/* the authority that clients are to trust, in PEM; "": unknown */
	bool ca_given;		/* the administrator's, not our own */
};

/* Writes a call into the audit log: struct kefs_http_server_parts.answered. */
void kefs_api_answered(void *ctx, const struct kefs_http_request *request, const struct kefs_http_reply *reply);

/* The table of the control socket, and the one of everybody; *ret_count rows. Good for ever. */
const struct kefs_route *kefs_api_local_routes(size_t *ret_count);
const struct kefs_route *kefs_api_public_routes(size_t *ret_count);

#endif
