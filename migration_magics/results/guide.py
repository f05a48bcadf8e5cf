"""Help and the last error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..model.plain import plain
from .base import Result


@dataclass(frozen=True, slots=True)
class HelpEntry:
    """One command or option in a help page."""

    name: str
    summary: str
    group: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class HelpPage(Result):
    """`help [COMMAND]` and `--help`: usage, what it does, its arguments and options (or all commands), examples."""

    is_about_one_connection: ClassVar[bool] = False
    title: str
    usage: str
    summary: str
    entries: tuple[HelpEntry, ...]
    examples: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        return [plain(entry) for entry in self.entries]


@dataclass(frozen=True, slots=True)
class Why(Result):
    """`why`: the last error and how it came about.

    *traceback* is Python's text, first cause first, without secrets; everything is "" where no command has failed.
    """

    is_about_one_connection: ClassVar[bool] = False
    error: str = ""
    message: str = ""
    hint: str = ""
    traceback: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [plain(self)] if self.error else []
