"""Cells of models that run again: the notebook's MetaData is always that of its cells run once, in order, by SQLAlchemy alone."""

from __future__ import annotations

import gc
import sys
import types
import warnings

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from migration_magics.engine.models.cells import ModelCells
from migration_magics.engine.models.reading import Text
from migration_magics.errors import CellInvalid, ModelsProblem

BASE = """
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})

class Stamped:
    made_at: Mapped[int]
"""
WORKER = """
class Worker(Stamped, Base):
    __tablename__ = "workers"
    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(unique=True)
    evaluations: Mapped[list["Evaluation"]] = relationship(back_populates="worker")
"""
EVALUATION = """
class Evaluation(Base):
    __tablename__ = "evaluations"
    id: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[int] = mapped_column(sa.ForeignKey("workers.id"))
    worker: Mapped["Worker"] = relationship(back_populates="evaluations")
"""
METRIC = """
class Metric(Base):
    __tablename__ = "metrics"
    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(sa.ForeignKey("evaluations.id"))
    evaluation = relationship("Evaluation", backref="metrics")
"""


class Notebook:
    """Variables and cells."""

    def __init__(self, name):
        self.module = sys.modules[name] = types.ModuleType(name)
        self.variables = vars(self.module)
        self.cells = ModelCells()

    def run(self, id_, body, **more):
        return self.cells.run(Text(body, f"<{id_}>"), self.variables, id_, **more)

    def ordinary(self, body):
        """Run a cell without our magic."""
        exec(body, self.variables)  # noqa: S102 - a cell of a test

    def __getattr__(self, name):
        return self.variables[name]

    def state(self):
        """All that a failing run must leave as it was."""
        gc.collect()
        metadatas = self.cells.metadatas
        return (
            {name: id(value) for name, value in self.variables.items() if name != "__builtins__"},
            [(id(metadata), {key: id(table) for key, table in metadata.tables.items()}) for metadata in metadatas],
            [{id(one) for one in metadata._objects} for metadata in metadatas if hasattr(metadata, "_objects")],
            self.cells.cells,
        )


@pytest.fixture
def notebook(request):
    name = f"notebook_{abs(hash(request.node.nodeid))}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield Notebook(name)
    sys.modules.pop(name)


def columns(table):
    return [column.name for column in table.columns]


def related(notebook):
    orm.configure_mappers()
    assert notebook.Evaluation.worker.property.mapper.class_ is notebook.Worker
    assert notebook.Worker.evaluations.property.mapper.class_ is notebook.Evaluation
    assert notebook.Evaluation.__table__.c.worker_id.references(notebook.Worker.__table__.c.id)
    with orm.Session(sa.create_engine("sqlite://")) as session:
        notebook.Base.metadata.create_all(session.connection())
        session.add(notebook.Worker(host="a", made_at=1, evaluations=[notebook.Evaluation()]))
        session.flush()
        assert session.scalars(sa.select(notebook.Evaluation)).one().worker.host == "a"


@pytest.mark.parametrize("edited", ["base", "worker", "evaluation", "metric"])
def test_any_cell_can_be_run_again_and_all_relate(notebook, edited):
    cells = {"base": BASE, "worker": WORKER, "evaluation": EVALUATION, "metric": METRIC}
    for id_, body in cells.items():
        notebook.run(id_, body)
    related(notebook)
    notebook.run(edited, cells[edited] + "\n")
    related(notebook)
    assert {*notebook.Base.metadata.tables} == {"workers", "evaluations", "metrics"}
    assert notebook.Evaluation.metrics.property.mapper.class_ is notebook.Metric
    (unique,) = (each for each in notebook.Worker.__table__.constraints if isinstance(each, sa.UniqueConstraint))
    assert unique.name == "uq_workers_host"


def test_cells_that_do_not_build_on_it_keep_their_classes(notebook):
    notebook.run("base", BASE)
    for id_, body in (("worker", WORKER), ("evaluation", EVALUATION)):
        notebook.run(id_, body)
    worker = notebook.Worker
    notebook.run(
        "notes", "class Note(Base):\n    __tablename__ = 'notes'\n    id: Mapped[int] = mapped_column(primary_key=True)"
    )
    done = notebook.run(
        "notes",
        "class Note(Base):\n    __tablename__ = 'notes'\n    key: Mapped[int] = mapped_column(primary_key=True)",
    )
    assert (done.replaced, done.again, notebook.Worker is worker) == (("notes",), (), True)
    assert columns(notebook.Note.__table__) == ["key"]


FAILING = {
    "syntax": ("class Worker(", SyntaxError),
    "own error": (WORKER + "1 / 0", ZeroDivisionError),
    "no primary key": ("class Worker(Base):\n    __tablename__ = 'workers'\n    host: Mapped[str]", CellInvalid),
    "misnamed": (WORKER.replace('list["Evaluation"]', 'list["Evaluatio"]'), CellInvalid),
    "no join": (
        WORKER.replace('relationship(back_populates="worker")', 'relationship(back_populates="nobody")'),
        CellInvalid,
    ),
    "two models": (WORKER + WORKER.replace("class Worker", "class Other"), ModelsProblem),
    "type": (WORKER + "    words = sa.Column(sa.types.NullType)\n", ModelsProblem),
    "unknown type": (WORKER + "    words: Mapped[complex]\n", CellInvalid),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_run_that_fails_changes_nothing(notebook, case):
    body, error = FAILING[case]
    for id_, text in (("base", BASE), ("worker", WORKER), ("evaluation", EVALUATION)):
        notebook.run(id_, text)
    before = notebook.state()
    with pytest.raises(error) as caught:
        notebook.run("worker", body, dialect=sqlite.dialect())
    if error not in (SyntaxError, ZeroDivisionError):
        assert "Line " in caught.value.message
    del caught
    assert notebook.state() == before
    related(notebook)
    notebook.run("worker", WORKER)
    related(notebook)


def test_a_first_run_that_fails_leaves_nothing(notebook):
    with pytest.raises(ZeroDivisionError):
        notebook.run("one", BASE + WORKER + "1 / 0")
    assert [name for name in notebook.variables if name in ("Base", "Worker", "sa")] == []
    notebook.run("one", BASE + WORKER + EVALUATION)
    related(notebook)


class TestWhichCellItIs:
    """The front end's id, or what it defines."""

    def test_another_cell_that_defines_the_same_class_takes_it_over(self, notebook):
        notebook.run("day 1", BASE + WORKER + EVALUATION)
        done = notebook.run("day 30", EVALUATION + "    runtime_ms: Mapped[int | None]\n")
        assert done.taken_over == ("evaluations",)
        assert columns(notebook.Evaluation.__table__)[-1] == "runtime_ms"
        related(notebook)
        # the first cell now goes without it
        notebook.run("base", "x = 1")
        notebook.run("day 30", EVALUATION + "    runtime: Mapped[int | None]\n")
        assert columns(notebook.Evaluation.__table__)[-1] == "runtime"
        related(notebook)

    def test_two_classes_for_one_table_in_two_cells_are_refused(self, notebook):
        notebook.run("one", BASE + WORKER.replace("    evaluations", "    # "))
        with pytest.raises(ModelsProblem, match=r"Line 3 .*workers is that of Worker already, line 12 of another"):
            notebook.run(
                "two",
                "\n\nclass Agent(Base):\n    __tablename__ = 'workers'\n    id: Mapped[int] = mapped_column(primary_key=True)",
            )

    @pytest.mark.parametrize("ids", [("", ""), ("one", ""), ("", "two")])
    def test_without_ids_too_and_a_class_given_up_makes_room(self, notebook, ids):
        notebook.run("base", BASE)
        notebook.run(ids[0], WORKER.replace("    evaluations", "    # "))
        other = WORKER.replace("    evaluations", "    # ").replace("class Worker(", "class Agent(")
        before = notebook.state()
        with pytest.raises(ModelsProblem, match="workers is that of Worker already") as caught:
            notebook.run(ids[1], other)
        assert ("del Worker" in caught.value.hint) == (not ids[0])
        del caught
        assert notebook.state() == before
        del notebook.variables["Worker"]
        assert notebook.run(ids[1], other).replaced == ("workers",)

    def test_without_ids_a_class_is_renamed_beside_another(self, notebook):
        body = BASE + WORKER.replace("    evaluations", "    # ")
        notebook.run("", body)
        assert notebook.run("", body.replace("class Worker(", "class Agent(")).replaced == ("workers",)
        assert "Worker" not in notebook.variables

    def test_a_class_of_an_ordinary_cell_is_taken_over(self, notebook):
        notebook.ordinary(BASE + WORKER + EVALUATION)
        done = notebook.run("one", WORKER + EVALUATION + "    runtime_ms: Mapped[int | None]\n")
        assert set(done.taken_over) == {"workers", "evaluations"}
        related(notebook)

    def test_a_base_made_anew_by_an_ordinary_cell_makes_its_models_anew(self, notebook):
        notebook.ordinary(BASE)
        notebook.run("worker", WORKER)
        notebook.run("evaluation", EVALUATION)
        notebook.ordinary(BASE)
        notebook.run("evaluation", EVALUATION)
        assert set(notebook.Base.metadata.tables) == {"workers", "evaluations"}
        assert notebook.cells.metadatas == (notebook.Base.metadata,)
        related(notebook)


def test_what_a_cell_no_longer_defines_is_gone(notebook):
    notebook.run(
        "one",
        BASE
        + WORKER.replace("    evaluations", "    # ")
        + "class Old(Base):\n    __tablename__ = 'old'\n    id: Mapped[int] = mapped_column(primary_key=True)",
    )
    done = notebook.run("one", BASE + WORKER.replace("    evaluations", "    # "))
    assert done.removed == ("old",)
    assert "Old" not in notebook.variables
    assert set(notebook.Base.metadata.tables) == {"workers"}


JOB = """
class Job(Base):
    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "job"}
"""
NIGHT = """
class Night(Job):
    __tablename__ = "nights"
    id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "night"}
"""


def test_a_class_can_be_renamed_cell_by_cell(notebook):
    for id_, body in (("base", BASE), ("worker", WORKER), ("evaluation", EVALUATION)):
        notebook.run(id_, body)
    done = notebook.run("worker", WORKER.replace("class Worker(", "class Workers("))
    assert done.waiting == ("Worker",)
    done = notebook.run("evaluation", EVALUATION.replace('Mapped["Worker"]', 'Mapped["Workers"]'))
    assert done.waiting == ()
    assert notebook.Evaluation.worker.property.mapper.class_ is notebook.Workers


def test_while_a_class_is_missing_only_cells_that_may_define_it_wake_those_that_wait(notebook):
    notebook.run("base", BASE)
    notebook.run("worker", WORKER)
    worker = notebook.Worker
    done = notebook.run("x", "x = 5")
    assert (done.again, done.waiting, notebook.Worker is worker) == ((), (), True)
    note = "class Note(Base):\n    __tablename__ = 'notes'\n    id: Mapped[int] = mapped_column(primary_key=True)"
    done = notebook.run("note", note)
    assert (done.again, done.waiting) == ((), ("Evaluation",))
    assert [cell.id for cell in notebook.run("base", BASE).again] == ["worker", "note"]
    assert notebook.run("evaluation", EVALUATION).waiting == ()
    related(notebook)


def test_what_another_cell_then_lacks_is_told_of_that_cell(notebook):
    notebook.run("base", BASE + "\ndef key():\n    return mapped_column(primary_key=True)\n")
    notebook.run(
        "note", "class Note(Base):\n    __tablename__ = 'notes'\n    id: Mapped[int] = mapped_column(primary_key=True)"
    )
    before = notebook.state()
    with pytest.raises(CellInvalid, match="Line 1 of the cell with Note: "):
        notebook.run("base", BASE.replace("metadata = ", "__table_args__ = 3; metadata = "))
    assert notebook.state() == before


def test_inheritance_across_cells(notebook):
    notebook.run("base", BASE)
    for id_, body in (("job", JOB), ("night", NIGHT), ("night", NIGHT), ("job", JOB), ("night", NIGHT)):
        notebook.run(id_, body)
    assert notebook.Night.__mapper__.inherits is notebook.Job.__mapper__
    assert notebook.Job.__mapper__.polymorphic_map == {
        "job": notebook.Job.__mapper__,
        "night": notebook.Night.__mapper__,
    }


def test_tables_enums_schemas_and_several_bases(notebook):
    body = """
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base
One, Two = declarative_base(), declarative_base(metadata=sa.MetaData(schema="app"))
link = sa.Table("link", One.metadata, sa.Column("a", sa.ForeignKey("a.id")), sa.Column("kind", sa.Enum({values}, name="kind")))
class A(One):
    __tablename__ = "a"
    id = sa.Column(sa.Integer, primary_key=True)
class B(Two):
    __tablename__ = "b"
    id = sa.Column(sa.Integer, primary_key=True)
    parent_id = sa.Column(sa.ForeignKey("app.b.id"))
"""
    notebook.run("one", body.format(values="'x', 'y'"))
    done = notebook.run("one", body.format(values="'x', 'z'"), dialect=postgresql.dialect())
    assert done.replaced == ("link", "a", "app.b")
    assert [sorted(metadata.tables) for metadata in notebook.cells.metadatas] == [["a", "link"], ["app.b"]]
    assert notebook.link.c.kind.type.enums == ["x", "z"]


def test_sqlmodel(notebook):
    body = """
from sqlmodel import Field, Relationship, SQLModel
class Team{n}(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    {column}: str
    heroes: list["Hero{n}"] = Relationship(back_populates="team")
class Hero{n}(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(foreign_key="team{n}.id")
    team: Team{n} = Relationship(back_populates="heroes")
"""
    n = abs(hash(notebook.module.__name__))
    notebook.run("one", body.format(n=n, column="name"))
    done = notebook.run("one", body.format(n=n, column="title"))
    assert done.replaced == (f"team{n}", f"hero{n}")
    assert columns(done.tables[0]) == ["id", "title"]
    with pytest.raises(NameError):
        notebook.run("one", body.format(n=n, column="other") + "nobody")
    assert columns(notebook.SQLModel.metadata.tables[f"team{n}"]) == ["id", "title"]
    metadata = notebook.SQLModel.metadata
    notebook.run("one", "x = 1")
    assert f"team{n}" not in metadata.tables


PARTS = {"worker": WORKER, "evaluation": EVALUATION, "metric": METRIC}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["base", *PARTS]), st.integers(0, 2), st.booleans()), max_size=8))
def test_whatever_is_run_again_the_tables_are_those_of_the_cells_run_once(runs):
    notebook = Notebook("notebook_of_the_law")
    texts = {"base": BASE, **PARTS}
    for id_, body in texts.items():
        notebook.run(id_, body)
    for id_, extra, fails in runs:
        body = {"base": BASE, **PARTS}[id_]
        if id_ != "base":
            body += "".join(f"    extra_{number}: Mapped[int | None]\n" for number in range(extra))
        if fails:
            with pytest.raises(ZeroDivisionError):
                notebook.run(id_, body + "\n1 / 0")
        else:
            notebook.run(id_, body)
            texts[id_] = body
    alone = Notebook("notebook_alone")
    alone.ordinary("".join(texts.values()))
    assert described(notebook.Base.metadata) == described(alone.Base.metadata)
    related(notebook)
    alone.Base.registry.dispose()


def described(metadata):
    return {
        key: str(sa.schema.CreateTable(table).compile(dialect=postgresql.dialect()))
        for key, table in sorted(metadata.tables.items())
    }
