"""Run statements on a database and see what they did to its rows."""

from __future__ import annotations

import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.lab import capture


def counted(url, setup, run, renames=(), **options):
    """Send *setup*, then *run* under a capture; return the diffs by table."""
    database = Database.from_url("copy", url)
    try:
        send(database, setup)
        with capture.begin(database, **options) as before:
            send(database, run)
            return {diff.table: diff for diff in before.row_diffs(renames)}
    finally:
        database.dispose()


def only(url, setup, run, **options):
    """Return the diff of the only table; see `counted`."""
    (diff,) = counted(url, setup, run, **options).values()
    return diff


def send(database, statements):
    """Send *statements* in one transaction, colons and percent signs as they are."""

    def work(connection):
        for statement in statements:
            connection.execute(sa.text(statement.replace(":", "\\:")))
        connection.commit()

    database.run(work)
