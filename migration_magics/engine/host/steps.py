"""Alembic's own planning and step objects: in which order revisions run, and what each does to the version table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.runtime import migration
from alembic.runtime.migration import HeadMaintainer, MigrationStep, RevisionStep, StampStep
from alembic.script import ScriptDirectory
from alembic.script import revision as revisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic.util import CommandError

    from ...model.graph import Graph

MultipleHeads = revisions.MultipleHeads
RangeNotAncestorError = revisions.RangeNotAncestorError
ResolutionError = revisions.ResolutionError
RevisionError = revisions.RevisionError
Revision = revisions.Revision


def upgrade_order(directory: ScriptDirectory, target: str, heads: tuple[str, ...]) -> list[str]:
    """Return the ids an `alembic upgrade TARGET` would run from *heads*, in that order."""
    found = directory.revision_map.iterate_revisions(target, heads, implicit_base=True)
    return [revision.revision for revision in found][::-1]


def downgrade_order(directory: ScriptDirectory, target: str, heads: tuple[str, ...]) -> list[str]:
    """Return the ids an `alembic downgrade TARGET` would run from *heads*, in that order."""
    found = directory.revision_map.iterate_revisions(heads, target, select_for_downgrade=True)
    return [revision.revision for revision in found]


def upgrade_step(directory: ScriptDirectory, id_: str) -> RevisionStep:
    """Return the step that upgrades by *id_*; imports its module."""
    return MigrationStep.upgrade_from_script(directory.revision_map, directory.get_revision(id_))


def downgrade_step(directory: ScriptDirectory, id_: str) -> RevisionStep:
    """Return the step that downgrades by *id_*; imports its module."""
    return MigrationStep.downgrade_from_script(directory.revision_map, directory.get_revision(id_))


def stamp_steps(directory: ScriptDirectory, targets: tuple[str, ...], heads: tuple[str, ...]) -> list[StampStep]:
    """Return the steps an `alembic stamp TARGETS` would take from *heads*."""
    return directory._stamp_revs(targets, heads)


class _Tally(HeadMaintainer):
    """Keeps count of heads as Alembic would, without a database."""

    def __init__(self, heads: Iterable[str]) -> None:
        self.heads = set(heads)

    def _insert_version(self, version: str) -> None:
        if version in self.heads:  # the row is there already: the insert would fail
            raise KeyError(version)
        self.heads.add(version)

    def _delete_version(self, version: str) -> None:
        self.heads.remove(version)

    def _update_version(self, from_: str, to_: str) -> None:
        self.heads.remove(from_)
        self._insert_version(to_)


class _Move(RevisionStep):
    """A step for bookkeeping only: its module is not imported."""

    def __init__(self, directory: ScriptDirectory, id_: str, *, is_upgrade: bool) -> None:
        self.revision_map = directory.revision_map
        self.revision = directory.get_revision(id_)
        self.is_upgrade = is_upgrade


def heads_going_up(
    directory: ScriptDirectory, _graph: Graph, order: Iterable[str], heads: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Return the heads after each upgrade of *order*. Raises KeyError where Alembic's bookkeeping will."""
    return heads_after((_Move(directory, id_, is_upgrade=True) for id_ in order), heads)


def heads_going_down(
    directory: ScriptDirectory, graph: Graph, order: Iterable[str], heads: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Return the heads after each downgrade of *order*, by Alembic's own bookkeeping, in linear time where it can be.

    Alembic walks all ancestors at each step (10,000 revisions with 1,000 merges: 14 s). What is below a revision becomes a
    head unless one that stays builds on it; only a merge with such a parent needs the walk, since Alembic (1.20.1) then
    may keep a parent that another parent is built on.
    """
    at, applied, after = set(heads), set(graph.ancestors(heads)), []
    for id_ in order:
        step = _Move(directory, id_, is_upgrade=False)
        applied.discard(id_)
        below = step.to_revisions
        free = [each for each in below if applied.isdisjoint(graph.above(each))]
        if len(below) > 1 and len(free) < len(below):
            free = list(step._unmerge_to_revisions(at))
        at.discard(id_)
        at.update(free)
        after.append(tuple(sorted(at)))
    return after


def heads_after(steps: Iterable[Any], heads: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the heads after each of *steps*, by Alembic's own bookkeeping."""
    tally, found = _Tally(heads), []
    for step in steps:
        tally.update_to_step(step)
        found.append(tuple(sorted(tally.heads)))
    return found


def comes_from_a_run(error: BaseException) -> bool:
    """Say whether *error* went through Alembic's running of migrations, its bookkeeping and its COMMIT included."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == migration.__file__:
            return True
        traceback = traceback.tb_next
    return False


def original(error: CommandError) -> Exception:
    """Return what Alembic wrapped into its catch-all error."""
    cause = error.__cause__
    return cause if isinstance(cause, revisions.RevisionError) else error


def resolve(directory: ScriptDirectory, identifiers: str | Sequence[str]) -> tuple[str, ...]:
    """Return the ids that *identifiers* mean, as `alembic show` and `stamp` read them; base is left out."""
    wanted = identifiers if isinstance(identifiers, str) else tuple(identifiers)
    found = directory.revision_map.get_revisions(wanted)
    return tuple(revision.revision for revision in found if isinstance(revision, Revision))


def walk(directory: ScriptDirectory, lower: str | tuple[str, ...], upper: str | tuple[str, ...]) -> list[str]:
    """Return the ids from *upper* down to *lower*, both included, as `alembic history -r` does."""
    found = directory.revision_map.iterate_revisions(upper, lower, inclusive=True, assert_relative_length=False)
    return [revision.revision for revision in found]
