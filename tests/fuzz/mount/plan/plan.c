// SPDX-License-Identifier: GPL-2.0
/*
 * Device, options, the DNS's name for the device and efs-utils.conf, a line each and the rest: planned, or refused with
 * a message. A plan's texts must keep what stunnel.conf relies on: no line breaks in what becomes a line there.
 */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "tlshd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *next_line(char **text)
{
	char *line = *text;

	*text += strcspn(*text, "\n");
	if (**text)
		*(*text)++ = '\0';
	return line;
}

static void must(bool true_of_it)
{
	if (!true_of_it)
		abort();
}

static void check(const struct plan *plan)
{
	struct kefs_buf text = { 0 };

	must(plan_print(plan, &text) == 0 && text.len);
	kefs_buf_free(&text);
	must(plan->options && *plan->options);
	/* No mount says who it is by the kernel's TLS but with its own certificate */
	if (plan->way == WAY_DIRECT)
		must(!plan->iam && !*plan->access_point);
	if (plan->way != WAY_TUNNEL)
		return;
	must(!plan->kernel_first || *plan->cafile);
	must(*plan->device.fs_id && !strpbrk(plan->device.fs_id, "\n /"));
	must(!strpbrk(plan->cafile, "\r\n") && !strpbrk(plan->check_host, "\r\n") && !strpbrk(plan->name, "\r\n"));
	must(*plan->name || *plan->address);
	must(plan->verify || !*plan->check_host);
	must(plan->port < 65536 && plan->port_low < plan->port_high && plan->port_high <= 65536);
	must(!*plan->access_point || strlen(plan->access_point) == 22);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf;
	static struct plan plan;
	static struct device device;
	static const struct tlshd tlshd = { 1, CONF_CAFILE, TLSHD_CERT, "/etc/amazon/efs/privateKey.pem" };
	struct facts facts = { .mounted_source = "127.0.0.1:/", .mounted_port = 20051, .tlshd = &tlshd };
	struct option_list list = { .n = 0 };
	struct failure failure = { 0 };
	struct ini ini = { 0 };
	char *text = strndup((const char *)data, size), *rest = text, *name, *options;
	int rc;

	must(text != NULL);
	memset(&conf, 0, sizeof(conf));
	memset(&plan, 0, sizeof(plan));
	name = next_line(&rest);
	options = next_line(&rest);
	facts.canonical = next_line(&rest);
	rc = options_add(&list, options, &failure);
	if (rc == 0)
		rc = ini_parse(&ini, rest, strlen(rest), "f", &failure);
	if (rc == 0)
		rc = conf_parse(&conf, &ini, "f", &failure);
	if (rc == 0)
		rc = device_parse(name, &device, &failure);
	if (rc == 0)
		rc = plan_make(&device, "/mnt", &list, &conf, &facts, &plan, &failure);
	if (rc == 0)
		check(&plan);
	else
		must(rc < 0 && failure.status && *failure.text);
	plan_free(&plan);
	conf_free(&conf);
	options_free(&list);
	free(text);
	return 0;
}
