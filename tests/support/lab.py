"""A JupyterLab on the loopback interface, and the page in a headless Chromium that shows its notebooks, one after the other.

Loading JupyterLab takes seconds, opening one more notebook in it a third: so one page serves all tests of a process. Each
test's notebooks are in a folder of their own, and what the test leaves is closed. A page records every request that is not
the server's, and every error in its console.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .browser import HEIGHT, as_new
from .jupyter import environment
from .kernel import notebook_of
from .processes import ROOT, spawn, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbformat import NotebookNode
    from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Page, Request, Response

START_TIMEOUT_S = 90.0

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
    "@jupyterlab/debugger-extension": True,  # complains in the console of each kernel that ends
}


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


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """Return *notebook* as if nobody had run it yet."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


@dataclass(slots=True)
class NotebookPage:
    """One notebook at a time, open in JupyterLab."""

    page: Page
    lab: Lab
    folder: Path
    """Where the test's notebooks are, and where their kernels work."""
    foreign: list[str] = field(default_factory=list)
    """Addresses asked for that are not the server's."""
    errors: list[str] = field(default_factory=list)
    """Failed requests, JavaScript errors, and what the console calls an error."""

    def open(self, name: str, notebook: NotebookNode) -> None:
        """Write *notebook* as the file *name*, open it in place of the last one, and wait until its kernel answers."""
        import nbformat

        nbformat.write(notebook, self.folder / name)
        path = f"{self.folder.name}/{name}"
        as_new(self.page)
        if self.page.evaluate("() => 'jupyterapp' in window"):
            self.page.evaluate(_OPEN, path)
        else:
            self.page.goto(f"{self.lab.url}/doc/tree/{path}?token={self.lab.token}", wait_until="domcontentloaded")
            self.page.wait_for_function(
                "() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 0",
                timeout=START_TIMEOUT_S * 1000,
            )
        self.page.evaluate(_READY)
        self.theme("JupyterLab Light")  # the server keeps a theme: an earlier test's would be inherited

    def run_cells(self, *cells: str) -> bool:
        """Open a notebook of *cells* and run them; return, when the last has ended, whether all of them ran."""
        self.open("cells.ipynb", notebook_of(cells))
        return self.run_all()

    def run_all(self) -> bool:
        """Run all cells; return, when the last has ended, whether all of them ran.

        What a failed cell says goes to standard output: to the report of a test that did not expect it.
        """
        if self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')"):
            return True
        failed = self.page.locator("[data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type*=error]")
        sys.stdout.write("\n".join(failed.all_inner_texts()))
        return False

    def run(self, number: int) -> bool:
        """Run cell *number*; return, when it has ended, whether it ran."""
        ran = self.page.evaluate(
            """number => {
                jupyterapp.shell.currentWidget.content.activeCellIndex = number;
                return jupyterapp.commands.execute('notebook:run-cell');
            }""",
            number,
        )
        return bool(ran)

    def settle(self) -> None:
        """Wait until the kernel has handled all it was sent, such as a widget's messages, and its answers are drawn.

        What a widget does in a thread of its own may go on: wait for what it shows.
        """
        self.page.evaluate(
            """async () => {
                await jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestKernelInfo();
                for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
            }"""
        )

    def saved(self) -> NotebookNode:
        """Save the notebook and return it, with its outputs and the state of its widgets."""
        import nbformat

        path = self.page.evaluate(
            "async () => (await jupyterapp.shell.currentWidget.context.save(), document.location.href)"
        )
        saved: NotebookNode = nbformat.read(self.folder / path.rsplit("/", 1)[1].split("?")[0], as_version=4)
        return saved

    def reopen_untrusted(self) -> None:
        """Save the notebook and open it as a colleague would: not trusted, its kernel gone, a new one started."""
        copy = self.saved()
        copy.metadata["copied"] = True  # JupyterLab signs what is in a notebook: no signature fits another content
        self.open("untrusted.ipynb", copy)
        widgets = "jupyterapp.shell.currentWidget.content.widgets"
        assert self.page.evaluate(f"() => {widgets}.every(w => w.model.type !== 'code' || !w.model.trusted)")

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

    def resize(self, width: int, height: int = HEIGHT) -> None:
        """Make the window *width* by *height* CSS pixels; the next notebook has it wide again."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate("async () => { for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame); }")

    def shoot(self, name: str, part: Locator | None = None) -> None:
        """Write a picture of the page, or of *part*, to *name*.png in the folder `MM_SHOTS`; without it none is taken."""
        if folder := os.environ.get("MM_SHOTS"):
            (part or self.page).screenshot(path=f"{folder}/{name}.png")

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


_CLOSE = """async () => {
    for (const panel of [...jupyterapp.shell.widgets('main')]) {
        await panel.sessionContext?.shutdown();
        panel.dispose();
    }
}"""

_OPEN = f"""async path => {{
    await ({_CLOSE})();
    await jupyterapp.commands.execute('docmanager:open', {{path, factory: 'Notebook'}});
}}"""

_READY = """async () => {
    const panel = jupyterapp.shell.currentWidget;
    await jupyterapp.restored;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
}"""


@contextlib.contextmanager
def open_page(lab: Lab, context: BrowserContext) -> Iterator[NotebookPage]:
    """Give the page without a notebook; whatever kernel it opens ends with it."""
    folder = lab.root / uuid.uuid4().hex
    folder.mkdir()
    page = context.pages[0] if context.pages else context.new_page()
    notebook = NotebookPage(page, lab, folder)
    with _watched(notebook):
        yield notebook
        page.evaluate(f"async () => {{ if (window.jupyterapp) await ({_CLOSE})(); }}")
        # The style sheets of widgets stay in a page, and with them how the next notebook looks: it gets a JupyterLab loaded anew.
        page.goto("about:blank")


@contextlib.contextmanager
def _watched(notebook: NotebookPage) -> Iterator[None]:
    """Fill *notebook*'s `foreign` and `errors`."""
    own = (notebook.lab.url, notebook.lab.url.replace("http:", "ws:"), "data:", "blob:")

    def asked(request: Request) -> None:
        if not request.url.startswith(own):
            notebook.foreign.append(request.url)

    def answered(response: Response) -> None:
        if response.status >= 400:
            notebook.errors.append(f"{response.status} {response.url}")

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            notebook.errors.append(f"console: {message.text}")

    def failed(error: Error) -> None:
        notebook.errors.append(f"pageerror: {error}")

    page = notebook.page
    page.on("request", asked)
    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", failed)
    try:
        yield
    finally:
        page.remove_listener("request", asked)
        page.remove_listener("response", answered)
        page.remove_listener("console", said)
        page.remove_listener("pageerror", failed)
