"""An order of autogenerate's operations that servers take: foreign keys leave first and come last where it matters.

Alembic drops tables in no order, creates circles of tables with their keys inside, and drops indexes that MariaDB's keys still
need (1.20). Where its order works it is kept. SQLite checks none of this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from ..model.parts import split
from . import values
from .autogenerate_enums import with_their_tables
from .autogenerate_unnamed import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin
    from sqlalchemy.engine import Dialect


def setup(plugin: Plugin) -> None:
    """Add what puts the operations into order, once all are found."""
    plugin.add_autogenerate_comparator(
        _in_order, "autogenerate", "migration_magics_order", priority=DispatchPriority.LAST
    )


def _in_order(context: AutogenContext, upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
    found = _Order(context.dialect)
    upgrade.ops[:] = found.of_keys(found.of_creates(found.of_drops(list(upgrade.ops))))
    named(context, upgrade)
    with_their_tables(context, upgrade)
    return PriorityDispatchResult.CONTINUE


def without_needless_drops(container: ops.OpContainer) -> None:
    """Leave the indexes of a table that is dropped to its own end: MariaDB drops none that a key of the table needs.

    For both ways of a finished revision; each keeps what makes the indexes again.
    """
    gone = {(each.schema, each.table_name) for each in container.ops if isinstance(each, ops.DropTableOp)}
    for each in container.ops:
        if isinstance(each, ops.ModifyTableOps) and (each.schema, each.table_name) in gone:
            each.ops = [one for one in each.ops if not isinstance(one, ops.DropIndexOp)]
    container.ops[:] = [
        each for each in container.ops if not (isinstance(each, ops.ModifyTableOps) and each.is_empty())
    ]


@dataclass(frozen=True, slots=True)
class _Order:
    dialect: Dialect

    # -- tables that go

    def of_drops(self, found: list[Any]) -> list[Any]:
        """Return *found* with tables dropped before those they point to, and keys in a circle before all of these."""
        drops = {self._key(each): each for each in found if isinstance(each, ops.DropTableOp)}
        targets = {
            key: {self._target(fk) for fk in _keys_of(each)} & (set(drops) - {key}) for key, each in drops.items()
        }
        if all(not (targets[key] & set(list(drops)[:at])) for at, key in enumerate(drops)):
            return found
        order = _sorted(targets)
        circle = set() if self.dialect.name == "sqlite" else set(drops) - set(order)
        wanted = [*(key for key in drops if key not in order), *order[::-1]]
        keys = [
            _modified(drops[key], [_key_drop(fk, drops[key], self.dialect) for fk in _keys_of(drops[key])])
            for key in sorted(circle)
        ]
        for key in circle:
            _forget_keys(drops[key])
        gone = {(each.schema, each.table_name) for each in drops.values()}
        indexes = [
            each for each in found if isinstance(each, ops.ModifyTableOps) and (each.schema, each.table_name) in gone
        ]
        rest = [each for each in found if not any(each is one for one in (*indexes, *drops.values()))]
        at = next(
            at
            for at, each in enumerate(found)
            if isinstance(each, ops.DropTableOp) or any(each is one for one in indexes)
        )
        return [*rest[:at], *keys, *indexes, *(drops[key] for key in wanted), *rest[at:]]

    # -- tables that come

    def of_creates(self, found: list[Any]) -> list[Any]:
        """Return *found* with keys among new tables that form a circle made after all of these."""
        creates = {self._key(each): each for each in found if isinstance(each, ops.CreateTableOp)}
        targets = {
            key: {self._target(fk) for fk in _constraints(each)} & (set(creates) - {key})
            for key, each in creates.items()
        }
        circle = set(creates) - set(_sorted(targets))
        if not circle or self.dialect.name == "sqlite":
            return found
        later: list[Any] = []
        result: list[Any] = []
        for each in found:
            key = self._key(each) if isinstance(each, ops.CreateTableOp) else ""
            if key not in circle:
                result.append(each)
                continue
            keys = [fk for fk in _constraints(each) if self._target(fk) in circle - {key}]
            later += [_modified(each, [ops.CreateForeignKeyOp.from_constraint(fk)]) for fk in keys]
            result.append(_lacking(each, keys))
        last = max(at for at, each in enumerate(result) if isinstance(each, ops.CreateTableOp))
        return [*result[: last + 1], *later, *result[last + 1 :]]

    # -- keys of tables that stay

    def of_keys(self, found: list[Any]) -> list[Any]:
        """Return *found* with dropped keys first where what they need goes, and new ones last where what they need comes."""
        every = [one for each in found if isinstance(each, ops.ModifyTableOps) for one in each.ops]
        goes = [one for one in every if _is_key_drop(one)]
        is_in_the_way = any(isinstance(each, ops.DropTableOp) for each in found) or any(
            isinstance(one, (ops.DropIndexOp, ops.DropColumnOp)) or _is(one, ops.DropConstraintOp, "unique", "primary")
            for one in every
        )
        if goes and is_in_the_way:
            old = self._only(found, _is_key_drop)
            found = [*old, *self._but(found, _is_key_drop)]
        needs = any(isinstance(one, (ops.CreateUniqueConstraintOp, ops.CreatePrimaryKeyOp)) for one in every) or any(
            isinstance(one, ops.CreateIndexOp) and one.unique for one in every
        )
        if needs and any(isinstance(one, ops.CreateForeignKeyOp) for one in every):
            new = self._only(found, _is_new_key)
            found = [*self._but(found, _is_new_key), *new]
        return found

    def _only(self, found: list[Any], wanted: Callable[[Any], bool]) -> list[Any]:
        return [
            ops.ModifyTableOps(each.table_name, chosen, schema=each.schema)
            for each in found
            if isinstance(each, ops.ModifyTableOps) and (chosen := [one for one in each.ops if wanted(one)])
        ]

    def _but(self, found: list[Any], unwanted: Callable[[Any], bool]) -> list[Any]:
        result: list[Any] = []
        for each in found:
            if isinstance(each, ops.ModifyTableOps):
                each.ops = [one for one in each.ops if not unwanted(one)]
                if each.is_empty():
                    continue
            result.append(each)
        return result

    # -- names

    def _key(self, operation: Any) -> str:
        return values.key_of(operation.schema, operation.table_name, self.dialect)

    def _target(self, fk: sa.ForeignKeyConstraint) -> str:
        return values.foreign_key(fk, self.dialect).target


def _constraints(create: ops.CreateTableOp) -> list[sa.ForeignKeyConstraint]:
    return [each for each in create.columns if isinstance(each, sa.ForeignKeyConstraint)]


def _keys_of(drop: ops.DropTableOp) -> list[sa.ForeignKeyConstraint]:
    reverse = drop._reverse  # noqa: SLF001 - what it was, as Alembic keeps it for the way back
    return _constraints(reverse) if isinstance(reverse, ops.CreateTableOp) else []


def _lacking(create: ops.CreateTableOp, keys: Iterable[Any]) -> ops.CreateTableOp:
    """*create* without *keys*, which are made afterwards."""
    gone = {id(each) for each in keys}
    create.columns = [each for each in create.columns if id(each) not in gone]
    return create


def _forget_keys(drop: ops.DropTableOp) -> None:
    """Let the way back of *drop* make the table without the keys that are dropped before."""
    reverse = drop._reverse  # noqa: SLF001
    if isinstance(reverse, ops.CreateTableOp):
        _lacking(reverse, _keys_of(drop))


def _modified(operation: Any, found: list[Any]) -> ops.ModifyTableOps:
    return ops.ModifyTableOps(operation.table_name, found, schema=operation.schema)


def _key_drop(fk: sa.ForeignKeyConstraint, drop: ops.DropTableOp, dialect: Dialect) -> ops.DropConstraintOp:
    """The drop of *fk*, by its texts: the table it points to may not be among those that were reflected with it."""
    known = values.foreign_key(fk, dialect)
    schema, target = split(known.target)
    options = {"onupdate": fk.onupdate, "ondelete": fk.ondelete, "deferrable": fk.deferrable, "initially": fk.initially}
    back = ops.CreateForeignKeyOp(
        fk.name,
        drop.table_name,
        target,
        list(known.columns),
        list(known.target_columns),
        source_schema=drop.schema,
        referent_schema=schema or None,
        **{name: value for name, value in options.items() if value},
    )
    return ops.DropConstraintOp(fk.name, drop.table_name, "foreignkey", schema=drop.schema, _reverse=back)


def _is(operation: Any, kind: type, *types: str) -> bool:
    return isinstance(operation, kind) and getattr(operation, "constraint_type", None) in types


def _is_key_drop(operation: Any) -> bool:
    return _is(operation, ops.DropConstraintOp, "foreignkey")


def _is_new_key(operation: Any) -> bool:
    return isinstance(operation, ops.CreateForeignKeyOp)


def _sorted(targets: dict[str, set[str]]) -> list[str]:
    """Return the keys, each after its targets; those in or behind a circle are left out."""
    result: list[str] = []
    left = dict(targets)
    while ready := [key for key, needed in left.items() if needed <= set(result)]:
        result += ready
        left = {key: needed for key, needed in left.items() if key not in result}
    return result
