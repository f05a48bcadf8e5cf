"""A project's revisions with one more among them that is not on disk yet, so that it can be tried before it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine.chain import Chain
from ..engine.environment import Environment
from ..model.graph import Graph

if TYPE_CHECKING:
    from types import ModuleType

    from ..engine.drafts import Draft
    from ..errors import RevisionFileBroken
    from ..model.graph import Revision


class DraftChain(Chain):
    """The revisions of *chain*, with *draft* in the place of the one it replaces, or as a new one; *module* is what it runs."""

    def __init__(self, chain: Chain, draft: Draft, module: ModuleType) -> None:
        super().__init__(chain.project)
        self._others, self._drafted, self._draft_module = chain, draft.revision.id, module
        replaced = draft.replaces.id if draft.replaces is not None else ""
        kept = (each for each in chain.graph if each.id not in {draft.revision.id, replaced})
        own = replace(
            draft.revision,
            path=str(draft.path),  # what an error names; there may be no such file
            has_upgrade=_has(module, "upgrade"),
            has_downgrade=draft.revision.has_downgrade is not False and _has(module, "downgrade"),
        )
        self._graph = Graph((*kept, own))

    @property
    def graph(self) -> Graph:
        """The revisions as they were when the draft was made."""
        assert self._graph is not None  # noqa: S101 - made above
        return self._graph

    def broken(self, revision: Revision) -> RevisionFileBroken | None:
        """Return the error for a file that is no Python; the draft was run already."""
        return None if revision.id == self._drafted else self._others.broken(revision)

    def module(self, revision: Revision) -> ModuleType:
        """Return the draft's module, or that of another revision, from its file."""
        return self._draft_module if revision.id == self._drafted else self._others.module(revision)


def _has(module: ModuleType, function: str) -> bool:
    return callable(getattr(module, function, None))


def with_draft(chain: Chain, draft: Draft, module: ModuleType) -> tuple[Chain, Environment]:
    """Return the revisions with *draft* among them, and the project's env.py over these."""
    drafted = DraftChain(chain, draft, module)
    return drafted, Environment(chain.project, lambda: drafted.directory)
