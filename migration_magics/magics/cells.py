"""The cell magics: which lines of which cell a body is, so that errors can point there. It reads no code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_ONLY_MAGIC_LINE = re.compile(r"%%(revision|models)(?!\?)(\s|\Z)")


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Where a body stands: compile it under *filename* with its first line numbered *first_line*."""

    filename: str
    first_line: int


def place(shell: InteractiveShell, magic: str, line: str, body: str) -> CellPlace:
    """Return the place of *body* and make its source known, so that tracebacks show the cell's own lines and number."""
    first, last = f"%%{magic} {line}".rstrip(), body.rstrip("\n")
    typed = shell.history_manager.input_hist_raw[-1].rstrip("\n") if shell.history_manager else ""
    if first.split()[0] not in typed or not typed.endswith(f"\n{last}"):
        typed = f"{first}\n{last}"  # run from code, not typed into a cell: show what was run
    filename = shell.compile.cache(typed, shell.execution_count)
    return CellPlace(filename, typed[: len(typed) - len(last)].count("\n") + 1)


def cell_id(shell: InteractiveShell) -> str:
    """Return the front end's name for the cell that runs, which stays when it runs again; "" where it has none.

    JupyterLab and VS Code send it as `cellId` with each request (`execute_request` has no field for it yet).
    """
    parent = getattr(shell, "parent_header", None) or {}
    found = (parent.get("metadata") or {}).get("cellId")
    return found if isinstance(found, str) else ""


def begin_in_cell(error: BaseException, filename: str) -> None:
    """Let the traceback of *error* begin in the cell compiled under *filename*, without what ran the cell.

    Where it does not lead there it stays as it is; a SyntaxError names its line itself.
    """
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_filename != filename:
        traceback = traceback.tb_next
    if traceback is not None or (isinstance(error, SyntaxError) and error.filename == filename):
        error.__traceback__ = traceback


def keep_empty_cell(lines: list[str]) -> list[str]:
    """Give a cell that is nothing but `%%revision ...` or `%%models ...` an empty body line.

    IPython refuses a cell magic without a body in its own words (`run_cell_magic`, IPython 8 and 9) before the magic is
    asked; so `%%revision --help` would not work and our hint would not be seen.
    """
    if len(lines) == 1 and _ONLY_MAGIC_LINE.match(lines[0]):
        return [lines[0].rstrip("\n") + "\n", "\n"]
    return lines


# Not to be used for "is this input complete?": a terminal would then run the cell before its body can be typed.
keep_empty_cell.has_side_effects = True  # type: ignore[attr-defined]
