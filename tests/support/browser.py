"""One headless Chromium for all browser tests of a process, and its pages.

Nothing is loaded from outside: the browser resolves no name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .processes import spawn, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

START_TIMEOUT_S = 60.0
WIDTH, HEIGHT = 1200, 1900
"""Of the window, in CSS pixels: tall, so that all cells of a short notebook are in view."""

_FLAGS = (
    "--headless",
    "--remote-debugging-port=0",  # a free one, told in DevToolsActivePort
    "--no-sandbox",  # as root Chromium has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--password-store=basic",
    "--use-mock-keychain",
    "--mute-audio",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
    # the proof that nothing is loaded from outside; Playwright's route() would switch the HTTP cache off
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "about:blank",
)


def chromium() -> str | None:
    """Return the installed Chromium: `MM_CHROMIUM`, or what PATH has."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("MM_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@dataclass(frozen=True, slots=True)
class Chromium:
    """A running browser, which outlives who talks to it: its pages stay as they are."""

    port: int

    @contextlib.contextmanager
    def connected(self) -> Iterator[BrowserContext]:
        """Give the browser's one context, which keeps pages and HTTP cache.

        Meanwhile the main thread has a running event loop (Playwright's), and `asyncio.run` fails in it: so a module of
        tests connects for itself, and not the whole process.
        """
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{self.port}")
            yield browser.contexts[0]
            browser.close()  # the connection, not the browser


@contextlib.contextmanager
def running_chromium(executable: str, home: Path) -> Iterator[Chromium]:
    """Give a headless Chromium that keeps its files in *home*."""
    told, log = home / "DevToolsActivePort", home / "chromium.log"
    process = spawn([executable, f"--user-data-dir={home}", *_FLAGS], log=log, env={**os.environ, "HOME": str(home)})
    try:
        end = time.monotonic() + START_TIMEOUT_S
        while not (told.exists() and told.read_text().count("\n")):
            if process.poll() is not None or time.monotonic() > end:
                msg = f"Chromium did not start:\n{log.read_text(errors='replace')[-4000:]}"
                raise RuntimeError(msg)
            time.sleep(0.02)
        yield Chromium(int(told.read_text().split()[0]))
    finally:
        stop(process)


def as_new(page: Page) -> Page:
    """Return *page* with what a test may have changed of its window put back."""
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.emulate_media(media="null", color_scheme="null", reduced_motion="null", forced_colors="null")
    return page
