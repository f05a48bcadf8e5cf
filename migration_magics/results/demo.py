"""Set up: the playground."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from .place import Connected


@dataclass(frozen=True, slots=True)
class Playground(Connected):
    """`demo`: the playground that was made, and is connected.

    *rows* has each table with how many rows it has, largest first; *ahead* is what the models have and no revision;
    *next_commands* are what to try first. *is_new* is False for one that was there and is only connected.
    """

    directory: str = ""
    files: tuple[str, ...] = ()
    rows: tuple[tuple[str, int], ...] = ()
    ahead: str = ""
    next_commands: tuple[str, ...] = ()
    is_new: bool = True

    def records(self) -> list[dict[str, Any]]:
        return [{"table": table, "rows": rows} for table, rows in self.rows]


def again(directory: str) -> str:
    """Return the command that makes the playground in *directory* anew."""
    return f"%migrate demo{'' if directory == 'demo' else f' {shlex.quote(directory)}'} --reset"
