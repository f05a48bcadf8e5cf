"""The loop of every day, on each database: models, a revision, an upgrade; models changed, one question, no value lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from migration_magics.errors import QuestionsOpen
from tests.support import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

DAY_1 = """%%models
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_label)s"})

class Worker(Base):
    __tablename__ = "workers"
    id: Mapped[int] = mapped_column(primary_key=True)
    evaluations: Mapped[list["Evaluation"]] = relationship(back_populates="worker")

class Evaluation(Base):
    __tablename__ = "evaluations"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), index=True)
    worker_id: Mapped[int | None] = mapped_column(sa.ForeignKey("workers.id"))
    worker: Mapped[Worker | None] = relationship(back_populates="evaluations")
"""
DAY_30 = DAY_1.replace("    name: Mapped[str]", "    title: Mapped[str]").replace(
    "    worker_id", "    runtime_ms: Mapped[int | None]\n    worker_id"
)
AUTOGENERATE = "%migrate revision --autogenerate -m auto"
ANSWERED = f"{AUTOGENERATE} --rename evaluations.name=title"


def opening(url: str) -> tuple[str, ...]:
    """The cells before the first day."""
    return ("%load_ext migration_magics", f"%migrate connect {url} --as app", "%migrate init")


def filled(url: str, rows: int) -> None:
    """Put a worker and *rows* evaluations into the database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO workers (id) VALUES (1)"))
        insert = sa.text("INSERT INTO evaluations (id, name, worker_id) VALUES (:id, :name, 1)")
        connection.execute(
            insert, [{"id": number, "name": f"evaluation {number * 7919}"} for number in range(1, rows + 1)]
        )


def values(url: str, column: str) -> list[tuple[Any, ...]]:
    """Every row by its key, with *column*."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return list(
            map(tuple, connection.execute(sa.text(f"SELECT id, {column}, worker_id FROM evaluations ORDER BY id")))
        )


def test_a_rename_is_asked_about_answered_and_keeps_every_value(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell()

    def run(cell: str) -> Any:
        done = shell.run_cell(cell)
        done.raise_error()
        return done.result

    for cell in opening(database_url):
        run(cell)
    assert {change.path[0] for change in run(DAY_1).pending.changes} == {"workers", "evaluations"}
    first = run(AUTOGENERATE)
    assert "op.create_table('evaluations'" in first.code
    run("%migrate upgrade head")
    assert not run("%migrate check").models_vs_database
    filled(database_url, 300)
    before = values(database_url, "name")

    run(DAY_30)
    files = sorted(tmp_path.rglob("versions/*.py"))
    with pytest.raises(QuestionsOpen, match="rename") as asked:
        run(AUTOGENERATE)
    assert "--rename evaluations.name=title" in str(asked.value)
    assert "300 values" in str(asked.value)
    assert sorted(tmp_path.rglob("versions/*.py")) == files

    second = run(ANSWERED)
    assert re.search(r"alter_column\(\s*'(?:evaluations', ')?name'.*new_column_name='title'", second.code, re.DOTALL)
    assert "drop_column('name')" not in second.code
    run("%migrate upgrade head")
    assert values(database_url, "title") == before
    assert run("%migrate check").clean
    assert cli.alembic(tmp_path, "downgrade", "-1") == ""
    assert values(database_url, "name") == before


def test_the_three_cells_in_a_kernel(
    database_url: str, tmp_path: Path, run_notebook: Callable[..., NotebookNode]
) -> None:
    """The same by nbclient, in a kernel with its event loop; the second cell is the first one, edited and run again."""
    folder = tmp_path / "project"
    folder.mkdir()
    notebook = run_notebook(
        f"import os\nos.chdir({str(folder)!r})",
        *opening(database_url),
        DAY_1,
        AUTOGENERATE,
        "%migrate upgrade head",
        DAY_30,
        f"written = {ANSWERED}\nassert 'title' in written.code, written.code",
        "%migrate upgrade head",
        "checked = %migrate check\nassert checked.clean, str(checked)",
    )
    shown = [output.data["text/plain"] for cell in notebook.cells for output in cell.outputs if "data" in output]
    assert any("create workers" in text or "create evaluations" in text for text in shown)
