"""The width of a terminal, which only the magics ask for: a notebook has none, and results know nothing of either."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from ..display import COLUMNS, fit

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def fit_terminal(shell: InteractiveShell) -> None:
    """Let text be as wide as the terminal of *shell* is now (or `$COLUMNS` says); in a kernel it stays as it is."""
    if not hasattr(shell, "kernel"):
        fit(shutil.get_terminal_size((COLUMNS, 24)).columns)


def forget_terminal() -> None:
    """Let text be as wide as where nobody says."""
    fit(COLUMNS)
