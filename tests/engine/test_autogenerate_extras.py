"""What Alembic's comparison leaves out: primary keys and the values of PostgreSQL's enums."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from migration_magics.engine import drafts
from migration_magics.engine.autogenerate_draft import generated
from migration_magics.engine.autogenerate_extras import setup
from migration_magics.engine.drafts import Order
from tests.engine.autogenerate_models import Day


@pytest.fixture
def day(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", database_url)
    yield made
    made.close()


@pytest.fixture
def pg(postgresql_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", postgresql_url)
    yield made
    made.close()


def text_of(day, metadata, *setups):
    day.chain.project.config.attributes.update(engine=day.engine, metadata=metadata, options={})
    found = generated(day.environment, day.database, Order("a day", rev_id="r1"), setups=(setup, *setups))
    return "" if found.is_empty else drafts.compose(day.chain, Order("a day"), prepared=found.prepared).text


def run(day, text, function):
    names: dict[str, object] = {}
    exec(text, names)  # noqa: S102 - it is the file that was just made
    with day.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(_per_migration=True), Operations.context(context):
            names[function]()
        connection.commit()


def keyed(*columns):
    metadata = sa.MetaData()
    names = ("a", "b", "c")
    parts = [
        sa.Column(name, sa.Integer, nullable=False, primary_key=name in columns, autoincrement=False) for name in names
    ]
    sa.Table("t", metadata, *parts)
    return metadata


@pytest.mark.filterwarnings("ignore:Table '_alembic_tmp_t' specifies columns")
@pytest.mark.parametrize("before, after", [(("a",), ("a", "b")), (("a", "b"), ("c",))])
def test_a_primary_key_changes_and_comes_back(before, after, day):
    day.fill(keyed(*before))
    text = text_of(day, keyed(*after))
    assert "create_primary_key" in text
    run(day, text, "upgrade")
    assert sa.inspect(day.engine).get_pk_constraint("t")["constrained_columns"] == list(after)
    assert text_of(day, keyed(*after)) == ""
    run(day, text, "downgrade")
    assert sa.inspect(day.engine).get_pk_constraint("t")["constrained_columns"] == list(before)


def test_an_equal_key_is_no_change(day):
    day.fill(keyed("a", "b"))
    assert text_of(day, keyed("a", "b")) == ""


def states(*values):
    metadata = sa.MetaData()
    sa.Table(
        "t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", sa.Enum(*values, name="state"))
    )
    return metadata


def labels(day):
    with day.engine.connect() as connection:
        return list(connection.exec_driver_sql("SELECT unnest(enum_range(NULL::state))::text").scalars())


@pytest.fixture
def enums(pg):
    metadata = states("new", "done")
    metadata.create_all(pg.engine)
    return pg


@pytest.mark.parametrize(
    "wanted", [("new", "done", "failed"), ("first", "new", "it's", "done"), ("new", "100%", "x", "done", "last")]
)
def test_values_are_added_in_their_places(wanted, enums):
    text = text_of(enums, states(*wanted))
    assert "autocommit_block" in text
    run(enums, text, "upgrade")
    assert labels(enums) == list(wanted)
    assert text_of(enums, states(*wanted)) == ""
    run(enums, text, "downgrade")
    assert labels(enums) == list(wanted)  # PostgreSQL drops none, and the file says so


def test_a_value_that_is_gone_is_told_and_not_dropped(enums):
    text = text_of(enums, states("new"))
    assert "# 'state' has values that the models have not: 'done'." in text
    run(enums, text, "upgrade")
    assert labels(enums) == ["new", "done"]


def test_equal_values_are_no_change(enums):
    assert text_of(enums, states("new", "done")) == ""


def test_a_type_is_there_before_a_column_uses_it(pg):
    bare = sa.MetaData()
    sa.Table("t", bare, sa.Column("id", sa.Integer, primary_key=True))
    pg.fill(bare)
    text = text_of(pg, states("new", "done"))
    run(pg, text, "upgrade")
    assert labels(pg) == ["new", "done"]
    run(pg, text, "downgrade")
    assert text_of(pg, bare) == ""
