"""An env.py that calls `run_migrations()` more than once: each call is planned for where its own version table stands."""

import pytest

from migration_magics.errors import ConfirmationRequired, MoveFailed
from migration_magics.model.trace import Outcome

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"
DROP = "op.drop_table('t')"

TWICE = "run_migrations_online()\nrun_migrations_online()\n"
TWO_CONFIGURES = """
with sa.create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:
    for _ in range(2):
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
TWO_RUNS = """
with sa.create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
        context.run_migrations()
"""
TENANTS = """
with sa.create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:
    for table in ('red', 'blue'):
        context.configure(connection=connection, version_table=table)
        context.config.attributes['tenant'] = table
        with context.begin_transaction():
            context.run_migrations()
"""
FORMS = {"run_migrations_online() twice": TWICE, "two configure()": TWO_CONFIGURES, "two run_migrations()": TWO_RUNS}
TENANT_TABLE = (
    "name = context.config.attributes['tenant'] + '_{id}'\nop.create_table(name, sa.Column('id', sa.Integer, primary_key=True))",
    "op.drop_table(context.config.attributes['tenant'] + '_{id}')",
)


def twice(project, text):
    """Let env.py end with *text* in place of its own last lines."""
    own = project.env_py.read_text()
    before = own[: own.index("if context.is_offline_mode():")]
    project.env_py.write_text(
        (before if text == TWICE else "import sqlalchemy as sa\nfrom alembic import context\n") + text
    )


def tenants(make, url):
    """A project with a version table and tables of their own for each of two tenants, who need not stand together."""
    project = make(url)
    twice(project, TENANTS)
    for id_ in ("a1", "b2"):
        project.add(id_, *(text.format(id=id_) for text in TENANT_TABLE))
    return project


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_second_pass_with_nothing_to_do_changes_nothing(database_url, make, form):
    project = make(database_url)
    twice(project, form)
    project.add("a1", CREATE, DROP)
    project.add("b2")
    ws = project.ws
    assert ws.upgrade("+1").after == ("a1",)
    moved = ws.upgrade("head")
    assert moved.after == ("b2",)
    assert [step.revision for step in moved.trace.steps] == ["b2"]
    assert ws.downgrade("-1").after == ("a1",)
    assert ws.downgrade("base").after == ()
    assert ws.stamp("b2").after == ("b2",)
    assert ws.stamp("a1", purge=True, yes=True).after == ("a1",)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_second_pass_in_a_dry_run_is_no_other_migrator(sqlite_url, make, form):
    project = make(sqlite_url)
    twice(project, form)
    project.add("a1", CREATE, DROP)
    moved = project.ws.upgrade("head", dry_run=True)
    assert (moved.after, moved.trace.outcome) == ((), Outcome.ROLLED_BACK)


def test_each_tenant_is_brought_up_from_where_it_stands(sqlite_url, make, query):
    project = tenants(make, sqlite_url)
    ws = project.ws
    assert ws.upgrade("a1").after == ("a1",)
    query(sqlite_url, "DELETE FROM blue")
    query(sqlite_url, "DROP TABLE blue_a1")
    moved = ws.upgrade("head")
    assert [step.revision for step in moved.trace.steps] == ["b2", "a1", "b2"]
    assert query(sqlite_url, "SELECT version_num FROM blue") == [("b2",)]
    assert moved.trace.outcome is Outcome.APPLIED
    assert moved.trace.transactions == "2 transactions, one for each run_migrations() of env.py"


def test_a_failure_in_the_second_pass_tells_what_the_first_left(sqlite_url, make, query):
    project = tenants(make, sqlite_url)
    project.add("c3", "if context.config.attributes['tenant'] == 'blue':\n    op.execute('nonsense')")
    with pytest.raises(MoveFailed) as caught:
        project.ws.upgrade("head")
    error = caught.value
    outcomes = [(step.revision, step.outcome) for step in error.trace.steps]
    assert outcomes == [
        *((id_, Outcome.APPLIED) for id_ in ("a1", "b2", "c3")),
        *((id_, Outcome.ROLLED_BACK) for id_ in ("a1", "b2")),
        ("c3", Outcome.FAILED),
    ]
    told = "\n".join((error.message, *error.details))
    assert "now stands at c3: a1, b2, c3 applied and committed." in told
    assert "Nothing was changed" not in told
    assert query(sqlite_url, "SELECT version_num FROM red") == [("c3",)]
    assert query(sqlite_url, "SELECT name FROM sqlite_master WHERE name LIKE 'blue_%'") == []


def test_a_tenant_that_the_target_does_not_suit_is_told_without_a_promise(sqlite_url, make, query):
    """Once a step ran, no error says that nothing was changed."""
    project = tenants(make, sqlite_url)
    ws = project.ws
    ws.upgrade("a1")
    query(sqlite_url, "UPDATE blue SET version_num = 'lost'")
    with pytest.raises(MoveFailed, match="stands at lost") as caught:
        ws.upgrade("head")
    told = "\n".join((caught.value.message, *caught.value.details))
    assert "Nothing was changed" not in told
    assert "now stands at b2: b2 applied and committed." in told


def test_rows_of_a_second_tenant_are_not_lost_by_the_first_ones_leave(sqlite_url, make, query):
    """Only the first tenant was counted before: of the others each loss is looked at as it comes."""
    project = make(sqlite_url)
    twice(project, TENANTS)
    project.add(
        "a1",
        "if context.config.attributes['tenant'] == 'red':\n    op.create_table('t', sa.Column('id', sa.Integer))",
        "op.execute(\"DROP TABLE IF EXISTS t\")\nif context.config.attributes['tenant'] == 'red':\n"
        "    op.execute('CREATE TABLE t (id INTEGER)')\n    op.execute('INSERT INTO t VALUES (1)')",
    )
    ws = project.ws
    ws.upgrade("head")
    with pytest.raises(ConfirmationRequired, match="drops table t with 1 row"):
        ws.downgrade("base")
    assert query(sqlite_url, "SELECT version_num FROM blue") == [("a1",)]
