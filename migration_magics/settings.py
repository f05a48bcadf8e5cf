"""The settings, frozen, with their units in their names.

They are fed by `%config MigrateMagics` and by `[tool.migration_magics]` in pyproject.toml.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may set, and what holds where they set nothing."""

    migrator_wait_s: float = 10.0
    """How long to wait for another migration on the same database before giving up, in seconds."""

    lock_timeout_s: float | None = None
    """How long one statement may wait for a lock, in seconds. None keeps what the server and env.py say, and where
    neither sets a bound, 30 s on a server; on SQLite the driver's own time."""

    statement_timeout_s: float | None = None
    """How long one statement may run, in seconds. None keeps what the server and env.py say."""

    connect_timeout_s: float = 10.0
    """How long to wait for a server to answer, in seconds."""

    rehearse_timeout_s: float = 60.0
    """How long one way of one revision (up, down, up again) may take in a rehearsal, in seconds; then its copy is dropped."""

    restore_points: bool = True
    """Whether a SQLite file is copied before an upgrade or downgrade that loses rows or cannot be undone, for `undo`."""

    undo_rows: bool = False
    """Whether rows that a move will lose are kept on PostgreSQL, MariaDB and MySQL, in tables `_mm_undo_*`, for `undo`."""

    undo_size_mb: float = 500.0
    """How much is kept for `undo` at most, in megabytes: the SQLite file, or the tables that lose rows."""

    display_limit: int = 50
    """How many rows a table shows; the rest is counted and stays in the result."""

    extra_comparators: bool = True
    """Whether autogenerate and check also compare what Alembic does not: primary keys, values of PostgreSQL's enums, and on
    SQLite and PostgreSQL CHECK constraints and the views that models declare."""
