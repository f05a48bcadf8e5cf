"""Alembic 1.20 gives all revision files of a process one set of imports (`MigrationScript(imports=set())`)."""

from __future__ import annotations

import inspect

from alembic.operations import ops


def forget_imports() -> None:
    """Empty that set: what a hook of an earlier test imported would be in the next file that Alembic writes."""
    inspect.signature(ops.MigrationScript).parameters["imports"].default.clear()
