"""The web chat in a real Chromium: leaving, nothing kept, nothing outside, small, accessible, without script too."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.channels import web
from bot.channels.web_pages import COOKIE, _chat
from bot.instants import now
from bot.listening import listening
from cases.sql.store import SqlStore
from review.commands import add_account
from tests.builders import a_store, means_with
from tests.ports import free_port, until_listening
from tests.serving_service import running

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]  # fmt: skip
PAGE_WEIGHT = 60_000  # bytes
SMALLEST_TARGET = 24  # CSS pixels, WCAG 2.2 criterion 2.5.8


class Site:
    """The chat, and a neutral page elsewhere that the leave key goes to."""

    def __init__(self, port: int, neutral: str, browser: Browser, store: SqlStore) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.neutral = neutral
        self.browser = browser
        self.store = store
        self.asked: list[str] = []

    async def page(self, **options: object) -> Page:
        """A fresh browser profile on the page."""
        context: BrowserContext = await self.browser.new_context(locale="fr-FR", **options)  # type: ignore[arg-type]  # as Playwright names them
        context.set_default_timeout(10_000)
        page = await context.new_page()
        page.on("request", self._note)
        await page.goto(self.url)
        return page

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    port, other = free_port(), free_port()
    neutral = f"http://127.0.0.1:{other}/meteo"
    means = means_with(
        lambda config: replace(config, web=replace(config.web, enabled=True, port=port, leave_to=neutral))
    )
    store = a_store(tmp_path)
    weather = Starlette(routes=[Route("/meteo", lambda _: HTMLResponse("<title>Météo</title><p>Il pleut."))])
    async with (
        listening(weather, "127.0.0.1", other),
        running(means, store, lambda: web.opened(means.config, means.knowledge)),
        async_playwright() as playwright,
    ):
        await until_listening(port)
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield Site(port, neutral, browser, store)
        await browser.close()
    store.close()


async def begin(page: Page) -> None:
    await page.get_by_role("button", name="Commencer").click()
    await page.get_by_role("button", name="Oui, il est sûr").click()
    await page.get_by_role("button", name="Oui, gardez-les").click()
    await page.get_by_text("Qui êtes-vous dans cette histoire").wait_for()


async def test_a_conversation_by_buttons_and_words_without_reload(site: Site) -> None:
    page = await site.page()
    await begin(page)
    await page.get_by_role("button", name="Cela m'arrive à moi").click()
    await page.get_by_label("Votre message").fill("j'ai 31 ans")
    await page.get_by_label("Votre message").press("Enter")
    await page.get_by_role("log").get_by_text("j'ai 31 ans").wait_for()
    assert page.url == site.url
    assert {url.split("/")[2] for url in site.asked} == {site.url.split("/")[2]}  # no outside request


async def test_typing_is_told_without_a_word_and_shown_without_one(site: Site) -> None:
    page = await site.page()
    await begin(page)
    (number,) = site.store.cases()
    told: list[Request] = []
    page.on("request", lambda request: told.append(request) if request.url.endswith("/typing") else None)
    await page.get_by_label("Votre message").type("je ne sais pas")
    async with asyncio.timeout(10):
        while not told:  # noqa: ASYNC110 - an event of the browser
            await asyncio.sleep(0.02)
    assert [request.post_data for request in told] == [None]  # once for many letters
    assert site.store.typing.person_until(number) is None  # only the program answers: nothing is noted
    add_account(site.store, "nour", ["reviewer"], now())
    with site.store.desk.turn(number, 1, now()) as turn:
        turn.take_over("Nour")
    async with asyncio.timeout(20):
        while site.store.typing.person_until(number) is None:
            await page.get_by_label("Votre message").type(".")
            await asyncio.sleep(0.3)
    assert await page.get_by_text("On vous écrit…").is_hidden()
    site.store.typing.staff(number, 1, now() + timedelta(seconds=6))
    await page.get_by_text("On vous écrit…").wait_for()
    site.store.typing.stop(number)
    with site.store.desk.turn(number, 1, now()) as turn:
        turn.reply("Nour", "Me voici", {"text": "Me voici", "buttons": [], "keys": []})
    await page.get_by_text("Me voici").wait_for()
    assert await page.get_by_text("On vous écrit…").is_hidden()


async def test_another_site_cannot_say_that_she_types(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url) as client:
        assert (await client.post("/typing", headers={"sec-fetch-site": "cross-site"})).status_code == 403
        client.cookies.set(COOKIE, "nobody")
        assert (await client.post("/typing")).status_code == 204
    assert site.store.cases() == []


@pytest.mark.parametrize("way", ["button", "escape", "word"])
async def test_leaving_replaces_the_page_keeps_nothing_and_tells_the_server(site: Site, way: str) -> None:
    page = await site.page()
    await begin(page)
    cookies = await page.context.cookies()
    assert [(cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) for cookie in cookies] == [
        (COOKIE, True, "Strict", -1)
    ]
    chat = _chat(cookies[0]["value"])
    kept = "JSON.stringify([localStorage.length, sessionStorage.length, document.cookie])"
    assert await page.evaluate(kept) == '[0,0,""]'
    if way == "button":
        await page.get_by_role("button", name="Quitter").click()
    elif way == "escape":
        for _ in range(3):
            await page.keyboard.press("Escape")
    else:
        await page.get_by_label("Votre message").fill("parapluie")
        await page.get_by_label("Votre message").press("Enter")
    await page.wait_for_url(site.neutral)
    async with asyncio.timeout(10):
        while not (case := site.store.peek("web", chat)) or not case.state["dull"]:  # noqa: ASYNC110 - another task
            await asyncio.sleep(0.02)
        while await page.context.cookies(site.url):  # noqa: ASYNC110 - the beacon's answer
            await asyncio.sleep(0.02)
    await page.go_back()
    assert "Qui êtes-vous" not in await page.content()
    await page.goto(site.url)
    assert "Qui êtes-vous" not in await page.content()


async def test_the_essentials_work_without_script(site: Site) -> None:
    page = await site.page(java_script_enabled=False)
    await page.get_by_role("button", name="Commencer").click()
    await page.get_by_role("button", name="Oui, il est sûr").click()
    await page.get_by_role("button", name="Oui, gardez-les").click()
    await page.get_by_text("Qui êtes-vous dans cette histoire").wait_for()
    await page.get_by_label("Votre message").fill("c'est moi la victime")
    await page.get_by_role("button", name="Envoyer").click()
    await page.get_by_role("log").get_by_text("c'est moi la victime").wait_for()
    assert await page.locator("article").last.get_attribute("class") == "theirs"
    assert await page.locator("article").last.get_by_role("button").count() > 1  # the next question
    await page.get_by_role("button", name="Quitter").click()
    await page.wait_for_url(site.neutral)
    assert await page.context.cookies(site.url) == []


async def test_a_file_dropped_never_leaves_the_browser(site: Site, tmp_path: Path) -> None:
    page = await site.page()
    await begin(page)
    bodies: list[bytes] = []
    page.on("request", lambda request: bodies.append(request.post_data_buffer or b""))
    capture = tmp_path / "capture.png"
    capture.write_bytes(b"\x89PNG-CANARI-7781" * 100)
    await page.get_by_label("Signaler une capture d'écran").set_input_files(capture)
    await page.get_by_role("log").get_by_text("capture.png").wait_for()
    (number,) = site.store.cases()
    async with asyncio.timeout(10):
        while not (case := site.store.by_number(number)) or not case.exhibits:  # noqa: ASYNC110 - another task
            await asyncio.sleep(0.02)
    media = case.exhibits[0].media
    assert media is not None
    assert (media["kind"], media["mime"], media["size"]) == ("photo", "image/png", 1600)
    assert not any(b"CANARI" in body for body in bodies)


async def test_the_page_is_neutral_small_and_strict(site: Site) -> None:
    page = await site.page()
    await begin(page)
    assert await page.title() == "Informations pratiques"
    async with httpx.AsyncClient(base_url=site.url) as client:
        answers = [await client.get(path) for path in ("/", "/chat.css", "/chat.js", "/icon.svg")]
    assert sum(len(answer.content) for answer in answers) < PAGE_WEIGHT
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers  # none before she starts
    assert "Recours" not in answers[0].text.split("</head>")[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_axe_finds_nothing_and_nothing_overflows(site: Site, width: int, scheme: str) -> None:
    page = await site.page(viewport={"width": width, "height": 640}, color_scheme=scheme)
    for stage in ("first", "begun"):
        if stage == "begun":
            await begin(page)
        results = await Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        assert results.violations_count == 0, results.generate_report()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [await button.bounding_box() for button in await page.get_by_role("button").all()]
        assert all(box and min(box["width"], box["height"]) >= SMALLEST_TARGET for box in boxes)


async def test_a_screen_reader_finds_the_keys_first_then_the_log_then_the_field(site: Site) -> None:
    page = await site.page()
    await begin(page)
    tree = await page.locator("body").aria_snapshot()
    order = ['button "Aide urgente"', 'button "Passer"', 'button "Quitter"', "heading", 'log "Conversation"',
             "Qui êtes-vous", 'textbox "Votre message"', 'button "Envoyer"']  # fmt: skip
    places = [tree.find(part) for part in order]
    assert -1 not in places, tree
    assert places == sorted(places), tree


async def test_another_site_cannot_make_her_speak(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url) as client:
        foreign = await client.post("/say", data={"text": "x"}, headers={"Origin": "https://evil.example"})
        marked = await client.post("/leave", headers={"Sec-Fetch-Site": "cross-site"})
        huge = await client.post("/say", data={"text": "x" * 300_000})
    assert (foreign.status_code, marked.status_code, huge.status_code) == (403, 403, 413)
    assert site.store.cases() == []


async def test_what_she_and_the_bot_write_is_shown_and_never_run(site: Site) -> None:
    page = await site.page()
    await begin(page)
    await page.get_by_label("Votre message").fill("<img src=x onerror=document.title='XSS'><script>alert(1)</script>")
    await page.get_by_label("Votre message").press("Enter")
    await page.get_by_role("log").get_by_text("<img src=x").wait_for()
    assert await page.title() == "Informations pratiques"
    assert await page.locator("#thread img, #thread script").count() == 0
