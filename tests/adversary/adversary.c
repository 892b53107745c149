// SPDX-License-Identifier: GPL-2.0
/*
 * adversary: random clients against one server, every answer held against the model (model.h). See usage().
 */
#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void usage(FILE *f)
{
	fprintf(f, "usage: adversary [OPTION...] HOST[:PORT]\n"
		"Clients that do what they like, on an expendable NFSv4.1 server; each answer must be one that RFC 8881 allows.\n"
		"Exit status: 0 all were, 1 one was not, 2 it could not be tried.\n"
		"  --seed N       the run to make (random; it is printed)\n"
		"  --steps N      steps of a run (3000)\n"
		"  --seconds N    go on with new seeds for so long; --hours N likewise\n"
		"  --overlap N    of 100 steps, so many send several requests at once (25)\n"
		"  --lease N      the server's lease in seconds (90)\n"
		"  --naps         machines now and then do nothing until their lease is over: for a short lease\n"
		"  --restart CMD  runs CMD now and then: it makes the server lose all state but the files\n"
		"  --helper CMD   likewise, but nothing may be lost by it\n"
		"  --hook-every N on average, so many steps from one to the next of these (2000)\n"
		"  --lenient      allow what other servers are known to do and the RFC does not clearly forbid\n"
		"  --shrink       after a wrong answer, look for fewer steps that lead to it\n"
		"  --verbose      each request and its answer; the counts of (operation, status) at the end\n");
}

static void print_coverage(const struct coverage *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		printf("# %-22s %5u %8lu\n", c->row[i].op == OP_SEQUENCE ? "SEQUENCE" : c->row[i].op == OP_PUTFH ? "PUTFH" :
		       wire_op_name(c->row[i].op), c->row[i].status, c->row[i].n);
}

static bool fails(const struct options *o, uint64_t seed, unsigned long steps, const uint8_t *skip, unsigned long *at)
{
	struct coverage c = { 0 };

	return run_seed(o, seed, steps, skip, UINT64_MAX, at, &c) == RUN_WRONG;
}

/* Leaves out ever smaller pieces for as long as it goes wrong without them. */
static void shrink(const struct options *given, uint64_t seed, unsigned long last)
{
	struct options o = *given;
	unsigned long n = last + 1, left = 0, at;
	uint8_t *skip = calloc(n, 1);

	if (!skip)
		return;
	o.quiet = true;
	o.verbose = false;
	for (unsigned long chunk = n / 2; chunk; chunk /= 2) {
		for (unsigned long from = 0; from + 1 < n; from += chunk) {
			unsigned long to = from + chunk < n ? from + chunk : n - 1;
			uint8_t *before = malloc(n);

			if (!before)
				goto out;
			memcpy(before, skip, n);
			memset(skip + from, 1, to - from);
			if (memcmp(before, skip, n) && fails(&o, seed, n, skip, &at))
				n = at + 1;
			else
				memcpy(skip, before, n);
			free(before);
		}
	}
	for (unsigned long i = 0; i < n; i++)
		left += !skip[i];
	printf("shrunk to %lu steps of %lu:\n", left, last + 1);
	o.quiet = false;
	o.verbose = true;
	if (!fails(&o, seed, n, skip, &at))
		printf("  this time it went right: it depends on more than the seed\n");
out:
	free(skip);
}

static int run_all(const struct options *o)
{
	uint64_t until = o->seconds ? talk_now_ms() + o->seconds * 1000ull : UINT64_MAX, seed = o->seed;
	struct coverage c = { 0 };
	enum run_result ret;
	unsigned long at;
	unsigned int runs = 0;

	do {
		printf("seed %llu\n", (unsigned long long)seed);
		fflush(stdout);
		ret = run_seed(o, seed, o->steps, NULL, until, &at, &c);
		runs++;
		if (ret == RUN_WRONG && o->shrink)
			shrink(o, seed, at);
		if (ret == RUN_OK)
			seed = rpc4_random(&seed) >> 32;
	} while (ret == RUN_OK && talk_now_ms() < until && o->seconds);
	if (o->verbose)
		print_coverage(&c);
	printf("%u runs, %lu steps, %lu answers, %u kinds of them, %lu dropped, %lu recalls, %lu lock notifications, ", runs,
	       c.steps, c.requests, c.n, c.drops, c.recalls, c.notifications);
	if (o->restart || o->helper)
		printf("%lu restarts, %lu times the helper, ", c.restarts, c.helped);
	printf("up to %u models (%u cut short): %s\n", c.models, c.cut_short,
	       ret == RUN_OK ? "all right" : ret == RUN_WRONG ? "WRONG" : "could not go on");
	return ret;
}

static bool flag(struct options *o, const char *name)
{
	if (!strcmp(name, "--naps"))
		o->naps = true;
	else if (!strcmp(name, "--lenient"))
		o->lenient = true;
	else if (!strcmp(name, "--shrink"))
		o->shrink = true;
	else if (!strcmp(name, "--verbose"))
		o->verbose = true;
	else
		return false;
	return true;
}

static bool number(struct options *o, const char *name, const char *value)
{
	unsigned long n = strtoul(value, NULL, 10);

	if (!strcmp(name, "--steps"))
		o->steps = n;
	else if (!strcmp(name, "--seconds"))
		o->seconds = (unsigned int)n;
	else if (!strcmp(name, "--hours"))
		o->seconds = (unsigned int)n * 3600;
	else if (!strcmp(name, "--overlap"))
		o->overlap = (unsigned int)n;
	else if (!strcmp(name, "--lease"))
		o->lease_s = (unsigned int)n;
	else if (!strcmp(name, "--hook-every"))
		o->hook_every = (unsigned int)n;
	else
		return false;
	return true;
}

static bool option(struct options *o, const char *name, const char *value)
{
	if (!value)
		return false;
	if (!strcmp(name, "--seed")) {
		o->seed = strtoull(value, NULL, 10);
		o->seeded = true;
	} else if (!strcmp(name, "--restart")) {
		o->restart = value;
	} else if (!strcmp(name, "--helper")) {
		o->helper = value;
	} else {
		return number(o, name, value);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options o = { .steps = 3000, .lease_s = 90, .overlap = 25, .hook_every = 2000 };
	const char *host = NULL;

	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help")) {
			usage(stdout);
			return 0;
		}
		if (flag(&o, argv[i]))
			continue;
		if (argv[i][0] != '-' && !host) {
			host = argv[i];
			o.addr = rpc4_parse_addr(argv[i]);
		} else if (option(&o, argv[i], argv[i + 1])) {
			i++;
		} else {
			usage(stderr);
			return 64;
		}
	}
	if (!host) {
		usage(stderr);
		return 64;
	}
	if (!o.seeded)
		o.seed = (uint64_t)time(NULL) % 1000000;
	return run_all(&o);
}
