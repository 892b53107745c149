// SPDX-License-Identifier: GPL-2.0
#include "xml.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "common/str.h"

struct kefs_xml kefs_xml_new(void)
{
	return (struct kefs_xml) { .buf = { .cap = KEFS_XML_MAX } };
}

static void add(struct kefs_xml *xml, const char *text, size_t len)
{
	if (!xml->failed && kefs_buf_add(&xml->buf, text, len) < 0)
		xml->failed = true;
}

static void add_all(struct kefs_xml *xml, const char *a, const char *b, const char *c)
{
	add(xml, a, strlen(a));
	add(xml, b, strlen(b));
	add(xml, c, strlen(c));
}

void kefs_xml_open(struct kefs_xml *xml, const char *name)
{
	add_all(xml, "<", name, ">");
}

void kefs_xml_root(struct kefs_xml *xml, const char *name, const char *ns)
{
	add_all(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<", name, " xmlns=\"");
	add_all(xml, ns, "\">", "");
}

void kefs_xml_close(struct kefs_xml *xml, const char *name)
{
	add_all(xml, "</", name, ">");
}

/* May XML hold the character, and is this the shortest way to write it? */
static bool is_char(uint32_t c, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return c >= least[len] && c <= 0x10ffff && !(c >= 0xd800 && c < 0xe000) && c != 0xfffe && c != 0xffff;
}

/* The bytes of a character of UTF-8 (RFC 3629) that XML can hold; 0 if there is none. */
static size_t utf8_len(const char *text)
{
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 }, masks[] = { 0, 0, 0xe0, 0xf0, 0xf8 };
	unsigned char first = (unsigned char)*text;
	uint32_t c;
	size_t len;

	if (first < 0x80)
		return 1;
	for (len = 2; len <= 4 && (first & masks[len]) != leads[len]; len++)
		;
	if (len > 4)
		return 0;
	c = first & (unsigned char)~masks[len];
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	return is_char(c, len) ? len : 0;
}

static void escape(struct kefs_xml *xml, const char *text)
{
	while (*text) {
		size_t len = utf8_len(text);
		const char *as = NULL;

		switch (*text) {
		case '&':
			as = "&amp;";
			break;
		case '<':
			as = "&lt;";
			break;
		case '>':
			as = "&gt;";
			break;
		case '"':
			as = "&quot;";
			break;
		case '\r':
			as = "&#xD;";
			break;
		default:
			if (!len || ((unsigned char)*text < ' ' && *text != '\t' && *text != '\n'))
				as = "?";
			break;
		}
		add(xml, as ? as : text, as ? strlen(as) : len);
		text += len ? len : 1;
	}
}

void kefs_xml_text(struct kefs_xml *xml, const char *name, const char *text)
{
	kefs_xml_open(xml, name);
	escape(xml, text);
	kefs_xml_close(xml, name);
}

void kefs_xml_format(struct kefs_xml *xml, const char *name, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	(void)kefs_str_vformat(text, sizeof(text), format, ap);
	va_end(ap);
	kefs_xml_text(xml, name, text);
}

void kefs_xml_bool(struct kefs_xml *xml, const char *name, bool value)
{
	kefs_xml_text(xml, name, value ? "true" : "false");
}

void kefs_xml_time(struct kefs_xml *xml, const char *name, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[32] = "";
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		xml->failed = true;
	kefs_xml_text(xml, name, text);
}

void kefs_xml_encoded(struct kefs_xml *xml, const char *name, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
	static const char digits[] = "0123456789ABCDEF";

	kefs_xml_open(xml, name);
	while (*text) {
		size_t len = strspn(text, plain);

		add(xml, text, len);
		text += len;
		if (*text) {
			const char hex[3] = { '%', digits[(unsigned char)*text >> 4], digits[*text & 15] };

			add(xml, hex, sizeof(hex));
			text++;
		}
	}
	kefs_xml_close(xml, name);
}
