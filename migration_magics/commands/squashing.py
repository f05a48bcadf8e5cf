"""Squash: one revision in the place of a range, written only where it is proved to come to the same."""

from __future__ import annotations

import io
import shlex
import tokenize
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import replace as with_changes
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..engine import drafts, planner
from ..engine.chain import Chain
from ..engine.drafts import Draft, Fill, Order
from ..engine.environment import Environment
from ..engine.scripts import Fixed, read_revision
from ..engine.shelf import replace_files
from ..errors import AuthoringProblem, UsageProblem
from ..lab import applied
from ..lab import squash as lab
from ..model.body import parse_body
from ..model.carried import Carried, NotCarried, Source, carried
from ..model.change_words import words
from ..model.graph import Graph
from ..model.span import Span, span
from ..model.squashed import with_replaces
from ..results import Authored
from .drafting import dialect_name, environment, long_id, shown
from .sides import history_of, like_of
from .squash_around import after, moves_of, on_databases, on_files, standing_of

if TYPE_CHECKING:
    from ..engine.writer import Written
    from ..model.graph import Revision
    from ..model.proof import Proof
    from .squash_around import Moves
    from .workspace import WorkspaceState

_SHOWN = 10
"""How many differences an error tells."""


def squash(
    ws: WorkspaceState,
    *,
    range: str,  # noqa: A002 - the option's name
    message: str,
    replace: bool = False,
    keep_id: bool = False,
    rev_id: str | None = None,
) -> Authored:
    """Return the one revision that comes to the same as *range*, proved on copies; with *replace* put it in their place.

    Without *replace* nothing is written. With *keep_id* it has the id of the last one, so that databases that stand there,
    and what builds on it, need nothing.

    Raises:
        AuthoringProblem: the range has several ways in or out, does something that can't be carried over, or the squash
            is not proved equal; nothing was written, and the details are what differs.
        Refused: a connected database stands inside the range.
    """
    with ws.one_look():
        found = _span(ws, range)
        standing = standing_of(ws, found)
        if keep_id and rev_id:
            raise UsageProblem("--keep-id takes the id of the last revision, so --rev-id says nothing.")
        order = Order(
            message,
            found.parents or "base",
            splice=True,
            branch_label=found.labels or None,
            depends_on=found.requires,
            rev_id=found.end if keep_id else rev_id,
            version_path=_version_path(ws, found),
        )
        made, proofs = _best(ws, found, order)
        moves = moves_of(ws, found, made.draft)
    if replace:
        written = _replaced(ws, found, made, moves)
        revision, text, said = written.revision, written.text, written.notes
    else:
        revision, text, said = made.draft.revision, made.draft.text, ()
    notes = [*said, *long_id(revision), *made.notes, *on_files(found, moves, is_done=replace)]
    notes += on_databases(found, revision, standing)
    again = f"%migrate squash {range} -m {shlex.quote(message)}{' --keep-id' if keep_id else ''} --replace"
    return Authored(
        revision,
        shown(made.draft.path),
        text,
        is_dry_run=not replace,
        downgrade=_way_back(made.code, proofs),
        replaces=found.ids,
        proof=proofs,
        notes=tuple(notes),
        next_command=after(found, revision, standing) if replace else again,
    )


def _replaced(ws: WorkspaceState, found: Span, made: _Made, moves: Moves) -> Written:
    """Put the squash in the place of its range; what builds on it is no other file for that."""
    before = {id_: ws.chain.graph[id_].digest for id_ in (*found.children, *found.dependents)}
    written = replace_files(ws.chain, made.draft, moves.old, moves.folder, moves.texts)
    applied.remember_rewritten({digest: ws.chain.graph[id_].digest for id_, digest in before.items()})
    return written


# -- what is squashed ----------------------------------------------------------------------------------------------


def _span(ws: WorkspaceState, text: str) -> Span:
    lower, separator, upper = text.partition(":")
    if not separator:
        raise UsageProblem(
            f"A range is START:END, both included, not {text!r}.", hint=f"%migrate squash base:{text} -m MESSAGE"
        )
    start = None if lower in {"", "base"} else _one(ws, lower)
    return span(ws.chain.graph, start, _one(ws, upper or "head"))


def _one(ws: WorkspaceState, text: str) -> str:
    ids = ws.heads_of(ws.database) if text == "current" else planner.resolve(ws.chain, text, "squash")
    if len(ids) != 1:
        raise UsageProblem(
            f"{text} is {f'{len(ids)} revisions' if ids else 'no revision'}, and a range has one at either end.",
            hint="%migrate history shows the ids",
        )
    return ids[0]


def _version_path(ws: WorkspaceState, found: Span) -> str | None:
    """The folder for the file, where the project has several: that of the last revision."""
    locations = ws.project.version_locations
    path = ws.chain.graph[found.end].path
    if len(locations) < 2 or path is None:
        return None
    return next((str(location) for location in locations if location in Path(path).parents), None)


# -- what it becomes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Made:
    """The draft of the squash, the code it was made of, and what to say about that."""

    draft: Draft
    code: Carried
    below: Graph
    notes: tuple[str, ...]


def _best(ws: WorkspaceState, found: Span, order: Order) -> tuple[_Made, tuple[Proof, ...]]:
    """Return the shorter one where that is proved, way back included, else the one that repeats every statement."""
    made = _made(ws, found, order, is_folded=True)
    if made.code.saved:
        proofs = _proofs(ws, found, made)
        is_proved = any(proof.is_equal for proof in proofs) and not any(proof.is_refuted for proof in proofs)
        if is_proved and not any(proof.downgrade in {"differs", "fails"} for proof in proofs):
            return made, proofs
        made = _made(ws, found, order, is_folded=False)
    proofs = _proofs(ws, found, made)
    _require_equal(proofs)
    return made, proofs


def _made(ws: WorkspaceState, found: Span, order: Order, *, is_folded: bool) -> _Made:
    graph = ws.chain.graph
    running = planner.plan_upgrade(ws.chain, found.end, ()).steps  # in the order in which they run
    wanted = [graph[step.revision] for step in running if step.revision in set(found.ids)]
    try:
        code = carried([Source(each.id, each.message, _text(each)) for each in wanted], is_folded=is_folded)
    except NotCarried as error:
        raise AuthoringProblem(
            f"{error}, which cannot be carried over into another file. Nothing was written.",
            hint=f"squash what is below and above {error.revision}, or rewrite it: %migrate edit {error.revision}",
        ) from error
    gone = graph.descendants(found.ids)
    below = Graph(each for each in graph if each.id not in gone)
    chain = Chain(ws.project, Fixed(below))
    draft = drafts.compose(
        chain, order, Fill(parse_body(code.code)), captured=environment(ws), dialect=dialect_name(ws)
    )
    count = len(code.functions)
    told = f"{count} of {len(found.ids)} revisions do more than call directives; their code is carried over as it is: "
    notes: tuple[str, ...] = (f"{told}{', '.join(code.functions)}.",) if count else ()
    if code.saved:
        folded = "1 statement was" if code.saved == 1 else f"{code.saved} statements were"
        notes += (f"{folded} folded into others: columns stand in their table from the start.",)
    return _Made(_saying(draft, found.ids), code, below, notes)


def _text(revision: Revision) -> str:
    return drafts.read_text(Path(revision.path or ""))


def _saying(draft: Draft, ids: tuple[str, ...]) -> Draft:
    """*draft* with the ids it replaces in its docstring."""
    newline = "\r\n" if "\r\n" in draft.text else "\n"
    text = with_replaces(draft.text.replace("\r\n", "\n"), ids).replace("\n", newline)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(draft.data).readline)
    return with_changes(draft, text=text, data=text.encode(encoding))


# -- whether it is the same ----------------------------------------------------------------------------------------


def _proofs(ws: WorkspaceState, found: Span, made: _Made) -> tuple[Proof, ...]:
    """Run the range and the squash on copies, and return what came of it."""
    history = history_of(ws)
    old = lab.Way(history, found.parents, found.end, has_way_back=not made.code.irreversible)
    with ExitStack() as stack:
        path = made.draft.path.with_name(f".#{made.draft.path.name}")  # a name that Alembic does not read
        if "__file__" not in made.draft.text:
            path = Path(stack.enter_context(TemporaryDirectory(prefix="mm_squash_"))) / made.draft.path.name
        stack.callback(path.unlink, missing_ok=True)
        path.write_bytes(made.draft.data)
        revision = read_revision(str(path))
        chain = Chain(ws.project, Fixed(Graph([*made.below, revision])))
        squashed = with_changes(history, chain=chain, environment=Environment(ws.project, lambda: chain.directory))
        new = lab.Way(squashed, found.parents, revision.id, has_way_back=not made.code.irreversible)
        return lab.proofs(old, new, like_of(ws))


def _require_equal(proofs: tuple[Proof, ...]) -> None:
    """Raise AuthoringProblem where no proof says that it is the same, or one that it is not."""
    wrong = next((proof for proof in proofs if proof.is_refuted), None)
    if wrong is not None:
        raise AuthoringProblem(
            f"The squash is not proved equal: on {wrong.place} it comes to something else. Nothing was written.",
            hint="squash a smaller range; %migrate help squash says what can be carried over",
            details=_differences(wrong),
        )
    if not any(proof.is_equal for proof in proofs):
        raise AuthoringProblem(
            "The squash cannot be proved equal: the range itself does not run from an empty database. Nothing was written.",
            hint="connect to a database of the kind the history is for" if len(proofs) == 1 else "%migrate doctor",
            details=tuple(f"{proof.place}: {proof.problem}" for proof in proofs),
        )


def _differences(proof: Proof) -> tuple[str, ...]:
    if proof.failure:
        return (proof.failure,)
    schema = [words(change) for change in proof.schema.changes]
    rows = [
        f"{each.table}: {each.missing} rows missing, {each.added} that were not there{': ' if each.examples else ''}"
        f"{'; '.join(each.examples)}"
        for each in proof.rows
    ]
    told = [*schema, *rows]
    return (*told[:_SHOWN], *((f"… {len(told) - _SHOWN} more",) if len(told) > _SHOWN else ()))


def _way_back(code: Carried, proofs: tuple[Proof, ...]) -> str:
    if code.irreversible:
        return "none"
    ways = {proof.downgrade for proof in proofs if proof.is_equal}
    return "proved" if ways == {"equal"} else "carried"
