"""Run the body of an `upgrade()` on a connection, as a revision of its own would, without a version table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection


def run_body(connection: Connection, code: str, imports: Sequence[str] = ()) -> None:
    """Run *code*, which has `op` and `sa` in scope and what *imports* bring, and commit it. Raises whatever it raises."""
    context = MigrationContext.configure(connection)
    namespace: dict[str, Any] = {"op": Operations(context), "sa": sa}
    with context.begin_transaction():
        exec("\n".join(imports), namespace)  # noqa: S102 - lines that our own renderer wrote
        exec(compile(code, "<operations>", "exec", dont_inherit=True), namespace)  # noqa: S102 - as above
    connection.commit()
