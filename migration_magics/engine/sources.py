"""The text of a revision file."""

from __future__ import annotations

import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.graph import Revision


def revision_source(revision: Revision) -> str:
    """Return the source of *revision* in the encoding its file declares; "" for a compiled or vanished file."""
    if revision.path is None or not revision.path.endswith(".py"):
        return ""
    try:
        with tokenize.open(Path(revision.path)) as file:
            return file.read()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return ""
