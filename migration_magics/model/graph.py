"""The revision graph as a value: revisions, who builds on whom, and questions about that. Planning stays Alembic's."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import DuplicateRevision, ParentMissing, RevisionCycle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_HINTS = 3


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision as its file's header has it.

    *parents* are `down_revision` (several: a merge; none: a base), *depends_on* and *labels* as written. *message* is the
    docstring's first paragraph, *doc* all of it, *created_at* its "Create Date" (naive where the file has no offset).
    *has_downgrade* and *has_upgrade* are None where only importing the file could tell. *digest* is a hash of its bytes.
    """

    id: str
    parents: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    message: str = ""
    doc: str = ""
    path: str | None = None
    created_at: datetime | None = None
    has_downgrade: bool | None = None
    digest: str = ""
    has_upgrade: bool | None = None


class Graph:
    """All revisions of a project and how they hang together; it never changes.

    *Parents* are those a revision revises, *requirements* what it depends on besides. A revision is *below* another when a
    path of parents and requirements leads down to it. Every walk is a loop, so depth is no limit, and takes time in
    proportion to the revisions it visits.

    Raises `DuplicateRevision` (one id or label, two files), `ParentMissing` and `RevisionCycle`.
    """

    def __init__(self, revisions: Iterable[Revision] = ()) -> None:
        self.revisions: Mapping[str, Revision] = MappingProxyType(_by_id(revisions))
        """The revisions by id, in the order they were given: for files, Alembic's order of reading."""
        self._carriers = _label_carriers(self.revisions)
        self._requires = self._resolved_requirements()
        self._children, self._dependents = self._upward_edges()
        self._order = self._newest_first_ids()

    def __len__(self) -> int:
        return len(self.revisions)

    def __iter__(self) -> Iterator[Revision]:
        return iter(self.revisions.values())

    def __contains__(self, id_: object) -> bool:
        return id_ in self.revisions

    def __getitem__(self, id_: str) -> Revision:
        return self.revisions[id_]

    def __eq__(self, other: object) -> bool:
        return self.revisions == other.revisions if isinstance(other, Graph) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self.revisions))

    def __repr__(self) -> str:
        return f"<Graph of {len(self)} revisions, heads: {', '.join(self.heads) or 'none'}>"

    # -- ends and forks --------------------------------------------------------------------------------------------

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The revisions nothing revises; the latest created first, then by id."""
        ends = (revision for revision in self if not self._children[revision.id])
        return tuple(revision.id for revision in sorted(ends, key=_latest_first))

    @cached_property
    def effective_heads(self) -> tuple[str, ...]:
        """The heads nothing depends on either: the version table's rows once everything is applied."""
        return tuple(id_ for id_ in self.heads if not self._dependents[id_])

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The revisions that revise nothing; the earliest created first."""
        starts = (revision for revision in self if not revision.parents)
        return tuple(revision.id for revision in sorted(starts, key=_latest_first, reverse=True))

    @cached_property
    def newest_first(self) -> tuple[Revision, ...]:
        """Every revision, children before parents and dependents before what they depend on.

        A branch is told to its end before the next begins. The order depends on the revisions alone, not on the order
        in which they were given.
        """
        return tuple(self.revisions[id_] for id_ in self._order)

    @cached_property
    def branch_points(self) -> tuple[str, ...]:
        """The revisions that several others revise, oldest first."""
        return tuple(id_ for id_ in reversed(self._order) if len(self._children[id_]) > 1)

    @cached_property
    def merges(self) -> tuple[str, ...]:
        """The revisions with several parents, oldest first."""
        return tuple(id_ for id_ in reversed(self._order) if len(self.revisions[id_].parents) > 1)

    # -- neighbours and relatives ----------------------------------------------------------------------------------

    def children(self, id_: str) -> tuple[str, ...]:
        """Return the revisions that revise *id_*, sorted."""
        return tuple(self._children[id_])

    def dependents(self, id_: str) -> tuple[str, ...]:
        """Return the revisions that depend on *id_* without revising it, sorted."""
        return tuple(self._dependents[id_])

    def requires(self, id_: str) -> tuple[str, ...]:
        """Return the ids *id_* depends on, in the order written, with labels replaced by the revisions that carry them."""
        return self._requires.get(self.revisions[id_].id, ())

    def below(self, id_: str) -> tuple[str, ...]:
        """Return what *id_* stands on directly: its parents, then its requirements, each once."""
        parents, required = self.revisions[id_].parents, self._requires.get(id_, ())
        return tuple(dict.fromkeys((*parents, *required))) if parents[1:] or required else parents

    def above(self, id_: str) -> tuple[str, ...]:
        """Return what stands directly on *id_*: its children, then its dependents."""
        return (*self._children[id_], *self._dependents[id_])

    def ancestors(self, ids: Iterable[str]) -> frozenset[str]:
        """Return *ids* and everything below them."""
        return _reachable(ids, self.below)

    def descendants(self, ids: Iterable[str]) -> frozenset[str]:
        """Return *ids* and everything above them."""
        return _reachable(ids, self.above)

    def heads_of(self, applied: Iterable[str]) -> tuple[str, ...]:
        """Return the rows of the version table when exactly *applied* is applied: what nothing applied stands on, sorted."""
        applied = frozenset(applied)
        return tuple(sorted(id_ for id_ in applied if applied.isdisjoint(self.above(id_))))

    def between(self, lower: Iterable[str], upper: Iterable[str]) -> tuple[Revision, ...]:
        """Return what *upper* has and *lower* has not, newest first: what a move from one to the other would pass."""
        wanted = self.ancestors(upper) - self.ancestors(lower)
        if not wanted:
            return ()
        return tuple(revision for revision in self.newest_first if revision.id in wanted)

    # -- names -----------------------------------------------------------------------------------------------------

    @property
    def labels(self) -> Mapping[str, str]:
        """The branch labels and the id of the revision that carries each."""
        return self._carriers

    def labels_of(self, id_: str) -> tuple[str, ...]:
        """Return the branch labels *id_* lies under, sorted.

        A label holds for all descendants of its carrier and, where these are one plain line, also for the line below the
        carrier, down to the first branch point or merge (Alembic 1.20, script/revision.py, `_add_branches`).
        """
        return tuple(sorted(self._propagated_labels[id_]))

    def nearest(self, text: str) -> tuple[str, ...]:
        """Return up to three ids or labels that *text* may have meant: those it begins first, then those spelled alike."""
        names = [*self._order, *sorted(self._carriers)]
        begun = [name for name in names if text and name.startswith(text)]
        if len(begun) < _HINTS:
            folded = {name.lower(): name for name in reversed(names)}
            begun += [folded[match] for match in difflib.get_close_matches(text.lower(), folded, n=_HINTS, cutoff=0.6)]
        return tuple(dict.fromkeys(begun))[:_HINTS]

    # -- making ----------------------------------------------------------------------------------------------------

    def _resolved_requirements(self) -> dict[str, tuple[str, ...]]:
        """Return the resolved `depends_on` of those revisions that have any, having checked that all of it is there."""
        requires = {}
        for revision in self:
            for parent in revision.parents:
                if parent not in self.revisions:
                    raise self._missing(revision, "revises", parent)
            if revision.depends_on:
                for name in revision.depends_on:
                    if name not in self.revisions and name not in self._carriers:
                        raise self._missing(revision, "depends on", name)
                resolved = (self._carriers.get(name, name) for name in revision.depends_on)
                requires[revision.id] = tuple(dict.fromkeys(resolved))
        return requires

    def _missing(self, revision: Revision, verb: str, name: str) -> ParentMissing:
        nearest = difflib.get_close_matches(name, [*self.revisions, *self._carriers], n=1, cutoff=0.5)
        meant = f"Did you mean {nearest[0]!r}? " if nearest else ""
        return ParentMissing(
            f"{_place(revision)} {verb} {name!r}, and no file has that revision.",
            hint=f"{meant}Restore the missing file, or correct the name in {_place(revision)}.",
        )

    def _upward_edges(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        children: dict[str, list[str]] = {id_: [] for id_ in self.revisions}
        dependents: dict[str, list[str]] = {id_: [] for id_ in self.revisions}
        for revision in self:
            for parent in dict.fromkeys(revision.parents):
                children[parent].append(revision.id)
        for id_, required in self._requires.items():
            for name in required:
                if name not in self.revisions[id_].parents:
                    dependents[name].append(id_)
        for ids in (*children.values(), *dependents.values()):
            if len(ids) > 1:
                ids.sort()
        return children, dependents

    def _newest_first_ids(self) -> list[str]:
        """Kahn's algorithm with a stack: the first parent comes next, so that a branch is walked to its end."""
        waiting = {id_: len(self._children[id_]) + len(self._dependents[id_]) for id_ in self.revisions}
        ends = sorted((self.revisions[id_] for id_, count in waiting.items() if not count), key=_latest_first)
        stack = [revision.id for revision in reversed(ends)]
        order = []
        while stack:
            id_ = stack.pop()
            order.append(id_)
            for lower in reversed(self.below(id_)):
                waiting[lower] -= 1
                if not waiting[lower]:
                    stack.append(lower)
        if len(order) < len(self.revisions):
            raise self._cycle({id_ for id_, count in waiting.items() if count})
        return order

    def _cycle(self, stuck: set[str]) -> RevisionCycle:
        """Walk up among the revisions never reached: each has another one above it, so the walk must return."""
        seen: dict[str, None] = {}
        id_ = min(stuck)
        while id_ not in seen:
            seen[id_] = None
            id_ = next(upper for upper in self.above(id_) if upper in stuck)
        walked = list(seen)
        cycle = walked[walked.index(id_) :]
        start = cycle.index(min(cycle))
        cycle = [*cycle[start:], *cycle[: start + 1]]
        files = [_place(self.revisions[id_]) for id_ in cycle[:-1]]
        return RevisionCycle(
            f"Revisions build on each other in a circle: {' <- '.join(cycle)} (files: {', '.join(files)}).",
            hint=f"Correct down_revision or depends_on in one of them, for example in {files[0]}.",
        )

    @cached_property
    def _propagated_labels(self) -> Mapping[str, frozenset[str]]:
        if not self._carriers:
            return dict.fromkeys(self.revisions, frozenset())
        labels: dict[str, frozenset[str]] = {}
        for id_ in reversed(self._order):
            revision = self.revisions[id_]
            own = frozenset(revision.labels)
            labels[id_] = own.union(*(labels[parent] for parent in revision.parents)) if revision.parents else own
        for id_ in {*self._carriers.values()}:
            if self._is_plain_line_above(id_):
                for lower in self._plain_line_below(id_):
                    labels[lower] |= frozenset(self.revisions[id_].labels)
        return labels

    def _is_plain(self, id_: str) -> bool:
        """Neither a branch point, dependents counted, nor a merge."""
        return not (self.above(id_)[1:] or self.revisions[id_].parents[1:])

    def _is_plain_line_above(self, id_: str) -> bool:
        while self._is_plain(id_):
            if not self._children[id_]:
                return True
            id_ = self._children[id_][0]
        return False

    def _plain_line_below(self, id_: str) -> Iterator[str]:
        while self._is_plain(id_):
            yield id_
            if not self.revisions[id_].parents:
                return
            id_ = self.revisions[id_].parents[0]


def _by_id(revisions: Iterable[Revision]) -> dict[str, Revision]:
    by_id: dict[str, Revision] = {}
    for revision in revisions:
        other = by_id.setdefault(revision.id, revision)
        if other is not revision:
            raise DuplicateRevision(
                f"Two files carry the revision id {revision.id!r}: {_place(other)} and {_place(revision)}.",
                hint="Remove the copy, or give one of them an id of its own.",
            )
    return by_id


def _label_carriers(revisions: Mapping[str, Revision]) -> Mapping[str, str]:
    carriers: dict[str, str] = {}
    for revision in revisions.values():
        for label in revision.labels:
            other = label if label in revisions else carriers.setdefault(label, revision.id)
            if other != revision.id or label in revisions:
                raise DuplicateRevision(
                    f"The branch label {label!r} of {_place(revision)} is already used by {_place(revisions[other])}.",
                    hint="Give one of the branches a label of its own.",
                )
    return MappingProxyType(carriers)


def _place(revision: Revision) -> str:
    """Name a revision by the last two parts of its path, which is enough to find the file, or by its id."""
    if revision.path is None:
        return revision.id
    return "/".join(revision.path.replace("\\", "/").split("/")[-2:])


def _latest_first(revision: Revision) -> tuple[float, str]:
    """Sort key; a file without a date counts as the oldest, one without an offset as UTC."""
    created = revision.created_at
    if created is None:
        return (float("inf"), revision.id)
    if created.tzinfo is None:
        created = created.replace(tzinfo=timezone.utc)
    return (-(created - _EPOCH).total_seconds(), revision.id)


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _reachable(ids: Iterable[str], neighbours: Callable[[str], tuple[str, ...]]) -> frozenset[str]:
    seen = set()
    stack = list(ids)
    while stack:
        id_ = stack.pop()
        if id_ not in seen:
            seen.add(id_)
            stack.extend(neighbours(id_))
    return frozenset(seen)
