// SPDX-License-Identifier: GPL-2.0
#include "audit/record.h"
#include "common/str.h"
#include "internal.h"

void kefs_api_note(const struct kefs_http_request *request, const char *service, const char *operation,
		   const struct kefs_who *who)
{
	static const char *const reads[] = { "Describe", "List", "Get" };
	struct kefs_http_note *note = request->note;

	(void)kefs_str_copy(note->service, sizeof(note->service), service);
	(void)kefs_str_copy(note->operation, sizeof(note->operation), operation);
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		note->read_only = note->read_only || kefs_str_after(operation, reads[i]);
	if (who && !note->identity)
		note->identity = kefs_audit_identity(&who->caller.principal, who->access_key);
}
