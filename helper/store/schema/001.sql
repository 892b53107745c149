-- SPDX-License-Identifier: GPL-2.0
-- Settings of the server that must last and are not the administrator's: pool_id, next_project_id.
CREATE TABLE settings (
	name  TEXT PRIMARY KEY NOT NULL,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Quota project ids are never given twice: what a deleted file system left behind must not count for a new one.
-- They start high, out of the way of ids that an administrator may use on the same disk.
INSERT INTO settings (name, value) VALUES ('next_project_id', '1262092288');

CREATE TABLE file_systems (
	id               TEXT PRIMARY KEY NOT NULL CHECK (id GLOB 'fs-*'),
	volume_id        INTEGER NOT NULL UNIQUE CHECK (volume_id > 0),
	name             TEXT NOT NULL DEFAULT '',
	creation_token   TEXT NOT NULL UNIQUE CHECK (length(creation_token) BETWEEN 1 AND 64),
	handle_key       BLOB NOT NULL CHECK (length(handle_key) = 16),
	project_id       INTEGER NOT NULL UNIQUE CHECK (project_id BETWEEN 1 AND 4294967294),
	created_ms       INTEGER NOT NULL,
	life_cycle_state TEXT NOT NULL CHECK (life_cycle_state IN ('creating', 'available', 'deleting')),
	directory        TEXT NOT NULL UNIQUE
) STRICT;
