/* SPDX-License-Identifier: GPL-2.0 */
/* XML as AWS's query services answer it: elements and text, no attributes but the root's. Pure. */
#ifndef KEFS_HTTP_XML_H
#define KEFS_HTTP_XML_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

#define KEFS_XML_MAX ((size_t)8 * 1024 * 1024)

/* All functions do nothing once one has failed; buf.data is then not to be used. */
struct kefs_xml {
	struct kefs_buf buf;
	bool failed;		/* no memory, or more than KEFS_XML_MAX */
};

/* An empty document. */
struct kefs_xml kefs_xml_new(void);

/* "<name>", "<name xmlns="ns">", "</name>". Names are the program's own. */
void kefs_xml_open(struct kefs_xml *xml, const char *name);
void kefs_xml_root(struct kefs_xml *xml, const char *name, const char *ns);
void kefs_xml_close(struct kefs_xml *xml, const char *name);

/* An element with text, which may be anybody's: what XML cannot hold becomes "?". */
void kefs_xml_text(struct kefs_xml *xml, const char *name, const char *text);
void kefs_xml_format(struct kefs_xml *xml, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void kefs_xml_bool(struct kefs_xml *xml, const char *name, bool value);

/* A time as "2026-01-31T12:00:00Z"; in milliseconds since the epoch. */
void kefs_xml_time(struct kefs_xml *xml, const char *name, int64_t ms);

/* Text that is percent-encoded (RFC 3986), as IAM writes policy documents. */
void kefs_xml_encoded(struct kefs_xml *xml, const char *name, const char *text);

#endif
