"""Where models come from, and the flow of a `%%models` cell."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..engine import autogenerate, configuration
from ..engine.models import described
from ..engine.models.reading import Text
from ..engine.models.sources import by_name, metadatas_of
from ..errors import MigrationError, NoModels
from ..results import ModelsDefined
from .sides import extras_of, history_of

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from .workspace import WorkspaceState

_NEXT = "%migrate revision --autogenerate -m auto"


@dataclass(frozen=True, slots=True)
class Source:
    """Which models a command is about: *metadatas*, None for those that env.py gives; and in words where they come from."""

    metadatas: tuple[MetaData, ...] | None
    said: str


def source(ws: WorkspaceState, name: object = None) -> Source:
    """Return the models *name*, else those of `%%models` cells, else those pyproject.toml names, else those of env.py.

    Python code may give the models themselves in place of a name.
    Raises NoModels where *name* or what pyproject.toml names is not there, ModelsProblem where it does not import or is no
    models.
    """
    if name is not None:
        found, said = by_name(name, ws.lookup, lambda: ws.project)
        return Source(found, f"models of {said}")
    if ws.model_cells.metadatas:
        return Source(ws.model_cells.metadatas, "models of the %%models cells")
    named = configuration.read().models
    if named:
        several = [by_name(each, lambda _name: None, lambda: ws.project)[0] for each in named]
        unique = {id(metadata): metadata for found in several for metadata in found}
        return Source(tuple(unique.values()), f"models of {', '.join(named)}, as pyproject.toml says")
    return Source(None, "models of env.py")


def cell(
    ws: WorkspaceState,
    *,
    body: str,
    base: str | None = None,
    filename: str = "<models>",
    first_line: int = 1,
    cell_id: str = "",
    namespace: dict[str, Any] | None = None,
) -> ModelsDefined:
    """Define the models of the cell's *body* in place of what its last run defined, and say what is now pending.

    *base* names what of it is compared; *namespace* is where the cell runs: the notebook's variables, else a module of the
    workspace's own. Raises CellInvalid and ModelsProblem with the line of the cell, NoModels for an unknown *base*, and
    what the cell itself raises; then everything is as before.
    """
    text = Text(body, filename, first_line)
    variables = _own_namespace(ws) if namespace is None else namespace
    dialect = ws.database.engine.dialect if ws.has_connection else None
    found = ws.model_cells.run(text, variables, cell_id, _base(ws, base, text, variables), dialect)
    pending, code, notes = _pending(ws)
    return ModelsDefined(
        described.tables(found.tables, dialect),
        found.replaced,
        found.removed,
        found.taken_over,
        tuple(table.key for other in found.again for table in other.made.tables),
        found.waiting,
        pending,
        code,
        ws.database.name if ws.has_connection else "",
        source(ws).said if pending is not None else "",
        (*described.remarks(found), *notes),
        _next(ws, pending),
    )


def _own_namespace(ws: WorkspaceState) -> dict[str, Any]:
    """The variables of cells that come without a notebook: those of a module, for SQLAlchemy looks annotations up there."""
    name = f"migration_magics_models_{id(ws.model_cells):x}"
    module = sys.modules.setdefault(name, ModuleType(name))
    return vars(module)


def _base(
    ws: WorkspaceState, base: str | None, text: Text, namespace: dict[str, Any]
) -> tuple[str, tuple[MetaData, ...]]:
    if base is None:
        return "", ()
    if base in text.bound:
        return base, ()
    if base in namespace:
        return base, metadatas_of(namespace[base], base)
    try:
        return base, by_name(base, ws.lookup, lambda: ws.project)[0]
    except NoModels as error:
        hint = "--base takes what the cell or the notebook defines, such as Base, or package.module:attribute"
        raise NoModels(error.message, hint=hint) from error


def _pending(ws: WorkspaceState) -> tuple[Any, str, tuple[str, ...]]:
    """What would make the database what the cells say: the diff, or None and a note why there is none."""
    if not ws.has_connection:
        return None, "", ("No database is connected, so nothing was compared.",)
    metadatas = ws.model_cells.metadatas
    if not metadatas:
        return None, "", ("No cell defines a table.",)
    missing = described.undefined(metadatas)
    if missing:
        return None, "", (f"Nothing is compared until a model defines {', '.join(missing)}.",)
    try:
        with ws.one_look():
            history = history_of(ws)
            found = autogenerate.models_against(
                ws.environment, ws.database, history.x, history.engine_name, metadatas, setups=extras_of(ws)
            )
    except MigrationError as error:
        return None, "", (f"The models are defined, and not compared: {error.message}",)
    return found.diff, "\n".join((*found.imports, found.code)), found.notes


def _next(ws: WorkspaceState, pending: Any) -> str:
    if not ws.has_connection:
        return "%migrate connect URL"
    return _NEXT if pending else ""
