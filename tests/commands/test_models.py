"""`%%models` as a command, and where models come from."""

from __future__ import annotations

import sys
import textwrap

import pytest
import sqlalchemy as sa

from migration_magics.commands.models import source
from migration_magics.errors import CellInvalid, ModelsProblem, NoModels, UsageProblem
from tests.engine.making import Made

CELL = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("workers", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("host", sa.String(30)))
"""
TAGS = """
from sqlalchemy.dialects import postgresql
sa.Table(
    'tags', metadata,
    sa.Column('words', postgresql.ARRAY(sa.Text)),
)
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A project in `tmp_path`, which is the working directory, connected to a SQLite file."""
    monkeypatch.chdir(tmp_path)
    project = Made(tmp_path, "sqlite:///app.db")
    yield project
    project.ws.close()


def paths(diff):
    return [(change.kind, change.path) for change in diff.changes]


def test_a_cell_defines_tables_and_says_what_is_pending(made):
    result = made.ws.models(CELL)
    assert [table.key for table in result.tables] == ["workers"]
    assert paths(result.pending) == [("add", ("workers",))]
    assert "op.create_table('workers'" in result.code
    assert result.next_command == "%migrate revision --autogenerate -m auto"
    assert [row["column"] for row in result.records()] == ["id", "host"]
    assert "The cell defines 1 table" in str(result)
    assert result.to_dict()["connection"] == "app"


def test_a_cell_without_tables_does_not_repeat_what_is_pending(made):
    assert "workers" in str(made.ws.models(CELL)).split("Pending against app")[1]
    result = made.ws.models("x = 5")
    assert paths(result.pending) == [("add", ("workers",))]
    assert "Pending against app" in str(result)
    assert "1 change" in str(result)
    assert "workers" not in str(result)


def test_the_same_cell_again_replaces_its_tables(made):
    made.ws.models(CELL)
    result = made.ws.models(CELL.replace("host", "hostname").replace("String(30)", "Text"))
    assert (result.replaced, result.removed) == (("workers",), ())
    assert [column.name for column in result.tables[0].columns] == ["id", "hostname"]
    assert made.ws.diff("db", "models").diff.changes[0].after.columns[1].name == "hostname"


def test_without_a_connection_or_a_project_models_are_defined_and_not_compared(tmp_path, monkeypatch):
    from migration_magics.commands.api import Workspace

    monkeypatch.chdir(tmp_path)
    ws = Workspace()
    result = ws.models(CELL)
    assert (result.pending, result.next_command) == (None, "%migrate connect URL")
    ws.connect("sqlite:///x.db")
    result = ws.models(CELL)
    assert result.pending is None
    assert "not compared" in result.notes[0]
    ws.close()


def test_a_type_the_database_does_not_have_is_told_with_its_line(made):
    made.ws.models(CELL)
    body = CELL + TAGS
    with pytest.raises(
        ModelsProblem,
        match=r"Line 9 of the cell: sqlite cannot have the table tags: .*it can't render element of type ARRAY",
    ):
        made.ws.models(body)
    assert [table.key for metadata in source(made.ws).metadatas for table in metadata.sorted_tables] == ["workers"]


def test_two_models_for_one_table_are_told_with_both_lines(made):
    body = CELL + "sa.Table('workers', metadata, sa.Column('id', sa.Integer))"
    with pytest.raises(ModelsProblem, match="Line 5 of the cell: two models for the table workers: line 4 has one"):
        made.ws.models(body)
    assert made.ws.model_cells.metadatas == ()


def test_a_type_of_the_notebook_is_remarked_on(made):
    body = "import sqlalchemy as sa\nclass Money(sa.TypeDecorator):\n    impl = sa.Integer\n    cache_ok = True\n"
    body += "sa.Table('bills', sa.MetaData(), sa.Column('sum', Money))\nBase = None"
    result = made.ws.models(body)
    assert "bills.sum has the type Money, which only this notebook knows" in " ".join(result.notes)


CHILD = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase):
    metadata = metadata
class Child(Base):
    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(sa.ForeignKey("parents.id"))
"""
PARENT = 'sa.Table("parents", metadata, sa.Column("id", sa.BigInteger, primary_key=True))'


def test_a_key_to_a_table_of_a_later_cell_waits_for_it(made):
    made.ws.models(CELL)
    result = made.ws.models(CHILD)
    assert [column.type for column in result.tables[0].columns] == ["INTEGER", "as parents.id"]
    assert result.notes == (
        "children.parent_id refers to parents.id, which no model defines yet.",
        "Nothing is compared until a model defines parents.id.",
    )
    with pytest.raises(ModelsProblem, match=r"cannot have the table children.*ARRAY"):
        made.ws.models(CHILD + "    words = sa.Column(sa.ARRAY(sa.Text))")
    result = made.ws.models(PARENT)
    assert {change.path for change in result.pending.changes} == {("workers",), ("children",), ("parents",)}
    assert "sa.Column('parent_id', sa.BigInteger(), nullable=False)" in result.code


class TestWhereModelsComeFrom:
    """By name, from the cells, from pyproject.toml, from env.py: in this order."""

    def test_env_py_last(self, made):
        assert source(made.ws).metadatas is None
        assert source(made.ws).said == "models of env.py"

    def test_every_revision_says_which_they_were(self, made):
        env = made.ws.project.env_py
        with pytest.raises(NoModels) as caught:
            made.ws.revision(autogenerate=True, message="x")
        assert all(way in caught.value.hint for way in ("%%models", "--models", "pyproject.toml", "env.py"))
        env.write_text(env.read_text().replace("target_metadata = None", CELL + "target_metadata = metadata"))
        assert "Compared: models of env.py." in made.ws.revision(autogenerate=True, message="x").notes
        made.ws.upgrade("head")
        said = made.ws.revision(autogenerate=True, message="y")
        assert (said.revision, "Compared: models of env.py." in said.notes) == (None, True)

    def test_pyproject_before_it(self, made, tmp_path, unloaded):
        (tmp_path / "billing.py").write_text(CELL)
        (tmp_path / "pyproject.toml").write_text("[tool.migration_magics]\nmodels = ['billing:metadata']\n")
        found = source(made.ws)
        assert [list(each.tables) for each in found.metadatas] == [["workers"]]
        assert "pyproject.toml" in found.said
        assert "billing:metadata" in made.ws.check().place

    def test_cells_before_that(self, made, tmp_path):
        (tmp_path / "pyproject.toml").write_text("[tool.migration_magics]\nmodels = 'billing:metadata'\n")
        made.ws.models(CELL)
        assert source(made.ws).said == "models of the %%models cells"
        assert "%%models" in made.ws.schema("models").place

    def test_a_name_before_all(self, made, tmp_path, unloaded):
        made.ws.models(CELL)
        metadata = sa.MetaData()
        sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True))
        base = sa.orm.declarative_base(metadata=metadata)
        variables = {"Base": base, "both": [metadata, base], "mapping": base.registry, "app": textwrap, "n": 1}
        made.ws.lookup = variables.get
        for name in ("Base", "both", "mapping", "Base.metadata"):
            assert source(made.ws, name).metadatas == (metadata,), name
        assert paths(made.ws.diff(models="Base").diff) == [("add", ("notes",))]
        assert [t.key for t in made.ws.schema(models="Base").schema.tables] == ["notes"]
        assert paths(made.ws.check(models="Base").models_vs_database) == [("add", ("notes",))]

    def test_python_code_gives_the_models_themselves(self, made):
        metadata = sa.MetaData()
        sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True))
        base = sa.orm.declarative_base(metadata=metadata)
        for value in (base, metadata, [metadata, base], base.registry):
            assert source(made.ws, value).metadatas == (metadata,)
        assert source(made.ws, metadata).said == "models of the MetaData given"
        assert paths(made.ws.diff(models=metadata).diff) == [("add", ("notes",))]
        written = made.ws.revision(autogenerate=True, message="x", models=metadata)
        assert "op.create_table('notes'" in written.code
        for value in (1, []):
            with pytest.raises(ModelsProblem, match="models are a declarative base"):
                source(made.ws, value)
        with pytest.raises(NoModels) as caught:
            source(made.ws, "Base")
        assert "models=Base" in caught.value.hint

    def test_models_that_import_and_do_not_map_are_told(self, made, tmp_path, unloaded):
        text = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): pass
class Run(Base):
    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    worker = relationship("Wroker")
"""
        (tmp_path / "billing.py").write_text(text)
        with pytest.raises(ModelsProblem, match=r"Run\.worker refers to Wroker, and no model is called so"):
            made.ws.revision(autogenerate=True, message="x", models="billing:Base")
        assert not list(made.versions.glob("*.py"))

    def test_what_is_not_there_or_no_models_is_told(self, made, tmp_path, unloaded):
        (tmp_path / "billing.py").write_text("1 / 0")
        made.ws.lookup = {"n": 1}.get
        for name, error, said in (
            ("nope", NoModels, "no variable 'nope'"),
            ("n", ModelsProblem, "n is a int"),
            ("nope.nothing:Base", NoModels, "no module 'nope'"),
            ("billing:Base", ModelsProblem, r"cannot be imported \(billing.py, line 1\): ZeroDivisionError"),
            ("textwrap:Base", NoModels, "textwrap has no Base"),
            ("textwrap:dedent", ModelsProblem, "is a function"),
        ):
            with pytest.raises(error, match=said):
                source(made.ws, name)
            with pytest.raises(error, match=said):
                made.ws.check(models=name)

    def test_pyproject_must_name_them_as_text(self, made, tmp_path):
        (tmp_path / "pyproject.toml").write_text("[tool.migration_magics]\nmodels = 3\n")
        with pytest.raises(UsageProblem, match="models = 3"):
            source(made.ws)


@pytest.fixture
def unloaded():
    yield
    for name in ("billing", "app", "app.models", "app.base"):
        sys.modules.pop(name, None)


def test_a_base_limits_what_is_compared(made):
    body = CELL + "other = sa.MetaData()\nsa.Table('elsewhere', other, sa.Column('id', sa.Integer, primary_key=True))"
    assert len(made.ws.models(body).pending.changes) == 2
    assert paths(made.ws.models(body, base="metadata").pending) == [("add", ("workers",))]
    with pytest.raises(NoModels, match="no variable 'nothing'") as caught:
        made.ws.models(body, base="nothing")
    assert caught.value.hint.startswith("--base ")


def test_what_a_library_raises_in_the_cell_is_told_with_the_line(made):
    with pytest.raises(CellInvalid, match=r"Line 5 of the cell: .*Column"):
        made.ws.models(CELL + "sa.Table('x', metadata, sa.Column(1, 2, 3, 4))")
