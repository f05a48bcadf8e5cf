"""Fixtures for all tests.

Databases: `sqlite_url`, `postgresql_url` and `mariadb_url` are each a new empty database for one test, as a URL string.
`database_url` runs a test on all three.
Notebooks: `kernel` is a new IPython kernel, `run_notebook` runs cells in one from first to last, `notebook_page` is a page
of JupyterLab in Chromium.
"""

from __future__ import annotations

import contextlib
import signal
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.browser import chromium, running_chromium
from tests.support.databases import mariadb_server, postgresql_server
from tests.support.kernel import execute, notebook_of, running_kernel
from tests.support.lab import open_page, running_lab
from tests.support.need import missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nbformat import NotebookNode
    from playwright.sync_api import BrowserContext

    from tests.support.browser import Chromium
    from tests.support.databases import Server
    from tests.support.kernel import Kernel
    from tests.support.lab import Lab, NotebookPage


def pytest_configure() -> None:
    """Let interrupts through, and examples take their time: on a busy machine a deadline is a matter of luck.

    A shell that starts the tests in its background has interrupts ignored, and what waits for one hangs.
    """
    settings.register_profile("migration_magics", deadline=None)
    settings.load_profile("migration_magics")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for caches: none of a test's replays are kept in the user's own, also not those of wider fixtures."""
    folder = tmp_path_factory.mktemp("caches")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MIGRATION_MAGICS_CACHE", str(folder / "shared"))
        yield folder


@pytest.fixture(autouse=True)
def cache_folder(_caches: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the test's replays are kept: a folder of its own, made when something is written."""
    folder = _caches / uuid.uuid4().hex
    monkeypatch.setenv("MIGRATION_MAGICS_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One PostgreSQL for this pytest process."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(postgresql_server())
        except LookupError as error:
            missing("pg", str(error))
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """One MariaDB for this pytest process."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(mariadb_server())
        except LookupError as error:
            missing("mariadb", str(error))
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A new SQLite file."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    """A new PostgreSQL database."""
    with postgresql.new_database() as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb: Server) -> Iterator[str]:
    """A new MariaDB database."""
    with mariadb.new_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database of each of the three kinds."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def kernel(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A new IPython kernel that works in `tmp_path`."""
    with running_kernel(tmp_path, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def run_notebook(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., NotebookNode]:
    """Run cells of code in a new kernel in `tmp_path`: `run_notebook("x = 1", "x")` gives the notebook with outputs."""

    def run(*cells: str) -> NotebookNode:
        return execute(notebook_of(cells), tmp_path, tmp_path_factory.mktemp("home"))

    return run


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for this pytest process."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One Chromium for this pytest process."""
    executable = chromium()
    if executable is None:
        missing("chromium", "no Chromium on this machine")
    with running_chromium(executable, tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def browser_context(browser: Chromium) -> Iterator[BrowserContext]:
    """The Chromium, as Playwright has it, for a module: `asyncio.run` fails there, so such tests belong elsewhere."""
    with browser.connected() as context:
        yield context


@pytest.fixture
def notebook_page(browser_context: BrowserContext, lab: Lab) -> Iterator[NotebookPage]:
    """JupyterLab without a notebook, its `open` or `run_cells` shows one; fails where the console tells an error.

    A test that expects errors or requests to the outside compares and clears `errors` and `foreign`.
    """
    with open_page(lab, browser_context) as page:
        yield page
    assert (page.foreign, page.errors) == ([], [])
