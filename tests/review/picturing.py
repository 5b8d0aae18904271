"""Screenshots of every page, with invented people: `python -m tests.review.picturing FOLDER`."""

import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.builders import Person
from tests.review.browsing import chromium, sign_in
from tests.review.serving import a_house

SITUATIONS = ("threats", "threats", "threats", "intimate_images", "identity", "scam", "rumours")
ROLES = ("reviewer", "coordinator", "administrator", "auditor")


def main() -> None:
    """Write the pictures."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        a_house(Path(folder), lambda settings: replace(settings, demo=True)) as house,
        chromium() as browser,
    ):
        page = browser.new_page(base_url=house.url, locale="fr")
        page.goto("/sign-in")
        page.screenshot(path=out / "sign-in.png")
        page = sign_in(browser, house, house.hire("nour", *ROLES), viewport={"width": 1280, "height": 860})
        page.screenshot(path=out / "queue.png")
        page.goto(f"/cases/{house.cases[0]}")
        page.keyboard.press("c")
        page.wait_for_selector(".conversation")
        page.locator(".exhibit [data-key=x]").first.click()
        page.wait_for_selector(".masked")
        page.locator("#text-1 button").click()
        page.wait_for_selector("#text-1 blockquote")
        page.screenshot(path=out / "case.png")
        for number in range(90):
            at = datetime.now(UTC) - timedelta(days=number * 2 // 3, minutes=number)
            person = Person(house.store, chat=f"figure-{number}", at=at).agrees()
            person.answers("a:reporter:victim", f"a:situation:{SITUATIONS[number % len(SITUATIONS)]}")
        for name in ("account", "accounts", "exposure", "audit", "figures", "settings"):
            page.goto(f"/{name}")
            page.screenshot(path=out / f"{name}.png")
        page.goto("/settings/edit/config/association")
        page.fill("#f-team_hours", "mon 9-17")
        page.click("button[value=preview]")
        page.wait_for_selector(".problem")
        page.screenshot(path=out / "settings-form.png")
        narrow = browser.new_context(
            base_url=house.url,
            storage_state=page.context.storage_state(),
            viewport={"width": 320, "height": 720},
            color_scheme="dark",
        ).new_page()
        narrow.goto(f"/cases/{house.cases[0]}")
        narrow.screenshot(path=out / "case-narrow-dark.png")


if __name__ == "__main__":
    main()
