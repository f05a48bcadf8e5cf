"""Move: plan, upgrade, downgrade, stamp, ensure_version."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from ..engine import both, losses, passes, planner, runner, schema_token
from ..engine.reflect.around import Around
from ..engine.sentinel import Watch
from ..errors import MigrationError, RevisionNotFound
from ..lab import applied
from ..model.plan import Plan
from ..model.trace import Outcome, Trace
from ..redact import redact
from ..results import Moved, Planned
from . import guard, keeping
from .undoing import Move, last

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.losses import Loss
    from .workspace import WorkspaceState


_P = ParamSpec("_P")
_R = TypeVar("_R")


def _in_one_look(
    function: Callable[Concatenate[WorkspaceState, _P], _R],
) -> Callable[Concatenate[WorkspaceState, _P], _R]:
    """Let *function* see one state of the revision files, read once, however often it asks."""

    @wraps(function)
    def held(ws: WorkspaceState, /, *values: _P.args, **options: _P.kwargs) -> _R:
        with ws.chain.held():
            return function(ws, *values, **options)

    return held


@_in_one_look
def plan(ws: WorkspaceState, *, target: str = "heads", x: tuple[str, ...] = (), tag: str | None = None) -> Planned:
    """Return what a move to *target* would run: a downgrade where the target lies behind. Runs and writes nothing."""
    heads = ws.heads_of(ws.database, x)
    made = _downgrade(ws, target, heads) if _lies_behind(ws, target, heads) else _upgrade(ws, target, heads)
    return _surveyed(ws, _with_schema(ws, made), runner.Options(x=x, tag=tag))[0]


@_in_one_look
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


@_in_one_look
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


@_in_one_look
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
    calls = ws.calls(ws.database, x)
    table, was_there = calls[0].version_table, runner.has_version_table(ws.database, calls)
    moved = _move(
        ws,
        made,
        runner.Options(dry_run, x=x, tag=tag),
        yes=yes,
        fingerprint=plan,
        confirm=confirm,
        is_forced=True,
        verb="ensure_version",
    )
    did = "was there already" if was_there else "would be created" if dry_run else "was created"
    after = moved.next_command if dry_run and not was_there else "%migrate status"
    return replace(moved, headline=f"The version table {table} {did}", next_command=after)


def move_back(
    ws: WorkspaceState,
    made: Plan,
    options: runner.Options,
    *,
    yes: bool,
    fingerprint: str | None,
    confirm: str | None,
) -> Moved:
    """Run *made*, the way back of a move, for `undo`: guarded as any move, and not remembered as one."""
    return _move(ws, made, options, yes=yes, fingerprint=fingerprint, confirm=confirm, verb="undo")


def redo(ws: WorkspaceState, *, target: str, rewrite: Callable[[], str], yes: bool) -> Moved:
    """Downgrade to *target*, call *rewrite*, upgrade to the revision it names; all in one transaction, or nothing of it.

    Only for a database with transactional DDL. What *rewrite* did is the caller's to take back when this raises.
    """
    down = _downgrade(ws, target, ws.heads_of(ws.database))
    options = runner.Options(x=ws.arguments(), engine_name=ws.engine_name)
    again = _typed(down, runner.Options())
    planned, found = _surveyed(ws, down, runner.Options())
    passes.require_runnable(down, ws.chain)
    guard.check_protected(down, planned, again, is_protected=ws.database.is_protected, confirm=None)
    if not yes:
        guard.check_losses(down, planned, again)

    def watched(plan: Planned, known: frozenset[Loss]) -> runner.Options:
        return options if yes else replace(options, watch=Watch(known, lambda loss: guard.stop(plan, again, loss)))

    def then() -> both.Leg:
        up = _upgrade(ws, rewrite(), down.to_heads)
        return both.Leg(up, watched(Planned(up), frozenset()))

    def start(leg: both.Leg) -> runner.Run:
        return runner.Run(
            leg.plan,
            ws.chain,
            ws.environment,
            ws.database,
            settings=ws.settings,
            options=leg.options,
            on_step=ws.on_step,
        )

    ran, up = both.run(both.Leg(down, watched(planned, found.told)), then, start)
    _remember(up, ran.trace)
    return Moved(up, ran.trace, ran.before, ran.after, next_command=_after(up, runner.Options(), again))


def _upgrade(ws: WorkspaceState, target: str, heads: tuple[str, ...]) -> Plan:
    return planner.plan_upgrade(ws.chain, target, heads, database=ws.database.identity, connection=ws.database.name)


def _downgrade(ws: WorkspaceState, target: str, heads: tuple[str, ...]) -> Plan:
    return planner.plan_downgrade(ws.chain, target, heads, database=ws.database.identity, connection=ws.database.name)


def _with_schema(ws: WorkspaceState, made: Plan) -> Plan:
    """*made* with the token of the schema it is made for; a plan that runs nothing depends on none."""
    if made.is_empty or made.direction == "stamp":
        return made
    return replace(made, schema=schema_token.read(ws.database))


def _move(
    ws: WorkspaceState,
    made: Plan,
    options: runner.Options,
    *,
    yes: bool,
    fingerprint: str | None,
    confirm: str | None,
    is_forced: bool = False,
    verb: str = "",
) -> Moved:
    made = _with_schema(ws, made)
    again = _typed(made, options, verb)
    guard.check_fingerprint(made, fingerprint)
    passes.require_runnable(made, ws.chain)  # before anybody is asked to agree to what cannot run
    watch, keeps = None, keeping.Intent()
    if not options.is_dry_run and (is_forced or not made.is_empty):
        planned, found = _surveyed(ws, made, options)
        guard.check_protected(made, planned, again, is_protected=ws.database.is_protected, confirm=confirm)
        if not yes and confirm != ws.database.name:
            if verb != "undo":
                keeping.check_kept(ws, planned, again)
            guard.check_losses(made, planned, again)
            watch = Watch(found.told, lambda loss: guard.stop(planned, again, loss))
        keeps = keeping.intent(ws, made, found.lost) if verb != "undo" else keeps
    if made.is_empty and not is_forced:
        return Moved(
            made,
            Trace(),
            made.from_heads,
            made.from_heads,
            notes=(_nothing_to_do(made),),
            next_command="%migrate history",
        )
    around = _around(ws, made, options)
    look = around.look if around is not None else None
    running = replace(options, x=ws.arguments(options.x), engine_name=ws.engine_name, watch=watch, look=look)
    is_one = ws.database.has_transactional_ddl and not options.per_revision
    spared, follows = keeping.spared(ws, made), _follows(ws)
    with keeping.holding(ws, keeps, spared, is_whole_or_nothing=is_one) as held:
        ran = runner.run(
            made, ws.chain, ws.environment, ws.database, settings=ws.settings, options=running, on_step=ws.on_step
        )
    _remember(made, ran.trace)
    if not options.is_dry_run:
        ws.tried.note_steps(ws.current_name, ran.trace.steps)
    if not options.is_dry_run and ran.before != ran.after and verb != "undo":
        keeping.settle(ws, held, spared)
        ws.moves.append(Move.of(ws.database, made.direction, ran, held, follows=follows))
    changed = around.found() if around is not None else None
    after = _typed(made, options, "undo") if held.point or held.rows else _after(made, options, again)
    return Moved(made, ran.trace, ran.before, ran.after, changed, notes=held.notes, next_command=after)


def _follows(ws: WorkspaceState) -> bool:
    """Nobody has written to the file since the last move of it here."""
    at = last(ws.moves, ws.database)
    return at is not None and ws.moves[at].is_untouched(ws.database)


def _around(ws: WorkspaceState, made: Plan, options: runner.Options) -> Around | None:
    """What reads the schema before and after; a stamp changes none, nor does a run without a step."""
    if made.direction == "stamp" or made.is_empty:
        return None
    calls = ws.calls(ws.database, options.x)
    return Around(ws.database, calls, made.steps[-1].revision, is_dry_run=options.is_dry_run)


def _remember(made: Plan, trace: Trace) -> None:
    """Keep what the files were, for `doctor`."""
    if not trace.is_dry_run:
        applied.remember(made, frozenset(step.revision for step in trace.steps if step.outcome is Outcome.APPLIED))


def _surveyed(ws: WorkspaceState, made: Plan, options: runner.Options) -> tuple[Planned, losses.Survey]:
    """The plan with what it would lose, counted in the database as it is now; and the survey that counted."""
    session = ws.calls(ws.database, options.x)[0].session
    found = losses.survey(made, ws.chain, ws.database, session, ws.on_step)
    findings = guard.findings(found.lost)
    agreed = f"--confirm {ws.database.name}" if ws.database.is_protected else "--yes" if findings else ""
    next_command = _run_it(made, _typed(made, options), agreed)
    notes = (*_notes(made), *keeping.intent(ws, made, found.lost).notes)
    return Planned(made, findings, notes, next_command), found


def _typed(made: Plan, options: runner.Options, verb: str = "") -> str:
    """The command that runs *made*, with all that was said about how: `%migrate upgrade head -x tenant=acme`."""
    words = ["%migrate", *((verb,) if verb else (made.direction, made.target))]
    words += ["--purge"] if options.purge else []
    words += ["--per-revision"] if options.per_revision else []
    words += [word for pair in options.x for word in ("-x", shlex.quote(redact(pair)))]
    words += ["--tag", shlex.quote(options.tag)] if options.tag else []
    return " ".join(words)


def _lies_behind(ws: WorkspaceState, target: str, heads: tuple[str, ...]) -> bool:
    """The target is below what is applied, so that only a downgrade leads there."""
    if target in {"head", "heads"} or target.rpartition("@")[2] in {"head", "heads"} or "+" in target:
        return False
    if target.startswith("-") or target.rpartition("@")[2] == "base" or target.rpartition("@")[2].startswith("-"):
        return True
    is_relative = target.rpartition("-")[2].isdecimal() and target not in ws.chain.graph
    try:
        # only a move knows how to count back from a revision: an upgrade from base ends at the one that is meant
        ids = set(
            planner.plan_upgrade(ws.chain, target, ()).to_heads
            if is_relative
            else planner.resolve(ws.chain, target, "plan")
        )
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


def _run_it(made: Plan, again: str, agreed: str) -> str:
    """The command that runs this plan and no other, with the *agreed* option that it asks for; or what must come first."""
    if made.is_empty:
        return "%migrate history"
    if not made.can_run:
        return f"%migrate edit {made.irreversible[0].revision}"
    return " ".join(filter(None, (again, f"--plan {made.fingerprint}", agreed)))


def _nothing_to_do(made: Plan) -> str:
    where = ", ".join(made.from_heads) or "base"
    return f"Nothing to do: {made.connection} stands at {where}."


def _after(made: Plan, options: runner.Options, again: str) -> str:
    """The next thing to type: how to run it for real, or the way back."""
    if options.is_dry_run:
        return again
    if made.direction != "upgrade" or made.irreversible or made.is_empty:
        return "%migrate history"
    back = made.from_heads[0] if len(made.from_heads) == 1 else f"-{len(made.steps)}" if made.from_heads else "base"
    return _typed(replace(made, direction="downgrade", target=back), replace(options, per_revision=False))
