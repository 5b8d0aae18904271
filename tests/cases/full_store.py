"""A store with something in every table, each personal value planted so that it is recognised anywhere."""

from datetime import timedelta
from hashlib import sha256

from cases.case import AlertRecord, Consent
from cases.exhibits import with_label
from cases.revisions import Change
from cases.sql.store import SqlStore
from cases.staff import Account, Passkey
from flows.facts import Fact, Source
from flows.standing import Standing
from tests.cases.test_store import NOON, an_exhibit

PLANTED = "planté5521"
LATER = NOON + timedelta(days=1)


def planted(place: str) -> str:
    return f"{PLANTED}-{place}"


def an_account(name: str) -> Account:
    return Account(
        id=0,
        name=planted(f"name-{name}"),
        shown=planted("shown"),
        roles=("reviewer",),
        password=planted("password"),
        secret=planted("secret"),
        last_step=0,
        made_at=NOON,
        disabled_at=None,
        settings={"signature": planted("settings")},
    )


def fill(store: SqlStore) -> list[str]:
    """The numbers of its two cases, both of the same person."""
    nour = store.staff.add(an_account("nour"), [planted("recovery")])
    lea = store.staff.add(an_account("lea"), [])
    _fill_accounts(store, nour)
    store.take("test", [(planted("update-1"), planted("chat-1"), planted("raw-1"))])
    numbers = [_a_case(store, planted(f"chat-{count}")) for count in (1, 2)]
    store.take("test", [(planted("update-2"), planted("chat-1"), planted("raw-2"))])
    with store.turn("test", planted("chat-2"), NOON, taken=store.waiting("test")[0].id) as turn:
        turn.say("send", {"text": planted("said")}, merge="burst")
    store.sent(store.due("test", LATER)[0].id, NOON, [planted("message-id")])
    with store.turn("test", planted("silent"), NOON) as turn:
        turn.save_state({"language": planted("state")})
    with store.turn("test", planted("gone"), NOON) as turn:
        turn.set_consent(Consent.YES)
        gone = turn.case.number
    store.erase(gone)
    _staff_works(store, numbers, nour, lea)
    return numbers


def _fill_accounts(store: SqlStore, nour: int) -> None:
    session = sha256(b"session").hexdigest()
    store.staff.open_session(session, nour, planted("token"), NOON)
    store.staff.remember(session, {"form": planted("memory")})
    store.staff.know_device(sha256(b"device").hexdigest(), nour, NOON)
    store.staff.fail(planted("attempt"), NOON)
    store.passkeys.add(Passkey(0, nour, "Y3JlZGVudGlhbA", "a2V5", 0, planted("passkey"), NOON, None))
    store.desk.save_view(nour, planted("view"), {"words": planted("filter")})
    store.desk.look(nour, NOON.date(), "high")
    first = store.revisions.add(
        nour, "texts", [Change(planted("changed-key"), planted("before"), "x", planted("source"))], NOON
    )
    store.revisions.add(
        nour, "texts", [Change(planted("changed-key"), "x", planted("after"), planted("source"))], NOON, undoes=first
    )


def _a_case(store: SqlStore, chat: str) -> str:
    content = planted("file").encode()
    with store.turn("test", chat, NOON) as turn:
        turn.set_consent(Consent.YES)
        turn.save_state({"steps": [planted("state")]})
        turn.put_fact(Fact("acts_count", 3, Source.ANSWER))
        turn.put_fact(Fact("situation", frozenset({planted("value")}), Source.ANSWER))
        turn.add_exhibit(an_exhibit(1, planted("exhibit")))
        turn.record_file(1, {"sha256": sha256(content).hexdigest(), "bytes": len(content), "kept": True}, content)
        turn.add_alert(AlertRecord("suicide_risk", "high", NOON))
        turn.hold(planted("held"))
        turn.hold_reading(planted("reading"))
        turn.transcribe("person", planted("line"), NOON)
        turn.transcribe("bot", planted("answer"), NOON)
        turn.log("exported", {"pdf": planted("detail")})
        turn.say("send", {"text": planted("queued")})
        turn.note_message(planted("message-id"), NOON)
        turn.remind(LATER, "topic")
        turn.offer_move(planted("code") + chat, LATER)
        turn.stand(Standing("fr", labels=("threat",), offences=("threats",), indicated=("threats",)))
        turn.want_person()
        return turn.case.number


def _staff_works(store: SqlStore, numbers: list[str], nour: int, lea: int) -> None:
    first, second = numbers
    with store.desk.turn(first, nour, NOON) as turn:
        turn.note(planted("note"), to=lea, mentioned=[lea])
        exhibit = turn.case.exhibits[0]
        turn.decide_label(exhibit, with_label(exhibit, "threat", "refused"), "threat")
        turn.decide_fact("situation", Fact("situation", frozenset({planted("decided")}), Source.REVIEWER))
        turn.decide_finding("threats", "indicated", "excluded")
        turn.tag("urgent", kept=True)
        turn.assign(nour)
        turn.take_over(planted("taken-name"))
        turn.reply(planted("signed"), planted("reply"), {"text": planted("reply")})
        turn.draft(planted("draft"))
        turn.block(LATER)
    store.typing.staff(first, nour, LATER)
    store.team.merge(first, second, nour, planted("merge-reason"), NOON)
    store.team.ask_identity(first, nour, planted("identity-reason"), NOON)
    request = store.team.identity_requests(first, NOON)[0].id
    store.team.allow_identity(first, request, lea, LATER, NOON)
    store.team.transfer(first, planted("house"), nour, planted("transfer-reason"), NOON)
    store.team.consent_to_training(first, nour, planted("consent-words"), NOON)
    store.audit.write("case_viewed", {"staff": planted("audit"), "case": first}, NOON)
    store.audit.write("signed_in", {"staff": planted("audit")}, NOON)
