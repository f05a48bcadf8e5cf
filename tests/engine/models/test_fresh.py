"""Modules that were changed on disk are seen as they are there, and the notebook keeps the objects it has."""

from __future__ import annotations

import importlib
import sys
import textwrap

import pytest

from migration_magics.errors import EnvironmentFailed
from tests.engine.making import Made

DECLARATIVE = """
from sqlalchemy.orm import Mapped, mapped_column
from {base} import Base
from .names import TABLE

class Worker(Base):
    __tablename__ = TABLE
    id: Mapped[int] = mapped_column(primary_key=True)
    {column}: Mapped[str]
"""
BASE = """
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    pass
"""
SQLMODEL = """
from sqlmodel import Field, SQLModel as Base
from .names import TABLE

class {prefix}Worker(Base, table=True):
    __tablename__ = TABLE
    id: int | None = Field(default=None, primary_key=True)
    {column}: str
"""


class App:
    """A project whose env.py imports `app.models`; `write` changes that file."""

    def __init__(self, root, kind, name):
        self.root, self.kind, self.name = root, kind, name
        self.made = Made(root, f"sqlite:///{root}/app.db")
        self.package = root / name
        self.package.mkdir()
        (self.package / "__init__.py").write_text("")
        (self.package / "names.py").write_text(f"TABLE = 'workers_{name}'\n")
        (self.package / "base.py").write_text(BASE)
        (self.package / "metrics.py").write_text("registered = []\n")
        self.write("host")
        self.made.edit_env(
            "target_metadata = None", f"from {name} import models, metrics\ntarget_metadata = models.Base.metadata"
        )

    def write(self, column):
        template = SQLMODEL if self.kind == "sqlmodel" else DECLARATIVE
        base = ".base" if self.kind == "relative" else f"{self.name}.base"
        text = textwrap.dedent(template).format(column=column, base=base, prefix=self.name.title())
        (self.package / "models.py").write_text(text)

    def columns(self):
        added = self.made.ws.diff("db", "models").diff.changes
        (change,) = [each for each in added if each.path == (f"workers_{self.name}",)]
        return [column.name for column in change.after.columns]

    def shown(self):
        table = self.made.ws.schema("models").schema.table(f"workers_{self.name}")
        return [column.name for column in table.columns]


@pytest.fixture
def app(tmp_path, monkeypatch, request):
    made = []

    def make(kind):
        name = f"app{abs(hash(request.node.nodeid)) % 10**8}"  # SQLModel has one MetaData for all tests
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        made.append(App(tmp_path, kind, name))
        return made[-1]

    yield make
    for each in made:
        each.made.ws.close()
        for name in [name for name in sys.modules if name.partition(".")[0] == each.name]:
            del sys.modules[name]


KINDS = ("absolute", "relative", "sqlmodel")


@pytest.mark.parametrize("kind", KINDS)
def test_an_edited_model_is_seen_by_the_next_command(app, kind):
    project = app(kind)
    assert project.columns() == ["id", "host"]
    for column in ("name", "port", "hostname", "host"):  # three of one length, within one second
        project.write(column)
        assert project.columns() == ["id", column]
        assert project.shown() == ["id", column]
        assert project.columns() == ["id", column]


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_notebook_has_imported_stays_its_own(app, kind):
    project = app(kind)
    models = importlib.import_module(f"{project.name}.models")
    package = sys.modules[project.name]
    tables = dict(models.Base.metadata.tables)
    assert project.columns() == ["id", "host"]
    project.write("hostname")
    for _ in range(2):
        assert project.columns() == ["id", "hostname"]
        assert sys.modules[f"{project.name}.models"] is models
        assert package.models is models
        assert dict(models.Base.metadata.tables) == tables
        assert all(models.Base.metadata.tables[key] is table for key, table in tables.items())


def test_what_was_not_changed_is_not_loaded_again(app):
    project = app("relative")
    project.columns()
    metrics = sys.modules[f"{project.name}.metrics"]
    metrics.registered.append("a counter")
    project.write("hostname")
    project.columns()
    assert sys.modules[f"{project.name}.metrics"] is metrics
    assert metrics.registered == ["a counter"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_wrong_for_a_while_does_no_harm(app, kind):
    project = app(kind)
    assert project.columns() == ["id", "host"]
    models = sys.modules[f"{project.name}.models"]
    (project.package / "models.py").write_text("class Worker(")
    for _ in range(2):
        with pytest.raises(EnvironmentFailed, match="SyntaxError"):
            project.columns()
        assert sys.modules[f"{project.name}.models"] is models
    project.write("hostname")
    assert project.columns() == ["id", "hostname"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_in_a_module_that_models_import_counts(app, kind):
    project = app(kind)
    assert project.columns() == ["id", "host"]
    (project.package / "names.py").write_text("TABLE = 'others'\n")
    added = {change.path[0] for change in project.made.ws.check().models_vs_database.changes}
    assert "others" in added
    assert f"workers_{project.name}" not in added
