"""A dry run: everything happens, inside a transaction of ours that Alembic finds and does not end; then it is rolled back.

A revision that ends the transaction itself (`COMMIT`, `op.get_bind().commit()`) is stopped before it does. A savepoint made
at the start proves at the end that the transaction is still the same one.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from ..errors import MigrationError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

_ENDS = re.compile(
    r"\s*(?:COMMIT|END|ABORT|BEGIN|START\s+TRANSACTION|PREPARE\s+TRANSACTION|ROLLBACK(?!\s+(?:WORK\s+|TRANSACTION\s+)?TO\b))\b",
    re.IGNORECASE,
)
_SAVEPOINT = "migration_magics_dry_run"


class Escaped(MigrationError):
    """A revision ended the dry run's transaction behind our back: what it did until then stays."""


@contextmanager
def rolled_back(connection: Connection, before_end: Callable[[], None]) -> Iterator[None]:
    """Run the body in a transaction on *connection* and roll it back; *before_end* checks what a commit would check.

    Raises Refused, from inside the body, for a statement that would end the transaction, and Escaped when it ended all the
    same.
    """
    ending = [False]

    def refuse_statement(_c: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
        if _ENDS.match(statement):
            raise _refused(" ".join(statement.split())[:60])

    def refuse_commit(_connection: Connection) -> None:
        if not ending[0]:
            raise _refused("connection.commit()")

    listeners = (("before_cursor_execute", refuse_statement), ("commit", refuse_commit))
    with connection.begin() as transaction:
        connection.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")
        for name, listener in listeners:
            event.listen(connection, name, listener)
        try:
            yield
            before_end()
        finally:
            for name, listener in listeners:
                event.remove(connection, name, listener)
            ending[0] = True
            has_escaped = _has_escaped(connection)
            transaction.rollback()
        if has_escaped:
            raise Escaped(
                "A revision ended the dry run's transaction by itself, so what it did until then was kept.",
                hint="look at the database before anything else: %migrate current; then take COMMIT out of the revision",
            )


def _has_escaped(connection: Connection) -> bool:
    if connection.invalidated or connection.closed:
        return False
    try:
        connection.connection.cursor().execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
    except Exception as error:  # noqa: BLE001 - drivers' classes differ, and a lost connection has rolled back anyway
        return "savepoint" in str(error).lower()
    return False


def _refused(what: str) -> Refused:
    return Refused(
        f"A revision ends the transaction by itself ({what}), so a dry run could not undo it. "
        "It was stopped there; nothing was changed.",
        hint="take it out of the revision (Alembic commits), or run it for real instead of --dry-run",
    )
