-- SPDX-License-Identifier: GPL-2.0
-- Identities (IAM) and the rules of security groups (EC2).

-- Users, groups and roles. A name is taken in any case of its letters; one made anew has another id.
CREATE TABLE identities (
	id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 16 AND 32),
	kind        TEXT NOT NULL CHECK (kind IN ('user', 'group', 'role')),
	name        TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 128),
	path        TEXT NOT NULL CHECK (path GLOB '/*'),
	created_ms  INTEGER NOT NULL,
	description TEXT NOT NULL DEFAULT '',
	-- Of a role
	session_sec  INTEGER NOT NULL DEFAULT 3600 CHECK (session_sec BETWEEN 3600 AND 43200),
	trust_policy TEXT NOT NULL DEFAULT '',
	UNIQUE (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_members (
	user_id  TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
	group_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
	PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_group ON group_members (group_id);

CREATE TABLE inline_policies (
	identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
	name        TEXT NOT NULL,
	document    TEXT NOT NULL,
	PRIMARY KEY (identity_id, name)
) STRICT, WITHOUT ROWID;

-- Those that were made here; what AWS has made stands in the program.
CREATE TABLE managed_policies (
	id              TEXT PRIMARY KEY NOT NULL,
	name            TEXT NOT NULL UNIQUE COLLATE NOCASE,
	path            TEXT NOT NULL CHECK (path GLOB '/*'),
	description     TEXT NOT NULL,
	created_ms      INTEGER NOT NULL,
	updated_ms      INTEGER NOT NULL,
	default_version INTEGER NOT NULL,
	-- Numbers are not given twice
	last_version    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE managed_policy_versions (
	policy_id  TEXT NOT NULL REFERENCES managed_policies (id) ON DELETE CASCADE,
	version    INTEGER NOT NULL,
	document   TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	PRIMARY KEY (policy_id, version)
) STRICT, WITHOUT ROWID;

-- policy_id is that of a managed policy, or the name of one of AWS's
CREATE TABLE attached_policies (
	identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
	policy_id   TEXT NOT NULL,
	PRIMARY KEY (identity_id, policy_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attached_policies_by_policy ON attached_policies (policy_id);

-- Nobody but the account had keys until now. NULL: the account itself
ALTER TABLE access_keys DROP COLUMN user_name;
ALTER TABLE access_keys ADD COLUMN user_id TEXT REFERENCES identities (id) ON DELETE CASCADE;
CREATE INDEX access_keys_by_user ON access_keys (user_id, created_ms, id);

-- Temporary keys. identity_id is the role's, or the user's who asked for them; NULL: the account itself
CREATE TABLE sessions (
	id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 16 AND 128),
	secret      TEXT NOT NULL CHECK (length(secret) >= 16),
	token       TEXT NOT NULL CHECK (length(token) >= 16),
	identity_id TEXT REFERENCES identities (id) ON DELETE CASCADE,
	name        TEXT NOT NULL,
	-- Narrows what the identity may do; empty: there is none
	policy      TEXT NOT NULL,
	expires_sec INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_end ON sessions (expires_sec);

-- Whom the principals of a policy meant when it was set; owner is a file system or a role.
CREATE TABLE policy_principals (
	owner_id  TEXT NOT NULL,
	principal TEXT NOT NULL,
	unique_id TEXT NOT NULL,
	PRIMARY KEY (owner_id, principal)
) STRICT, WITHOUT ROWID;

-- The groups of VPCs that come from the configuration are here too from now on.
-- protocol: IP's number, -1 for all. Ports are -1 where there are none. source: CIDR block or a group's id.
CREATE TABLE security_group_rules (
	id          TEXT PRIMARY KEY NOT NULL CHECK (id GLOB 'sgr-*'),
	group_id    TEXT NOT NULL REFERENCES security_groups (id) ON DELETE CASCADE,
	egress      INTEGER NOT NULL CHECK (egress IN (0, 1)),
	protocol    INTEGER NOT NULL CHECK (protocol BETWEEN -1 AND 255),
	from_port   INTEGER NOT NULL CHECK (from_port BETWEEN -1 AND 65535),
	to_port     INTEGER NOT NULL CHECK (to_port BETWEEN -1 AND 65535),
	source      TEXT NOT NULL,
	description TEXT NOT NULL,
	created_ms  INTEGER NOT NULL,
	UNIQUE (group_id, egress, protocol, from_port, to_port, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX security_group_rules_by_source ON security_group_rules (source);

CREATE TRIGGER identities_leave AFTER DELETE ON identities BEGIN
	DELETE FROM tags WHERE resource_id = OLD.id;
	DELETE FROM policy_principals WHERE owner_id = OLD.id;
END;
CREATE TRIGGER managed_policies_leave AFTER DELETE ON managed_policies BEGIN
	DELETE FROM tags WHERE resource_id = OLD.id;
END;
CREATE TRIGGER security_groups_leave AFTER DELETE ON security_groups BEGIN
	DELETE FROM tags WHERE resource_id = OLD.id;
END;
CREATE TRIGGER security_group_rules_leave AFTER DELETE ON security_group_rules BEGIN
	DELETE FROM tags WHERE resource_id = OLD.id;
END;
CREATE TRIGGER file_systems_principals AFTER DELETE ON file_systems BEGIN
	DELETE FROM policy_principals WHERE owner_id = OLD.id;
END;
CREATE TRIGGER file_system_policies_principals AFTER DELETE ON file_system_policies BEGIN
	DELETE FROM policy_principals WHERE owner_id = OLD.file_system_id;
END;
