"""Enum types of PostgreSQL come and go with their tables: up, down, up again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.engine.autogenerate_models import Day
from tests.engine.test_autogenerate_order import run

ODD = 'St"a:te'


@pytest.fixture
def day(postgresql_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", postgresql_url)
    yield made
    made.close()


def models(*tables, name=ODD):
    metadata = sa.MetaData()
    state = sa.Enum("a", "b", name=name)
    for table in tables:
        parts = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", state, server_default="a")]
        sa.Table(table, metadata, *parts, sa.CheckConstraint("state <> 'b'"))
    return metadata


def types(day):
    return [each["name"] for each in sa.inspect(day.engine).get_enums()]


def twice(day, text):
    for function in ("upgrade", "downgrade", "upgrade"):
        run(day, text, function)


def test_a_new_table_brings_its_type_and_takes_it_away(day):
    text = day.ours(models("jobs"))
    twice(day, text)
    assert types(day) == [ODD]
    run(day, text, "downgrade")
    assert types(day) == []


def test_the_type_is_no_change_of_its_own(day):
    assert [each.path for each in day.generated(models("jobs")).comparison.diff.changes] == [("jobs",)]


def test_a_dropped_table_takes_its_type_with_it(day):
    day.fill(models("jobs"))
    text = day.ours(sa.MetaData())
    twice(day, text)
    assert types(day) == []
    run(day, text, "downgrade")
    assert types(day) == [ODD]
    assert not day.generated(models("jobs")).comparison.diff


def test_an_array_or_a_type_of_its_own_counts_too(day):
    class State(sa.TypeDecorator):
        impl = sa.Enum("a", name="of_state")
        cache_ok = True

    metadata = sa.MetaData()
    many = sa.ARRAY(sa.Enum("a", name="of_array"))
    sa.Table(
        "jobs",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("one", State),
        sa.Column("many", many),
    )
    text = day.ours(
        metadata,
        {"render_item": lambda _kind, item, _: "sa.Enum('a', name='of_state')" if isinstance(item, State) else False},
    )
    twice(day, text)
    run(day, text, "downgrade")
    assert types(day) == []


def test_a_type_that_another_table_has_stays(day):
    day.fill(models("jobs", "runs"))
    assert "DROP TYPE" not in day.ours(models("runs"))


def test_tables_without_enums_are_alembics(day):
    metadata = sa.MetaData()
    sa.Table("plain", metadata, sa.Column("id", sa.Integer, primary_key=True))
    assert day.ours(metadata) == day.theirs(metadata)
