/* SPDX-License-Identifier: GPL-2.0 */
/* kefsctl: what its files share. Each command is a row of the table in main.c. */
#ifndef KEFS_CTL_CTL_H
#define KEFS_CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"

#define CTL_SOCKET "/run/kefs/kefsd.sock"
#define CTL_PATH 512	/* of a request's path, query included */

struct ctl_option;

/* Exit codes: documented in kefsctl(8); scripts rely on them. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
	CTL_NOT_FOUND = 3,
	CTL_UNREACHABLE = 4,
};

struct ctl {
	const char *socket;
	bool json;
};

struct ctl_command {
	const char *words;	/* "fs create" */
	const char *args;	/* for the usage line */
	const char *summary;	/* one line for the list of commands */
	const char *details;	/* for --help of the command; may be empty */
	/* argc arguments after the words; --json, --socket and --help are taken out already. Returns the exit code. */
	enum ctl_exit (*run)(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
};

/* The commands' functions. */
enum ctl_exit ctl_fs_create(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_fs_list(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_fs_show(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_fs_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_grace_end(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_clients(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_connections(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_stats(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_ca(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_admin_key(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_subnets(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_status(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_fs_update(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_ap_create(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_ap_list(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_ap_show(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_ap_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_mt_create(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_mt_list(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_mt_groups(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_mt_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_policy_show(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_policy_set(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_policy_explain(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_policy_delete(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_lifecycle(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_backup_policy(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_tag_list(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_tag_set(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_tag_remove(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);
enum ctl_exit ctl_completion(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv);

/* The table of them. */
const struct ctl_command *ctl_commands(size_t *ret_count);

/* Says what is wrong with the command line, and how to get help. Returns CTL_USAGE. */
enum ctl_exit ctl_usage(const struct ctl_command *command, const struct kefs_err *err);

/*
 * Asks kefsd: method and path, with a body or NULL. CTL_OK and the answer's JSON (NULL for an empty answer) in
 * *ret_json, to be released; otherwise the error has been printed, as JSON too if asked for. ret_json may be NULL.
 */
enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, const char *path, const json_t *body,
		       json_t **ret_json);

/*
 * The id of the file system that id_or_name stands for: an id is taken as it is, a name is looked up. ret_id has
 * room for KEFS_ID_SIZE. CTL_OK, or what to exit with, the error being printed.
 */
enum ctl_exit ctl_resolve_fs(const struct ctl *ctl, const char *id_or_name, char *ret_id);

/* Asks, and prints the answer: as JSON if asked for, else with print. */
enum ctl_exit ctl_ask(const struct ctl *ctl, const char *method, const char *path, const json_t *body,
		      void (*print)(const json_t *answer));

/* Asks for something to be done to which there is no answer, and says so: "Deleted access point fsap-…". */
enum ctl_exit ctl_do(const struct ctl *ctl, const char *method, const char *path, const json_t *body, const char *done,
		     const char *key, const char *id);

/* ctl_usage() with a text. */
enum ctl_exit ctl_wrong(const struct ctl_command *command, const char *what);

/* The arguments of a command that takes options and one file system, as its id (KEFS_ID_SIZE). */
enum ctl_exit ctl_fs_argument(const struct ctl *ctl, const struct ctl_command *command, int argc, char **argv,
			      struct ctl_option *options, size_t count, char *ret_id);

/*
 * Asks for a list, page by page: *ret_answer has all of it under key, to be released. token is the member with which an
 * answer says that there is more: "NextToken", or "NextMarker", which is given back as Marker.
 */
enum ctl_exit ctl_all_pages(const struct ctl *ctl, const char *path, const char *key, const char *token,
			    json_t **ret_answer);

/* Prints JSON on stdout, indented. */
void ctl_print_json(const json_t *json);

/* The member as a number or text, 0 or "" if it is not there. */
long long ctl_int(const json_t *object, const char *key);
const char *ctl_str(const json_t *object, const char *key);

#endif
