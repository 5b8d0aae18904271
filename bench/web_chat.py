"""The web chat in a real Chromium: time to first message on a throttled connection, page weight, leave key.

Baseline in the same run: an empty page with one button and one script line, on the same server, same throttling.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from playwright.async_api import Browser, Page, async_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.channels import web  # noqa: E402 - the path is set above
from bot.listening import listening  # noqa: E402 - the path is set above
from bot.service import Service  # noqa: E402 - the path is set above
from tests.builders import a_store, means_with  # noqa: E402 - the path is set above
from tests.ports import free_port, until_listening  # noqa: E402 - the path is set above

RUNS = 12
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]  # fmt: skip
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
EMPTY = "<!doctype html><title>x</title><button onclick=\"document.body.append('ok')\">Commencer</button>"


@asynccontextmanager
async def served(neutral: str) -> AsyncIterator[str]:
    """The chat on loopback."""
    port = free_port()
    means = means_with(
        lambda config: replace(config, web=replace(config.web, enabled=True, port=port, leave_to=neutral))
    )
    with tempfile.TemporaryDirectory() as folder:
        store = a_store(Path(folder))
        async with web.opened(means.config, means.knowledge) as channel:
            task = asyncio.create_task(Service(means, store, [channel]).run())
            await until_listening(port)
            yield f"http://127.0.0.1:{port}/"
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        store.close()


async def a_page(browser: Browser, *, slow: bool) -> tuple[Page, list[int]]:
    """A page of a fresh profile; the list receives the size on the wire of each answer, in bytes."""
    context = await browser.new_context(locale="fr-FR")
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    if slow:
        await session.send("Network.emulateNetworkConditions", SLOW)
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    return page, sizes


async def first_message(browser: Browser, url: str, awaited: str) -> tuple[float, float, int]:
    """Seconds until the page can be used, seconds until the first message after pressing the button, bytes."""
    page, sizes = await a_page(browser, slow=True)
    began = perf_counter()
    await page.goto(url)
    await page.get_by_role("button", name="Commencer").wait_for()
    usable = perf_counter() - began
    weight = sum(sizes)
    await page.get_by_role("button", name="Commencer").click()
    await page.get_by_text(awaited).first.wait_for()
    seconds = perf_counter() - began
    await page.context.close()
    return usable, seconds, weight


async def leaving(browser: Browser, url: str, neutral: str) -> tuple[float, float]:
    """Milliseconds from the key to nothing on the screen, and to the neutral page."""
    page, _ = await a_page(browser, slow=False)
    await page.goto(url)
    await page.get_by_role("button", name="Commencer").click()
    await page.get_by_text("Ce téléphone est-il sûr").wait_for()
    times: dict[str, float] = {}
    page.on("console", lambda message: times.update(_noted(message.text)))
    await page.evaluate(
        "const note = (what) => console.log(what + ' ' + (performance.timeOrigin + performance.now()));"
        "document.querySelector('.leave').addEventListener('click', () => note('pressed'), true);"
        "new MutationObserver(() => { if (!document.body.children.length) note('emptied'); })"
        ".observe(document.body, {childList: true});"
    )
    await page.get_by_role("button", name="Quitter").click()
    await page.wait_for_url(neutral)
    arrived = await page.evaluate("performance.timeOrigin + performance.getEntriesByType('navigation')[0].responseEnd")
    await page.context.close()
    return times["emptied"] - times["pressed"], arrived - times["pressed"]


def _noted(text: str) -> dict[str, float]:
    what, _, at = text.partition(" ")
    return {what: float(at)} if what in ("pressed", "emptied") else {}


def line(name: str, values: list[float], unit: str) -> None:
    """Median and worst."""
    print(f"{name:58} median {statistics.median(values):8.1f} {unit}   worst {max(values):8.1f} {unit}")


async def main() -> None:
    """Run and print."""
    other = free_port()
    neutral = f"http://127.0.0.1:{other}/meteo"

    async def weather(_: object) -> Response:
        return HTMLResponse("<title>Météo</title>")

    async def empty(_: object) -> Response:
        return HTMLResponse(EMPTY)

    elsewhere = Starlette(routes=[Route("/meteo", weather), Route("/empty", empty)])
    async with listening(elsewhere, "127.0.0.1", other), served(neutral) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        print(f"{RUNS} runs each; throttled to 400 kbit/s and 400 ms a round trip (Chromium's slow 3G)")
        await first_message(browser, url, "Je suis un programme")  # the models are loaded by the first message
        chat = [await first_message(browser, url, "Je suis un programme") for _ in range(RUNS)]
        bare = [await first_message(browser, f"http://127.0.0.1:{other}/empty", "ok") for _ in range(RUNS)]
        line("page usable", [usable * 1000 for usable, _, _ in chat], "ms")
        line("page usable, empty page (baseline)", [usable * 1000 for usable, _, _ in bare], "ms")
        line("first message on the screen", [seconds * 1000 for _, seconds, _ in chat], "ms")
        line("page weight on the wire", [weight / 1000 for _, _, weight in chat], "kB")
        keys = [await leaving(browser, url, neutral) for _ in range(RUNS)]
        line("leave key: screen emptied after", [emptied for emptied, _ in keys], "ms")
        line("leave key: neutral page received after", [arrived for _, arrived in keys], "ms")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
