"""What the machine's own monitoring may ask: alive, ready, how much; and what it must never be able to learn."""

import ast
import asyncio
import json
import logging
import os
import sys
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import events, health, logs
from bot.channels.telegram import opened
from bot.config import Health
from bot.metrics import AlertsByDay
from bot.talk import Means
from cases.case import AlertRecord
from cases.sql.store import SqlStore
from tests.bot_api import TOKEN, BotApi
from tests.builders import ROOT, Person, a_store, the_means
from tests.ports import free_port, until_listening
from tests.serving_service import running

SHE = 7_700_123_456
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    started = await BotApi().start()
    yield started
    await started.stop()


def watched(api: BotApi, port: int) -> Means:
    """The service as configured, its health served."""
    config = the_means().config
    telegram = replace(config.telegram, api=api.base_url)
    return replace(the_means(), config=replace(config, telegram=telegram, health=Health(enabled=True, port=port)))


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """(name, label values) to value."""
    families = text_string_to_metric_families(text)
    return {(s.name, tuple(s.labels.values())): s.value for family in families for s in family.samples}


async def test_it_says_alive_ready_and_how_much(api: BotApi, store: SqlStore) -> None:
    port = free_port()
    means = watched(api, port)
    async with (
        running(means, store, lambda: opened(means.config.telegram, means.knowledge.texts, TOKEN)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await until_listening(port)
        before = samples((await client.get("/metrics")).text)
        api.write(SHE, "/start")
        await api.until(lambda: len(api.said) >= 4)
        alive, ready, metrics = [await client.get(path) for path in ("/healthz", "/readyz", "/metrics")]
    assert (alive.status_code, alive.text) == (200, health.ALIVE)
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "failing": []})
    after = samples(metrics.text)
    received = ("recours_updates_received_total", ("telegram",))
    assert after[received] - before.get(received, 0) == 1
    turns = ("recours_turn_seconds_count", ("telegram",))
    assert after[turns] - before.get(turns, 0) == 1
    sent = ("recours_deliveries_total", ("telegram", "sent"))
    assert after[sent] - before.get(sent, 0) >= 4
    assert after["recours_outbox_waiting", ("telegram",)] == 0
    assert after["process_resident_memory_bytes", ()] > 0
    assert after["recours_purge_timestamp_seconds", ()] > 0


async def test_a_port_that_is_taken_stops_no_conversation(
    api: BotApi, store: SqlStore, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    other = await asyncio.start_server(lambda _, __: None, "127.0.0.1", port)
    means = watched(api, port)
    async with running(means, store, lambda: opened(means.config.telegram, means.knowledge.texts, TOKEN)):
        api.write(SHE, "/start")
        await api.until(lambda: len(api.said) >= 4)
    other.close()
    assert "watch_failed" in [record.msg for record in caplog.records]


class Reachable:
    """A channel whose person is there, or not."""

    name = "telegram"

    def __init__(self, *, there: bool = True) -> None:
        self.there = there

    def is_reachable(self, chat: str) -> bool:  # noqa: ARG002 - a Channel
        return self.there


def a_watch(store: SqlStore, *, there: bool = True) -> health.Watch:
    return health.Watch(Health(), store, lambda: [Reachable(there=there)])  # type: ignore[list-item]  # the part of a channel it reads


def test_an_update_that_nobody_handles_makes_it_not_ready(store: SqlStore) -> None:
    watch = a_watch(store)
    store.take("telegram", [("1", "7", "{}")])
    watch.look(NOON)
    assert watch.failing(NOON) == []
    watch.look(NOON + timedelta(minutes=3))
    assert watch.failing(NOON + timedelta(minutes=3)) == ["inbox"]
    store.skip(store.waiting("telegram")[0].id)
    watch.look(NOON + timedelta(minutes=4))
    assert watch.failing(NOON + timedelta(minutes=4)) == []


@pytest.mark.parametrize(("there", "failing"), [(True, ["outbox"]), (False, [])])
def test_a_reply_that_could_leave_and_does_not_makes_it_not_ready(
    store: SqlStore, failing: list[str], *, there: bool
) -> None:
    watch = a_watch(store, there=there)
    with store.turn("telegram", "7", NOON) as turn:
        turn.say("send", {"text": "resté", "buttons": [], "keys": []}, not_before=NOON)
    for minutes in (0, 5, 16):
        watch.look(NOON + timedelta(minutes=minutes))
    assert watch.failing(NOON + timedelta(minutes=16)) == failing


def test_a_reply_whose_hour_has_not_come_is_not_late(store: SqlStore) -> None:
    watch = a_watch(store)
    with store.turn("telegram", "7", NOON) as turn:
        turn.say("send", {"text": "demain", "buttons": [], "keys": []}, not_before=NOON + timedelta(hours=9))
    watch.look(NOON)
    watch.look(NOON + timedelta(hours=1))
    assert watch.failing(NOON + timedelta(hours=1)) == []


def test_a_store_that_does_not_answer_makes_it_not_ready(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    watch = a_watch(store)
    watch.look(NOON)
    store.engine.execute("PRAGMA user_version = 1")
    watch.look(NOON)
    assert watch.failing(NOON) == ["schema"]
    store.close()
    watch.look(NOON)
    assert watch.failing(NOON) == ["store"]


def test_alerts_by_kind_are_given_out_by_the_day_and_never_few_at_once() -> None:
    clock = [NOON]
    alerts = AlertsByDay(lambda: clock[0])

    def given() -> dict[tuple[str, ...], float]:
        return {tuple(s.labels.values()): s.value for family in alerts.collect() for s in family.samples}

    alerts.add([AlertRecord("suicide_risk", "high", NOON)] * 4)
    assert given() == {}
    clock[0] += timedelta(days=1)
    assert given() == {}
    alerts.add([AlertRecord("minor_disclosed", "high", NOON)])
    assert given() == {}
    clock[0] += timedelta(days=1)
    assert given() == {("suicide_risk", "high"): 4, ("minor_disclosed", "high"): 1}


PLANTED = {
    "words": "CANARI-mots il a dit qu'il me tuerait",
    "alarm": "CANARI-alarme je veux en finir ce soir",
    "first_name": "CANARI-prénom",
    "author": "CANARI-auteur",
    "file": "CANARI-fichier.pdf",
    "caption": "CANARI-légende",
}


@pytest.mark.parametrize("form", logs.FORMATS)
async def test_nothing_of_a_person_is_in_any_log_or_metric(api: BotApi, tmp_path: Path, form: str) -> None:
    port, store = free_port(), a_store(tmp_path)
    means = watched(api, port)
    with (tmp_path / "log").open("w+", encoding="utf-8") as stream:
        root = logging.getLogger()
        former, level = root.handlers[:], root.level
        try:
            logs.set_up(form, stream)
            root.setLevel(logging.DEBUG)  # worse than anybody runs it: what libraries say is there too
            metrics = await _a_hard_hour(api, store, means, port)
        finally:
            root.handlers[:], root.level = former, level
            logging.captureWarnings(capture=False)
        stream.seek(0)
        written = stream.read()
    number = store.cases()[0]
    store.close()
    said = [line for line in written.splitlines() if "delivery_failed" in line or "turn_failed" in line]
    assert len(said) >= 3, written
    for secret in ("CANARI", str(SHE), number, TOKEN):
        assert secret not in written
        assert secret not in metrics
    if form == "json":
        for line in written.splitlines():
            row = json.loads(line)
            assert row["event"] in {*events.EVENTS, "library", "unlisted"}, row


async def _a_hard_hour(api: BotApi, store: SqlStore, means: Means, port: int) -> str:
    """Every sort of content, and every sort of fault; returns the metrics."""
    author = {"type": "hidden_user", "sender_user_name": PLANTED["author"], "date": 1_794_000_000}
    document = {"file_id": "CANARI-f", "file_unique_id": "u", "file_name": PLANTED["file"], "file_size": 5}
    api.faults["sendMessage"] = deque(["500", "cut", "1"])
    async with (
        running(means, store, lambda: opened(means.config.telegram, means.knowledge.texts, TOKEN)) as service,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await until_listening(port)
        handling = service.lines["telegram"].handling
        right = handling._turn

        def faulty(taken: Any, heard: Any) -> None:
            if "panne" in taken.raw:
                raise KeyError(PLANTED["words"])
            right(taken, heard)

        handling._turn = faulty  # type: ignore[method-assign,assignment]  # a fault of ours whose sentence holds her words
        api.write(SHE, "/start")
        api.press(SHE, "phone_safe:yes")
        api.press(SHE, "consent:yes")
        api.write(SHE, PLANTED["words"])
        api.write(SHE, PLANTED["alarm"])
        api.write(SHE, PLANTED["words"], forward_origin=author)
        api.write(SHE, "", document=document, caption=PLANTED["caption"])
        api.write(SHE, f"panne {PLANTED['words']}")
        await api.until(lambda: any("souci technique" in text for text in api.texts(SHE)))
        logging.getLogger("recours").warning("unlisted %s", PLANTED["words"])
        logging.getLogger("telegram.ext").error(PLANTED["words"], exc_info=ValueError(PLANTED["words"]))
        return (await client.get("/metrics")).text


def test_every_event_has_a_meaning_and_closed_fields() -> None:
    for name, event in events.EVENTS.items():
        assert event.meaning, name
        for field, kind in event.fields.items():
            assert isinstance(kind, frozenset) or kind in (events.NUMBER, events.FAULT), (name, field)


def test_a_string_given_for_a_field_does_not_pass() -> None:
    given = {"channel": "CANARI", "fate": "CANARI", "fault": "CANARI", "attempt": "CANARI", "more": "CANARI"}
    assert events.allowed("delivery_failed", given) == {"channel": "other", "fate": "other"}


def test_only_the_list_of_events_is_written_by_our_code() -> None:
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "review").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            called = node.func
            if isinstance(called.value, ast.Name) and called.value.id == "log" and path.name != "events.py":
                assert isinstance(node.args[0], ast.Constant), path
                assert node.args[0].value in events.EVENTS, (path, node.lineno)
            if called.attr == "tell" and isinstance(called.value, ast.Name) and called.value.id == "events":
                assert isinstance(node.args[0], ast.Constant), path
                event = events.EVENTS[str(node.args[0].value)]
                assert {keyword.arg for keyword in node.keywords} <= event.fields.keys(), (path, node.lineno)


def test_a_person_who_writes_is_counted_without_being_named(store: SqlStore) -> None:
    person = Person(store, chat="4815162342")
    person.agrees()
    found = a_watch(store)
    found.look(NOON)
    written = " ".join(str(sample) for family in health.Depths(found).collect() for sample in family.samples)
    assert "4815162342" not in written
    assert person.case.number not in written


async def test_told_to_stop_it_ends_by_itself_and_closes_the_store(api: BotApi, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "config.toml").write_text(
        '[association]\nname = "E"\ncontact = "a@b.fr"\n[store]\npath = "d/c.db"\nkey_file = "key"\n'
        f'[telegram]\napi = "{api.base_url}"\n[health]\nenabled = true\nport = {port}\n[logs]\nformat = "json"\n',
        encoding="utf-8",
    )
    environment = {**os.environ, "RECOURS_CONFIG": str(tmp_path / "config.toml"), "RECOURS_TELEGRAM_TOKEN": TOKEN}
    environment.pop("RECOURS_KEY", None)
    command = [sys.executable, "-m", "bot"]
    made = await asyncio.create_subprocess_exec(
        *command, "init", env=environment, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    assert await made.wait() == 0
    run = await asyncio.create_subprocess_exec(
        *command, "run", env=environment, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    await until_listening(port)
    api.write(SHE, "/start")
    await api.until(lambda: len(api.said) >= 4)
    run.terminate()
    _, said = await asyncio.wait_for(run.communicate(), 20)
    assert run.returncode == 0
    assert {json.loads(line)["event"] for line in said.decode().splitlines()} == {"ready", "purged", "watching"}
    assert not (tmp_path / "d" / "c.db-wal").exists()
