// SPDX-License-Identifier: GPL-2.0
#include "st_fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "internal.h"
#include "st_tag.h"

#define COLUMNS "id, volume_id, creation_token, handle_key, project_id, created_ms, life_cycle_state, directory, " \
		"performance_mode, throughput_mode, provisioned_mibps, provisioned_ms, encrypted, kms_key, zone, protection, " \
		"backup_policy, to_ia, to_archive, to_primary"
#define SELECT	"SELECT " COLUMNS " FROM file_systems "

static int take_id(void *ctx, sqlite3_stmt *stmt)
{
	return kefs_store_text(stmt, 0, ctx, KEFS_ID_SIZE);
}

static int next_project(struct kefs_db *db, uint32_t *ret_project, struct kefs_err *err)
{
	int64_t id = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &id, "taking a project id", err,
				  "UPDATE settings SET value = CAST(value AS INTEGER) + 1 WHERE name = 'next_project_id' "
				  "RETURNING CAST(value AS INTEGER) - 1", "");

	*ret_project = (uint32_t)id;
	return rc;
}

static int insert_row(struct kefs_db *db, const struct kefs_fs *fs, struct kefs_err *err)
{
	const struct kefs_fs_options *o = &fs->options;

	return kefs_store_query(db, NULL, NULL, "storing a file system", err,
				"INSERT INTO file_systems (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
				"?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)", "titbiitttt" "diitttt" "ttt",
				fs->id, (int64_t)fs->volume_id, fs->token, fs->key, sizeof(fs->key), (int64_t)fs->project_id,
				fs->created_ms, kefs_fs_state_name(fs->state), fs->directory,
				kefs_performance_words[o->performance], kefs_throughput_words[o->throughput], o->mibps,
				o->provisioned_ms, (int64_t)o->encrypted, o->kms_key, o->zone,
				kefs_protection_words[o->protection], kefs_backup_words[o->backup],
				kefs_transition_words[o->to_ia], kefs_transition_words[o->to_archive],
				kefs_primary_words[o->to_primary]);
}

static int insert_tags(struct kefs_db *db, const struct kefs_fs *fs, const struct kefs_fs_request *request,
		       struct kefs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < request->tags.count && rc == 0; i++)
		rc = kefs_st_tag_set(db, fs->id, request->tags.tags[i].key, request->tags.tags[i].value, err);
	if (rc == 0 && *request->name)
		rc = kefs_st_tag_set(db, fs->id, "Name", request->name, err);
	if (rc == 0 && fs->options.backup == KEFS_BACKUP_ENABLED)
		rc = kefs_st_tag_set(db, fs->id, KEFS_TAG_BACKUP, "enabled", err);
	return rc;
}

static int insert_checked(struct kefs_db *db, struct kefs_fs *fs, const struct kefs_fs_request *request, uint32_t limit,
			  char *ret_taken_id, struct kefs_err *err)
{
	char taken[KEFS_ID_SIZE] = "";
	int64_t count = 0;
	int rc;

	rc = kefs_store_query(db, take_id, taken, "looking for a token", err,
			      "SELECT id FROM file_systems WHERE creation_token = ?1", "t", fs->token);
	if (rc < 0)
		return rc;
	if (*taken) {
		(void)kefs_str_copy(ret_taken_id, KEFS_ID_SIZE, taken);
		return kefs_err_set(err, -EEXIST, "File system '%s' already exists with creation token '%s'", taken, fs->token);
	}
	rc = kefs_store_query(db, kefs_store_take_int, &count, "counting", err, "SELECT count(*) FROM file_systems", "");
	if (rc < 0)
		return rc;
	if (count >= limit)
		return kefs_err_set(err, -EDQUOT, "there are %d file systems already, which is the limit; delete one first",
				    (int)count);
	rc = next_project(db, &fs->project_id, err);
	if (rc == 0)
		rc = insert_row(db, fs, err);
	if (rc == 0)
		rc = insert_tags(db, fs, request, err);
	return rc;
}

int kefs_st_fs_insert(struct kefs_db *db, struct kefs_fs *fs, const struct kefs_fs_request *request, uint32_t limit,
		      char *ret_taken_id, struct kefs_err *err)
{
	static const struct kefs_fs_request none = { .name = "" };
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, insert_checked(db, fs, request ? request : &none, limit, ret_taken_id, err), err);
}

int kefs_st_fs_set_state(struct kefs_db *db, const char *id, enum kefs_fs_state from, enum kefs_fs_state to,
			 struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "storing a state", err,
				  "UPDATE file_systems SET life_cycle_state = ?1 WHERE id = ?2 AND life_cycle_state = ?3", "ttt",
				  kefs_fs_state_name(to), id, kefs_fs_state_name(from));

	if (rc == 0 && !sqlite3_changes(db->sql))
		rc = kefs_err_set(err, -ENOENT, "File system '%s' does not exist in state %s", id, kefs_fs_state_name(from));
	return rc;
}

int kefs_st_fs_abandon(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "taking back a file system", err,
				  "UPDATE file_systems SET life_cycle_state = 'deleting', creation_token = id "
				  "WHERE id = ?1 AND life_cycle_state = 'creating'", "t", id);

	if (rc == 0 && !sqlite3_changes(db->sql))
		rc = kefs_err_set(err, -ENOENT, "File system '%s' is not being created", id);
	return rc;
}

/* What hangs on it goes with the first of the two steps: nobody shall come in by it any more. */
static int begin_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_st_fs_set_state(db, id, KEFS_FS_AVAILABLE, KEFS_FS_DELETING, err);

	if (rc == 0)
		rc = kefs_store_query(db, NULL, NULL, "removing access points", err,
				      "DELETE FROM access_points WHERE file_system_id = ?1", "t", id);
	if (rc == 0)
		rc = kefs_store_query(db, NULL, NULL, "removing mount targets", err,
				      "DELETE FROM mount_targets WHERE file_system_id = ?1", "t", id);
	return rc;
}

int kefs_st_fs_begin_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, begin_delete(db, id, err), err);
}

int kefs_st_fs_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "removing a file system", err,
				  "DELETE FROM file_systems WHERE id = ?1 AND life_cycle_state = 'deleting'", "t", id);

	if (rc == 0 && !sqlite3_changes(db->sql))
		rc = kefs_err_set(err, -ENOENT, "File system '%s' does not exist", id);
	return rc;
}

static int set_options(struct kefs_db *db, const char *id, const struct kefs_fs_options *o, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "storing a file system's options", err,
				  "UPDATE file_systems SET throughput_mode = ?2, provisioned_mibps = ?3, provisioned_ms = ?4, "
				  "protection = ?5, backup_policy = ?6, to_ia = ?7, to_archive = ?8, to_primary = ?9 "
				  "WHERE id = ?1 AND life_cycle_state = 'available'", "ttdittttt", id,
				  kefs_throughput_words[o->throughput], o->mibps, o->provisioned_ms,
				  kefs_protection_words[o->protection], kefs_backup_words[o->backup],
				  kefs_transition_words[o->to_ia], kefs_transition_words[o->to_archive],
				  kefs_primary_words[o->to_primary]);

	if (rc == 0 && !sqlite3_changes(db->sql))
		rc = kefs_err_set(err, -ENOENT, "File system '%s' is not available", id);
	if (rc < 0)
		return rc;
	return o->backup == KEFS_BACKUP_ENABLED ? kefs_st_tag_set(db, id, KEFS_TAG_BACKUP, "enabled", err) :
						  kefs_st_tag_remove(db, id, KEFS_TAG_BACKUP, err);
}

int kefs_st_fs_set_options(struct kefs_db *db, const char *id, const struct kefs_fs_options *options,
			   struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, set_options(db, id, options, err), err);
}

/* A column that holds a word of the list: its place, or -EUCLEAN. */
static int read_word(sqlite3_stmt *stmt, int column, const char *const *words)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	int at = text ? kefs_words_find(words, text) : -EINVAL;

	return at < 0 ? -EUCLEAN : at;
}

static int read_options(sqlite3_stmt *stmt, struct kefs_fs_options *o)
{
	int performance = read_word(stmt, 8, kefs_performance_words), throughput = read_word(stmt, 9, kefs_throughput_words);
	int protection = read_word(stmt, 15, kefs_protection_words), backup = read_word(stmt, 16, kefs_backup_words);

	o->to_ia = read_word(stmt, 17, kefs_transition_words);
	o->to_archive = read_word(stmt, 18, kefs_transition_words);
	o->to_primary = read_word(stmt, 19, kefs_primary_words);
	if (performance < 0 || throughput < 0 || protection < 0 || backup < 0 || o->to_ia < 0 || o->to_archive < 0 ||
	    o->to_primary < 0)
		return -EUCLEAN;
	o->performance = (enum kefs_performance)performance;
	o->throughput = (enum kefs_throughput)throughput;
	o->mibps = sqlite3_column_double(stmt, 10);
	o->provisioned_ms = sqlite3_column_int64(stmt, 11);
	o->encrypted = sqlite3_column_int(stmt, 12) != 0;
	o->protection = (enum kefs_protection)protection;
	o->backup = (enum kefs_backup)backup;
	if (kefs_store_text(stmt, 13, o->kms_key, sizeof(o->kms_key)) < 0 ||
	    kefs_store_text(stmt, 14, o->zone, sizeof(o->zone)) < 0)
		return -EUCLEAN;
	return 0;
}

/* The table's CHECKs make a bad row impossible for us; one can come from a hand with an sqlite3 shell. */
static int read_row(sqlite3_stmt *stmt, struct kefs_fs *fs)
{
	const char *state = (const char *)sqlite3_column_text(stmt, 6);

	if (kefs_store_text(stmt, 0, fs->id, sizeof(fs->id)) < 0 ||
	    kefs_store_text(stmt, 2, fs->token, sizeof(fs->token)) < 0 ||
	    sqlite3_column_bytes(stmt, 3) != KEFS_FS_KEY_SIZE || !state || kefs_fs_state_parse(state, &fs->state) < 0 ||
	    kefs_store_text(stmt, 7, fs->directory, sizeof(fs->directory)) < 0)
		return -EUCLEAN;
	fs->volume_id = (uint64_t)sqlite3_column_int64(stmt, 1);
	memcpy(fs->key, sqlite3_column_blob(stmt, 3), KEFS_FS_KEY_SIZE);
	fs->project_id = (uint32_t)sqlite3_column_int64(stmt, 4);
	fs->created_ms = sqlite3_column_int64(stmt, 5);
	if (!kefs_id_valid(fs->id, KEFS_FS_PREFIX) || strstr(fs->directory, "..") || *fs->directory == '/')
		return -EUCLEAN;
	return read_options(stmt, &fs->options);
}

struct listing {
	const struct kefs_db *db;
	struct kefs_fs_list list;
	char bad_id[KEFS_ID_SIZE];
};

static int take_row(void *ctx, sqlite3_stmt *stmt)
{
	struct listing *listing = ctx;
	struct kefs_fs fs = { .volume_id = 0 };
	int rc = read_row(stmt, &fs);

	if (rc < 0)
		(void)kefs_store_text(stmt, 0, listing->bad_id, sizeof(listing->bad_id));
	else
		rc = kefs_fs_list_append(&listing->list, &fs);
	explicit_bzero(fs.key, sizeof(fs.key));
	return rc;
}

static int fail(const struct listing *listing, int rc, struct kefs_err *err)
{
	if (rc == -EUCLEAN && *listing->bad_id)
		return kefs_err_set(err, rc, "database %s: the row of file system \"%s\" is not valid; was it edited by hand?",
				    listing->db->path, listing->bad_id);
	return rc;
}

int kefs_st_fs_list(struct kefs_db *db, struct kefs_fs_list *ret_list, struct kefs_err *err)
{
	struct listing listing = { .db = db };
	int64_t count = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &count, "counting", err, "SELECT count(*) FROM file_systems", "");

	if (rc == 0 && kefs_fs_list_reserve(&listing.list, (size_t)count) < 0)
		rc = kefs_err_sys(err, -ENOMEM, "listing file systems");
	if (rc == 0)
		rc = kefs_store_query(db, take_row, &listing, "listing file systems", err, SELECT "ORDER BY created_ms, id", "");
	if (rc < 0) {
		kefs_fs_list_free(&listing.list);
		return fail(&listing, rc, err);
	}
	*ret_list = listing.list;
	return 0;
}

int kefs_st_fs_get(struct kefs_db *db, const char *id, struct kefs_fs *ret_fs, struct kefs_err *err)
{
	struct listing listing = { .db = db };
	int rc = kefs_store_query(db, take_row, &listing, "reading a file system", err, SELECT "WHERE id = ?1", "t", id);

	if (rc < 0)
		rc = fail(&listing, rc, err);
	else if (!listing.list.count)
		rc = kefs_err_set(err, -ENOENT, "File system '%s' does not exist.", id);
	else
		*ret_fs = listing.list.fs[0];
	kefs_fs_list_free(&listing.list);
	return rc;
}
