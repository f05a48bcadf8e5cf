"""Move: plan, upgrade, downgrade, stamp, ensure_version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine import losses, planner, runner
from ..errors import MigrationError, RevisionNotFound
from ..model.plan import Plan
from ..model.trace import Trace
from ..results import Moved, Planned
from . import guard

if TYPE_CHECKING:
    from .workspace import WorkspaceState


def plan(ws: WorkspaceState, *, target: str = "heads", x: tuple[str, ...] = (), tag: str | None = None) -> Planned:
    """Return what a move to *target* would run: a downgrade where the target lies behind. Runs and writes nothing."""
    del tag  # accepted so that a plan can be asked for with the words of the move itself
    heads = ws.heads_of(ws.database, x)
    made = _downgrade(ws, target, heads) if _lies_behind(ws, target, heads) else _upgrade(ws, target, heads)
    return _planned(ws, made)


def upgrade(
    ws: WorkspaceState,
    *,
    target: str = "head",
    yes: bool = False,
    plan: str | None = None,
    confirm: str | None = None,
    dry_run: bool = False,
    per_revision: bool = False,
    x: tuple[str, ...] = (),
    tag: str | None = None,
) -> Moved:
    """Run the revisions up to *target*; nothing is an answer, too. Raises as `engine.runner.run` and the guard."""
    made = _upgrade(ws, target, ws.heads_of(ws.database, x))
    return _move(
        ws, made, runner.Options(dry_run, per_revision, x=x, tag=tag), yes=yes, fingerprint=plan, confirm=confirm
    )


def downgrade(
    ws: WorkspaceState,
    *,
    target: str,
    yes: bool = False,
    plan: str | None = None,
    confirm: str | None = None,
    dry_run: bool = False,
    per_revision: bool = False,
    x: tuple[str, ...] = (),
    tag: str | None = None,
) -> Moved:
    """Undo revisions down to *target*. Raises as `upgrade`, and NotReversible before anything runs."""
    made = _downgrade(ws, target, ws.heads_of(ws.database, x))
    return _move(
        ws, made, runner.Options(dry_run, per_revision, x=x, tag=tag), yes=yes, fingerprint=plan, confirm=confirm
    )


def stamp(
    ws: WorkspaceState,
    *,
    revisions: tuple[str, ...],
    purge: bool = False,
    yes: bool = False,
    plan: str | None = None,
    confirm: str | None = None,
    dry_run: bool = False,
    x: tuple[str, ...] = (),
    tag: str | None = None,
) -> Moved:
    """Write *revisions* into the version table; no revision runs. With *purge* it is emptied first, whatever it holds."""
    heads = ws.heads_of(ws.database, x)
    made = planner.plan_stamp(
        ws.chain, revisions, heads, purge=purge, database=ws.database.identity, connection=ws.database.name
    )
    options = runner.Options(dry_run, purge=purge, x=x, tag=tag)
    return _move(ws, made, options, yes=yes, fingerprint=plan, confirm=confirm, is_forced=purge)


def ensure_version(
    ws: WorkspaceState,
    *,
    yes: bool = False,
    plan: str | None = None,
    confirm: str | None = None,
    dry_run: bool = False,
    x: tuple[str, ...] = (),
    tag: str | None = None,
) -> Moved:
    """Create the version table where it is missing; the database stays where it stands."""
    heads = ws.heads_of(ws.database, x)
    made = Plan("upgrade", ", ".join(heads) or "base", (), heads, heads, ws.database.identity, ws.database.name)
    return _move(
        ws, made, runner.Options(dry_run, x=x, tag=tag), yes=yes, fingerprint=plan, confirm=confirm, is_forced=True
    )


def _upgrade(ws: WorkspaceState, target: str, heads: tuple[str, ...]) -> Plan:
    return planner.plan_upgrade(ws.chain, target, heads, database=ws.database.identity, connection=ws.database.name)


def _downgrade(ws: WorkspaceState, target: str, heads: tuple[str, ...]) -> Plan:
    return planner.plan_downgrade(ws.chain, target, heads, database=ws.database.identity, connection=ws.database.name)


def _move(
    ws: WorkspaceState,
    made: Plan,
    options: runner.Options,
    *,
    yes: bool,
    fingerprint: str | None,
    confirm: str | None,
    is_forced: bool = False,
) -> Moved:
    guard.check_fingerprint(made, fingerprint)
    if not options.is_dry_run and not made.is_empty:
        is_confirmed = yes or confirm == ws.database.name
        planned = _planned(ws, made)
        guard.check_protected(made, planned, is_protected=ws.database.is_protected, confirm=confirm)
        guard.check_losses(made, planned, is_confirmed=is_confirmed)
    if made.is_empty and not is_forced:
        return Moved(
            made,
            Trace(),
            made.from_heads,
            made.from_heads,
            notes=(_nothing_to_do(made),),
            next_command="%migrate history",
        )
    options = runner.Options(
        options.is_dry_run, options.per_revision, options.purge, options.x, options.tag, ws.engine_name
    )
    ran = runner.run(made, ws.chain, ws.environment, ws.database, ws.settings, options, ws.on_step)
    return Moved(made, ran.trace, ran.before, ran.after, next_command=_after(made, options))


def _planned(ws: WorkspaceState, made: Plan) -> Planned:
    """The plan with what it would lose, counted in the database as it is now."""
    return Planned(made, guard.findings(losses.counted(made, ws.chain, ws.database)), _notes(made), _run_it(made))


def _lies_behind(ws: WorkspaceState, target: str, heads: tuple[str, ...]) -> bool:
    """The target is below what is applied, so that only a downgrade leads there."""
    if target in {"head", "heads"} or target.rpartition("@")[2] in {"head", "heads"} or "+" in target:
        return False
    if target.startswith("-") or target.rpartition("@")[2] == "base" or target.rpartition("@")[2].startswith("-"):
        return True
    try:
        ids = set(planner.resolve(ws.chain, target, "plan"))
    except RevisionNotFound:
        raise
    except MigrationError:
        return False
    known = tuple(id_ for id_ in heads if id_ in ws.chain.graph)
    return bool(ids) and ids <= ws.chain.graph.ancestors(known) and not ids <= set(known)


def _notes(made: Plan) -> tuple[str, ...]:
    notes = []
    missing = made.irreversible
    if missing:
        word = "cannot be undone" if made.direction == "upgrade" else "have no downgrade, so this plan cannot run"
        notes.append(
            f"{len(missing)} of {len(made.steps)} revisions {word}: {', '.join(step.revision for step in missing[:5])}."
        )
    return tuple(notes)


def _run_it(made: Plan) -> str:
    if made.is_empty:
        return "%migrate history"
    return f"%migrate {made.direction} {made.target} --plan {made.fingerprint}"


def _nothing_to_do(made: Plan) -> str:
    where = ", ".join(made.from_heads) or "base"
    return f"Nothing to do: {made.connection} stands at {where}."


def _after(made: Plan, options: runner.Options) -> str:
    """The next thing to type: how to run it for real, or the way back."""
    if options.is_dry_run:
        return f"%migrate {made.direction} {made.target}"
    if made.direction == "upgrade" and not made.irreversible:
        back = (
            " ".join(made.from_heads)
            if len(made.from_heads) == 1
            else "base"
            if not made.from_heads
            else f"-{len(made.steps)}"
        )
        return f"%migrate downgrade {back}"
    return "%migrate history"
