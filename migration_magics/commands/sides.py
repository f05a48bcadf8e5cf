"""What a schema command is asked about: a revision, `base`, `head`, the database, the models; each as a schema."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..engine import autogenerate_extras, planner
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import EnvironmentFailed, NotConnected, RevisionNotFound, UsageProblem
from ..lab.replay import History
from ..lab.timeline import NOTHING
from ..model.diff import SchemaDiff, diff
from ..model.loosely import loosely
from ..model.schema import Schema

if TYPE_CHECKING:
    from ..engine.database import Database
    from ..engine.host.comparators import Setup
    from .workspace import WorkspaceState

DATABASE, MODELS = "db", "models"
_SPELLINGS = {"database": DATABASE, "metadata": MODELS}
_USUAL = frozenset({"alembic_version"})
_STEPS = re.compile(r"[+-]\d+\Z")


@dataclass(frozen=True, slots=True)
class Side:
    """One schema, what it is called, and how it is known. *ids* is where it stands in the history, None where nowhere.

    What *is_live* was read from the database in use.
    """

    schema: Schema
    label: str
    place: str = ""
    notes: tuple[str, ...] = ()
    ids: tuple[str, ...] | None = None
    is_live: bool = False


def history_of(ws: WorkspaceState) -> History:
    """Return the project's history, ready to be replayed for the connection in use."""
    engine_name = ws.engine_name
    if engine_name is None and ws.has_connection:
        calls = ws.calls(ws.database)
        engine_name = calls[0].label if calls[0].siblings else None
    return History(ws.chain, ws.environment, ws.settings, ws.arguments(), engine_name, ws.on_step)


def extras_of(ws: WorkspaceState) -> tuple[Setup, ...]:
    """Return the comparators beside Alembic's own that the settings allow."""
    return (autogenerate_extras.setup,) if ws.settings.extra_comparators else ()


def like_of(ws: WorkspaceState) -> Database | None:
    """Return the database whose kind a replay is for: the one in use, or None."""
    return ws.database if ws.has_connection else None


def live(ws: WorkspaceState) -> Schema:
    """Return the schema of the database in use, without Alembic's version tables. Raises NotConnected."""
    database = ws.database
    if database.is_missing:
        return Schema(database.family)
    return without(database.read(reflect), version_tables(ws.calls(database)))


def _live_side(ws: WorkspaceState) -> Side:
    """The database in use; where env.py fails, which names the version table, that is taken to be the usual one."""
    database = ws.database
    try:
        schema, notes = live(ws), tuple[str, ...]()
    except EnvironmentFailed as error:
        schema = Schema(database.family) if database.is_missing else without(database.read(reflect), _USUAL)
        notes = (f"Where the database stands is not known. {error.message}",)
    heads = ws.heads_or_problem(database)[0]
    at = "" if heads is None else f", at {', '.join(heads) or 'base'}"
    is_known = heads is not None and all(id_ in ws.chain.graph for id_ in heads)
    return Side(schema, DATABASE, f"{database.name}{at}", notes, heads if is_known else None, is_live=True)


def side(
    ws: WorkspaceState,
    text: str,
    *,
    is_from_database: bool = False,
    models: str | None = None,
    doing: str = "diff",
) -> Side:
    """Return the schema that *text* means; *models* says which models, where it means those.

    *doing* is the command, for hints.
    Raises NotConnected, RevisionNotFound and its kin, ReplayFailed, NoModels.
    """
    wanted = _SPELLINGS.get(text, text)
    if wanted == DATABASE:
        return _live_side(ws)
    if wanted == MODELS:
        from ..lab.models import schema_of_models
        from .models import source

        meant = source(ws, models)
        at = schema_of_models(history_of(ws), like_of(ws), meant.metadatas)
        return Side(at.schema, MODELS, f"{meant.said}, {at.place}", at.notes)
    return side_at(ws, () if wanted == "base" else _ids(ws, wanted, doing), is_from_database=is_from_database)


def side_at(ws: WorkspaceState, ids: tuple[str, ...], *, is_from_database: bool = False) -> Side:
    """Return the schema at the revisions *ids*, nothing at none. Raises ReplayFailed."""
    if not ids and not is_from_database:
        return Side(Schema(_family(ws)), "base", NOTHING, ids=())
    at = ws.timelines.at(history_of(ws), like_of(ws), ids, is_from_database=is_from_database)
    place = at.place if at.place == NOTHING else f"replayed on {at.place}"
    return Side(at.schema, ", ".join(ids) or "base", place, at.notes, ids)


def _family(ws: WorkspaceState) -> str:
    return ws.database.family if ws.has_connection else "sqlite"


def _ids(ws: WorkspaceState, text: str, doing: str) -> tuple[str, ...]:
    """The revisions that *text* names; steps are counted from where the database stands."""
    if text == "current" or _STEPS.match(text):
        heads = ws.heads_of(ws.database)
        planner.require_known(ws.chain.graph, heads, ws.database.name)
        if text == "current":
            return heads
        if not heads:
            return planner.plan_upgrade(ws.chain, text, (), command=doing).to_heads if text[0] == "+" else ()
        if len(heads) > 1:
            raise UsageProblem(
                f"The database stands at {len(heads)} heads ({', '.join(heads)}), so {text} could start from any.",
                hint=f"name the revision: {heads[0]}{text}",
            )
        text = f"{heads[0]}{text}"
    try:
        return planner.resolve(ws.chain, text, doing)
    except RevisionNotFound:
        steps = _STEPS.search(text)
        if steps is None or not steps.start():
            raise
        start = planner.resolve(ws.chain, text[: steps.start()], doing)
        walk = planner.plan_upgrade if steps[0][0] == "+" else planner.plan_downgrade
        return walk(ws.chain, steps[0], start, command=doing).to_heads


def comparable(one: Side, other: Side) -> tuple[Side, Side, tuple[str, ...]]:
    """Return both sides so that they can be compared, and what to say of it: those of two dialects by names and families."""
    one, other = _beside(one, other), _beside(other, one)
    if one.schema.dialect == other.schema.dialect:
        return one, other, ()
    note = (
        f"{one.label} is known on {one.schema.dialect} and {other.label} on {other.schema.dialect}: "
        "names, kinds of types, keys and NOT NULL are compared; defaults, checks and lengths are not."
    )
    return _loose(one), _loose(other), (note,)


def _beside(side: Side, other: Side) -> Side:
    """*side* as it stands beside *other*: what nothing was applied to is as empty on any dialect."""
    is_nothing = side.schema.is_empty and not side.is_live
    return replace(side, schema=replace(side.schema, dialect=other.schema.dialect)) if is_nothing else side


def _loose(side: Side) -> Side:
    return replace(side, schema=loosely(side.schema))


def within(schema: Schema, other: Schema) -> Schema:
    """Return what of *schema* lies in the default schema, or in one that *other* has something in: the rest is another's."""
    known = {"", *(table.schema for table in other.tables), *(view.schema for view in other.views)}
    return replace(
        schema,
        tables=tuple(each for each in schema.tables if each.schema in known),
        views=tuple(each for each in schema.views if each.schema in known),
        enums=tuple(each for each in schema.enums if each.schema in known),
        domains=tuple(each for each in schema.domains if each.schema in known),
        sequences=tuple(each for each in schema.sequences if each.schema in known),
    )


def drift(history: Schema, database: Schema) -> SchemaDiff:
    """Return what was changed by hand: what makes of the *history*'s schema that of the *database*.

    Columns that only stand in another order are no change, and schemas the history has nothing in are somebody else's.
    """
    return diff(history, within(database, history)).unordered


def require_connection(ws: WorkspaceState, doing: str) -> None:
    """Raise NotConnected, saying what the command wanted of a database."""
    if not ws.has_connection:
        raise NotConnected(f"No database is connected, and {doing}.", hint="%migrate connect sqlite:///app.db")
