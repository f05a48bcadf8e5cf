"""What lies in a page's folder before its first block runs: `<!-- setup: NAME -->` calls the function NAME."""

from __future__ import annotations

from typing import TYPE_CHECKING

import migration_magics

if TYPE_CHECKING:
    from pathlib import Path

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


def evaluations(folder: Path) -> None:
    """app.db with 120 evaluations at a1, and migrations: a1 <- b2 (adds runtime_ms), which is pending."""
    ws = migration_magics.open("sqlite:///app.db")
    ws.init("migrations")
    ws.revision(CREATE, message="create evaluations", rev_id="a1")
    ws.upgrade("head")
    ws.revision(RUNTIME, message="add runtime_ms", rev_id="b2")
    ws.run("disconnect")
    _rows(folder)


def _rows(folder: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "app.db")) as connection, connection:
        connection.execute("INSERT INTO workers (id, name) VALUES (1, 'ada'), (2, 'grace')")
        connection.executemany(
            "INSERT INTO evaluations (id, name, status, worker) VALUES (?, ?, ?, ?)",
            [(i, f"run {i}", ("DONE", "done", "failed")[i % 3], 1 + i % 2) for i in range(1, 121)],
        )


def existing(folder: Path) -> None:
    """The same as a project that others have made: with its database in alembic.ini."""
    evaluations(folder)
    ini = folder / "alembic.ini"
    text = ini.read_text(encoding="utf-8")
    ini.write_text(text.replace("# sqlalchemy.url", "sqlalchemy.url"), encoding="utf-8")
