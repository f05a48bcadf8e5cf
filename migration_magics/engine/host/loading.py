"""Import one revision file the way Alembic does: under a name of its own, not in `sys.modules`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import util

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


def load_revision(path: Path) -> ModuleType:
    """Return the module of the file at *path*, run anew. Whatever its code raises, this raises."""
    return util.load_python_file(path.parent, path.name)
