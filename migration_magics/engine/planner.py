"""A target in the user's words -> a Plan. Alembic's own code resolves every identifier and orders the steps."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DatabaseAhead, RevisionAmbiguous, RevisionFileBroken
from ..model.plan import Direction, Plan, PlannedStep
from .host import steps as host
from .targets import resolving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.graph import Graph, Revision
    from .chain import Chain


def unknown_ids(graph: Graph, heads: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the database's *heads* that have no file."""
    return tuple(id_ for id_ in heads if id_ not in graph)


def require_known(graph: Graph, heads: tuple[str, ...], connection: str) -> None:
    """Raise DatabaseAhead where the database stands at a revision without a file."""
    unknown = unknown_ids(graph, heads)
    if unknown:
        near = tuple(id_ for text in unknown for id_ in graph.nearest(text))
        hint = (
            "did the file get lost, or is it in newer code? Get it, or connect to the right database. "
            f"Nearest known: {', '.join(near)}"
            if near
            else None
        )
        raise DatabaseAhead(
            f"{connection} stands at {', '.join(unknown)}, for which this project has no file. Nothing was changed.",
            hint=hint or "get the newer code; if the revision is really gone: %migrate stamp --purge REV",
        )


def resolve(chain: Chain, identifiers: str | tuple[str, ...], doing: str) -> tuple[str, ...]:
    """Return the ids that *identifiers* mean to Alembic; base is left out. Raises as `plan_upgrade`."""
    text = identifiers if isinstance(identifiers, str) else " ".join(identifiers)
    with resolving(chain.graph, text, doing):
        return host.resolve(chain.directory, identifiers)


def walk(chain: Chain, lower: str | tuple[str, ...], upper: str | tuple[str, ...], text: str) -> list[str]:
    """Return the ids from *upper* down to *lower*, both included, as `alembic history -r` has them."""
    with resolving(chain.graph, text, "history"):
        return host.walk(chain.directory, lower, upper)


def plan_upgrade(
    chain: Chain,
    target: str,
    heads: tuple[str, ...],
    *,
    database: str = "",
    connection: str = "",
    command: str = "upgrade",
) -> Plan:
    """Return what `alembic upgrade TARGET` would run on a database that stands at *heads*.

    *command* is what a hint tells to type, where it is another that counts its way up.
    Raises RevisionNotFound, RevisionAmbiguous, SeveralHeads, TargetUnreachable, DatabaseAhead; RevisionFileBroken for one
    on the way that has no upgrade or is no Python.
    """
    graph = chain.graph
    require_known(graph, heads, connection or "the database")
    with resolving(graph, target, "upgrade", heads, command):
        order = host.upgrade_order(chain.directory, target, heads)
    _require_sound(chain, order)
    for id_ in order:
        if graph[id_].has_upgrade is False:
            raise without_upgrade(graph[id_])
    return _plan("upgrade", target, chain, order, heads, database=database, connection=connection)


def plan_downgrade(
    chain: Chain,
    target: str,
    heads: tuple[str, ...],
    *,
    database: str = "",
    connection: str = "",
    command: str = "downgrade",
) -> Plan:
    """Return what `alembic downgrade TARGET` would run. Raises as `plan_upgrade`."""
    graph = chain.graph
    require_known(graph, heads, connection or "the database")
    with resolving(graph, target, "downgrade", heads, command), _one_way(target, heads):
        order = host.downgrade_order(chain.directory, target, heads)
    _require_sound(chain, order)
    return _plan("downgrade", target, chain, order, heads, database=database, connection=connection)


def _require_sound(chain: Chain, order: list[str]) -> None:
    """Raise RevisionFileBroken for the first file on the way that Python cannot parse: nothing of it can be known."""
    graph = chain.graph
    for id_ in order:
        problem = chain.broken(graph[id_])
        if problem is not None:
            raise problem


def without_upgrade(revision: Revision) -> RevisionFileBroken:
    """Return the error for an upgrade over a *revision* that has nothing to run."""
    return RevisionFileBroken(
        f"Revision {revision.id} ({Path(revision.path or '').name}) has no upgrade(). Nothing was changed.",
        hint=f"write it: %migrate edit {revision.id}",
    )


@contextmanager
def _one_way(target: str, heads: tuple[str, ...]) -> Iterator[None]:
    """Refuse what Alembic 1.20 only warns of: `downgrade -1` from several heads takes whichever row comes first."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*is ambiguous", category=UserWarning)
        try:
            yield
        except UserWarning as warning:
            raise RevisionAmbiguous(
                f"The database stands at {len(heads)} heads ({', '.join(heads)}), so {target} could go several ways.",
                hint=f"name the branch, as in LABEL@{target}, or the revision, as in {heads[0]}{target}",
            ) from warning


def plan_stamp(
    chain: Chain,
    targets: tuple[str, ...],
    heads: tuple[str, ...],
    *,
    purge: bool = False,
    database: str = "",
    connection: str = "",
) -> Plan:
    """Return what `alembic stamp TARGETS` would write; with *purge* the version table is emptied first."""
    graph, text = chain.graph, " ".join(targets)
    start = () if purge else heads
    if not purge:
        require_known(graph, heads, connection or "the database")
    with resolving(graph, text, "stamp", heads):
        steps = host.stamp_steps(chain.directory, targets, start)
        after = host.heads_after(steps, start)
    planned, at, before = [], heads, start
    for to_heads in after:
        ids = (*(id_ for id_ in to_heads if id_ not in before), *sorted(set(before) - set(to_heads)), *to_heads)
        revision = graph[ids[0]] if ids and ids[0] in graph else None
        planned.append(
            PlannedStep(
                ids[0] if ids else "base",
                revision.message if revision else "",
                at,
                to_heads,
                revision.path if revision else None,
            )
        )
        at = before = to_heads
    to_heads = at if steps else start
    return Plan("stamp", text, tuple(planned), heads, to_heads, database, connection)


def _plan(
    direction: Direction,
    target: str,
    chain: Chain,
    order: list[str],
    heads: tuple[str, ...],
    *,
    database: str,
    connection: str,
) -> Plan:
    graph, start = chain.graph, tuple(sorted(heads))
    move = host.heads_going_up if direction == "upgrade" else host.heads_going_down
    try:
        after = move(chain.directory, graph, order, heads)
    except KeyError:
        # Alembic's bookkeeping will fail like this when it runs (1.20.1, a revision that depends on its own ancestor)
        after = [start] * len(order)
    steps = []
    for id_, from_heads, to_heads in zip(order, (start, *after), after):  # noqa: B905 - the second is longer by one
        revision = graph[id_]
        steps.append(
            PlannedStep(
                id_,
                revision.message,
                from_heads,
                to_heads,
                revision.path,
                revision.digest,
                revision.has_downgrade,
                len(revision.parents) > 1,
            )
        )
    return Plan(direction, target, tuple(steps), start, after[-1] if after else start, database, connection)
