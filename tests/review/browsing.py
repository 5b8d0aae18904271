"""Chromium, as staff use it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.review.serving import House, Member

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


def sign_in(browser: Browser, house: House, member: Member, **context: object) -> Page:
    """A window of its own, signed in with both factors by typing."""
    page = browser.new_context(base_url=house.url, **context).new_page()  # type: ignore[arg-type]  # Playwright's options
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    page.fill("#name", member.name)
    page.fill("#password", member.password)
    page.fill("#code", member.code())
    page.keyboard.press("Enter")
    page.wait_for_url(house.url + "/")
    return page
