"""Names for constraints that have none, where SQLite needs them: a batch neither makes nor drops an unnamed one.

Alembic writes None in their place, and the file fails (1.20). The names are those of SQLAlchemy's naming conventions; a batch
that drops a key gets the same convention, so that it finds it (Alembic, "Dropping Unnamed or Named Foreign Keys").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import ops

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_CONVENTION = {"fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s"}


class Conventional(ops.ModifyTableOps):
    """Changes of a table whose unnamed foreign keys are called by convention."""


@renderers.dispatch_for(Conventional)
def _rendered(context: AutogenContext, operation: Conventional) -> list[str]:
    plain = ops.ModifyTableOps(operation.table_name, operation.ops, schema=operation.schema)
    first, *rest = render_op(context, plain)
    end = ") as batch_op:"
    return [f"{first.removesuffix(end)}, naming_convention={_CONVENTION!r}{end}", *rest]


def named(context: AutogenContext, upgrade: ops.UpgradeOps) -> None:
    """Name what *upgrade* makes or drops without a name, if it is written in batches for SQLite."""
    if context.dialect.name == "sqlite" and context.opts.get("render_as_batch"):
        upgrade.ops[:] = [_named(each) if isinstance(each, ops.ModifyTableOps) else each for each in upgrade.ops]


def _named(changes: ops.ModifyTableOps) -> ops.ModifyTableOps:
    has_drops = False
    for each in changes.ops:
        if isinstance(each, (ops.CreateUniqueConstraintOp, ops.CreateForeignKeyOp)) and each.constraint_name is None:
            each.constraint_name = _name(each)
        if isinstance(each, ops.DropConstraintOp) and each.constraint_name is None:
            back = each._reverse  # noqa: SLF001 - what it was, as Alembic keeps it for the way back
            if isinstance(back, ops.CreateForeignKeyOp):
                each.constraint_name = back.constraint_name = _name(back)
                has_drops = True
    return Conventional(changes.table_name, changes.ops, schema=changes.schema) if has_drops else changes


def _name(made: ops.CreateUniqueConstraintOp | ops.CreateForeignKeyOp) -> str:
    if isinstance(made, ops.CreateForeignKeyOp):
        return "_".join(["fk", made.source_table, *made.local_cols, made.referent_table])
    return "_".join(["uq", made.table_name, *map(str, made.columns)])
