"""A page that is written to a file: at once or not at all, and never over a file of another kind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import Refused, UsageProblem

if TYPE_CHECKING:
    from pathlib import Path

MARK = "migration_magics report"
"""What stands near the start of every page of ours."""

_START = 1_000


def write(path: Path, text: str) -> None:
    """Put *text* at *path*, in place of an older page of ours. Raises Refused for another file, UsageProblem."""
    temporary = path.with_name(f".{path.name[:100]}-{os.getpid()}.tmp")
    try:
        if path.exists() and not _is_ours(path):
            raise Refused(
                f"{path} is there and is no report. Nothing was written.", hint=f"--to report{path.suffix or '.html'}"
            )
        try:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageProblem(
            f"{path} cannot be written: {error.strerror or error}.", hint="may you write there, and is there a folder?"
        ) from error


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(_START)
    return not start or MARK.encode() in start
