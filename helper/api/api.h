/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control API: handlers by object, and the route table that main gives to the HTTP server. Paths under /kefs/v1
 * are the administrator's own; the EFS API joins the same table. JSON members have the EFS API's names where it has
 * the thing.
 *
 *   GET    /kefs/v1/status
 *   GET    /kefs/v1/stats?FileSystemId=           counters by operation
 *   GET    /kefs/v1/connections?FileSystemId=
 *   GET    /kefs/v1/clients?FileSystemId=
 *   POST   /kefs/v1/file-systems                  {"Name", "CreationToken"} → 201 and the file system
 *   GET    /kefs/v1/file-systems                  {"FileSystems": […]}
 *   GET    /kefs/v1/file-systems/{id}
 *   DELETE /kefs/v1/file-systems/{id}?Force=true  → 204
 */
#ifndef KEFS_API_API_H
#define KEFS_API_API_H

#include <stddef.h>

#include "http/route.h"
#include "kernel/kernel.h"
#include "model/server.h"
#include "service/volumes.h"

/* What the handlers work with: their ctx. Pointers stay main's. */
struct kefs_api {
	struct kefs_volumes *volumes;
	struct kefs_kernel kernel;
	/* Looks at the parts that the API does not reach itself. */
	void (*look)(void *ctx, struct kefs_server_status *ret_status);
	void *look_ctx;
};

/* The table; *ret_count rows. */
const struct kefs_route *kefs_api_routes(size_t *ret_count);

#endif
