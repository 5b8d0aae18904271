"""The tables, and how an older database becomes a newer one. A released step is never changed: add another."""

from collections.abc import Mapping

from sqlite_utils import Database

from cases.errors import StoreTooNewError

# Times are ISO 8601 in UTC, bodies are JSON. A handled row of the inbox keeps its update id and nothing else.
FIRST = """
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY, channel TEXT NOT NULL, update_id TEXT NOT NULL, chat TEXT NOT NULL,
    raw TEXT, UNIQUE (channel, update_id)) STRICT;
CREATE INDEX inbox_waiting ON inbox (channel, id) WHERE raw IS NOT NULL;
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY, channel TEXT NOT NULL, chat TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    merge_key TEXT, not_before TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX outbox_chat ON outbox (channel, chat, id);
CREATE TABLE cases (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, chat TEXT NOT NULL,
    consent TEXT NOT NULL, opened_at TEXT NOT NULL, last_at TEXT NOT NULL, state TEXT NOT NULL,
    held TEXT, UNIQUE (channel, chat)) STRICT;
CREATE TABLE facts (
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, fact TEXT NOT NULL, value TEXT NOT NULL,
    source TEXT NOT NULL, exhibits TEXT NOT NULL, confirmed INTEGER NOT NULL,
    PRIMARY KEY (case_id, fact)) STRICT;
CREATE TABLE exhibits (
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, position INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (case_id, position)) STRICT;
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    alert TEXT NOT NULL, severity TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE transcript (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    who TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE custody (
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, number INTEGER NOT NULL, at TEXT NOT NULL,
    event TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (case_id, number)) STRICT;
CREATE TABLE thread (
    id INTEGER PRIMARY KEY, channel TEXT NOT NULL, chat TEXT NOT NULL, message_id TEXT NOT NULL,
    at TEXT NOT NULL) STRICT;
CREATE INDEX thread_chat ON thread (channel, chat, at);
CREATE TABLE erased (number TEXT PRIMARY KEY, erased_on TEXT NOT NULL) STRICT;
"""
# The head of the custody log stands with its case, so that a log cut short is seen; a legal hold stops every purge.
SECOND = """
ALTER TABLE cases ADD COLUMN log_head TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN hold_until TEXT;
UPDATE cases SET log_head = coalesce((SELECT digest FROM custody WHERE case_id = cases.id
    ORDER BY number DESC LIMIT 1), '');
"""
THIRD = """
CREATE TABLE reminders (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    at TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX reminders_at ON reminders (at);
"""
# Files kept where the association chose so; words read on a picture until she confirms them; what a reminder is about.
FOURTH = """
CREATE TABLE files (
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, position INTEGER NOT NULL,
    content BLOB NOT NULL, PRIMARY KEY (case_id, position)) STRICT;
ALTER TABLE cases ADD COLUMN reading TEXT;
ALTER TABLE reminders ADD COLUMN topic TEXT NOT NULL DEFAULT '';
"""
# A code by which a case moves once to another conversation.
FIFTH = """
CREATE TABLE codes (
    case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE, digest TEXT NOT NULL UNIQUE,
    until TEXT NOT NULL) STRICT;
"""
# The desk of the staff: who they are, what they did, and one narrow row a case that orders the queue by an index.
SIXTH = """
CREATE TABLE staff (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, shown TEXT NOT NULL, roles TEXT NOT NULL,
    password TEXT NOT NULL, secret TEXT NOT NULL, last_step INTEGER NOT NULL DEFAULT 0, made_at TEXT NOT NULL,
    disabled_at TEXT, settings TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE TABLE recovery_codes (
    staff_id INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE, digest TEXT NOT NULL,
    PRIMARY KEY (staff_id, digest)) STRICT;
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY, staff_id INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE, token TEXT NOT NULL,
    opened_at TEXT NOT NULL, seen_at TEXT NOT NULL,
    memory TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE TABLE devices (
    digest TEXT PRIMARY KEY, staff_id INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE,
    made_at TEXT NOT NULL) STRICT;
CREATE TABLE attempts (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_at TEXT NOT NULL) STRICT;
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL,
    previous TEXT NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE INDEX audit_case ON audit (json_extract(detail, '$.case'));
CREATE TABLE audit_head (one INTEGER PRIMARY KEY CHECK (one = 1), digest TEXT NOT NULL) STRICT;
CREATE TABLE exposure (
    staff_id INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE, day TEXT NOT NULL, severity TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (staff_id, day, severity)) STRICT;
CREATE TABLE views (
    id INTEGER PRIMARY KEY, staff_id INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE, name TEXT NOT NULL,
    filters TEXT NOT NULL) STRICT;
CREATE TABLE desk (
    case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
    language TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT 'new',
    assignee INTEGER REFERENCES staff, alert INTEGER NOT NULL DEFAULT 0, deadline_on TEXT,
    imminent INTEGER NOT NULL DEFAULT 0, minor INTEGER NOT NULL DEFAULT 0, death INTEGER NOT NULL DEFAULT 0,
    waiting_since TEXT, wrote_at TEXT NOT NULL, taken_by INTEGER REFERENCES staff, taken_name TEXT,
    second_reader INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0,
    stood INTEGER NOT NULL DEFAULT 0,
    closed INTEGER GENERATED ALWAYS AS (status = 'closed') STORED,
    urgency INTEGER GENERATED ALWAYS AS (
        alert * 16 + imminent * 8 + minor * 4 + death * 2 + (waiting_since IS NOT NULL)) STORED,
    age REAL GENERATED ALWAYS AS (
        CASE WHEN waiting_since IS NULL THEN -julianday(wrote_at) ELSE julianday(waiting_since) END) STORED) STRICT;
CREATE INDEX desk_order ON desk (closed, urgency DESC, age);
CREATE INDEX desk_assignee ON desk (assignee, closed, urgency DESC, age) WHERE assignee IS NOT NULL;
CREATE INDEX desk_deadline ON desk (deadline_on) WHERE deadline_on IS NOT NULL;
CREATE INDEX desk_imminent ON desk (case_id) WHERE imminent;
CREATE INDEX desk_unstood ON desk (case_id) WHERE NOT stood;
CREATE TABLE marks (
    kind TEXT NOT NULL, name TEXT NOT NULL, case_id INTEGER NOT NULL REFERENCES desk ON DELETE CASCADE,
    PRIMARY KEY (kind, name, case_id)) STRICT, WITHOUT ROWID;
CREATE INDEX marks_case ON marks (case_id, kind);
CREATE INDEX alerts_case ON alerts (case_id);
CREATE INDEX transcript_case ON transcript (case_id, id);
CREATE TABLE notes (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    staff_id INTEGER NOT NULL REFERENCES staff, text TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX notes_case ON notes (case_id);
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    staff_id INTEGER NOT NULL REFERENCES staff, at TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL) STRICT;
CREATE INDEX corrections_case ON corrections (case_id);
CREATE TABLE verdicts (
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, offence TEXT NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (case_id, offence)) STRICT;
CREATE TABLE drafts (
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, staff_id INTEGER NOT NULL REFERENCES staff,
    text TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (case_id, staff_id)) STRICT;
ALTER TABLE transcript ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN line INTEGER;
CREATE INDEX outbox_line ON outbox (line) WHERE line IS NOT NULL;
INSERT INTO desk (case_id, wrote_at, alert)
    SELECT id, last_at, coalesce((SELECT max(CASE severity WHEN 'high' THEN 2 ELSE 1 END) FROM alerts
        WHERE case_id = cases.id), 0) FROM cases;
CREATE VIEW exhibit_words AS SELECT rowid AS id, iif(json_valid(body), json_extract(body, '$.text'), '')
    AS text FROM exhibits;
CREATE VIRTUAL TABLE found_lines USING fts5 (
    text, content = 'transcript', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE found_exhibits USING fts5 (
    text, content = 'exhibit_words', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO found_lines (found_lines, rank) VALUES ('secure-delete', 1);
INSERT INTO found_exhibits (found_exhibits, rank) VALUES ('secure-delete', 1);
INSERT INTO found_lines (rowid, text) SELECT id, text FROM transcript WHERE who != 'bot';
INSERT INTO found_exhibits (rowid, text) SELECT id, text FROM exhibit_words;
CREATE TRIGGER line_added AFTER INSERT ON transcript WHEN new.who != 'bot' BEGIN
    INSERT INTO found_lines (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER line_gone AFTER DELETE ON transcript WHEN old.who != 'bot' BEGIN
    INSERT INTO found_lines (found_lines, rowid, text) VALUES ('delete', old.id, old.text); END;
CREATE TRIGGER exhibit_added AFTER INSERT ON exhibits BEGIN
    INSERT INTO found_exhibits (rowid, text)
        VALUES (new.rowid, iif(json_valid(new.body), json_extract(new.body, '$.text'), '')); END;
CREATE TRIGGER exhibit_changed AFTER UPDATE OF body ON exhibits
WHEN iif(json_valid(old.body), json_extract(old.body, '$.text'), '')
    != iif(json_valid(new.body), json_extract(new.body, '$.text'), '') BEGIN
    INSERT INTO found_exhibits (found_exhibits, rowid, text)
        VALUES ('delete', old.rowid, iif(json_valid(old.body), json_extract(old.body, '$.text'), ''));
    INSERT INTO found_exhibits (rowid, text)
        VALUES (new.rowid, iif(json_valid(new.body), json_extract(new.body, '$.text'), '')); END;
CREATE TRIGGER exhibit_gone AFTER DELETE ON exhibits BEGIN
    INSERT INTO found_exhibits (found_exhibits, rowid, text)
        VALUES ('delete', old.rowid, iif(json_valid(old.body), json_extract(old.body, '$.text'), '')); END;
"""
# For figures: how long people waited, which offences are indicated (cases stand anew). For settings: what was changed.
SEVENTH = """
CREATE TABLE waits (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    asked_at TEXT NOT NULL, answered_at TEXT) STRICT;
CREATE INDEX waits_case ON waits (case_id);
CREATE INDEX waits_asked ON waits (asked_at);
CREATE INDEX cases_opened ON cases (opened_at);
INSERT INTO waits (case_id, asked_at) SELECT case_id, waiting_since FROM desk WHERE waiting_since IS NOT NULL;
CREATE TRIGGER wait_begun AFTER UPDATE OF waiting_since ON desk
WHEN old.waiting_since IS NULL AND new.waiting_since IS NOT NULL BEGIN
    INSERT INTO waits (case_id, asked_at) VALUES (new.case_id, new.waiting_since); END;
CREATE TRIGGER wait_begun_at_once AFTER INSERT ON desk WHEN new.waiting_since IS NOT NULL BEGIN
    INSERT INTO waits (case_id, asked_at) VALUES (new.case_id, new.waiting_since); END;
UPDATE desk SET stood = 0;
CREATE TABLE revisions (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, staff_id INTEGER NOT NULL REFERENCES staff, sheet TEXT NOT NULL,
    changes TEXT NOT NULL, undoes INTEGER REFERENCES revisions) STRICT;
"""
# The team: a timed block, notes for one colleague, who is mentioned, two conversations of one person (linked, never
# moved), a second person's word before an identity is shown, dossiers handed to another house, consent to training.
EIGHTH = """
ALTER TABLE desk ADD COLUMN blocked_until TEXT;
ALTER TABLE desk ADD COLUMN returns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notes ADD COLUMN to_id INTEGER REFERENCES staff;
CREATE TABLE mentions (
    id INTEGER PRIMARY KEY, note_id INTEGER NOT NULL REFERENCES notes ON DELETE CASCADE,
    staff_id INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE, read_at TEXT, UNIQUE (note_id, staff_id)) STRICT;
CREATE INDEX mentions_staff ON mentions (staff_id, id);
CREATE TABLE merges (
    id INTEGER PRIMARY KEY, first INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    second INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, reason TEXT NOT NULL,
    staff_id INTEGER NOT NULL REFERENCES staff, at TEXT NOT NULL,
    UNIQUE (first, second), CHECK (first < second)) STRICT;
CREATE INDEX merges_second ON merges (second);
CREATE TABLE identity_requests (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    staff_id INTEGER NOT NULL REFERENCES staff, reason TEXT NOT NULL, at TEXT NOT NULL,
    allowed_by INTEGER REFERENCES staff, allowed_at TEXT) STRICT;
CREATE INDEX identity_requests_case ON identity_requests (case_id);
CREATE TABLE transfers (
    id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, house TEXT NOT NULL,
    reason TEXT NOT NULL, staff_id INTEGER NOT NULL REFERENCES staff, at TEXT NOT NULL) STRICT;
CREATE INDEX transfers_case ON transfers (case_id);
CREATE TABLE training_consents (
    case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE, words TEXT NOT NULL,
    staff_id INTEGER NOT NULL REFERENCES staff, at TEXT NOT NULL) STRICT;
"""
# Who is typing right now; consent to training that she gave the program herself (no staff); passkeys of the staff;
# an index that counts the cases of a year without reading them.
NINTH = """
CREATE TABLE typing (
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, who TEXT NOT NULL, until TEXT NOT NULL,
    PRIMARY KEY (case_id, who)) STRICT;
CREATE TABLE consents_given (
    case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE, words TEXT NOT NULL,
    staff_id INTEGER REFERENCES staff, at TEXT NOT NULL) STRICT;
INSERT INTO consents_given (case_id, words, staff_id, at) SELECT case_id, words, staff_id, at FROM training_consents;
DROP TABLE training_consents;
ALTER TABLE consents_given RENAME TO training_consents;
CREATE TABLE passkeys (
    id INTEGER PRIMARY KEY, staff_id INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE,
    credential TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL, counter INTEGER NOT NULL, name TEXT NOT NULL,
    made_at TEXT NOT NULL, used_at TEXT) STRICT;
CREATE INDEX passkeys_staff ON passkeys (staff_id);
DROP INDEX cases_opened;
CREATE INDEX cases_opened ON cases (opened_at, consent);
"""
STEPS: Mapping[int, str] = {
    1: FIRST, 2: SECOND, 3: THIRD, 4: FOURTH, 5: FIFTH, 6: SIXTH, 7: SEVENTH, 8: EIGHTH, 9: NINTH,
}  # fmt: skip
NEWEST = max(STEPS)


def version_of(database: Database) -> int:
    """Version of the tables; 0 for a new database."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def migrate(database: Database) -> None:
    """Bring the database to the newest tables, one transaction a step.

    Raises:
        StoreTooNewError: a later release wrote it; this one could not read it right, and would damage it.
    """
    current = version_of(database)
    if current > NEWEST:
        raise StoreTooNewError(
            f"a later release of Recours wrote this case store (tables {current}, this release knows {NEWEST}). "
            "Install that release again, or restore a backup made before the upgrade."
        )
    for number in range(current + 1, NEWEST + 1):
        database.executescript(f"BEGIN IMMEDIATE; {STEPS[number]} PRAGMA user_version = {number:d}; COMMIT;")
