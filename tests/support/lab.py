"""A JupyterLab on the loopback interface, and a page in a headless Chromium that shows one of its notebooks.

Nothing is loaded from outside: the browser resolves no name, and a page records every request that is not the server's.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .jupyter import environment
from .processes import ROOT, spawn, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbformat import NotebookNode
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

START_TIMEOUT_S = 90.0

CHROMIUM_FLAGS = (
    "--no-sandbox",  # as root Chromium has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
    # the proof that nothing is loaded from outside; Playwright's route() would switch the HTTP cache off
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Light", "adaptive-theme": False},
    # cells outside the window stay in the document
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "kernelShutdown": True, "recordTiming": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False, "renameUntitledFileOnSave": False},
    "@jupyterlab/lsp-extension:plugin": {"activate": "off"},
}

DISABLED = {
    "@jupyterlab/apputils-extension:announcements": True,  # the pop-up over the lower right, and the update check
    "@jupyterlab/extensionmanager-extension:plugin": True,
    "@jupyterlab/apputils-extension:splash": True,  # the sheet over the page while a theme changes
}


def chromium() -> str | None:
    """Return the installed Chromium: `MM_CHROMIUM`, or what PATH has."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("MM_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@dataclass(frozen=True, slots=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    root: Path
    """Where its notebooks are."""


@contextlib.contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """Give a JupyterLab that keeps everything below *home*."""
    root, settings = home / "work", home / "config" / "labconfig"
    root.mkdir()
    settings.mkdir(parents=True)
    (settings / "default_setting_overrides.json").write_text(json.dumps(SETTINGS))
    (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": DISABLED}))
    port, token = _free_port(), uuid.uuid4().hex
    lab = Lab(f"http://127.0.0.1:{port}", token, root)
    process = spawn(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
        + ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
        + ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=", "--LabApp.extension_manager=readonly"]
        + ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        + (["--allow-root"] if ROOT else []),
        log=home / "lab.log",
        env=environment(home),
        death_signal=signal.SIGTERM,  # the server ends its kernels
        cwd=root,
    )
    try:
        end = time.monotonic() + START_TIMEOUT_S
        while not _answers(lab):
            if process.poll() is not None or time.monotonic() > end:
                msg = f"JupyterLab did not start:\n{(home / 'lab.log').read_text(errors='replace')[-4000:]}"
                raise RuntimeError(msg)
            time.sleep(0.05)
        yield lab
    finally:
        stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(lab: Lab) -> bool:
    request = urllib.request.Request(f"{lab.url}/api/status", headers={"Authorization": f"token {lab.token}"})  # noqa: S310 - http by construction
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310 - http by construction
            return bool(answer.status == 200)
    except OSError:
        return False


@contextlib.contextmanager
def running_browser(executable: str) -> Iterator[Browser]:
    """Give a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """Return *notebook* as if nobody had run it yet."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


@dataclass(slots=True)
class NotebookPage:
    """One notebook, open in JupyterLab."""

    page: Page
    lab: Lab
    foreign: list[str] = field(default_factory=list)
    """Addresses asked for that are not the server's."""
    errors: list[str] = field(default_factory=list)
    """Failed requests and JavaScript errors."""

    def open(self, name: str, notebook: NotebookNode) -> None:
        """Write *notebook* as the file *name*, open it, and wait until its kernel answers."""
        import nbformat

        nbformat.write(notebook, self.lab.root / name)
        self.page.goto(f"{self.lab.url}/doc/tree/{name}?token={self.lab.token}", wait_until="domcontentloaded")
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 0",
            timeout=START_TIMEOUT_S * 1000,
        )
        self.page.evaluate(
            """async () => {
                const panel = jupyterapp.shell.currentWidget;
                await jupyterapp.restored;
                await panel.context.ready;
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
            }"""
        )
        self.theme("JupyterLab Light")  # the server keeps a theme: an earlier test's would be inherited

    def run_all(self) -> bool:
        """Run all cells; return, when the last has ended, whether all of them ran."""
        return bool(self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')"))

    def theme(self, name: str) -> None:
        """Change to the theme *name* and wait until it shows."""
        light = "true" if "Light" in name else "false"
        self.page.evaluate("name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        self.page.wait_for_selector(
            f"body[data-jp-theme-light='{light}'][data-jp-theme-name='{name}']",
            state="attached",  # the body has no size: it counts as hidden
        )
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")
        self.page.wait_for_function("() => [...document.styleSheets].length && document.fonts.status === 'loaded'")

    def edit(self, number: int) -> None:
        """Put the cursor into cell *number*."""
        self.page.evaluate(
            """number => {
                const content = jupyterapp.shell.currentWidget.content;
                content.activeCellIndex = number;
                content.mode = 'edit';
                content.activeCell.editor.focus();
            }""",
            number,
        )

    def cell(self, number: int) -> Locator:
        """Return the cell *number*, counted from 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def output(self, number: int) -> Locator:
        """Return the outputs of cell *number*."""
        return self.cell(number).locator(".jp-OutputArea-output")


@contextlib.contextmanager
def open_page(lab: Lab, context: BrowserContext) -> Iterator[NotebookPage]:
    """Give an empty page; whatever kernel it opens ends with it."""
    page = context.new_page()
    notebook = NotebookPage(page, lab)
    own = (lab.url, lab.url.replace("http:", "ws:"), "data:", "blob:")
    page.on("request", lambda sent: None if sent.url.startswith(own) else notebook.foreign.append(sent.url))
    page.on("response", lambda got: notebook.errors.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    page.on("pageerror", lambda error: notebook.errors.append(f"pageerror: {error}"))
    try:
        yield notebook
    finally:
        page.evaluate("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown()")
        page.close()
