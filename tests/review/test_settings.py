"""Settings in forms: the same files, checked before they are written, with a history that can be walked back."""

import html
import re
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from bot import cli, config
from flows.check import check
from review import editable, replacing
from review.settings import House as Files
from tests.builders import ROOT
from tests.review.serving import House, Visitor, post

SEAL = re.compile(r'name="seal" value="([^"]+)"')
TODAY = date(2026, 11, 24)
NAME, CONTACTS = "/settings/edit/config/association", "/settings/edit/contacts/digital_youth"
PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg onload=alert(1)>",
    "{{ 7*7 }}",
]
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}"), min_size=1, max_size=300)


@pytest.fixture(scope="module")
def admin(house: House) -> Iterator[Visitor]:
    with house.signed_in(house.hire("ada", "administrator")) as client:
        yield client


@pytest.fixture
def files(tmp_path: Path) -> Files:
    shutil.copy(ROOT / "config.toml", tmp_path / "config.toml")
    shutil.copytree(ROOT / "flows", tmp_path / "flows", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return cli.house(tmp_path / "config.toml", tmp_path / "flows")


def of(house: House) -> Files:
    assert house.settings.house is not None
    return house.settings.house


def fill(client: Visitor, path: str, act: str = "save", **typed: str) -> tuple[int, str]:
    """Open a form, type, press a button; the status and the page."""
    seal = SEAL.search(client.get(path).text)
    assert seal is not None
    answer = post(client, path, seal=seal.group(1), act=act, **typed)
    return answer.status_code, html.unescape(answer.text)


def everything(files: Files) -> dict[str, str]:
    """All that may be written, as it stands."""
    found = [files.config, *sorted(files.flows.rglob("*.toml"))]
    return {str(file): file.read_text(encoding="utf-8") for file in found}


def test_a_value_is_replaced_and_nothing_else_of_the_file(house: House, admin: Visitor) -> None:
    before = of(house).config.read_text(encoding="utf-8")
    mode = of(house).config.stat().st_mode
    assert fill(admin, NAME, name="Maison d'écoute")[0] == 303
    after = of(house).config.read_text(encoding="utf-8")
    changed = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
    assert changed == [('name = "Recours (démonstration)"', 'name = "Maison d\'écoute"')]
    assert config.load(of(house).config).association.name == "Maison d'écoute"
    assert of(house).config.stat().st_mode == mode
    assert not list(of(house).config.parent.glob(".config.toml-*"))


@pytest.mark.parametrize(
    "wrong",
    [
        (NAME, "team_hours", "mon 9-17", "write for example"),
        (NAME, "timezone", "Europe/Nowhere", "no such zone"),
        (NAME, "name", "", "is empty"),
        ("/settings/edit/config/retention", "days", "beaucoup", "a whole number"),
        ("/settings/edit/config/retention", "days", "0", "a whole number"),
        ("/settings/edit/config/retention", "days", "999999", "ten years"),
        ("/settings/edit/config/review", "idle_minutes", "9" * 15, "a whole number"),
        ("/settings/edit/config/conversation", "word", "a", "3 to 30"),
        ("/settings/edit/config/conversation", "language", "xx", "is not allowed"),
        (CONTACTS, "hours", "tous les jours", "mon-fri"),
        (CONTACTS, "number", "", "cannot be dialled"),
        (CONTACTS, "checked", "hier", "without quotes"),
        (CONTACTS, "flag", "sure", "is not allowed"),
        ("/settings/edit/texts/conversation.notice", "fr", "Bonjour.", "must use {association}"),
        ("/settings/edit/texts/conversation.notice", "fr", "Bonjour {association", "a brace is left open"),
        ("/settings/edit/texts/conversation.phone_safe", "en", "Call 06 12 34 56 78?", "looks like a telephone number"),
        ("/settings/edit/texts/conversation.phone_safe", "fr", "Bonjour {nom}.", "must use no {value}"),
    ],
)
@pytest.mark.parametrize("act", ["save", "preview"])
def test_a_wrong_value_gets_the_sentence_of_the_check_beside_its_field_and_is_not_written(
    house: House, admin: Visitor, wrong: tuple[str, str, str, str], act: str
) -> None:
    path, field, typed, sentence = wrong
    before, revisions = everything(of(house)), house.store.revisions.latest(1)
    status, page = fill(admin, path, act, **{field: typed})
    assert status == 422
    told = re.search(rf'id="e-{field}"[^>]*>([^<]*)<', page)
    assert told is not None, page
    assert sentence in told.group(1)
    assert str(house.folder) not in told.group(1)
    assert everything(of(house)) == before
    assert house.store.revisions.latest(1) == revisions


def test_a_preview_shows_both_and_writes_nothing(house: House, admin: Visitor) -> None:
    before = everything(of(house))
    status, page = fill(admin, "/settings/edit/config/retention", "preview", days="180")
    assert status == 200
    assert "Rien n'est encore écrit" in page
    assert everything(of(house)) == before


def test_the_second_of_two_people_on_one_form_sees_what_the_first_wrote(house: House, admin: Visitor) -> None:
    page = admin.get("/settings/edit/config/retention").text
    seal = SEAL.search(page)
    assert seal is not None
    with house.signed_in(house.hire("bo", "administrator")) as other:
        assert fill(other, "/settings/edit/config/retention", backup_days="9")[0] == 303
    late = post(admin, "/settings/edit/config/retention", seal=seal.group(1), act="save", backup_days="11")
    assert late.status_code == 409
    assert "9" in re.findall(r'En place maintenant : <span class="words">(\d+)<', html.unescape(late.text))
    assert config.load(of(house).config).retention.backup_days == 9


def test_history_says_who_when_and_what_and_undo_puts_every_byte_back(house: House, admin: Visitor) -> None:
    key = "conversation.notice_keep"  # written over several lines
    before = everything(of(house))
    old = editable.sheet(of(house), "texts", key)
    assert old is not None
    new = "Rien n'est gardé sans vous. {retention_days} jours au plus.\n\nVous pouvez tout effacer."
    assert fill(admin, f"/settings/edit/texts/{key}", fr=new)[0] == 303
    assert (
        tomllib.loads((of(house).flows / "texts/fr/conversation.toml").read_text("utf-8"))["notice_keep"].strip() == new
    )
    assert check(of(house).flows, TODAY) == []
    revision = house.store.revisions.latest(1)[0]
    assert (revision.author, revision.sheet) == ("ada", f"texts/{key}")
    assert [(each.key, each.before, each.after) for each in revision.changes] == [("fr", old.fields[0].value, new)]
    assert "ada" in admin.get("/settings/history").text
    assert post(admin, f"/settings/history/{revision.id}/undo").status_code == 303
    assert everything(of(house)) == before
    assert house.store.revisions.latest(1)[0].undoes == revision.id
    assert post(admin, f"/settings/history/{revision.id}/undo").status_code == 409
    events = [entry.event for entry in house.store.audit.entries(6) if entry.event.startswith("settings_")]
    assert {"settings_changed", "settings_undone"} <= set(events)
    assert "gardé" not in str([entry.detail for entry in house.store.audit.entries(20)])


def test_an_undo_never_runs_over_a_later_change(house: House, admin: Visitor) -> None:
    path = "/settings/edit/config/conversation"
    assert fill(admin, path, word="tournesol")[0] == 303
    first = house.store.revisions.latest(1)[0].id
    assert fill(admin, path, word="marguerite")[0] == 303
    assert post(admin, f"/settings/history/{first}/undo").status_code == 409
    assert config.load(of(house).config).conversation.word == "marguerite"


def test_what_a_contact_did_not_have_is_taken_away_again(house: House, admin: Visitor) -> None:
    name = next(
        name
        for name, table in tomllib.loads((of(house).flows / "contacts.toml").read_text("utf-8")).items()
        if "hours" not in table and not table.get("always")
    )
    before = everything(of(house))
    status, page = fill(admin, f"/settings/edit/contacts/{name}", hours="mon-fri 09:00-17:00\nsat 10:00-12:00")
    assert status == 303, page
    changed = tomllib.loads((of(house).flows / "contacts.toml").read_text("utf-8"))[name]["hours"]
    assert changed == ["mon-fri 09:00-17:00", "sat 10:00-12:00"]
    assert post(admin, f"/settings/history/{house.store.revisions.latest(1)[0].id}/undo").status_code == 303
    assert everything(of(house)) == before


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_typed_is_ever_markup(admin: Visitor, payload: str) -> None:
    for act in ("preview", "save"):
        seal = SEAL.search(admin.get(NAME).text)
        assert seal is not None
        answer = post(admin, NAME, seal=seal.group(1), act=act, answer_delay=payload)
        assert answer.status_code in (200, 303), answer.text
    for path in (NAME, "/settings/history", "/settings"):
        page = admin.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg onload" not in page
        assert payload in html.unescape(page) or path == "/settings"


@pytest.mark.parametrize(
    "path",
    [
        "config/store",
        "config/telegram",
        "config/nothing",
        "contacts/__class__",
        "texts/no.such",
        "other/x",
        "config/..",
    ],
)
def test_what_is_not_offered_cannot_be_edited(admin: Visitor, path: str) -> None:
    assert admin.get(f"/settings/edit/{path}").status_code == 404


def test_every_sheet_opens_in_both_languages_and_is_right_as_it_stands(house: House, admin: Visitor) -> None:
    files = of(house)
    texts = list(next(iter(editable.groups(files).values())))[:3]
    names = [("config", name) for name in editable.sections(files)]
    names += [("contacts", name) for name in editable.contacts(files)]
    names += [("texts", key) for key in texts]
    for language in ("en", "fr"):
        post(admin, "/account", language=language, shown="Ada")
        for kind, name in names:
            assert admin.get(f"/settings/edit/{kind}/{name}").status_code == 200, name
            assert fill(admin, f"/settings/edit/{kind}/{name}")[0] == 200  # nothing changed
        for group in editable.groups(files):
            assert admin.get(f"/settings/group/{group}").status_code == 200


@tuned(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=WORDS, name=st.sampled_from(["conversation.phone_safe", "questions.situation.choices.threats"]))
def test_any_words_come_back_as_they_were_typed(files: Files, words: str, name: str) -> None:
    words = words.strip()
    sheet = editable.sheet(files, "texts", name)
    assert sheet is not None
    typed = {"fr": words}
    fields = replacing.typed_into(sheet, typed)
    if not fields:
        return
    candidate = replacing.prepare(fields, typed)
    replacing.write(candidate)
    again = editable.sheet(files, "texts", name)
    assert again is not None
    assert again.fields[0].value == words
    others = tomllib.loads(candidate.before[fields[0].file]), tomllib.loads(candidate.after[fields[0].file])
    for table in others:
        inner = table
        for part in fields[0].path[:-1]:
            inner = inner[part]
        del inner[fields[0].path[-1]]
    assert others[0] == others[1]
    replacing.write(replacing.put_back(fields, candidate.sources))
    assert fields[0].file.read_text(encoding="utf-8") == candidate.before[fields[0].file]


def test_a_file_changed_by_hand_meanwhile_is_not_written_over(files: Files) -> None:
    sheet = editable.sheet(files, "config", "retention")
    assert sheet is not None
    typed = {"days": "100"}
    candidate = replacing.prepare(replacing.typed_into(sheet, typed), typed)
    files.config.write_text(files.config.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")
    with pytest.raises(replacing.MeanwhileError):
        replacing.write(candidate)
    assert files.config.read_text(encoding="utf-8").endswith("# by hand\n")


def test_a_folder_that_cannot_be_written_to_leaves_all_as_it_was(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = editable.sheet(files, "texts", "conversation.phone_safe")
    assert sheet is not None
    typed = {"fr": "Ce téléphone est-il sûr ?", "en": "Is this phone safe?"}
    candidate = replacing.prepare(replacing.typed_into(sheet, typed), typed)
    before = everything(files)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        replacing.write(candidate)
    assert everything(files) == before
    assert list(files.flows.rglob(".*-*")) == []


def test_the_console_takes_a_change_into_account_at_once(admin: Visitor) -> None:
    assert fill(admin, NAME, name="Maison nouvelle")[0] == 303
    assert "Maison nouvelle" in admin.get("/settings").text
    page = html.unescape(admin.get(NAME).text)
    assert "redémarrage de « recours run »" in page
    name = "/settings/edit/texts/contacts.digital_youth.name"
    assert fill(admin, name, fr="Le numéro des jeunes")[0] == 303
    assert "Le numéro des jeunes" in admin.get("/settings").text
