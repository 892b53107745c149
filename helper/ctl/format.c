// SPDX-License-Identifier: GPL-2.0
#include "format.h"

#include <time.h>

#include "common/str.h"

const char *ctl_format_size(uint64_t bytes, char *buf)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes / 1024;
	int unit = 0;

	if (bytes < 1024) {
		(void)kefs_str_format(buf, CTL_TEXT, "%u B", (unsigned int)bytes);
		return buf;
	}
	while (value >= 1023.95 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	(void)kefs_str_format(buf, CTL_TEXT, "%.1f %ciB", value, units[unit]);
	return buf;
}

const char *ctl_format_duration(uint64_t ms, char *buf)
{
	unsigned long long s = ms / 1000;

	if (!s)
		(void)kefs_str_format(buf, CTL_TEXT, "%llums", (unsigned long long)ms);
	else if (s < 60)
		(void)kefs_str_format(buf, CTL_TEXT, "%llus", s);
	else if (s < 3600)
		(void)kefs_str_format(buf, CTL_TEXT, "%llum%02llus", s / 60, s % 60);
	else if (s < 86400)
		(void)kefs_str_format(buf, CTL_TEXT, "%lluh%02llum", s / 3600, s / 60 % 60);
	else
		(void)kefs_str_format(buf, CTL_TEXT, "%llud%02lluh", s / 86400, s / 3600 % 24);
	return buf;
}

const char *ctl_format_time(double epoch, char *buf)
{
	time_t when = (time_t)epoch;
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(buf, CTL_TEXT, "%Y-%m-%d %H:%M:%S", &tm))
		(void)kefs_str_copy(buf, CTL_TEXT, "?");
	return buf;
}

const char *ctl_format_count(uint64_t count, char *buf)
{
	if (count < 10000000)
		(void)kefs_str_format(buf, CTL_TEXT, "%llu", (unsigned long long)count);
	else if (count < 10000000000ull)
		(void)kefs_str_format(buf, CTL_TEXT, "%.1fM", (double)count / 1e6);
	else
		(void)kefs_str_format(buf, CTL_TEXT, "%.1fG", (double)count / 1e9);
	return buf;
}
