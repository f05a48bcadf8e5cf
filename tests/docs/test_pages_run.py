"""What a page says to type works when it is typed, and shows what the page says."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import CELLS, Page, differs, expects_error, pages, run

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = pages()
RUNNING = [page for page in PAGES if any(block.runs for block in page.blocks)]

NOT_RUN = {"installs packages": 4, "needs a server": 1, "a line of a file of models": 1}
"""How many blocks of all pages are not run, by why."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path: long ones break lines of outputs in other places than the page has."""
    with tempfile.TemporaryDirectory() as place:
        yield Path(place).resolve()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("page", RUNNING, ids=lambda page: page.name)
def test_a_page_is_a_session_that_works(page: Page, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for block, shown, error, after in run(page, folder):
        where = f"{page.name}:{block.line}"
        wanted = expects_error(after) if after else ""
        assert (type(error).__name__ if error else "") == wanted, f"{where}: {error}\n{shown}"
        if after:
            assert differs(after.text, shown) == "", where


def test_blocks_that_are_not_run_are_few_and_say_why():
    assert Counter(block.not_run for page in PAGES for block in page.blocks if block.not_run) == NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_an_output_belongs_to_a_cell(page: Page):
    before = (None, *page.blocks)
    for block, earlier in zip(page.blocks, before, strict=False):
        if block.language == "output":
            assert earlier is not None, page.name
            assert earlier.language in (*CELLS, "sh"), f"{page.name}:{block.line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_has_a_language(page: Page):
    """A block without one would be neither run nor marked as not to be."""
    assert [f"{page.name}:{block.line}" for block in page.blocks if not block.language] == []


@pytest.mark.parametrize("page", [page for page in PAGES if "how-to" in page.name], ids=lambda page: page.name)
def test_a_page_shows_one_run(page: Page):
    """The pages' own test takes any id for any other: a reader who compares them does not."""
    text = page.path.read_text(encoding="utf-8")
    written = set(re.findall(r"Wrote ([0-9a-f]{12}):", text))
    plans = set(re.findall(r"(?:plan[ =]\"?)([0-9a-f]{12})", text))
    assert len(plans) <= 1
    assert set(re.findall(r"(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])", text)) <= written | plans


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_takes_a_database_back_without_a_question_before_it_explains_why(page: Page):
    """A line that only lets a page run again belongs into its set-up: who copies it drops a column."""
    cells = [block.text for block in page.blocks if block.language == "ipython" and "--as staging" in block.text]
    assert not [cell for cell in cells if "downgrade" in cell and "--yes" in cell]
