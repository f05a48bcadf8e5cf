"""Offline SQL is Alembic's `--sql`, byte for byte, on every dialect; a revision that reads says why it has none."""

from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

PROJECTS = Path(__file__).parents[1] / "projects"
DIALECTS = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")

CREATE = (
    "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.String(20)))\n"
    "op.create_index('i', 't', ['n'])\n"
    "op.bulk_insert(sa.table('t', sa.column('id', sa.Integer), sa.column('n', sa.String)), [{'id': 1, 'n': \"it's\"}])"
)


def stock(project, range_, dialect, *, downgrade=False):
    """What `alembic upgrade --sql` prints for a project whose URL is of that dialect."""
    buffer = StringIO()
    config = Config(str(project / "alembic.ini"), output_buffer=buffer)
    config.set_main_option(
        "sqlalchemy.url",
        {"mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql", "mssql": "mssql+pyodbc"}.get(dialect, dialect) + "://",
    )
    move = command.downgrade if downgrade else command.upgrade
    move(config, range_, sql=True)
    return buffer.getvalue()


@pytest.fixture
def project(make):
    made = make("sqlite://")
    made.add("a1", CREATE, "op.drop_table('t')")
    made.add(
        "b2",
        "op.add_column('t', sa.Column('s', sa.Integer))\nop.execute('UPDATE t SET s = 1')",
        "op.drop_column('t', 's')",
        labels=["left"],
    )
    made.add(
        "b3",
        "op.create_table('u', sa.Column('id', sa.Integer))",
        "op.drop_table('u')",
        parents=("a1",),
        depends_on="b2",
    )
    made.add("m4", parents=("b2", "b3"))
    return made


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("range_", ["head", "a1:head", "a1:b2", "b2:m4", "base:b3", "b3:m4"])
def test_an_upgrade_is_written_as_alembic_writes_it(project, dialect, range_):
    shown = project.ws.sql(range_, dialect=(dialect,))
    assert shown.problems == {}
    assert shown.scripts[dialect] == stock(project.root, range_, dialect).strip() + "\n"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("range_", ["m4:base", "m4:a1", "b2:a1", "b3:base"])
def test_a_downgrade_is_written_as_alembic_writes_it(project, dialect, range_):
    shown = project.ws.sql(range_, dialect=(dialect,), downgrade=True)
    assert shown.problems == {}
    assert shown.scripts[dialect] == stock(project.root, range_, dialect, downgrade=True).strip() + "\n"


@pytest.mark.parametrize(
    "name", ["linear", "branched", "merged", "labelled", "unusual", "recursive", "several_locations"]
)
def test_whole_projects_are_written_as_alembic_writes_them(make, name, tmp_path):
    folder = PROJECTS / name
    ini = folder / "alembic.ini"
    if not ini.is_file():
        pytest.skip("a project without a file of its own settings")
    made = make()
    made.ws.connect("sqlite://", project=str(ini))
    shown = made.ws.sql("heads", dialect=("postgresql",))
    assert shown.problems == {}
    assert shown.scripts["postgresql"] == stock(folder, "heads", "postgresql").strip() + "\n"


def test_options_of_env_py_are_kept(project):
    project.edit_env(
        "        literal_binds=True,", "        literal_binds=True, version_table='v', version_table_schema='s',"
    )
    project.edit_env(
        "connection=connection, target_metadata",
        "connection=connection, version_table='v', version_table_schema='s', target_metadata",
    )
    script = project.ws.sql("head", dialect=("postgresql",)).scripts["postgresql"]
    assert script == stock(project.root, "head", "postgresql").strip() + "\n"
    assert "s.v" in script


@pytest.mark.parametrize(
    "body",
    [
        "sa.inspect(op.get_bind()).get_table_names()",
        "op.get_bind().execute(sa.text('SELECT 1')).scalar()",
        "for row in op.get_bind().execute(sa.text('SELECT 1')):\n    pass",
        "with op.batch_alter_table('t') as batch:\n    batch.alter_column('n', nullable=False)",
    ],
)
def test_a_revision_that_reads_the_database_is_named_with_the_reason(make, body):
    made = make("sqlite://")
    made.add("a1", CREATE)
    made.add("b2", body)
    shown = made.ws.sql("head", dialect=("sqlite",))
    assert shown.scripts == {}
    assert shown.problems["sqlite"].startswith("Revision b2 (b2.py, line 1")
    assert "reads from the database, which offline SQL cannot" in shown.problems["sqlite"]
    assert "CREATE TABLE t" in made.ws.show("a1").sql
    assert "b2" in str(made.ws.show("b2"))


def test_a_dialect_nobody_knows_is_named(project):
    shown = project.ws.sql("head", dialect=("nonsense", "sqlite"))
    assert "'nonsense'" in shown.problems["nonsense"]
    assert "CREATE TABLE t" in shown.scripts["sqlite"]
