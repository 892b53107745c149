-- SPDX-License-Identifier: GPL-2.0
-- When a session's key was issued, in seconds since the epoch: who revokes those of before names a time. Of a session
-- that was there before it is the earliest that it can be, since none lasts longer than 36 hours.
ALTER TABLE sessions ADD COLUMN issued_sec INTEGER NOT NULL DEFAULT 1 CHECK (issued_sec > 0);
UPDATE sessions SET issued_sec = max(1, expires_sec - 129600);
CREATE INDEX sessions_by_identity ON sessions (identity_id, expires_sec);
