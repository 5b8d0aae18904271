"""The console in real Chromium: by keyboard, by two people at once, on a narrow screen, and under axe-core."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from cases.desk import Filters
from tests.builders import Person
from tests.review.browsing import chromium, sign_in
from tests.review.serving import House

PATHS = (
    "/sign-in",
    "/",
    "case",
    "/account",
    "/accounts",
    "/audit",
    "/exposure",
    "/mentions",
    "intake",
    "/figures",
    "/settings",
    "/settings/group/contradictions",
    "/settings/edit/config/association",
    "/settings/edit/config/media",
    "/settings/edit/contacts/digital_youth",
    "/settings/edit/texts/conversation.notice",
    "/settings/history",
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def a_window(browser: Browser, house: House, name: str, *roles: str, **context: object) -> Page:
    """Somebody new at a screen of its own; whatever the page complains about fails the test at its end."""
    page = sign_in(browser, house, house.hire(name, *(roles or ("reviewer",))), **context)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


def open_page(page: Page, house: House, path: str) -> None:
    """An address, the page of a case, or an intake by voice."""
    if path == "intake":
        page.goto("/")
        page.locator("form[action='/intake'] button").click()
        page.wait_for_url("**/intake")
    else:
        page.goto(f"/cases/{house.cases[0]}" if path == "case" else path)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent")).strip()


def test_ten_cases_are_triaged_without_a_mouse(browser: Browser, house: House) -> None:
    for number in range(4):
        Person(house.store, chat=f"more-{number}").agrees()
    page = a_window(browser, house, "nour")
    account = house.store.staff.named("nour")
    assert account is not None
    for case in [line.number for line in house.store.desk.queue(Filters(), 10)]:
        page.goto("/")
        page.wait_for_function("window.htmx !== undefined")
        for _ in range(12):
            page.keyboard.press("j")
            if focused(page) == case:
                break
        with page.expect_response("**/handle"):
            page.keyboard.press("a")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/cases/{case}")
        page.keyboard.press("Escape")
        page.wait_for_url(house.url + "/")
    assert len(house.store.desk.queue(Filters(assignee=account.id), 50)) == 10


def test_lines_are_chosen_and_a_case_is_sorted_without_a_mouse(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "sorter")
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.locator(".pick input:checked")).to_have_count(1)
    Person(house.store, chat="meanwhile").agrees()
    expect(page.locator(".pick input:checked")).to_have_count(1)  # a new line arrives, the choice stays
    person = Person(house.store, chat="joker").agrees()
    page.goto(f"/cases/{person.case.number}")
    page.wait_for_function("window.htmx !== undefined")
    page.keyboard.press("1")
    expect(page.locator("#head .why")).to_contain_text("plaisanterie")
    line = house.store.desk.line(person.case.number)
    assert line is not None
    assert line.status == "closed"


def test_a_digit_sorts_the_selected_line_and_a_key_takes_it_back(browser: Browser, house: House) -> None:
    first, second = (Person(house.store, chat=f"digit-{number}").agrees() for number in range(2))
    with house.store.desk.turn(second.case.number, 0, second.now) as turn:
        turn.set_status("pending")
    page = a_window(browser, house, "digits")
    page.wait_for_function("window.htmx !== undefined")
    page.locator(f"#line-{second.case.number} [data-open]").focus()
    page.keyboard.press("2")
    expect(page.locator(f"#line-{second.case.number}")).to_have_count(0)
    expect(page.locator("#undo")).to_contain_text(f"{second.case.number}, silence")
    assert "line" in page.evaluate("document.activeElement.closest('[data-item]')?.id ?? ''")
    assert Axe().run(page, options=RULES).violations_count == 0
    page.keyboard.press("u")
    expect(page.locator(f"#line-{second.case.number}")).to_contain_text("en attente")
    expect(page.locator("#undo")).to_be_hidden()
    for person in (first, second):
        page.locator(f"#line-{person.case.number} [data-open]").focus()
        page.keyboard.press("s")
    page.keyboard.press("5")
    expect(page.locator("#bulk-disposition")).to_have_value("tester")
    page.keyboard.press("Enter")
    expect(page.locator(f"#line-{first.case.number}")).to_have_count(0)
    lines = [house.store.desk.line(person.case.number) for person in (first, second)]
    assert [line and (line.disposition, line.status) for line in lines] == [("tester", "closed")] * 2


def test_a_case_handed_to_another_house_is_marked_in_the_queue(browser: Browser, house: House) -> None:
    person = Person(house.store, chat="handed").agrees()
    account = house.store.staff.accounts()[0].id
    house.store.team.transfer(person.case.number, "Maison Sud", account, "elle y est suivie", person.now)
    page = a_window(browser, house, "handed")
    expect(page.locator(f"#line-{person.case.number}")).to_contain_text("remis à Maison Sud")


def test_the_policy_of_media_is_chosen_with_the_law_beside_it(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "mediator", "administrator")
    page.goto("/settings/edit/config/media")
    expect(page.locator("main")).to_contain_text("moins de 18 ans")
    choice = page.get_by_label("Ce qui est fait d'un fichier montré")
    expect(choice).to_have_value("reference")
    choice.select_option("digest")
    page.get_by_role("button", name="Aperçu").click()
    expect(page.locator(".preview")).to_contain_text("digest")
    assert house.settings.house is not None
    assert 'policy = "reference"' in house.settings.house.config.read_text("utf-8")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("main")).to_contain_text("config/media")
    assert 'policy = "digest"' in house.settings.house.config.read_text("utf-8")
    page.get_by_role("button", name="Remettre comme avant").first.click()
    expect(page.locator("main")).to_contain_text("remis depuis")
    assert 'policy = "reference"' in house.settings.house.config.read_text("utf-8")


def test_the_keys_are_listed_by_a_key_and_can_be_switched_off(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "keys")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.goto("/account")
    page.uncheck("input[name=shortcuts]")
    page.locator("form[action='/account'] button").click()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_hidden()


def test_one_key_corrects_a_label_and_the_assessment_follows(browser: Browser, house: House) -> None:
    person = Person(house.store, chat="label").agrees()
    person.answers("a:reporter:victim", "a:situation:threats")
    person.forwards("je sais où tu habites, je vais te tuer")
    person.answers("done", "yes")
    page = a_window(browser, house, "lina")
    page.goto(f"/cases/{person.case.number}")
    finding = page.locator("#finding-threats")
    expect(finding).to_contain_text("indiquée")
    page.keyboard.press("j")
    page.keyboard.press("n")
    expect(page.locator("#label-1-threat")).to_contain_text("refusée")
    expect(finding).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('[data-item]')?.id") == "label-1-threat"
    page.keyboard.press("y")
    expect(finding).to_contain_text("indiquée")


def test_the_text_is_the_third_click(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "third")
    page.goto(f"/cases/{house.cases[0]}")
    expect(page.locator("body")).not_to_contain_text("tu habites")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".masked").first).to_contain_text("•••")
    expect(page.locator("body")).not_to_contain_text("tu habites")
    page.locator("#text-1 button").click()
    expect(page.locator("#text-1")).to_contain_text("tu habites")


def test_two_reviewers_see_each_other_and_what_the_other_decides(browser: Browser, house: House) -> None:
    person = Person(house.store, chat="two").agrees()
    person.forwards("je vais te tuer")
    person.answers("done", "yes")
    first, second = a_window(browser, house, "anna"), a_window(browser, house, "bilal")
    for page in (first, second):
        page.goto(f"/cases/{person.case.number}")
    expect(first.locator("#head")).to_contain_text("bilal")
    expect(second.locator("#head")).to_contain_text("anna")
    first.locator("#take-name").fill("Anna")
    first.get_by_role("button", name="Répondre moi-même").click()
    expect(second.locator("#head")).to_contain_text("Anna répond en ce moment")
    second.locator("#take-name").fill("Bilal")
    second.get_by_role("button", name="Répondre moi-même").click()
    expect(second.locator("#said")).to_contain_text("Anna répond déjà")


def test_a_new_case_arrives_without_a_reload(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "live")
    person = Person(house.store, chat="arrives").agrees()
    person.writes("je veux mourir")
    expect(page.locator(f"#line-{person.case.number}")).to_contain_text("risque de suicide")


def test_talking_while_she_writes(browser: Browser, house: House) -> None:
    person = Person(house.store, chat="talk").agrees()
    page = a_window(browser, house, "talker")
    page.goto(f"/cases/{person.case.number}")
    page.keyboard.press("t")
    page.keyboard.press("Control+a")
    page.keyboard.type("Camille")
    page.keyboard.press("Enter")
    expect(page.locator("#words")).to_be_visible()
    person.writes("vous êtes là ?")
    expect(page.locator(".conversation")).to_contain_text("vous êtes là ?")
    page.locator("#words").fill("Oui, je")
    with page.expect_response("**/draft"):
        page.locator("#words").type(" suis là.")
    page.reload()
    expect(page.locator("#words")).to_have_value("Oui, je suis là.")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator(".conversation")).to_contain_text("en attente d'envoi")
    bodies = []
    while due := house.store.due("test", person.now.replace(year=2030)):
        for outgoing in due:
            bodies.append(outgoing.body.get("text"))
            house.store.sent(outgoing.id, person.now)
    assert "Camille : Oui, je suis là." in bodies
    expect(page.locator(".conversation")).not_to_contain_text("en attente d'envoi")


def test_typing_is_seen_from_both_sides_and_no_word_of_it(browser: Browser, house: House) -> None:
    person = Person(house.store, chat="typing").agrees()
    number, soon = person.case.number, datetime.now(UTC) + timedelta(seconds=6)
    page = a_window(browser, house, "typist")
    page.goto(f"/cases/{number}")
    house.store.typing.person("test", "typing", soon)
    assert house.store.typing.person_until(number) is None  # nobody attends: nothing is noted
    page.get_by_role("button", name="Répondre moi-même").click()
    expect(page.locator("#words")).to_be_visible()
    expect(page.locator("#typing")).to_be_hidden()
    house.store.typing.person("test", "typing", soon)
    expect(page.locator("#typing")).to_be_visible()
    person.writes("voilà")
    expect(page.locator(".conversation")).to_contain_text("voilà")
    expect(page.locator("#typing")).to_be_hidden()
    with page.expect_request(f"**/cases/{number}/typing") as asked:
        page.locator("#words").type("Un secret")
    assert asked.value.post_data is None
    expect(page.locator("#words")).to_have_value("Un secret")
    assert house.store.typing.answered("test", datetime.now(UTC)) == ["typing"]
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator(".conversation")).to_contain_text("Un secret")
    assert house.store.typing.answered("test", datetime.now(UTC)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("path", [*PATHS, "/nothing"])
def test_axe_finds_nothing(browser: Browser, house: House, path: str, language: str, scheme: str) -> None:
    page = _everything(browser, house, language, scheme)
    if path == "/sign-in":
        page = browser.new_context(base_url=house.url, color_scheme=scheme, locale=language).new_page()  # type: ignore[arg-type]  # one of the two
    open_page(page, house, path)
    for details in page.locator("summary").all():
        details.click()
    if path == "case":
        page.keyboard.press("c")
        page.wait_for_selector(".conversation")
        page.locator(".exhibit [data-key=x]").first.click()
        page.wait_for_selector(".masked")
    found = Axe().run(page, options=RULES)
    assert found.response["passes"]
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", PATHS)
def test_nothing_overflows_at_320_pixels(browser: Browser, house: House, path: str) -> None:
    page = _everything(browser, house, "fr", "light")
    page.set_viewport_size({"width": 320, "height": 640})
    open_page(page, house, path)
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_setting_is_tried_saved_and_put_back(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "settler", "administrator")
    page.goto("/settings")
    page.get_by_role("link", name="La durée de conservation").click()
    field = page.get_by_label("Jours avant l'effacement, après le dernier message")
    field.fill("beaucoup")
    page.get_by_role("button", name="Aperçu").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#e-days")).to_contain_text("a whole number")
    assert Axe().run(page, options=RULES).violations_count == 0
    field.fill("180")
    page.get_by_role("button", name="Aperçu").click()
    expect(page.locator(".preview")).to_contain_text("180")
    assert Axe().run(page, options=RULES).violations_count == 0
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("main")).to_contain_text("config/retention")
    page.get_by_role("button", name="Remettre comme avant").first.click()
    expect(page.locator("main")).to_contain_text("remis depuis")


def test_the_figures_are_charts_with_a_table_behind_each_and_a_file(
    browser: Browser, house: House, tmp_path: Path
) -> None:
    for number in range(9):
        person = Person(house.store, chat=f"figure-{number}").agrees()
        person.answers("a:reporter:victim", "a:situation:threats" if number > 1 else "a:situation:scam")
    page = a_window(browser, house, "counter", "auditor")
    page.goto(f"/figures/{person.now.year}")
    charts = page.get_by_role("img")
    assert charts.count() >= 3
    for chart in charts.all():
        assert chart.locator("title").text_content()
        assert chart.locator("desc").text_content()
        assert chart.locator("xpath=ancestor::section[1]//details//table").count() == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "figures.csv")
    assert (tmp_path / "figures.csv").read_text("utf-8-sig").startswith("année;")


WINDOWS: dict[tuple[str, str], Page] = {}


def _everything(browser: Browser, house: House, language: str, scheme: str) -> Page:
    """One window for each language and scheme, of an account that may see all pages."""
    if (language, scheme) not in WINDOWS:
        roles = ("reviewer", "coordinator", "administrator", "auditor")
        page = a_window(browser, house, f"all-{language}-{scheme}", *roles, color_scheme=scheme)
        page.goto("/account")
        page.select_option("#language", language)
        page.locator("form[action='/account'] button").click()
        WINDOWS[language, scheme] = page
    return WINDOWS[language, scheme]


def test_a_printed_case_shows_what_is_known_and_no_control(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "printer", color_scheme="dark")
    page.goto(f"/cases/{house.cases[0]}")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("#evidence ul.print li").first).to_be_visible()
    expect(page.locator("#head p.print").first).to_contain_text("confidentiel · imprimé par printer")
    for control in ("form", "button", "summary", "nav", "[data-back]", "dialog"):
        assert not any(one.is_visible() for one in page.locator(control).all()), control
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    expect(page.locator("#talk")).to_be_hidden()  # unless it was opened, which is logged


def test_the_dossier_is_downloaded(browser: Browser, house: House, tmp_path: Path) -> None:
    page = a_window(browser, house, "export")
    page.goto(f"/cases/{house.cases[0]}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Dossier PDF").click()
    download.value.save_as(tmp_path / "dossier.pdf")
    assert (tmp_path / "dossier.pdf").read_bytes().startswith(b"%PDF")


def test_without_script_every_decision_still_works(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "plain", java_script_enabled=False)
    page.goto(f"/cases/{house.cases[0]}")
    page.locator("#note").fill("vu sans script")
    page.get_by_role("button", name="Garder la note").click()
    expect(page.locator("#notes")).to_contain_text("vu sans script")


def test_no_request_leaves_the_house(browser: Browser, house: House) -> None:
    page = a_window(browser, house, "watcher")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.goto(f"/cases/{house.cases[0]}")
    page.keyboard.press("c")
    page.wait_for_selector(".conversation")
    assert asked
    assert all(url.startswith(house.url) for url in asked)
