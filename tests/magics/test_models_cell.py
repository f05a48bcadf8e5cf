"""`%%models` in a real kernel: cells that run again, by the front end's cell id or by what they define."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).resolve().parents[2]

BASE = """%%models
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Worker(Base):
    __tablename__ = "workers"
    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str]
    evaluations: Mapped[list["Evaluation"]] = relationship(back_populates="worker")
"""
MORE = """%%models
class Evaluation(Base):
    __tablename__ = "evaluations"
    id: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[int] = mapped_column(sa.ForeignKey("workers.id"))
    worker: Mapped["Worker"] = relationship(back_populates="evaluations")
"""


@pytest.fixture
def notebook(kernel):
    kernel.ok(f"import sys; sys.path.insert(0, {str(ROOT)!r})")
    kernel.ok("%load_ext migration_magics")
    kernel.ok("%migrate init migrations")
    kernel.ok("%migrate connect sqlite:///app.db")
    return kernel


def text(outputs):
    return outputs[-1]["data"]["text/plain"]


def value(kernel, expression):
    return text(kernel.ok(expression))


@pytest.fixture
def as_cell(notebook):
    """Run code as the cell of an id, which is what JupyterLab sends along."""

    def run(id_, code):
        notebook.client.session.metadata = {"cellId": id_} if id_ else {}
        try:
            return notebook.run(code)
        finally:
            notebook.client.session.metadata = {}

    return run


def test_cells_of_models_run_again_and_fail_without_harm(notebook, as_cell):
    reply, shown = as_cell("one", BASE)
    assert reply["status"] == "ok", reply
    assert "Relationships wait for: Evaluation" in text(shown)
    reply, shown = as_cell("two", MORE)
    assert reply["status"] == "ok", reply
    assert "Pending against app" in text(shown)
    assert "%migrate revision --autogenerate -m auto" in text(shown)

    # the same cell, edited: its earlier definitions are gone, those of the other cell related to the new ones
    reply, shown = as_cell("one", BASE.replace("host: Mapped[str]", "host: Mapped[str]\n    cores: Mapped[int]"))
    assert reply["status"] == "ok", reply
    assert "Replaced: workers" in text(shown)
    assert "Cells that build on it ran again: evaluations" in text(shown)
    assert value(notebook, "Evaluation.worker.property.mapper.class_ is Worker") == "True"
    assert value(notebook, "[c.name for c in Base.metadata.tables['workers'].c]") == "['id', 'host', 'cores']"

    # a run that fails in mapping, and one that fails by itself: all is as before, and the error names the cell's line
    worker = value(notebook, "id(Worker)")
    reply, _ = as_cell("two", MORE.replace('"Worker"', '"Workr"'))
    assert (reply["ename"], "Line 6 of the cell" in reply["evalue"]) == ("CellInvalid", True), reply["evalue"]
    assert "did you mean Worker?" in reply["evalue"]
    reply, shown = as_cell("two", MORE + "\n1 / 0  # here")
    trace = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(shown[0].traceback))
    assert reply["ename"] == "ZeroDivisionError"
    assert re.search(r"Cell In\[\d+\], line 8\n(.*\n)*.*> 8 1 / 0  # here", trace), trace
    assert "migration_magics" not in trace, trace
    assert value(notebook, "id(Worker)") == worker
    assert value(notebook, "sorted(Base.metadata.tables)") == "['evaluations', 'workers']"
    assert value(notebook, "Evaluation.worker.property.mapper.class_ is Worker") == "True"
    assert "models of the variable Base" in text(notebook.ok("%migrate diff --models Base"))
    assert "models of the %%models cells" in text(notebook.ok("%migrate check"))

    # a class that is no longer in the cell is gone, also by name
    reply, shown = as_cell("two", "%%models\nsa.Table('notes', Base.metadata, sa.Column('id', sa.Integer))")
    assert reply["status"] == "ok", reply
    assert "No longer defined: evaluations" in text(shown)
    assert value(notebook, "'Evaluation' in globals()") == "False"


def test_without_ids_a_cell_is_known_by_what_it_defines(notebook):
    notebook.ok(BASE + MORE.removeprefix("%%models\n"))
    shown = notebook.ok(BASE.replace("host", "hostname") + MORE.removeprefix("%%models\n"))
    assert "Replaced: workers, evaluations" in text(shown)
    assert value(notebook, "[c.name for c in Base.metadata.tables['workers'].c]") == "['id', 'hostname']"
