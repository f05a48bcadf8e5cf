"""Alembic's `RevisionMap`, fed from our graph: the same answers to every identifier, in the same order, in linear time.

Stock Alembic imports every file to fill its map, and collects the ancestors of every merged branch anew when it sorts
(`RevisionMap._topological_sort`): quadratic in the number of merges. Written against Alembic 1.18 to 1.20; the tests
compare each answer with the stock map's.
"""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from types import ModuleType

    from alembic.config import Config
    from alembic.script.revision import Revision as AlembicRevision

    from ...model.graph import Graph, Revision

    Load = Callable[[Revision], ModuleType]


class LazyScript(Script):
    """Alembic's `Script` made of a `Revision`: everything is known but the module, which is imported on first use."""

    # Properties in Alembic, recomputed at each use; plain attributes here, since a script's parents never change.
    _all_down_revisions: tuple[str, ...] = ()
    _versioned_down_revisions: tuple[str, ...] = ()
    _normalized_down_revisions: tuple[str, ...] = ()

    def __init__(self, revision: Revision, graph: Graph, load: Load) -> None:  # the base class would want the module
        requires = graph.requires(revision.id)
        self.value = revision
        self._load = load
        self.path = revision.path or ""
        self.revision = revision.id
        self.down_revision = _scalar(revision.parents)
        self.dependencies = _scalar(revision.depends_on)
        self._orig_branch_labels = revision.labels
        self.branch_labels = set(graph.labels_of(revision.id)) if graph.labels else set()
        self._resolved_dependencies = requires
        self._normalized_resolved_dependencies = requires
        self._versioned_down_revisions = revision.parents
        self._all_down_revisions = self._normalized_down_revisions = graph.below(revision.id)
        if children := graph.children(revision.id):
            self.nextrev = self._all_nextrev = frozenset(children)
        if dependents := graph.dependents(revision.id):
            self._all_nextrev = self._all_nextrev.union(dependents)

    @cached_property
    def module(self) -> ModuleType:  # type: ignore[override]  # an attribute in Alembic, filled before anybody asks
        """The revision's module, imported now if it was not before."""
        return self._load(self.value)

    @property
    def doc(self) -> str:
        """The docstring's first paragraph."""
        return self.value.message

    @property
    def longdoc(self) -> str:
        """The docstring."""
        return self.value.doc

    def require(self, normalized: tuple[str, ...]) -> None:
        """Set which dependencies do not already come with an ancestor."""
        self._normalized_resolved_dependencies = normalized
        self._normalized_down_revisions = tuple(dict.fromkeys((*self._versioned_down_revisions, *normalized)))


def _scalar(names: tuple[str, ...]) -> str | tuple[str, ...] | None:
    return names if names[1:] else names[0] if names else None


class FastRevisionMap(RevisionMap):
    """The stock map's answers from a *graph*. It is filled when it is first asked something."""

    def __init__(self, graph: Graph, load: Load) -> None:
        super().__init__(lambda: self._scripts().values())
        self._graph = graph
        self._load = load

    @cached_property
    def _revision_map(self) -> dict[Any, Any]:
        scripts = self._scripts()
        map_: dict[Any, Any] = dict(scripts)
        map_.update((label, scripts[id_]) for label, id_ in self._graph.labels.items())
        # As Alembic orders them: by the order of reading.
        self.heads = tuple(id_ for id_, script in scripts.items() if not script.nextrev)
        self._real_heads = tuple(id_ for id_, script in scripts.items() if not script._all_nextrev)
        self.bases = tuple(id_ for id_, script in scripts.items() if script.down_revision is None)
        self._real_bases = tuple(id_ for id_ in self.bases if scripts[id_].dependencies is None)
        self._normalize(scripts, map_)
        map_[None] = map_[()] = None
        return map_

    def _scripts(self) -> dict[str, LazyScript]:
        graph, load = self._graph, self._load
        return {revision.id: LazyScript(revision, graph, load) for revision in graph}

    def _normalize(self, scripts: dict[str, LazyScript], map_: dict[Any, Any]) -> None:
        """Leave out dependencies that an ancestor, by parents alone, has as well (stock: one walk per revision).

        Sets are integers with one bit per revision that is depended on.
        """
        depending = [script for script in scripts.values() if script._resolved_dependencies]
        if not depending:
            return
        bits: dict[str, int] = {}
        for script in depending:
            for name in script._resolved_dependencies:
                bits.setdefault(name, 1 << len(bits))
        inherited: dict[str, int] = {}
        for revision in reversed(self._graph.newest_first):
            mask = 0
            for parent in revision.parents:
                mask |= inherited[parent]
                for name in scripts[parent]._resolved_dependencies:
                    mask |= bits[name]
            inherited[revision.id] = mask
        for script in depending:
            known = {name for name in script._resolved_dependencies if bits[name] & inherited[script.revision]}
            if len(known) > 1:  # how often they are taken out decides the order of the rest: ask the original
                self._normalize_depends_on([script], map_)
                script.require(script._normalized_resolved_dependencies)
            else:
                # The order of a set made and emptied this way is Alembic's order here; the same within one process.
                normalized = set(script._resolved_dependencies)
                normalized.difference_update(known)
                script.require(tuple(normalized))

    def _filter_into_branch_heads(self, targets: Iterable[Any]) -> set[Any]:
        """Return the targets below no other, by children alone (stock: one walk per target)."""
        targets = set(targets)
        parents = {self._revision_map[id_] for target in targets for id_ in target._versioned_down_revisions}
        return targets.difference(self._get_ancestor_nodes(parents, include_dependencies=False))

    def _topological_sort(self, revisions: Collection[AlembicRevision], heads: Any) -> list[str]:
        """Return the stock order. Only what is below *heads* and closed under paths is sorted the quick way."""
        map_ = self._revision_map
        todo = {revision.revision for revision in revisions}
        ranks = {id_: rank for rank, id_ in enumerate(map_)}
        starts = sorted({head.revision for head in heads if head.revision in todo}, key=ranks.__getitem__)
        children: dict[str, list[str]] = {id_: [] for id_ in todo}
        outside = set()
        for id_ in todo:
            for lower in map_[id_]._normalized_down_revisions:
                if lower in todo:
                    children[lower].append(id_)
                else:
                    outside.add(map_[lower])
        is_covered = {id_ for id_, above in children.items() if not above} <= set(starts)
        if not is_covered or any(node.revision in todo for node in self._get_ancestor_nodes(outside)):
            return super()._topological_sort(revisions, heads)
        return list(_emitted(map_, todo, starts, children))


def _emitted(map_: dict[Any, Any], todo: set[str], starts: list[str], children: dict[str, list[str]]) -> Iterator[str]:
    """Replay Alembic's walk over a set of revisions where "an ancestor of another head" can be told from the children.

    Alembic walks down from a list of heads and stays on one line as long as it can: the current head is emitted unless
    it lies below another one in the list; then the first such head in the list becomes the current one. In a set closed
    under paths, and entirely below its heads, a revision lies below a listed head if and only if one of its children in
    the set has not been emitted yet.
    """
    heads, listed, current = list(starts), set(starts), 0
    while heads:
        candidate = heads[current]
        if any(child in todo for child in children[candidate]):
            current = _first_above(candidate, heads, listed, todo, children)
            continue
        yield candidate
        todo.discard(candidate)
        listed.discard(candidate)
        following = [id_ for id_ in map_[candidate]._normalized_down_revisions if id_ in todo and id_ not in listed]
        listed.update(following)
        if following:
            heads[current] = following[0]
            heads.extend(following[1:])
        else:
            del heads[current]
            current = max(current - 1, 0)


def _first_above(
    candidate: str, heads: list[str], listed: set[str], todo: set[str], children: dict[str, list[str]]
) -> int:
    """Return the place of the first head in the list that has *candidate* below it."""
    above = set()
    seen = {candidate}
    stack = [candidate]
    while stack:
        for child in children[stack.pop()]:
            if child in todo and child not in seen:
                seen.add(child)
                stack.append(child)
                if child in listed:
                    above.add(child)
    return next(place for place, head in enumerate(heads) if head in above)


def from_graph(graph: Graph, load_module: Load) -> FastRevisionMap:
    """Return the revision map of *graph*; *load_module* is asked for the module of a revision that is to run, once each."""
    return FastRevisionMap(graph, load_module)


def script_directory(config: Config, graph: Graph, load_module: Load) -> ScriptDirectory:
    """Return Alembic's script directory for *config*, its history taken from *graph*; `sys.path` stays as it is.

    Raises Alembic's `CommandError` where the directory does not exist.
    """
    before = list(sys.path)
    try:
        directory = ScriptDirectory.from_config(config)
    finally:
        sys.path[:] = before
    directory.revision_map = from_graph(graph, load_module)
    return directory
