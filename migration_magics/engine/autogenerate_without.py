"""Operations that a person leaves out: taken out of what Alembic has found before the way back is made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from ..model.omission import called, is_meant
from .autogenerate_enums import TypeDrop, TypeMade
from .changes import change

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin

    from ..model.diff import Change


@dataclass(slots=True)
class Omission:
    """What is *wanted* out, as texts that name operations; *left_out* is what a run has left out of its findings."""

    wanted: tuple[str, ...] = ()
    left_out: dict[str, Change] = field(default_factory=dict)

    def setup(self, plugin: Plugin) -> None:
        """Add what takes them out. For before and after everything else: some are only made while others are put in order."""
        if self.wanted:
            plugin.add_autogenerate_comparator(
                self._take_out, "autogenerate", "migration_magics_without", priority=DispatchPriority.LAST
            )

    def _take_out(self, context: AutogenContext, upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
        upgrade.ops[:] = [each for each in upgrade.ops if self._keeps(each, context)]
        return PriorityDispatchResult.CONTINUE

    def _keeps(self, operation: Any, context: AutogenContext) -> bool:
        if isinstance(operation, ops.OpContainer):
            operation.ops[:] = [each for each in operation.ops if self._keeps(each, context)]
            return not operation.is_empty()
        if isinstance(operation, (TypeDrop, TypeMade)):
            return True
        found = change(operation, context.dialect)
        if not any(is_meant(text, found) for text in self.wanted):
            return True
        self.left_out[called(found)] = found
        return False
