"""What lies in a page's folder before its first block runs: `<!-- setup: NAME -->` calls the function NAME.

Each returns the cell that is run before the page's first one, or "".
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import migration_magics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migration_magics.commands.api import Workspace

CREATE = """
def upgrade():
    op.create_table(
        "workers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
    )
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80)),
        sa.Column("status", sa.String(20)),
        sa.Column("worker", sa.Integer, sa.ForeignKey("workers.id", name="fk_worker")),
    )

def downgrade():
    op.drop_table("evaluations")
    op.drop_table("workers")
"""
RUNTIME = """
def upgrade():
    op.add_column("evaluations", sa.Column("runtime_ms", sa.Integer))

def downgrade():
    op.drop_column("evaluations", "runtime_ms")
"""


ONE = """
def upgrade():
    op.create_table("evaluations", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(80)))

def downgrade():
    op.drop_table("evaluations")
"""
CONNECT = "%migrate connect sqlite:///app.db --project migrations"


def evaluations(folder: Path) -> str:
    """app.db with 120 evaluations at a1, and migrations: a1 <- b2 (adds runtime_ms), which is pending."""
    with _project() as ws:
        ws.revision(CREATE, message="create evaluations", rev_id="a1")
        ws.upgrade("head")
        ws.revision(RUNTIME, message="add runtime_ms", rev_id="b2")
    _write(
        folder,
        "INSERT INTO workers (id, name) VALUES (1, 'ada'), (2, 'grace')",
        "INSERT INTO evaluations SELECT n, 'run ' || n, "
        "CASE n % 3 WHEN 0 THEN 'DONE' WHEN 1 THEN 'done' ELSE NULL END, 1 + n % 2 FROM numbers WHERE n <= 120",
    )
    return ""


def connected(folder: Path) -> str:
    """The same, connected."""
    evaluations(folder)
    return CONNECT


def playground(_folder: Path) -> str:
    """What `demo` lays out, connected."""
    return "%migrate demo"


def existing(folder: Path) -> str:
    """The same as a project that others have made: with its database in alembic.ini."""
    evaluations(folder)
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text(encoding="utf-8").replace("# sqlalchemy.url", "sqlalchemy.url"), encoding="utf-8")
    return ""


def existing_and_staging(folder: Path) -> str:
    """The same, with staging.db beside app.db: as full, and at a1 as well."""
    existing(folder)
    shutil.copyfile(folder / "app.db", folder / "staging.db")
    return ""


def one_table(folder: Path) -> str:
    """app.db at its head a1, connected: nothing but the table evaluations (id, name), with 1,204 rows."""
    with _project() as ws:
        ws.revision(ONE, message="create evaluations", rev_id="a1")
        ws.upgrade("head")
    _write(folder, "INSERT INTO evaluations SELECT n, 'run ' || n FROM numbers WHERE n <= 1204")
    return CONNECT


@contextmanager
def _project() -> Iterator[Workspace]:
    workspace = migration_magics.open("sqlite:///app.db")
    try:
        workspace.init("migrations")
        yield workspace
    finally:
        workspace.close()


def _write(folder: Path, *statements: str) -> None:
    series = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 5000) SELECT n FROM n"
    with closing(sqlite3.connect(folder / "app.db")) as connection, connection:
        for statement in (f"CREATE TEMP TABLE numbers AS {series}", *statements):
            connection.execute(statement)
