"""What a squash means for files and databases: which files go where, and what each database needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import drafts
from ..errors import AuthoringProblem, ProjectNotFound, Refused
from ..model.reparented import NotPlain, reparented, requiring
from .drafting import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.drafts import Draft
    from ..model.graph import Revision
    from ..model.span import Span
    from .workspace import WorkspaceState


@dataclass(frozen=True, slots=True)
class Moves:
    """The files that go, where to, and the texts of those that will build on the squash."""

    old: tuple[Path, ...]
    folder: Path
    texts: Mapping[Path, str]


def moves_of(ws: WorkspaceState, found: Span, draft: Draft) -> Moves:
    """Return which files go where, and what those above will say. Raises AuthoringProblem where one can't be rewritten."""
    graph, id_ = ws.chain.graph, draft.revision.id
    old = tuple(Path(graph[each].path or "") for each in found.ids)
    folder = _folder(ws, found, id_)
    texts: dict[Path, str] = {}
    if id_ != found.end:
        for upper in dict.fromkeys((*found.children, *found.dependents)):
            texts[Path(graph[upper].path or "")] = _above(graph[upper], found.end, id_)
    return Moves(old, folder, texts)


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


def on_files(found: Span, moves: Moves, *, is_done: bool) -> tuple[str, ...]:
    """Return what to say of the files that went, or would."""
    notes = [
        f"{len(found.ids)} files {'were moved' if is_done else 'would move'} to {shown(moves.folder)}; none is deleted."
    ]
    if moves.texts:
        names = ", ".join(path.name for path in moves.texts)
        notes.append(f"{names} {'builds' if is_done else 'would build'} on the squash.")
    return tuple(notes)


# -- the databases -------------------------------------------------------------------------------------------------


def standing_of(ws: WorkspaceState, found: Span) -> Mapping[str, tuple[str, ...]]:
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


def on_databases(found: Span, revision: Revision, standing: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return what a database needs, by where it stands; those that are connected by name."""
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
    stamped = " ".join(revision.id if id_ == found.end else id_ for id_ in ids)
    return f"%migrate stamp --purge {stamped} --on {name}"


def after(found: Span, revision: Revision, standing: Mapping[str, tuple[str, ...]]) -> str:
    """Return the command that comes next once the squash is written."""
    at_end = _at_end(found, standing)
    if at_end and revision.id != found.end:
        return _stamp(found, revision, *at_end[0])
    return "%migrate history"
