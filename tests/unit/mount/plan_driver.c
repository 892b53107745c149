// SPDX-License-Identifier: GPL-2.0
/*
 * Reads command lines with what is known of the world, writes what mount.efs would do or say. A line of the input:
 *	= NAME			a new case, with the defaults
 *	conf LINE		a line of efs-utils.conf
 *	env NAME=VALUE		AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE, AWS_USE_FIPS_ENDPOINT
 *	canonical NAME		what the DNS says of the device's name
 *	tlshd TRUSTSTORE [CERTIFICATE PRIVATE-KEY]	runs, and what its configuration says
 *	mounted SOURCE PORT	what is on the mount point
 *	mount DEVICE DIR [OPTIONS]
 *	messages		all that mount.efs may have to say
 * and comments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/str.h"
#include "plan.h"
#include "tlshd.h"

struct world {
	struct kefs_buf conf;
	struct facts facts;
	char texts[8][512];
	unsigned int used;
	struct tlshd tlshd;
};

static const char *keep(struct world *world, const char *text)
{
	char *slot = world->texts[world->used++ % 8];

	(void)kefs_str_copy(slot, sizeof(world->texts[0]), text);
	return slot;
}

static void set_env(struct world *world, const char *text)
{
	const struct {
		const char *name, **fact;
	} known[] = {
		{ "AWS_REGION=", &world->facts.aws_region }, { "AWS_DEFAULT_REGION=", &world->facts.aws_default_region },
		{ "AWS_PROFILE=", &world->facts.aws_profile }, { "AWS_USE_FIPS_ENDPOINT=", &world->facts.aws_fips },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *value = kefs_str_after(text, known[i].name);

		if (value)
			*known[i].fact = keep(world, value);
	}
}

static void print(const struct plan *plan)
{
	struct kefs_buf text = { 0 };

	if (plan_print(plan, &text) == 0)
		(void)fputs(text.data, stdout);
	kefs_buf_free(&text);
}

static void mount_one(struct world *world, char *line)
{
	static struct conf conf;
	static struct plan plan;
	static struct device device;
	struct failure failure = { 0 };
	struct option_list list = { .n = 0 };
	struct ini ini = { 0 };
	char name[128] = "", dir[128] = "", options[1024] = "";
	int rc;

	plan.options = NULL;
	(void)sscanf(line, "%127s %127s %1023s", name, dir, options);
	rc = options_add(&list, options, &failure);
	if (rc == 0)
		rc = ini_parse(&ini, world->conf.data ? world->conf.data : "", world->conf.len, CONF_PATH, &failure);
	if (rc == 0)
		rc = conf_parse(&conf, &ini, CONF_PATH, &failure);
	if (rc == 0)
		rc = device_parse(name, &device, &failure);
	if (rc == 0)
		rc = plan_make(&device, dir, &list, &conf, &world->facts, &plan, &failure);
	if (rc == 0)
		print(&plan);
	else
		printf("exit %d: %s\n", failure.status, failure.text);
	plan_free(&plan);
	conf_free(&conf);
	conf = (struct conf){ 0 };
	options_free(&list);
}

static void print_messages(void)
{
	struct failure failure;

	for (int i = 0; i < MSG_COUNT; i++) {
		(void)refuse(&failure, (enum message)i, "<1>", "<2>", "<3>");
		printf("%d: %s\n", failure.status, failure.text);
	}
}

static void obey(struct world *world, char *line)
{
	const char *rest;

	if (*line == '=') {
		kefs_buf_free(&world->conf);
		*world = (struct world){ .conf.cap = 65536 };
		printf("\n%s\n", line);
	} else if ((rest = kefs_str_after(line, "conf "))) {
		(void)kefs_buf_format(&world->conf, "%s\n", rest);
	} else if ((rest = kefs_str_after(line, "env "))) {
		set_env(world, rest);
	} else if ((rest = kefs_str_after(line, "canonical "))) {
		world->facts.canonical = keep(world, rest);
	} else if ((rest = kefs_str_after(line, "tlshd "))) {
		world->tlshd = (struct tlshd){ 0 };
		(void)sscanf(rest, "%255s %255s %255s", world->tlshd.truststore, world->tlshd.certificate,
			     world->tlshd.private_key);
		world->facts.tlshd = &world->tlshd;
	} else if ((rest = kefs_str_after(line, "mounted "))) {
		const char *port = strchr(rest, ' ');

		world->facts.mounted_port = port ? (unsigned int)strtoul(port, NULL, 10) : 0;
		world->facts.mounted_source = keep(world, rest);
		if (port)
			world->texts[(world->used - 1) % 8][port - rest] = '\0';
	} else if (!strcmp(line, "messages")) {
		print_messages();
	} else if (!strncmp(line, "mount ", 6)) {
		printf("\n$ %s\n", line);
		mount_one(world, line + 6);
	}
}

int main(void)
{
	struct world world = { .conf.cap = 65536 };
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(&world, line);
	}
	kefs_buf_free(&world.conf);
	return 0;
}
