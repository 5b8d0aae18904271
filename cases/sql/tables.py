"""Every table with its key and its columns, in the order of their references, and what is sealed of them.

A test holds this list against both databases. Sealed values are sealed on PostgreSQL only: the file of SQLite is
encrypted whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        key: columns that order and tell apart its rows.
        columns: all of them, save what a database computes.
        sealed: sealed columns, each with the columns of its row that it is bound to.
        looked_up: sealed columns that are looked for by equality, each with the purpose of its key.
    """

    key: tuple[str, ...]
    columns: tuple[str, ...]
    sealed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    looked_up: Mapping[str, str] = field(default_factory=dict)


def _table(key: str, columns: str, looked_up: Mapping[str, str] | None = None, **sealed: str) -> Table:
    """Names are parted by spaces; each sealed column names what it is bound to."""
    bound = {column: tuple(names.split()) for column, names in sealed.items()}
    return Table(tuple(key.split()), tuple(columns.split()), bound, looked_up or {})


CHAT = {"chat": "chat"}
TABLES: Mapping[str, Table] = {
    "staff": _table(
        "id",
        "id name shown roles password secret last_step made_at disabled_at settings",
        name="id",
        shown="id",
        roles="id",
        password="id",  # noqa: S106 - the name of a column
        secret="id",  # noqa: S106 - same
        settings="id",
    ),
    "recovery_codes": _table("staff_id digest", "staff_id digest", {"digest": "recovery"}),
    "sessions": _table(
        "digest",
        "digest staff_id token opened_at seen_at memory",
        token="digest staff_id",  # noqa: S106 - the name of a column
        memory="digest staff_id",
    ),
    "devices": _table("digest", "digest staff_id made_at"),
    "attempts": _table("key", "key failures last_at", {"key": "attempt"}),
    "audit": _table(
        "number",
        "number at event detail previous digest",
        {"of_case": "audit"},  # a column that PostgreSQL alone has: the file looks into `detail`
        detail="number at event",
        previous="number at event",
        digest="number at event",
    ),
    "audit_head": _table("one", "one digest", digest="one"),
    "exposure": _table("staff_id day severity", "staff_id day severity count"),
    "views": _table("id", "id staff_id name filters", name="staff_id", filters="staff_id"),
    "revisions": _table("id", "id at staff_id sheet changes undoes", changes="at staff_id sheet"),
    "inbox": _table("id", "id channel update_id chat raw", {**CHAT, "update_id": "update"}, raw="channel update_id"),
    "outbox": _table("id", "id channel chat kind body merge_key not_before attempts line", CHAT, body="channel chat"),
    "thread": _table("id", "id channel chat message_id at", CHAT, message_id="channel chat"),
    "erased": _table("number", "number erased_on"),
    "cases": _table(
        "id",
        "id number channel chat consent opened_at last_at state held log_head hold_until reading",
        CHAT,
        state="id number channel chat",
        held="number",
        log_head="number",
        reading="number",
    ),
    "facts": _table("case_id fact", "case_id fact value source exhibits confirmed", value="case_id fact"),
    "exhibits": _table("case_id position", "case_id position body", body="case_id position"),
    "alerts": _table("id", "id case_id alert severity at"),
    "transcript": _table("id", "id case_id who text at lost", who="case_id", text="case_id"),
    "custody": _table(
        "case_id number",
        "case_id number at event detail previous digest",
        detail="case_id number",
        previous="case_id number",
        digest="case_id number",
    ),
    "reminders": _table("id", "id case_id at tries topic"),
    "files": _table("case_id position", "case_id position content", content="case_id position"),
    "codes": _table("case_id", "case_id digest until", {"digest": "move"}),
    "desk": _table(
        "case_id",
        "case_id language status assignee alert deadline_on imminent minor death waiting_since wrote_at taken_by "
        "taken_name second_reader version stood blocked_until returns",
        taken_name="case_id",
    ),
    "waits": _table("id", "id case_id asked_at answered_at"),
    "marks": _table("kind name case_id", "kind name case_id"),
    "notes": _table("id", "id case_id staff_id text at to_id", text="case_id staff_id"),
    "mentions": _table("id", "id note_id staff_id read_at"),
    "corrections": _table(
        "id",
        "id case_id staff_id at kind subject before after",
        before="case_id kind subject",
        after="case_id kind subject",
    ),
    "verdicts": _table("case_id offence", "case_id offence status"),
    "drafts": _table("case_id staff_id", "case_id staff_id text at", text="case_id staff_id"),
    "merges": _table("id", "id first second reason staff_id at", reason="first second"),
    "identity_requests": _table("id", "id case_id staff_id reason at allowed_by allowed_at", reason="case_id staff_id"),
    "transfers": _table("id", "id case_id house reason staff_id at", house="case_id", reason="case_id"),
    "training_consents": _table("case_id", "case_id words staff_id at", words="case_id"),
    "typing": _table("case_id who", "case_id who until"),
    "passkeys": _table("id", "id staff_id credential public_key counter name made_at used_at", name="staff_id"),
}
SHARED: Mapping[str, Table] = {  # of the workers that run now: PostgreSQL alone has them, no copy does
    "workers": _table("id", "id name until"),
    "claims": _table("channel chat", "channel chat worker wanted", CHAT),
}
EVERY = {**TABLES, **SHARED}
BYTES = frozenset({"files.content"})  # sealed columns that hold bytes; all others hold text
