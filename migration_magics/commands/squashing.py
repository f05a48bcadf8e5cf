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
from ..errors import AuthoringProblem, ProjectNotFound, Refused, UsageProblem
from ..lab import squash as lab
from ..model.body import parse_body
from ..model.carried import Carried, NotCarried, Source, carried
from ..model.change_words import words
from ..model.graph import Graph
from ..model.reparented import NotPlain, reparented, requiring
from ..model.span import Span, span
from ..model.squashed import with_replaces
from ..results import Authored
from .drafting import dialect_name, environment, long_id, shown
from .sides import history_of, like_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.graph import Revision
    from ..model.proof import Proof
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
        standing = _standing(ws, found)
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
        made = _made(ws, found, order)
        proofs = _proved(ws, found, made)
        moves = _moves(ws, found, made.draft)
    if replace:
        written = replace_files(ws.chain, made.draft, moves.old, moves.folder, moves.texts)
        revision, text, said = written.revision, written.text, written.notes
    else:
        revision, text, said = made.draft.revision, made.draft.text, ()
    notes = [*said, *long_id(revision), *made.notes, *_on_files(found, moves, is_done=replace)]
    notes += _on_databases(found, revision, standing)
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
        next_command=_after(found, revision, standing) if replace else again,
    )


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


def _made(ws: WorkspaceState, found: Span, order: Order) -> _Made:
    graph = ws.chain.graph
    running = planner.plan_upgrade(ws.chain, found.end, ()).steps  # in the order in which they run
    wanted = [graph[step.revision] for step in running if step.revision in set(found.ids)]
    try:
        code = carried([Source(each.id, each.message, _text(each)) for each in wanted])
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
    notes = (f"{told}{', '.join(code.functions)}.",)
    return _Made(_saying(draft, found.ids), code, below, notes if count else ())


def _text(revision: Revision) -> str:
    return drafts.read_text(Path(revision.path or ""))


def _saying(draft: Draft, ids: tuple[str, ...]) -> Draft:
    """*draft* with the ids it replaces in its docstring."""
    newline = "\r\n" if "\r\n" in draft.text else "\n"
    text = with_replaces(draft.text.replace("\r\n", "\n"), ids).replace("\n", newline)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(draft.data).readline)
    return with_changes(draft, text=text, data=text.encode(encoding))


# -- whether it is the same ----------------------------------------------------------------------------------------


def _proved(ws: WorkspaceState, found: Span, made: _Made) -> tuple[Proof, ...]:
    """Return the proofs; raises AuthoringProblem where there is none, or one that it is something else."""
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
        proofs = lab.proofs(old, new, like_of(ws))
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
    return proofs


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


# -- the files -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Moves:
    """The files that go, where to, and the texts of those that will build on the squash."""

    old: tuple[Path, ...]
    folder: Path
    texts: Mapping[Path, str]


def _moves(ws: WorkspaceState, found: Span, draft: Draft) -> _Moves:
    graph, id_ = ws.chain.graph, draft.revision.id
    old = tuple(Path(graph[each].path or "") for each in found.ids)
    folder = _folder(ws, found, id_)
    texts: dict[Path, str] = {}
    if id_ != found.end:
        for upper in dict.fromkeys((*found.children, *found.dependents)):
            texts[Path(graph[upper].path or "")] = _above(graph[upper], found.end, id_)
    return _Moves(old, folder, texts)


def _folder(ws: WorkspaceState, found: Span, id_: str) -> Path:
    """`squashed/ID` beside the versions folder, where no command looks for revisions."""
    path = Path(ws.chain.graph[found.end].path or "")
    locations = ws.project.version_locations
    location = next((each for each in locations if each in path.parents), path.parent)
    folder = location.parent / "squashed" / id_
    if ws.project.is_recursive and any(each in folder.parents for each in locations):
        folder = ws.project.directory.parent / "squashed" / id_
        if any(each in folder.parents for each in locations):
            raise AuthoringProblem(
                "There is no folder beside the project's that it does not read, for the files that go.",
                hint="set version_locations to a folder of its own",
            )
    return folder


def _above(revision: Revision, old: str, new: str) -> str:
    """The file of *revision*, which builds on *old* or depends on it, with *new* instead."""
    text = drafts.decoded(Path(revision.path or "").read_bytes())
    try:
        if old in revision.parents:
            text = reparented(text, tuple(new if name == old else name for name in revision.parents))
        return requiring(text, {old: new}) if old in revision.depends_on else text
    except NotPlain as error:
        raise AuthoringProblem(
            f"{revision.id} builds on {old} and does not say so plainly, so its file can't be rewritten.",
            hint="--keep-id leaves it as it is",
        ) from error


def _on_files(found: Span, moves: _Moves, *, is_done: bool) -> tuple[str, ...]:
    notes = [
        f"{len(found.ids)} files {'were moved' if is_done else 'would move'} to {shown(moves.folder)}; none is deleted."
    ]
    if moves.texts:
        names = ", ".join(path.name for path in moves.texts)
        notes.append(f"{names} {'builds' if is_done else 'would build'} on the squash.")
    return tuple(notes)


# -- the databases -------------------------------------------------------------------------------------------------


def _standing(ws: WorkspaceState, found: Span) -> Mapping[str, tuple[str, ...]]:
    """Where each connection of this project stands, by name. Raises Refused for one inside the range."""
    graph, directory = ws.chain.graph, ws.project.directory
    standing: dict[str, tuple[str, ...]] = {}
    inside = frozenset(found.ids)
    for name in ws.databases:
        with ws.using(name):
            try:
                if ws.project.directory != directory:
                    continue
            except ProjectNotFound:
                continue
            heads = ws.heads_or_problem(ws.database)[0]
        if heads is None:
            continue
        standing[name] = heads
        applied = inside & graph.ancestors(id_ for id_ in heads if id_ in graph)
        if applied and applied != inside:
            raise Refused(
                f"{name} stands inside the range, at {', '.join(heads)}: it would never get the rest of it. Nothing was written.",
                hint=f"%migrate upgrade {found.end} --on {name}, then squash",
            )
    return standing


def _on_databases(found: Span, revision: Revision, standing: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    below = ", ".join(found.parents) or "base"
    notes = [f"A database below the range, at {below}: upgrade as always, the squash runs."]
    notes.append(
        f"A database at its end, {found.end}: nothing to do, the id is the same."
        if revision.id == found.end
        else f"A database at its end, {found.end}: %migrate stamp --purge {revision.id}"
    )
    inside = [id_ for id_ in found.ids if id_ != found.end]
    notes.append(
        f"A database inside ({', '.join(inside[:3])}{', …' if len(inside) > 3 else ''}): "
        f"upgrade it to {found.end} with the old files first."
    )
    if revision.id != found.end:
        notes += [
            f"{name} stands at {found.end}: {_stamp(found, revision, name, ids)}"
            for name, ids in _at_end(found, standing)
        ]
    return tuple(notes)


def _at_end(found: Span, standing: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, ids) for name, ids in standing.items() if found.end in ids)


def _stamp(found: Span, revision: Revision, name: str, ids: tuple[str, ...]) -> str:
    after = " ".join(revision.id if id_ == found.end else id_ for id_ in ids)
    return f"%migrate stamp --purge {after} --on {name}"


def _after(found: Span, revision: Revision, standing: Mapping[str, tuple[str, ...]]) -> str:
    at_end = _at_end(found, standing)
    if at_end and revision.id != found.end:
        return _stamp(found, revision, *at_end[0])
    return "%migrate history"
