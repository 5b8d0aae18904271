"""Screenshots of every page, with invented people: `python -m tests.review.picturing FOLDER`."""

import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
from playwright.sync_api import Page

from tests.builders import Person
from tests.review.browsing import chromium, sign_in
from tests.review.serving import House, a_house, post

SITUATIONS = ("threats", "threats", "threats", "intimate_images", "identity", "scam", "rumours")
ROLES = ("reviewer", "coordinator", "administrator", "auditor")
PLAIN = ("accounts", "exposure", "audit", "figures", "settings", "mentions", "settings/history")
SIZE = {"width": 1280, "height": 860}


def main() -> None:
    """Write the pictures."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        a_house(Path(folder), lambda settings: replace(settings, demo=True)) as house,
        chromium() as browser,
    ):
        house.url = house.url.replace("127.0.0.1", "localhost")  # a name, so that passkeys are offered
        page = browser.new_page(base_url=house.url, locale="fr", viewport={"width": 900, "height": 780})
        page.goto("/sign-in")
        page.screenshot(path=out / "sign-in.png")
        nour = house.hire("nour", *ROLES)
        work_together(house)
        page = sign_in(browser, house, nour, viewport=SIZE)
        page.screenshot(path=out / "queue.png")
        picture_sorting(page, out)
        picture_case(page, house, out)
        fill_a_year(house)
        picture_others(page, out)
        narrow = browser.new_context(
            base_url=house.url,
            storage_state=page.context.storage_state(),
            viewport={"width": 320, "height": 720},
            color_scheme="dark",
        ).new_page()
        narrow.goto(f"/cases/{house.cases[0]}")
        narrow.screenshot(path=out / "case-narrow-dark.png")


def work_together(house: House) -> None:
    """What colleagues left on the cases."""
    first, second, third = house.cases[:3]
    with house.signed_in(house.hire("lina", "reviewer")) as lina:
        post(lina, f"/cases/{first}/links", other=second, reason="même prénom, même collège, elle le dit")
        post(lina, f"/cases/{first}/tags", tag="collège")
        post(lina, f"/cases/{first}/teaching", act="give", words="oui, si ça peut aider d'autres filles")
        wanted = {"house": "Maison d'écoute Sud", "reason": "elle déménage", "agreed": "on"}
        post(lina, f"/cases/{second}/transfer", **wanted)
        post(lina, f"/cases/{third}/notes", note="@nour peux-tu rappeler ce soir ?")
    house.hire("ines", "reviewer")


def picture_sorting(page: Page, out: Path) -> None:
    """The filters and the form for several lines, open."""
    for summary in page.locator("summary").all():
        summary.click()
    page.screenshot(path=out / "queue-open.png", full_page=True)


def picture_case(page: Page, house: House, out: Path) -> None:
    """A case, then all its sections open while one answers, then on paper."""
    number = house.cases[0]
    page.goto(f"/cases/{number}")
    page.wait_for_function("window.htmx !== undefined")
    page.keyboard.press("c")
    page.wait_for_selector(".conversation")
    page.locator(".exhibit [data-key=x]").first.click()
    page.wait_for_selector(".masked")
    page.locator("#text-1 button").click()
    page.wait_for_selector("#text-1 blockquote")
    page.screenshot(path=out / "case.png")
    page.locator("#note").fill("@ines peux-tu rappeler demain matin ?")
    page.get_by_role("button", name="Garder la note").click()
    page.wait_for_selector("#notes .words")
    page.get_by_role("button", name="Répondre moi-même").click()
    page.wait_for_selector("#words")
    page.locator("#words").fill("Je suis là. Êtes-vous en sécurité en ce moment ?")
    for section in ("talk", "links", "agreed"):
        for summary in page.locator(f"#{section} summary").all():
            summary.click()
        page.evaluate("document.getElementById('said').textContent = ''")
        page.locator(f"#{section}").screenshot(path=out / f"case-{section}.png")
    page.reload()
    page.emulate_media(media="print")
    printed = pypdfium2.PdfDocument(page.pdf(format="A4"))
    printed[0].render(scale=1.2).to_pil().save(out / "case-printed.png")
    page.emulate_media(media="screen")


def fill_a_year(house: House) -> None:
    """People for the figures."""
    for number in range(90):
        at = datetime.now(UTC) - timedelta(days=number * 2 // 3, minutes=number)
        person = Person(house.store, chat=f"figure-{number}", at=at).agrees()
        person.answers("a:reporter:victim", f"a:situation:{SITUATIONS[number % len(SITUATIONS)]}")


def picture_others(page: Page, out: Path) -> None:
    """Every other page."""
    page.goto("/settings/edit/config/association")
    page.fill("#f-team_hours", "mon 9-17")
    page.click("button[value=preview]")
    page.wait_for_selector(".problem")
    page.screenshot(path=out / "settings-form.png")
    page.goto("/settings/edit/texts/conversation.absence_closed")
    page.locator("#f-fr").fill("L'équipe de {association} vous répond à partir du {opens}. D'ici là :")
    page.click("button[value=preview]")
    page.wait_for_selector(".preview")
    page.screenshot(path=out / "settings-text.png")
    page.click("button[value=save]")
    page.wait_for_url("**/settings/history")
    for name in PLAIN:
        page.goto(f"/{name}")
        page.screenshot(path=out / f"{name.replace('/', '-')}.png")
    page.goto("/account")
    page.screenshot(path=out / "account.png", full_page=True)
    page.goto("/")
    page.keyboard.press("?")
    page.wait_for_selector("#help")
    page.screenshot(path=out / "keys.png")
    page.keyboard.press("Escape")
    page.locator("form[action='/intake'] button").click()
    page.wait_for_url("**/intake")
    page.screenshot(path=out / "intake.png")


if __name__ == "__main__":
    main()
