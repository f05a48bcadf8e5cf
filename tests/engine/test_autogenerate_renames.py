"""Renames in autogenerate: every value stays, nothing else is touched, and the way back gives the old schema."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from migration_magics.engine import drafts
from migration_magics.engine.autogenerate_draft import generated
from migration_magics.engine.autogenerate_renames import renames_of
from migration_magics.engine.drafts import Order
from migration_magics.engine.reflect import reflect
from migration_magics.errors import AuthoringProblem
from migration_magics.model.diff import Change
from tests.engine.autogenerate_models import Day


def before():
    """Two tables with everything that may name a column."""
    metadata = sa.MetaData()
    sa.Table(
        "workers",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.UniqueConstraint("number", name="uq_number"),
    )
    sa.Table(
        "evals",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), nullable=False, server_default="new"),
        sa.Column("worker", sa.ForeignKey("workers.number", name="fk_worker")),
        sa.Column("runtime", sa.Integer),
        sa.Index("ix_both", "name", "runtime"),
        sa.UniqueConstraint("name", "worker", name="uq_name"),
        sa.CheckConstraint("runtime > 0", name="ck_runtime"),
    )
    return metadata


def after(length=20, **more):
    """The same by other names; *more* are arguments of the column that was `name`."""
    metadata = sa.MetaData()
    sa.Table(
        "workers",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("no", sa.Integer, nullable=False),
        sa.UniqueConstraint("no", name="uq_number"),
    )
    sa.Table(
        "evaluations",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String(length), **{"nullable": False, "server_default": "new", **more}),
        sa.Column("worker", sa.ForeignKey("workers.no", name="fk_worker")),
        sa.Column("runtime_ms", sa.Integer),
        sa.Index("ix_both", "title", "runtime_ms"),
        sa.UniqueConstraint("title", "worker", name="uq_name"),
        sa.CheckConstraint("runtime_ms > 0", name="ck_runtime"),
    )
    return metadata


RENAMES = (
    Change("rename", ("evals", "columns", "name"), "name", "title"),
    Change("rename", ("evals", "columns", "runtime"), "runtime", "runtime_ms"),
    Change("rename", ("workers", "columns", "number"), "number", "no"),
    Change("rename", ("evals",), "evals", "evaluations"),
)


@pytest.fixture
def day(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", database_url)
    made.fill(before())
    with made.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO workers VALUES (1, 11), (2, 22)")
        connection.exec_driver_sql("INSERT INTO evals VALUES (1, 'a', 11, 5), (2, 'b', 22, NULL)")
    yield made
    made.close()


def found(day, metadata, renames=RENAMES):
    day.chain.project.config.attributes.update(engine=day.engine, metadata=metadata, options={})
    return generated(day.environment, day.database, Order("a day", rev_id="r1"), setups=(renames_of(renames).setup,))


def text_of(day, generated_):
    return drafts.compose(day.chain, Order("a day", rev_id="r1"), prepared=generated_.prepared).text


def run(day, text, function):
    names: dict[str, object] = {}
    exec(text, names)  # noqa: S102 - it is the file that was just made
    with day.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        names[function]()


def test_a_rename_is_all_that_is_written(day):
    operations = [each.kind for each in found(day, after()).comparison.diff.changes]
    assert operations == ["rename"] * 4


@pytest.mark.parametrize("more", [{}, {"length": 80}, {"nullable": True}, {"length": 80, "nullable": True}])
def test_every_value_stays_and_the_way_back_is_exact(more, day):
    was = day.database.read(reflect)
    text = text_of(day, found(day, after(**more)))
    assert "drop_" not in text
    run(day, text, "upgrade")
    with day.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, title, worker, runtime_ms FROM evaluations ORDER BY id").all()
        assert [tuple(row) for row in rows] == [(1, "a", 11, 5), (2, "b", 22, None)]
        assert connection.exec_driver_sql("SELECT no FROM workers ORDER BY id").scalars().all() == [11, 22]
    assert not found(day, after(**more), ()).comparison.diff
    run(day, text, "downgrade")
    assert day.database.read(reflect) == was


def test_what_else_changes_goes_with_it(day):
    changes = found(day, after(80)).comparison.diff.changes
    altered = [each for each in changes if each.kind == "alter"]
    assert len(altered) == 1
    assert altered[0].after.type == "VARCHAR(80)"
    is_sqlite = day.database.family == "sqlite"  # there the new type needs a batch, and the name goes first
    assert altered[0].path == ("evaluations", "columns", "title" if is_sqlite else "name")


def test_a_table_stays_in_its_schema():
    with pytest.raises(AuthoringProblem, match="another schema"):
        renames_of((Change("rename", ("audit.t",), "audit.t", "t"),))


def test_odd_names_are_quoted(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = "a \"b\" % 'c'"
    day = Day(tmp_path / "project", sqlite_url)
    old, new = sa.MetaData(), sa.MetaData()
    sa.Table("t", old, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
    sa.Table(odd, new, sa.Column("id", sa.Integer, primary_key=True), sa.Column(odd, sa.Integer))
    day.fill(old)
    renames = (Change("rename", ("t", "columns", "x"), "x", odd), Change("rename", ("t",), "t", odd))
    run(day, text_of(day, found(day, new, renames)), "upgrade")
    assert not found(day, new, ()).comparison.diff
    day.close()


def test_no_plugin_stays(day):
    from alembic.runtime.plugins import _all_plugins

    was = dict(_all_plugins)
    found(day, after())
    assert dict(_all_plugins) == was


def test_an_index_that_is_called_by_the_column_comes_back_on_the_old_one(day):
    """It is dropped and made again; the way back renames first, and then makes it on the column of that name."""

    def small(column):
        metadata = sa.MetaData()
        sa.Table(
            "t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column(column, sa.String(9), index=True)
        )
        return metadata

    day.fill(small("name"))
    was = day.database.read(reflect)
    text = text_of(day, found(day, small("title"), (Change("rename", ("t", "columns", "name"), "name", "title"),)))
    if day.engine.dialect.name not in {"mysql", "mariadb"}:
        downgrade = text.partition("def downgrade")[2]
        assert downgrade.index("new_column_name='name'") < downgrade.index("ix_t_name")
        assert "['name']" in downgrade
    run(day, text, "upgrade")
    assert [each["name"] for each in sa.inspect(day.engine).get_indexes("t")] == ["ix_t_title"]
    run(day, text, "downgrade")
    assert day.database.read(reflect) == was
