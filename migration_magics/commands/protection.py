"""What keeps a protected connection protected: no second name, no shadow and no rebinding is a way around it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..engine import configuration, connecting
from ..errors import MigrationError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.database import Database
    from .workspace import WorkspaceState


def require_name(
    ws: WorkspaceState, database: Database, source: object, environment: Mapping[str, str] = os.environ
) -> None:
    """Raise UsageProblem where the name of *database* is that of another one which is protected, open or in pyproject.toml."""
    name = database.name
    is_itself = isinstance(source, configuration.NamedConnection) and source.name == name
    known = configuration.read().connections.get(name)
    if (
        known is not None
        and known.protected
        and not is_itself
        and not _is_same(_identity(known, environment), database)
    ):
        raise UsageProblem(
            f"{name} is a protected connection of pyproject.toml, and another database.",
            hint=f"choose another name: --as {name}_2, or connect to the one of that name: %migrate connect {name}",
        )
    before = ws.databases.get(name)
    if before is not None and before.is_protected and not _is_same(before.identity, database):
        raise UsageProblem(
            f"{name} is the name of another database, which is protected.",
            hint=f"choose another name: --as {name}_2, or first %migrate disconnect {name}",
        )


def spread(ws: WorkspaceState, database: Database, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Protect *database* where it is one that is protected by another name, and its other names where it is; say so."""
    twins = [one for one in ws.databases.values() if one.name != database.name and _is_same(one.identity, database)]
    if not database.is_protected:
        twin = next((one.name for one in twins if one.is_protected), None) or _configured_twin(
            ws, database, environment
        )
        if twin is None:
            return ()
        database.is_protected = True
        return (f"It is the database of {twin}, which is protected, and so is {database.name}.",)
    open_ones = [one for one in twins if not one.is_protected]
    for one in open_ones:
        one.is_protected = True
    return tuple(f"{one.name} is the same database, and protected now, too." for one in open_ones)


def _configured_twin(ws: WorkspaceState, database: Database, environment: Mapping[str, str]) -> str | None:
    """The protected connection of pyproject.toml, or the open one of the same name, whose database this is."""
    before = ws.databases.get(database.name)
    if before is not None and before.is_protected and _is_same(before.identity, database):
        return before.name
    found = (one for one in configuration.read().connections.values() if one.protected)
    return next((one.name for one in found if _is_same(_identity(one, environment), database)), None)


def _is_same(identity: str | None, database: Database) -> bool:
    return connecting.is_one_place(identity, database.identity)


def _identity(named: configuration.NamedConnection, environment: Mapping[str, str]) -> str | None:
    """What tells its database from others; None where its URL is kept where it cannot be read now."""
    url = environment.get(named.url[4:], "") if named.url.startswith("env:") else named.url
    try:
        return connecting.identity_of(url)
    except MigrationError:  # no URL: whoever connects to it is told
        return None
