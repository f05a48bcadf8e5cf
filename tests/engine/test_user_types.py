"""Types of others in a file of autogenerate: imported, or refused where no file could import them."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import ModelsProblem

SQLMODEL = """
from sqlmodel import Field, SQLModel as Base

class {prefix}Job(Base, table=True):
    __tablename__ = "{prefix}_jobs"
    id: int | None = Field(default=None, primary_key=True)
    name: str
"""
WEIRD = """
import sqlalchemy as sa
metadata = sa.MetaData()

class Weird(sa.types.UserDefinedType):
    def get_col_spec(self):
        return "weird"

sa.Table("jobs", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("how", {type}()))
Base = metadata
"""


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Workspace()
    made.init("migrations")
    made.connect("sqlite:///app.db")
    yield made
    made.close()


def files():
    return [each.name for each in Path("migrations/versions").glob("*.py")]


def test_a_type_of_a_library_is_imported(ws):
    ws.models(SQLMODEL.format(prefix="Imported"))
    cell = ws.revision(message="jobs", autogenerate=True, cell=True).cell
    written = ws.revision(message="jobs", autogenerate=True)
    for text in (cell, written.code):
        assert text.count("import sqlmodel.sql.sqltypes\n") == 1
    ws.upgrade("head")
    ws.downgrade("base", yes=True)


def test_what_the_template_imports_is_not_imported_again(ws):
    template = Path("migrations/script.py.mako")
    template.write_text(
        template.read_text().replace("import sqlalchemy as sa", "import sqlalchemy as sa\nimport sqlmodel")
    )
    ws.models(SQLMODEL.format(prefix="Templated"))
    assert "import sqlmodel." not in ws.revision(message="jobs", autogenerate=True).code
    ws.upgrade("head")


@pytest.mark.parametrize("is_cell", [True, False])
def test_a_type_of_the_notebook_is_refused(is_cell, ws):
    ws.models(WEIRD.format(type="Weird"))
    with pytest.raises(ModelsProblem, match="Weird is a type of this notebook") as caught:
        ws.revision(message="jobs", autogenerate=True, cell=is_cell)
    assert "render_item" in caught.value.hint
    assert files() == []


def test_a_type_of_env_py_is_refused_unless_env_py_writes_it(ws):
    env = Path("migrations/env.py")
    text = env.read_text().replace(
        "target_metadata = None", f"{WEIRD.format(type='Weird')}\ntarget_metadata = metadata"
    )
    env.write_text(text)
    with pytest.raises(ModelsProblem, match="Weird"):
        ws.revision(message="jobs", autogenerate=True)
    render = "render_item=lambda kind, item, context: 'sa.Text()' if isinstance(item, Weird) else False"
    env.write_text(text.replace("target_metadata=target_metadata", f"target_metadata=target_metadata, {render}"))
    assert "sa.Column('how', sa.Text()" in ws.revision(message="jobs", autogenerate=True).code
