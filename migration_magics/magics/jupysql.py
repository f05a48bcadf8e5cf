"""What `%sql` of JupySQL is connected to, where it is in use: it is looked at in the kernel, and never imported."""

from __future__ import annotations

import sys

NAME = "jupysql"


def connection(name: str) -> object | None:
    """Return JupySQL's connection in use for "jupysql", that of an alias for "jupysql:ALIAS"; None where there is none.

    Source: JupySQL 0.11, `sql/connection/connection.py`, class `ConnectionManager`.
    """
    start, colon, alias = name.partition(":")
    if start != NAME:
        return None
    manager = getattr(sys.modules.get("sql.connection"), "ConnectionManager", None)
    if not colon:
        found: object | None = getattr(manager, "current", None)
        return found
    known = getattr(manager, "connections", None) or {}
    return next((each for each in known.values() if getattr(each, "alias", None) == alias), None)
