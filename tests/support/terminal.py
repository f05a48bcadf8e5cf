"""IPython in a terminal: a real one under a pseudo-terminal, and an emulator that says what a person would see."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .jupyter import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEOUT_S = 30.0
_ROWS = 300
_WIDEST = 400
"""The emulator has more columns than the program is told: a line that is too long is then seen as one."""

_PROGRAM = ("-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=nocolor", "--HistoryManager.enabled=False")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal in which IPython runs."""

    columns: int
    child: Any
    screen: Any
    stream: Any

    def lines(self) -> list[str]:
        """Return what is on the screen now, without empty space at the right and at the end."""
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def wait_for(self, fact: Callable[[list[str]], bool]) -> list[str]:
        """Read what the program writes until *fact* holds of the lines, and return them; AssertionError when it never does."""
        import pexpect

        end = time.monotonic() + TIMEOUT_S
        while not fact(self.lines()):
            assert time.monotonic() < end, "it never came true:\n" + "\n".join(self.lines())
            with contextlib.suppress(pexpect.TIMEOUT):
                self.stream.feed(self.child.read_nonblocking(65_536, timeout=0.2))
        return self.lines()

    def type(self, keys: str) -> None:
        """Press *keys*, and wait until the prompt shows the line."""
        self.child.send(keys)
        self.wait_for(lambda lines: bool(lines) and lines[-1].endswith(keys.rstrip()))

    def press(self, key: str) -> None:
        """Press one key and wait for nothing."""
        self.child.send(key)

    def run(self, line: str) -> list[str]:
        """Run *line* and return what it showed, below the line itself, when the next prompt is there."""
        prompt = self._prompts(self.lines())[-1]
        self.type(line)
        self.press("\r")
        lines = self.wait_for(lambda lines: self._prompts(lines)[-1] != prompt and lines[-1].startswith("In ["))
        typed = max(number for number, each in enumerate(lines) if each.startswith(prompt))
        shown = lines[typed + 1 : -1]
        return shown[:-1] if shown and not shown[-1] else shown

    @staticmethod
    def _prompts(lines: list[str]) -> list[str]:
        return [line.partition("]:")[0] for line in lines if line.startswith("In [")] or [""]


@contextlib.contextmanager
def running_terminal(folder: Path, home: Path, columns: int) -> Iterator[Terminal]:
    """Give an IPython in a terminal of *columns* that works in *folder* and keeps its own files below *home*."""
    import pexpect
    import pyte

    child = pexpect.spawn(
        sys.executable,
        list(_PROGRAM),
        cwd=str(folder),
        dimensions=(_ROWS, columns),
        encoding="utf-8",
        # the emulator is only read, so it cannot answer where its cursor is
        env={**_without_size(environment(home)), "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"},
    )
    screen = pyte.Screen(_WIDEST, _ROWS)
    terminal = Terminal(columns, child, screen, pyte.Stream(screen))
    try:
        terminal.wait_for(lambda lines: bool(lines) and lines[-1].startswith("In [1]:"))
        yield terminal
    finally:
        child.close(force=True)


def _without_size(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in ("COLUMNS", "LINES")}
