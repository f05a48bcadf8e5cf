"""The main job, end to end, on each database: in a shell, and again in a real kernel with its running event loop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tests.support import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

CREATE = """%%revision -m "create evaluations" --rev-id a1
def upgrade():
    op.create_table("evaluations", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(80)))

def downgrade():
    op.drop_table("evaluations")
"""
ADD = """%%revision -m "add runtime_ms" --rev-id b2
op.add_column("evaluations", sa.Column("runtime_ms", sa.Integer))
"""
BRANCH = """%%revision -m "add workers" --rev-id c3 --head a1 --splice
op.create_table("workers", sa.Column("id", sa.Integer, primary_key=True))
"""


def cells(url: str) -> tuple[str, ...]:
    """The cells of a first session, one after the other."""
    return (
        "%load_ext migration_magics",
        f"%migrate connect {url} --as app",
        "%migrate init",
        CREATE,
        ADD,
        "%migrate upgrade head",
        "%migrate current",
    )


def later_cells() -> tuple[str, ...]:
    """What is done afterwards, with the ids the database stands at."""
    return (
        "down = %migrate downgrade -1\nassert down.after == ('a1',), down",
        "up = %migrate upgrade +1\nassert up.after == ('b2',), up",
        "stamped = %migrate stamp a1\nassert stamped.after == ('a1',)\nassert stamped.trace.steps[0].operations == ()",
        "stamped = %migrate stamp head\nassert stamped.after == ('b2',)",
        BRANCH,
        "merged = %migrate merge heads -m 'join' --rev-id d4",
        "everything = %migrate upgrade head\nassert everything.after == ('d4',), everything",
        "history = %migrate history\nassert history.revisions[0].id == 'd4'\nassert len(history.applied) == 4",
    )


def tables(url: str) -> dict[str, list[str]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    inspector = sa.inspect(engine)
    return {table: sorted(c["name"] for c in inspector.get_columns(table)) for table in inspector.get_table_names()}


def test_the_main_job_in_a_shell(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """init, two cells, upgrade; the command line agrees; down, up, stamp, and two heads are merged."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell()

    def run(cell: str) -> Any:
        done = shell.run_cell(cell)
        done.raise_error()
        return done.result

    results = [run(cell) for cell in cells(database_url)]
    assert results[-1].ids == ("b2",)
    assert results[-1].at_head
    assert [step.revision for step in results[-2].trace.steps] == ["a1", "b2"]
    assert tables(database_url) == {"alembic_version": ["version_num"], "evaluations": ["id", "name", "runtime_ms"]}
    assert cli.alembic(tmp_path, "current").split() == ["b2", "(head)"]
    assert len(cli.alembic(tmp_path, "history").strip().splitlines()) == 2
    for cell in later_cells():
        run(cell)
    assert cli.alembic(tmp_path, "current").split() == ["d4", "(head)", "(mergepoint)"]
    assert len(cli.alembic(tmp_path, "history").strip().splitlines()) == 4
    assert tables(database_url)["workers"] == ["id"]
    assert cli.alembic(tmp_path, "downgrade", "base") == ""
    assert run("%migrate current").ids == ()


def test_the_main_job_in_a_kernel(
    database_url: str, tmp_path: Path, run_notebook: Callable[..., NotebookNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same cells run by nbclient, where an event loop runs in the kernel's main thread."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "project"
    folder.mkdir()
    notebook = run_notebook(f"import os\nos.chdir({str(folder)!r})", *cells(database_url), *later_cells())
    shown = [output.data["text/plain"] for cell in notebook.cells for output in cell.outputs if "data" in output]
    assert any(text.startswith("b2 (head)") for text in shown)
    assert cli.alembic(folder, "current").split() == ["d4", "(head)", "(mergepoint)"]
    assert tables(database_url)["workers"] == ["id"]


def test_running_all_cells_twice_changes_nothing(
    sqlite_url: str, tmp_path: Path, run_notebook: Callable[..., NotebookNode]
) -> None:
    """A notebook is run again from the top: its revisions are there already, the database is at head."""
    folder = tmp_path / "project"
    folder.mkdir()
    first = (f"import os\nos.chdir({str(folder)!r})", *cells(sqlite_url))
    again = tuple(cell for cell in first if cell != "%migrate init")
    run_notebook(*first)
    before = {path: path.read_bytes() for path in folder.rglob("*.py")}
    run_notebook(*again)
    assert {path: path.read_bytes() for path in folder.rglob("*.py")} == before
    assert cli.alembic(folder, "current").split() == ["b2", "(head)"]
