"""What is wrong with a history, from its files alone: told all at once, also where no graph can be made of them."""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .graph import Graph, Revision


@dataclass(frozen=True, slots=True)
class Ailment:
    """One thing that is wrong: *what* it is, *why* it matters, and *remedies*, each a command or a sentence that mends it."""

    rule: str
    severity: Severity
    what: str
    why: str
    remedies: tuple[str, ...] = ()
    revision: str = ""


def of_files(revisions: Sequence[Revision]) -> tuple[Ailment, ...]:
    """Return what keeps the files of *revisions* from being a graph: ids and labels twice, parents missing, circles."""
    return (*_duplicates(revisions), *_labels(revisions), *_missing(revisions), *_cycles(revisions))


def place(revision: Revision) -> str:
    """Name the file of a revision by the last two parts of its path, or the revision by its id."""
    return "/".join((revision.path or revision.id).replace("\\", "/").split("/")[-2:])


def _duplicates(revisions: Sequence[Revision]) -> Iterable[Ailment]:
    by_id: dict[str, list[Revision]] = defaultdict(list)
    for revision in revisions:
        by_id[revision.id].append(revision)
    for id_, found in by_id.items():
        if len(found) > 1:
            is_copy = len({each.digest for each in found}) == 1
            mend = (
                f"delete {place(found[-1])}: it is the same, byte for byte"
                if is_copy
                else f"give one an id of its own: change `revision = {id_!r}` in {place(found[-1])}"
            )
            yield Ailment(
                "duplicate-id",
                Severity.ERROR,
                f"{len(found)} files carry the id {id_}: {', '.join(place(each) for each in found)}.",
                "Alembic takes whichever it reads last, so one of them never runs.",
                (mend,),
                id_,
            )


def _labels(revisions: Sequence[Revision]) -> Iterable[Ailment]:
    carriers: dict[str, Revision] = {}
    ids = {revision.id for revision in revisions}
    for revision in revisions:
        for label in revision.labels:
            other = carriers.setdefault(label, revision)
            if other.id != revision.id or label in ids:
                owner = f"by {place(other)}" if other.id != revision.id else "as the id of a revision"
                yield Ailment(
                    "duplicate-label",
                    Severity.ERROR,
                    f"The branch label {label} of {place(revision)} is used {owner}, too.",
                    "Alembic reads no revision at all while a name means two things.",
                    (f"give it a label of its own: change branch_labels in {place(revision)}",),
                    revision.id,
                )


def _missing(revisions: Sequence[Revision]) -> Iterable[Ailment]:
    ids = {revision.id for revision in revisions}
    names = ids | {label for revision in revisions for label in revision.labels}
    for revision in revisions:
        for verb, wanted, known in (
            ("revises", revision.parents, ids),
            ("depends on", revision.depends_on, names),
        ):
            for name in wanted:
                if name not in known:
                    near = difflib.get_close_matches(name, sorted(ids - {revision.id}), 1, cutoff=0.3)
                    again = f"%migrate doctor --reparent {revision.id} --onto {near[0] if near else 'REV'}"
                    is_parent = verb == "revises"
                    yield Ailment(
                        "missing-parent" if is_parent else "missing-dependency",
                        Severity.ERROR,
                        f"{place(revision)} {verb} {name}, and no file has that revision.",
                        "No command can read the history until the file is back or the name is another.",
                        (
                            f'!git log --all --oneline -- "*{name}*"',
                            again if is_parent else f"correct depends_on in {place(revision)}",
                        ),
                        revision.id,
                    )


def _cycles(revisions: Sequence[Revision]) -> Iterable[Ailment]:
    by_id = {revision.id: revision for revision in revisions}
    labels = {label: revision.id for revision in revisions for label in revision.labels}
    below = {
        id_: tuple(
            labels.get(name, name)
            for name in (*each.parents, *each.depends_on)
            if name in by_id or labels.get(name) in by_id
        )
        for id_, each in by_id.items()
    }
    while (cycle := _cycle(below)) is not None:
        files = ", ".join(place(by_id[id_]) for id_ in cycle)
        yield Ailment(
            "cycle",
            Severity.ERROR,
            f"Revisions build on each other in a circle: {' -> '.join((*cycle, cycle[0]))} (files: {files}).",
            "None of them can ever run, and no command can read the history.",
            (f"%migrate doctor --reparent {cycle[0]} --onto REV",),
            cycle[0],
        )
        below = {id_: lower for id_, lower in below.items() if id_ not in cycle}


def _cycle(below: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return one circle, from its least id on, walking downward; None where there is none."""
    left = {id_: [lower for lower in lowers if lower in below] for id_, lowers in below.items()}
    above: dict[str, list[str]] = defaultdict(list)
    for id_, lowers in left.items():
        for lower in lowers:
            above[lower].append(id_)
    waiting = {id_: len(lowers) for id_, lowers in left.items()}
    free = [id_ for id_, count in waiting.items() if not count]
    while free:
        id_ = free.pop()
        del waiting[id_]
        for upper in above[id_]:
            waiting[upper] -= 1
            if not waiting[upper]:
                free.append(upper)
    if not waiting:
        return None
    seen: dict[str, None] = {}
    id_ = min(waiting)
    while id_ not in seen:  # each that is left has one below it that is left
        seen[id_] = None
        id_ = next(lower for lower in left[id_] if lower in waiting)
    walked = list(seen)
    cycle = walked[walked.index(id_) :]
    start = cycle.index(min(cycle))
    return (*cycle[start:], *cycle[:start])


def of_heads(graph: Graph, applied: Mapping[str, frozenset[str]]) -> tuple[Ailment, ...]:
    """Return what there is to say of several heads, with both ways out. *applied* are the ids, by connection."""
    heads = graph.effective_heads
    if len(heads) < 2:
        return ()
    lines = {head: graph.ancestors((head,)) for head in heads}
    is_apart = all(lines[a].isdisjoint(lines[b]) for a in heads for b in heads if a != b)
    is_meant = is_apart and all(graph.labels_of(head) for head in heads)
    ways = ['%migrate merge heads -m "join the branches"', *_reparentings(graph, heads, applied)]
    why = "`upgrade head` is refused, and a new revision has to be told which one it builds on."
    if is_meant:
        why = "They are branches of their own with labels; `upgrade heads` runs them all."
    return (
        Ailment(
            "several-heads",
            Severity.INFO if is_meant else Severity.WARNING,
            f"There are {len(heads)} heads: {', '.join(heads)}.",
            why,
            () if is_meant else tuple(ways),
        ),
    )


def _reparentings(graph: Graph, heads: tuple[str, ...], applied: Mapping[str, frozenset[str]]) -> Iterable[str]:
    """Yield the commands that put one branch on top of another: only one that nothing of is applied anywhere known."""
    everywhere = frozenset().union(*applied.values()) if applied else frozenset()
    for head in heads:
        others = [other for other in heads if other != head]
        own = graph.ancestors((head,)) - graph.ancestors(others)
        roots = [id_ for id_ in own if own.isdisjoint(graph.below(id_))]
        if len(others) == 1 and len(roots) == 1 and not own & everywhere and len(graph[roots[0]].parents) < 2:
            yield f"%migrate doctor --reparent {roots[0]} --onto {others[0]}"


def of_length(revisions: Sequence[Revision], limit: int, *, is_enforced: bool) -> tuple[Ailment, ...]:
    """Return the ids that do not fit into a version table of *limit* characters."""
    return tuple(
        Ailment(
            "long-id",
            Severity.ERROR if is_enforced else Severity.WARNING,
            f"The id {revision.id} has {len(revision.id)} characters, and the version table holds {limit}.",
            "PostgreSQL and MySQL refuse to note it, so that the upgrade fails at its end; SQLite does not look.",
            (f"give it a shorter id: change `revision` in {place(revision)} and down_revision in what builds on it",),
            revision.id,
        )
        for revision in revisions
        if len(revision.id) > limit
    )


def of_unknown(
    known: Sequence[Revision], id_: str, connection: str, nearest: tuple[str, ...], replaced_by: str | None
) -> Ailment:
    """Return what there is to say of a database that stands at *id_*, for which there is no file."""
    ways = [f'!git log --all --oneline -- "*{id_}*"']
    if replaced_by is not None:
        ways.insert(0, f"%migrate stamp --purge {replaced_by} --on {connection}")
    else:
        ways += [f"%migrate stamp --purge {near} --on {connection}" for near in nearest[:1]]
    meant = f" Nearest known: {', '.join(nearest)}." if nearest and replaced_by is None else ""
    squashed = f" It was replaced by the squash {replaced_by}." if replaced_by is not None else ""
    return Ailment(
        "unknown-revision",
        Severity.ERROR,
        f"{connection} stands at {id_}, for which none of the {len(known)} files is.{squashed}{meant}",
        "It can't be upgraded or downgraded. The file got lost, is in newer code, or it is another project's database.",
        tuple(ways),
        id_,
    )
