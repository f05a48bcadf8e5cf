"""What a rehearsal of a sample says that an operation will take on the whole table, beside what it takes there.

The measured time stands where the others have Alembic's; ours is the middle of the range that was said, which the question has.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import sqlalchemy as sa

from migration_magics.commands.api import Workspace

from .measure import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 1_000_000
_SAMPLE = 10_000
_BODY = """
def upgrade():
    op.execute("UPDATE t SET n = n + 1")
    op.alter_column("t", "n", type_=sa.BigInteger())
    op.create_index("ix_body", "t", ["body"])


def downgrade():
    op.drop_index("ix_body", "t")
    op.alter_column("t", "n", type_=sa.Integer())
    op.execute("UPDATE t SET n = n - 1")
"""


def rows(directory: Path, url: str, size: int = ROWS) -> Iterator[Row]:
    """Return a line per operation, on the empty PostgreSQL database at *url*."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, body TEXT)")
        connection.exec_driver_sql(f"INSERT INTO t SELECT x, x, md5(x::text) FROM generate_series(1, {size}) x")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE t")
    engine.dispose()
    project = directory / "estimated"
    with contextlib.closing(Workspace()) as ws:
        ws.init(str(project))
        ws.connect(url, project=str(project))
        ws.revision(_BODY, message="change", force=True)
        said = {each.operation: each for each in ws.rehearse(rows=_SAMPLE).estimates}
        taken = {each.kind: each.duration_s for step in ws.upgrade("head").trace.steps for each in step.operations}
    for kind, estimate in said.items():
        low_s, high_s = estimate.low_s, estimate.high_s
        question = f"{kind}, said from {_SAMPLE:,} rows: {low_s:.2f} to {high_s:.2f} s"
        yield Row(question, f"PostgreSQL, {size:,} rows", taken[kind], (low_s + high_s) / 2, "s", None)
