"""The tables, and how an older database becomes a newer one. A released step is never changed: add another."""

from collections.abc import Mapping

from sqlite_utils import Database

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
STEPS: Mapping[int, str] = {1: FIRST, 2: SECOND, 3: THIRD, 4: FOURTH, 5: FIFTH}
NEWEST = max(STEPS)


def migrate(database: Database) -> None:
    """Bring the database to the newest tables, one transaction a step."""
    current = int(database.execute("PRAGMA user_version").fetchone()[0])
    for number in range(current + 1, NEWEST + 1):
        database.executescript(f"BEGIN IMMEDIATE; {STEPS[number]} PRAGMA user_version = {number:d}; COMMIT;")
