"""Pages of Markdown as sessions: which blocks they have, and what came of running one after the other.

`ipython` and `python` blocks are cells of one shell; `sh` blocks run in a shell of the system. A block with `title="PATH"`
is a file that is written. An `output` block is what the block before it shows; where it begins with an error, that block
has to raise it. In front of a fence `<!-- not run: WHY -->` leaves a block out; `<!-- setup: NAME -->` names a function
of `setups.py` that prepares the folder before the first block runs.
"""

from __future__ import annotations

import atexit
import builtins
import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from migration_magics import errors
from migration_magics.magics.extension import unload
from tests.docs import setups

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CELLS = ("ipython", "python")

HOME = "/home/ada/lab"
"""What pages show as the folder that they work in."""

_FENCE = re.compile(r"(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)(?P<rest>[^`]*)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_OUT = re.compile(r"^Out\[\d+\]: \n?", re.MULTILINE)
_VARYING = re.compile(
    r"(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])|(?:< )?\b\d+(\.\d+)? ?(ms|s)\b|\b20\d\d-\d\d-\d\d( \d\d:\d\d(:\d\d(\.\d+)?)?)?"
)
"""What is another one in each run: ids and fingerprints, times, dates."""
_RULE = re.compile("─+")
_SLOWEST = re.compile(r"^ *Slowest operations on the copy:\n(?: +.*\n?)+", re.MULTILINE)
"""What a rehearsal tells where an operation took long enough to be worth it: that depends on the machine."""
_MARK = re.compile(r"<!-- (not run|setup): (.+?) -->")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: *line* is that of its fence, *title* the file it is, *not_run* why it is left out."""

    line: int
    language: str
    text: str
    title: str = ""
    not_run: str = ""

    @property
    def runs(self) -> bool:
        """It is run when its page is."""
        return not self.not_run and (bool(self.title) or self.language in (*CELLS, "sh"))


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its blocks in order; *setups* prepare its folder."""

    path: Path
    blocks: tuple[Block, ...]
    setups: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path in the repository."""
        return self.path.relative_to(ROOT).as_posix()


def pages() -> list[Page]:
    """Return README.md and every page of docs/."""
    return [read(path) for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))]


def read(path: Path) -> Page:
    """Return the page at *path*."""
    blocks: list[Block] = []
    setups: list[str] = []
    not_run = ""
    lines = iter(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if mark := _MARK.fullmatch(line.strip()):
            if mark[1] == "setup":
                setups.append(mark[2])
            else:
                not_run = mark[2]
        elif fence := _FENCE.fullmatch(line):
            text = "\n".join(_inside(lines, fence))
            title = re.search(r'title="([^"]+)"', fence["rest"])
            blocks.append(Block(number, fence["language"], text, title[1] if title else "", not_run))
            not_run = ""
        elif line.strip():
            not_run = ""
    return Page(path, tuple(blocks), tuple(setups))


def _inside(lines: Iterator[tuple[int, str]], fence: re.Match[str]) -> Iterator[str]:
    for _, line in lines:
        if line.strip() == fence["ticks"]:
            return
        yield line.removeprefix(fence["indent"])
    raise AssertionError("a fence that is never closed")


class Session:
    """A shell in *folder* that runs the blocks of one page."""

    def __init__(self, folder: Path, *, loaded: bool) -> None:
        self._folder = folder
        self._modules = set(sys.modules)
        config = Config()
        config.InteractiveShell.colors = "nocolor"
        config.HistoryManager.hist_file = ":memory:"
        self._shell = InteractiveShell.instance(config=config)
        if loaded:
            self._shell.run_line_magic("load_ext", "migration_magics")

    def run(self, block: Block) -> tuple[str, BaseException | None]:
        """Run *block*; return the text it showed, and the error it ended in."""
        if block.title:
            path = self._folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text + "\n", encoding="utf-8")
            return "", None
        return self._system(block.text) if block.language == "sh" else self._cell(block.text)

    def close(self) -> None:
        """End the shell, and forget the modules that came from the folder."""
        unload(self._shell)
        if self._shell.history_manager:
            self._shell.history_manager.end_session()
        self._shell.atexit_operations()
        atexit.unregister(self._shell.atexit_operations)
        InteractiveShell.clear_instance()
        for name in set(sys.modules) - self._modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(self._folder)):
                del sys.modules[name]

    def _cell(self, text: str) -> tuple[str, BaseException | None]:
        with capture_output() as captured:
            done = self._shell.run_cell(text)
        shown = [_OUT.sub("", _ANSI.sub("", captured.stdout)), *(o.data["text/plain"] for o in captured.outputs)]
        return "\n".join(shown).replace(str(self._folder), HOME), done.error_in_exec or done.error_before_exec

    def _system(self, text: str) -> tuple[str, BaseException | None]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-ec", text],
            cwd=self._folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        error = None if done.returncode == 0 else ChildProcessError(f"{done.returncode}: {done.stderr[-2000:]}")
        return done.stdout.replace(str(self._folder), HOME), error


def run(page: Page, folder: Path) -> Iterator[tuple[Block, str, BaseException | None, Block | None]]:
    """Run *page* in the working directory *folder*: each block, what it showed, its error, the `output` block below it."""
    os.environ["COLUMNS"] = "100"
    before = [getattr(setups, setup)(folder) for setup in page.setups]
    is_loaded_there = any("%load_ext migration_magics" in block.text for block in page.blocks if block.runs)
    session = Session(folder, loaded=not is_loaded_there)
    try:
        for cell in filter(None, before):
            _, error = session.run(Block(0, "ipython", cell))
            assert error is None, error
        for block, after in zip(page.blocks, (*page.blocks[1:], None), strict=True):
            if block.runs:
                shown, error = session.run(block)
                yield block, shown, error, after if after and after.language == "output" else None
    finally:
        session.close()
        del os.environ["COLUMNS"]


def expects_error(output: Block) -> str:
    """Return the name of the error that *output* begins with, or ""."""
    named = re.match(r"([A-Z]\w+): ", output.text)
    return named[1] if named and (hasattr(errors, named[1]) or hasattr(builtins, named[1])) else ""


def differs(wanted: str, shown: str) -> str:
    """Return how *shown* differs from *wanted*, "" where it does not.

    `...` stands for anything, an id or a time for any other, a break of lines for a space.
    """
    want, got = (_RULE.sub("─", _VARYING.sub("~", _SLOWEST.sub("", text))).replace("·", "") for text in (wanted, shown))
    if doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE):
        return ""
    return f"the page says\n\n{wanted}\n\nand it shows\n\n{shown}"
