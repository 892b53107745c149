// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "internal.h"

#define USEC ((int64_t)1000000)

static int parse_number(const char *text, struct scalar *scalar)
{
	size_t n = strspn(text, "+-"), digits = strspn(text + n, "0123456789");
	char *end;

	/* No hexadecimal, "inf" or white space; strtod() checks the rest. The programs stay in the C locale. */
	if (n > 1 || !digits || text[strspn(text, "0123456789+-.eE")])
		return -EINVAL;
	scalar->number = strtod(text, &end);
	return *end || !isfinite(scalar->number) ? -EINVAL : 0;
}

/* Days from 1970-01-01 to a day of the proleptic Gregorian calendar. */
static int64_t days(int64_t year, int month, int day)
{
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Exactly count digits, min..max; moves on. */
static int digits(const char **text, int count, int min, int max, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)(*text)[i]))
			return -EINVAL;
		value = value * 10 + ((*text)[i] - '0');
	}
	*text += count;
	*ret_value = value;
	return value < min || value > max ? -EINVAL : 0;
}

/* "", "Z", "+hh:mm", "-hh:mm": seconds to subtract. */
static int parse_zone(const char *text, int64_t *ret_offset)
{
	int hours, minutes, sign = *text == '-' ? -1 : 1;

	*ret_offset = 0;
	if (!*text || !strcmp(text, "Z"))
		return 0;
	if (*text != '+' && *text != '-')
		return -EINVAL;
	text++;
	if (digits(&text, 2, 0, 23, &hours) < 0 || *text++ != ':' || digits(&text, 2, 0, 59, &minutes) < 0 || *text)
		return -EINVAL;
	*ret_offset = sign * (hours * 3600 + minutes * 60);
	return 0;
}

/* "hh:mm", "hh:mm:ss", "hh:mm:ss.fraction" and a zone: microseconds. */
static int parse_time(const char *text, int64_t *ret_time)
{
	int hour, minute, second = 0;
	int64_t fraction = 0, unit = USEC / 10, offset;

	if (digits(&text, 2, 0, 23, &hour) < 0 || *text++ != ':' || digits(&text, 2, 0, 59, &minute) < 0)
		return -EINVAL;
	if (*text == ':') {
		text++;
		if (digits(&text, 2, 0, 60, &second) < 0)
			return -EINVAL;
		if (*text == '.' && isdigit((unsigned char)text[1]))
			for (text++; isdigit((unsigned char)*text); text++, unit /= 10)
				fraction += (*text - '0') * unit;
	}
	if (parse_zone(text, &offset) < 0)
		return -EINVAL;
	*ret_time = (hour * 3600 + minute * 60 + second - offset) * USEC + fraction;
	return 0;
}

static int month_days(int year, int month)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return length[month - 1] + (month == 2 && leap);
}

/* "YYYY", "YYYY-MM", "YYYY-MM-DD", the last with "T" and a time. */
static int parse_iso(const char *text, int64_t *ret_date)
{
	int year, month = 1, day = 1;
	int64_t time = 0;

	if (digits(&text, 4, 0, 9999, &year) < 0)
		return -EINVAL;
	if (*text == '-') {
		text++;
		if (digits(&text, 2, 1, 12, &month) < 0)
			return -EINVAL;
		if (*text == '-') {
			text++;
			if (digits(&text, 2, 1, month_days(year, month), &day) < 0)
				return -EINVAL;
			if (*text == 'T') {
				if (parse_time(text + 1, &time) < 0)
					return -EINVAL;
				text = "";
			}
		}
	}
	if (*text)
		return -EINVAL;
	*ret_date = days(year, month, day) * 86400 * USEC + time;
	return 0;
}

/* Seconds since the epoch, unless it is four digits, which are a year. */
static int parse_date(const char *text, struct scalar *scalar)
{
	bool negative = *text == '-';
	uint64_t seconds;

	if (strspn(text, "0123456789") == 4 && (!text[4] || text[4] == '-'))
		return parse_iso(text, &scalar->date);
	if (kefs_str_u64(text + negative, 0, (uint64_t)(INT64_MAX / USEC), &seconds) < 0)
		return -EINVAL;
	scalar->date = (negative ? -1 : 1) * (int64_t)seconds * USEC;
	return 0;
}

static int parse_bool(const char *text, struct scalar *scalar)
{
	scalar->truth = !strcasecmp(text, "true");
	return scalar->truth || !strcasecmp(text, "false") ? 0 : -EINVAL;
}

static int base64_digit(char c)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(digit, c) : NULL;

	return p ? (int)(p - digit) : -1;
}

static int parse_binary(const char *text, uint8_t *bytes, struct scalar *scalar)
{
	size_t len = strlen(text), data = len;
	uint32_t bits = 0;
	size_t n = 0;

	while (data && text[data - 1] == '=' && len - data < 2)
		data--;
	if (len % 4)
		return -EINVAL;
	for (size_t i = 0; i < data; i++) {
		int digit = base64_digit(text[i]);

		if (digit < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4)
			bytes[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	scalar->bytes = bytes;
	scalar->bytes_len = n;
	return 0;
}

/* An IPv4 address that is written as an IPv6 one is an IPv4 address. */
static void unmap(struct scalar *scalar)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (scalar->address_bits != 128 || scalar->prefix < 96 || memcmp(scalar->address, mapped, sizeof(mapped)))
		return;
	memmove(scalar->address, scalar->address + 12, 4);
	memset(scalar->address + 4, 0, 12);
	scalar->address_bits = 32;
	scalar->prefix -= 96;
}

static int parse_ip(const char *text, struct scalar *scalar)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN];
	uint64_t prefix;

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	memset(scalar->address, 0, sizeof(scalar->address));
	if (inet_pton(AF_INET, host, scalar->address) == 1)
		scalar->address_bits = 32;
	else if (inet_pton(AF_INET6, host, scalar->address) == 1)
		scalar->address_bits = 128;
	else
		return -EINVAL;
	prefix = scalar->address_bits;
	if (slash && kefs_str_u64(slash + 1, 0, scalar->address_bits, &prefix) < 0)
		return -EINVAL;
	scalar->prefix = (unsigned int)prefix;
	unmap(scalar);
	return 0;
}

/* Is a, all of it, in b? */
static bool ip_inside(const struct scalar *a, const struct scalar *b)
{
	unsigned int whole = b->prefix / 8, rest = b->prefix % 8;

	if (a->address_bits != b->address_bits || a->prefix < b->prefix || memcmp(a->address, b->address, whole))
		return false;
	return !rest || !((a->address[whole] ^ b->address[whole]) >> (8 - rest));
}

int scalar_parse(enum value_class class, const char *text, uint8_t *bytes, struct scalar *ret_scalar)
{
	switch (class) {
	case VALUE_NUMBER:
		return parse_number(text, ret_scalar);
	case VALUE_DATE:
		return parse_date(text, ret_scalar);
	case VALUE_BOOL:
		return parse_bool(text, ret_scalar);
	case VALUE_BINARY:
		return parse_binary(text, bytes, ret_scalar);
	case VALUE_IP:
		return parse_ip(text, ret_scalar);
	default:
		return -EINVAL;
	}
}

void scalar_changes(struct context *context, enum value_class class, const struct scalar *wanted)
{
	double value = class == VALUE_DATE ? (double)wanted->date / (double)USEC : wanted->number;
	int64_t second;

	/* Some ten thousand years are as good as never, and fit */
	if (!(fabs(value) < 1e12))
		return;
	/* "<" and ">=" turn when the second comes, "<=" and ">" when it is over, and so does what lies within one */
	second = (int64_t)value - (value < (double)(int64_t)value);
	if (value <= (double)second)
		context_changes(context, second);
	context_changes(context, second + 1);
}

int scalar_compare(enum value_class class, const struct scalar *a, const struct scalar *b)
{
	switch (class) {
	case VALUE_NUMBER:
		return a->number < b->number ? -1 : a->number > b->number;
	case VALUE_DATE:
		return a->date < b->date ? -1 : a->date > b->date;
	case VALUE_BOOL:
		return a->truth != b->truth;
	case VALUE_BINARY:
		return a->bytes_len != b->bytes_len || (a->bytes_len && memcmp(a->bytes, b->bytes, a->bytes_len) != 0);
	case VALUE_IP:
		return !ip_inside(a, b);
	default:
		return 1;
	}
}
