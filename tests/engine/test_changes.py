"""Alembic's operations as changes: in an order that is the same in every process."""

from __future__ import annotations

import itertools

import pytest
from alembic.operations import ops
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from migration_magics.engine.changes import changes

TABLES = ("limit", "id_mapping", "endpoint")


@pytest.mark.parametrize("order", tuple(itertools.permutations(TABLES)), ids=" ".join)
def test_removed_tables_come_by_their_names_each_after_its_parts(order):
    operations = [
        operation for name in order for operation in (ops.DropIndexOp(f"ix_{name}", name), ops.DropTableOp(name))
    ]
    assert [change.path for change in changes(operations, SQLiteDialect())] == [
        path for name in sorted(TABLES) for path in ((name, "indexes", f"ix_{name}"), (name,))
    ]
