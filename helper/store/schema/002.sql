-- SPDX-License-Identifier: GPL-2.0
-- The objects of the EFS API. What belongs to a file system goes with its row. Where there is no rowid the columns of the
-- primary key come first: SQLite 3.40 (Debian 12) takes such a table for damaged otherwise (PRAGMA quick_check).

-- In the order in which they were set; a resource is a file system or an access point.
CREATE TABLE tags (
	resource_id TEXT NOT NULL,
	key         TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
	position    INTEGER NOT NULL,
	value       TEXT NOT NULL CHECK (length(value) <= 256),
	PRIMARY KEY (resource_id, key)
) STRICT, WITHOUT ROWID;

-- A name is the tag Name from now on.
INSERT INTO tags (resource_id, position, key, value)
	SELECT id, 1, 'Name', name FROM file_systems WHERE name != '';
ALTER TABLE file_systems DROP COLUMN name;

ALTER TABLE file_systems ADD COLUMN performance_mode TEXT NOT NULL DEFAULT 'generalPurpose'
	CHECK (performance_mode IN ('generalPurpose', 'maxIO'));
ALTER TABLE file_systems ADD COLUMN throughput_mode TEXT NOT NULL DEFAULT 'bursting'
	CHECK (throughput_mode IN ('bursting', 'provisioned', 'elastic'));
-- MiB/s; 0 unless provisioned
ALTER TABLE file_systems ADD COLUMN provisioned_mibps REAL NOT NULL DEFAULT 0 CHECK (provisioned_mibps >= 0);
-- When it was last made provisioned or the amount was changed; 0: never
ALTER TABLE file_systems ADD COLUMN provisioned_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE file_systems ADD COLUMN encrypted INTEGER NOT NULL DEFAULT 0 CHECK (encrypted IN (0, 1));
-- ARN; empty unless encrypted
ALTER TABLE file_systems ADD COLUMN kms_key TEXT NOT NULL DEFAULT '';
-- Of a One Zone file system; else empty
ALTER TABLE file_systems ADD COLUMN zone TEXT NOT NULL DEFAULT '';
ALTER TABLE file_systems ADD COLUMN protection TEXT NOT NULL DEFAULT 'ENABLED'
	CHECK (protection IN ('ENABLED', 'DISABLED', 'REPLICATING'));
-- Empty: nobody ever set one
ALTER TABLE file_systems ADD COLUMN backup_policy TEXT NOT NULL DEFAULT ''
	CHECK (backup_policy IN ('', 'ENABLED', 'DISABLED'));
-- AFTER_30_DAYS and so on; empty: none
ALTER TABLE file_systems ADD COLUMN to_ia TEXT NOT NULL DEFAULT '';
ALTER TABLE file_systems ADD COLUMN to_archive TEXT NOT NULL DEFAULT '';
ALTER TABLE file_systems ADD COLUMN to_primary TEXT NOT NULL DEFAULT '';

CREATE TABLE file_system_policies (
	file_system_id TEXT PRIMARY KEY NOT NULL REFERENCES file_systems (id) ON DELETE CASCADE,
	policy         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The default group of each VPC comes from the configuration and is not here.
CREATE TABLE security_groups (
	id          TEXT PRIMARY KEY NOT NULL CHECK (id GLOB 'sg-*'),
	vpc_id      TEXT NOT NULL,
	name        TEXT NOT NULL,
	description TEXT NOT NULL,
	created_ms  INTEGER NOT NULL,
	UNIQUE (vpc_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE mount_targets (
	id                   TEXT PRIMARY KEY NOT NULL CHECK (id GLOB 'fsmt-*'),
	file_system_id       TEXT NOT NULL REFERENCES file_systems (id) ON DELETE CASCADE,
	created_ms           INTEGER NOT NULL,
	life_cycle_state     TEXT NOT NULL CHECK (life_cycle_state IN ('creating', 'available', 'deleting', 'error')),
	subnet_id            TEXT NOT NULL,
	vpc_id               TEXT NOT NULL,
	zone                 TEXT NOT NULL,
	zone_id              TEXT NOT NULL,
	network_interface_id TEXT NOT NULL UNIQUE,
	-- IPv4, as a number
	address              INTEGER NOT NULL CHECK (address BETWEEN 1 AND 4294967294),
	UNIQUE (file_system_id, zone),
	UNIQUE (vpc_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX mount_targets_by_age ON mount_targets (created_ms, id);

CREATE TABLE mount_target_groups (
	mount_target_id TEXT NOT NULL REFERENCES mount_targets (id) ON DELETE CASCADE,
	group_id        TEXT NOT NULL,
	position        INTEGER NOT NULL,
	PRIMARY KEY (mount_target_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mount_target_groups_by_group ON mount_target_groups (group_id);

CREATE TABLE access_points (
	id               TEXT PRIMARY KEY NOT NULL CHECK (id GLOB 'fsap-*'),
	file_system_id   TEXT NOT NULL REFERENCES file_systems (id) ON DELETE CASCADE,
	client_token     TEXT NOT NULL UNIQUE CHECK (length(client_token) BETWEEN 1 AND 64),
	created_ms       INTEGER NOT NULL,
	life_cycle_state TEXT NOT NULL CHECK (life_cycle_state IN ('creating', 'available', 'deleting', 'error')),
	-- NULL: the clients' own ids pass through
	uid              INTEGER CHECK (uid BETWEEN 0 AND 4294967295),
	gid              INTEGER CHECK (gid BETWEEN 0 AND 4294967295),
	-- Decimal numbers with commas between them
	secondary_gids   TEXT NOT NULL DEFAULT '',
	path             TEXT NOT NULL CHECK (path GLOB '/*'),
	-- NULL: the directory must be there
	owner_uid        INTEGER CHECK (owner_uid BETWEEN 0 AND 4294967295),
	owner_gid        INTEGER CHECK (owner_gid BETWEEN 0 AND 4294967295),
	-- As it was given: octal digits
	permissions      TEXT,
	CHECK ((uid IS NULL) = (gid IS NULL)),
	CHECK ((owner_uid IS NULL) = (owner_gid IS NULL) AND (owner_uid IS NULL) = (permissions IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX access_points_by_age ON access_points (created_ms, id);
CREATE INDEX access_points_by_file_system ON access_points (file_system_id, created_ms, id);

CREATE TRIGGER file_systems_tags AFTER DELETE ON file_systems BEGIN
	DELETE FROM tags WHERE resource_id = OLD.id;
END;
CREATE TRIGGER access_points_tags AFTER DELETE ON access_points BEGIN
	DELETE FROM tags WHERE resource_id = OLD.id;
END;

-- user_name NULL: the account itself, which may do everything
CREATE TABLE access_keys (
	id         TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 16 AND 128),
	secret     TEXT NOT NULL CHECK (length(secret) >= 16),
	user_name  TEXT,
	active     INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
	created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
