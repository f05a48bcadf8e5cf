"""Compare: schema, diff, blame, check. Nothing here writes to the database in use; histories run on scratch copies."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine import autogenerate, operations, planner
from ..errors import CheckFailed, NoModels, ProjectProblem, ReplayFailed, RevisionNotFound, UsageProblem
from ..lab.models import models_against_history
from ..lab.scratch import NoScratch
from ..model.change_words import words
from ..model.diagram import diagram as diagram_of
from ..model.diagram import diagram_of_diff
from ..model.diff import SchemaDiff
from ..model.diff import diff as diff_of
from ..model.renamed import between, in_steps, narrowed, turned
from ..model.timeline import last_schema
from ..results import Blamed, Checked, Compared, SchemaShown
from ..results.compare import BlamedRow
from .models import source
from .objects import lived_before, lives_of, nearest, object_of, once, required_object
from .sides import (
    DATABASE,
    MODELS,
    Side,
    comparable,
    drift,
    extras_of,
    history_of,
    like_of,
    live,
    require_connection,
    side,
    within,
)
from .told import told_of
from .workspace import pending_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model.blame import Life
    from ..model.diff import Change
    from ..model.schema import Schema, Seen
    from ..model.timeline import Timeline
    from .workspace import WorkspaceState

_DEPTH = 1
_NAMED = 5


def schema(
    ws: WorkspaceState,
    *,
    what: str | None = None,
    table: str | None = None,
    diagram: bool = False,
    depth: int | None = None,
    from_database: bool = False,
    models: str | None = None,
) -> SchemaShown:
    """Return the schema of a revision, of the database (the default) or of the models, or one *table* of it."""
    _require_depth(depth, is_drawn=diagram)
    wanted = what or (MODELS if models else DATABASE if ws.has_connection else "heads")
    try:
        with ws.one_look():
            found = side(ws, wanted, is_from_database=from_database, models=models, doing="schema")
    except RevisionNotFound as error:
        if what is None or table is not None:
            raise
        default = DATABASE if ws.has_connection else "heads"
        found, table = side(ws, default, is_from_database=from_database), what  # `schema evaluations`
        if object_of(found.schema, what) is None:
            raise _neither(ws, error, what, found) from None
    key = "" if table is None else required_object(ws, found, table).key
    drawn = diagram_of(found.schema, around=key, depth=depth or _DEPTH) if diagram else None
    return SchemaShown(found.schema, found.label, key, found.place, drawn, found.notes)


def _require_depth(depth: int | None, *, is_drawn: bool) -> None:
    if depth is not None and not is_drawn:
        raise UsageProblem("--depth says how far a diagram reaches, and none is asked for.", hint="add --diagram")
    if depth is not None and depth < 1:
        raise UsageProblem(f"--depth is 1 or more, not {depth}.", hint="--depth 1 shows the nearest neighbours")


def _neither(ws: WorkspaceState, error: RevisionNotFound, name: str, found: Side) -> RevisionNotFound:
    near, became = nearest(ws, found.schema, name)
    hint = f"did you mean %migrate schema {found.label} {shlex.quote(near)}?" if near else error.hint
    said = f": {became}" if became else ""
    return RevisionNotFound(f"There is no revision and, in {found.label}, no table {name!r}{said}.", hint=hint)


def diff(
    ws: WorkspaceState,
    *,
    before: str | None = None,
    after: str | None = None,
    table: str | None = None,
    diagram: bool = False,
    from_database: bool = False,
    models: str | None = None,
) -> Compared:
    """Return what would make *after* of *before*: revisions, `base`, `head`, `db`, `models`.

    Without *after* it is the database, or the heads where none is connected; without both, from the database to the heads.
    With *table* only what differs in that, by the name it has on either side.
    """
    if before is None:
        other_side = MODELS if models else "heads"
        before, after = (DATABASE, other_side) if ws.has_connection else ("base", other_side)
    if after is None:
        after = DATABASE if ws.has_connection and before != DATABASE else "heads"
    with ws.one_look():
        one = side(ws, before, is_from_database=from_database, models=models)
        other = side(ws, after, is_from_database=from_database, models=models)
        return compared(ws, one, other, table=table, diagram=diagram)


def compared(
    ws: WorkspaceState, one: Side, other: Side, *, table: str | None = None, diagram: bool = False
) -> Compared:
    """Return what would make *other* of *one*; with *table* only what differs in that."""
    left, right, notes = comparable(one, other)
    hints = _renames(ws, one, other) if not notes else ()
    is_loose = bool(notes)
    if table is None:
        left, right, said = _as_checked(ws, left, right)
        notes = (*notes, *said)
    found = diff_of(left.schema, right.schema, hints)
    if MODELS in (one.label, other.label) or _is_drift(one, other):
        found = found.unordered
    if not all(side.label == DATABASE or side.ids == () for side in (one, other)):
        left, right = _without_seen(left), _without_seen(right)  # models and replays do not tell what is only seen
    key = ""
    if table is not None:
        found, key = _of_table(ws, found, one, other, table)
        left, right = _without_seen(left), _without_seen(right)
    written = _written(ws, found, left, right) if found and not is_loose else operations.Written("")
    drawn = diagram_of_diff(left.schema, right.schema, found) if diagram else None
    places = " · ".join(f"{each.label}: {each.place}" for each in (one, other) if each.place)
    return Compared(
        one.label,
        other.label,
        found,
        "\n".join((*written.imports, written.code)),
        places,
        drawn,
        _by_kind((*one.schema.seen, *other.schema.seen)),
        (*dict.fromkeys((*one.notes, *other.notes, *notes)),),
        table=key,
    )


def _without_seen(side: Side) -> Side:
    return replace(side, schema=replace(side.schema, seen=()))


def _by_kind(seen: Iterable[Seen]) -> tuple[str, ...]:
    kinds: dict[str, dict[str, None]] = {}
    for each in seen:
        kinds.setdefault(each.kind, {})[each.name] = None
    return tuple(f"{kind}: {_first(tuple(names))}" for kind, names in sorted(kinds.items()))


def _first(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _written(ws: WorkspaceState, found: SchemaDiff, one: Side, other: Side) -> operations.Written:
    """The operations of a diff, for the database in use where it is of the dialect: MariaDB takes other options than MySQL."""
    is_used = ws.has_connection and ws.database.family in {one.schema.dialect, other.schema.dialect}
    return operations.code(found, one.schema, other.schema, ws.database.engine.dialect if is_used else None)


def _of_table(ws: WorkspaceState, found: SchemaDiff, one: Side, other: Side, name: str) -> tuple[SchemaDiff, str]:
    """Return what differs in the table *name* of either side, through its renames, and what it is called."""
    left, right = object_of(one.schema, name), object_of(other.schema, name)
    known = right or left or required_object(ws, other, name)
    keys = (left.key if left is not None else "", right.key if right is not None else "")
    return SchemaDiff(narrowed(found.changes, *keys)), known.key


def _as_checked(ws: WorkspaceState, one: Side, other: Side) -> tuple[Side, Side, tuple[str, ...]]:
    """Return two sides as `check` compares a history with a database: schemas without anything of it are somebody else's."""
    timeline = ws.timelines.kept(history_of(ws), like_of(ws)) if _is_drift(one, other) else None
    if timeline is None:
        return one, other, ()
    now = last_schema(timeline)
    theirs = one if one.label == DATABASE else other
    history = other if one.label == DATABASE else one
    known = replace(
        now,
        tables=(*now.tables, *history.schema.tables),
        views=(*now.views, *history.schema.views),
    )
    kept = replace(theirs, schema=within(theirs.schema, known))
    hidden = sorted({table.schema for table in theirs.schema.tables} - {table.schema for table in kept.schema.tables})
    if not hidden:
        return one, other, ()
    note = f"Left out as somebody else's, for the history makes nothing there: schema {_first(tuple(hidden))}."
    return (kept, other, (note,)) if theirs is one else (one, kept, (note,))


def _is_drift(one: Side, other: Side) -> bool:
    """Whether a place in the history and the database are compared."""
    sides = {one.label: one, other.label: other}
    return len(sides) == 2 and DATABASE in sides and MODELS not in sides


def _renames(ws: WorkspaceState, one: Side, other: Side) -> tuple[Change, ...]:
    """What was renamed between two places of one history; nothing where the sides are none, or on different branches."""
    if one.ids is None or other.ids is None or one.ids == other.ids:
        return ()
    timeline = ws.timelines.kept(history_of(ws), like_of(ws))
    if timeline is None:
        return ()
    graph = ws.chain.graph
    lower, upper = graph.ancestors(one.ids), graph.ancestors(other.ids)
    if lower <= upper:
        return in_steps(between(_changes(timeline, upper - lower)))
    return in_steps(turned(between(_changes(timeline, lower - upper)))) if upper <= lower else ()


def _changes(timeline: Timeline, ids: frozenset[str]) -> Iterator[Change]:
    return (change for entry in timeline.entries if entry.revision in ids for change in entry.diff.changes)


def blame(ws: WorkspaceState, *, target: str, from_database: bool = False) -> Blamed:
    """Return which revision made and last changed what of a table; of one object (`TABLE.NAME`), its whole life."""
    with ws.one_look():
        timeline = ws.timelines.known(history_of(ws), like_of(ws), is_from_database=from_database)
        graph = ws.chain.graph
    with told_of(timeline):
        found = lives_of(timeline, target)
    now = last_schema(timeline)
    rows = tuple(_row(life, now) for life in found)
    ids = {id_ for life in found for event in life.events for id_ in (event.revision,)}
    revisions = {id_: graph[id_] for id_ in sorted(ids) if id_ in graph}
    is_table = len(found) > 1 or len(found[0].path) == 1
    became = once(timeline, target)
    first = lived_before(found[0]) if is_table else ""
    said = (f"{target}: {became}." if became else "", f"{target} has lived before: {first}." if first else "")
    notes = (*filter(None, said), *timeline.notes)
    begins = ", ".join(graph.heads_of(timeline.applied))
    place = f"replayed on {timeline.place}"
    return Blamed(target, rows, () if is_table else found, revisions, place, notes, begins=begins)


def _row(life: Life, now: Schema) -> BlamedRow:
    table = now.table(life.path[0])
    column = table.column(life.path[2]) if table is not None and life.path[1:2] == ("columns",) else None
    return BlamedRow(life.path, life.created_by, life.changed_by, column.type if column else "", life.dropped_by)


def check(ws: WorkspaceState, *, strict: bool = False, models: str | None = None) -> Checked:
    """Return whether models, history and database agree. With *strict*, raise CheckFailed unless they do."""
    require_connection(ws, "check compares one")
    with ws.one_look():
        found = _checked(ws, models, is_strict=strict)
    if strict and found.models_vs_database is None and found.history_vs_database is None:
        raise CheckFailed(
            f"{found.connection} may be anything: nothing could be compared.",
            hint="%migrate check says why",
            details=found.not_checked[:1],
        )
    if strict and not found.clean:
        raise CheckFailed(_unclean(found), hint="%migrate check shows all of it", details=_differences(found))
    return found


def _checked(ws: WorkspaceState, name: str | None, *, is_strict: bool) -> Checked:
    database, history, graph = ws.database, history_of(ws), ws.chain.graph
    heads = ws.heads_of(database)
    planner.require_known(graph, heads, database.name)
    here = live(ws)
    notes: list[str] = []
    unknown: tuple[str, ...] = ()
    past: Schema | None = None
    place, found, behind = "", None, pending_count(graph, heads) or 0
    try:
        at = ws.timelines.at(history, database, heads)
        one, other, said = comparable(Side(at.schema, "the history"), Side(here, "the database", is_live=True))
        found = drift(one.schema, other.schema)
        place, notes, past = at.place, [*at.notes, *said], at.schema
    except ReplayFailed as error:
        unknown = (f"What was changed by hand. {error.message}",)
    models, in_history = None, None
    named = source(ws, name) if name is not None else None  # what was asked for by name must be there
    try:
        meant = named or source(ws)
        compared = autogenerate.models_against(
            ws.environment, database, history.x, history.engine_name, meant.metadatas, setups=extras_of(ws)
        )
        place = " · ".join(filter(None, (place, meant.said)))
        models = compared.diff
        notes += compared.notes
        if found is not None:
            in_history = (
                models
                if not found and not behind
                else models_against_history(history, database, meant.metadatas, extras_of(ws))
            )
    except (NoScratch, ReplayFailed) as error:
        notes.append(f"Models and history were not compared: {error.message}")
    except NoModels as error:
        notes.append(f"{error.message} So only history and database are compared.")
    except ProjectProblem as error:
        if is_strict:
            raise
        unknown = (*unknown, f"What the models say. {error.message}")
    options, has_extras = ws.calls(database)[0].options, ws.settings.extra_comparators
    left_out = autogenerate.not_compared(here, options, has_extras=has_extras) if models is not None else ()
    return Checked(
        models,
        found,
        in_history,
        (*unknown, *autogenerate.not_read(here, past)),
        heads,
        behind,
        place,
        database.name,
        tuple(dict.fromkeys(notes)),
        _next(models, found, in_history, behind),
        left_out,
    )


def _next(models: SchemaDiff | None, drift: SchemaDiff | None, in_history: SchemaDiff | None, behind: int) -> str:
    if behind:
        return "%migrate plan"
    if drift:
        return "%migrate diff current db"
    if in_history or models:
        return '%migrate revision --autogenerate -m "what changes"'
    return ""


def _differences(found: Checked) -> tuple[str, ...]:
    return tuple(
        f"{row['comparison']}: {f'{change.path[0]}: ' if len(change.path) > 1 and change.path[0] else ''}{words(change)}"
        for row, change in zip(found.records(), found.changes, strict=True)
    )[:10]


def _unclean(found: Checked) -> str:
    counts = (
        (found.models_vs_database, "between models and database"),
        (found.history_vs_database, "between history and database"),
        (found.models_vs_history, "between models and history"),
    )
    said = [f"{_differing(diff)} {where}" for diff, where in counts if diff]
    return f"{found.connection} is not clean: {', '.join(said)}."


def _differing(diff: SchemaDiff) -> str:
    number = len(diff.changes)
    return f"{number:,} {'difference' if number == 1 else 'differences'}"
