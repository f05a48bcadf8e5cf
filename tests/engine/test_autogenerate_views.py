"""Views that models declare: made, replaced, brought back; equal where the database reads both as the same."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.engine.autogenerate_extras import setup
from migration_magics.engine.autogenerate_renames import renames_of
from migration_magics.errors import EnvironmentFailed
from migration_magics.model.diff import Change
from tests.engine.autogenerate_models import Day
from tests.engine.test_autogenerate_extras import run, text_of


@pytest.fixture(params=["sqlite", "postgresql"])
def day(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", request.getfixturevalue(f"{request.param}_url"))
    made.fill(runs())
    yield made
    made.close()


def runs(*names, **views):
    metadata = sa.MetaData(info={"views": views} if views else {})
    more = [sa.Column(name, sa.Integer) for name in names or ("runtime",)]
    sa.Table("runs", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", sa.String(9)), *more)
    return metadata


def applied(day, metadata):
    text = text_of(day, metadata)
    run(day, text, "upgrade")
    return text


def names(day):
    return sorted(sa.inspect(day.engine).get_view_names())


SLOW = "SELECT id, runtime FROM runs WHERE runtime > 10 AND state <> '10%: a :b'"


def test_a_view_comes_and_goes(day):
    text = applied(day, runs(slow=SLOW))
    assert names(day) == ["slow"]
    assert text_of(day, runs(slow=SLOW)) == ""
    run(day, text, "downgrade")
    assert names(day) == []
    assert text_of(day, runs()) == ""


@pytest.mark.parametrize(
    "same",
    [
        SLOW + ";",
        SLOW.replace("runtime > 10", "runtime>10"),
        SLOW.replace("SELECT", "select").replace(" FROM", "\n FROM"),
    ],
)
def test_one_query_written_in_two_ways_is_no_change(same, day):
    applied(day, runs(slow=SLOW))
    assert text_of(day, runs(slow=same)) == ""


def test_a_select_is_its_text(day):
    table = runs().tables["runs"]
    query = sa.select(table.c.id, table.c.state.label("s")).where(table.c.state.like("a%"), table.c.runtime.in_([1, 2]))
    applied(day, runs(some=query))
    assert names(day) == ["some"]
    assert text_of(day, runs(some=query)) == ""


def test_another_query_replaces_it_with_the_views_that_read_it_and_all_come_back(day):
    before = runs(slow=SLOW, few="SELECT id FROM slow")
    applied(day, before)
    text = applied(day, runs(slow=SLOW.replace("10", "20"), few="SELECT id FROM slow"))
    assert text.count("DROP VIEW few") == 2  # one way each
    assert names(day) == ["few", "slow"]
    run(day, text, "downgrade")
    assert text_of(day, before) == ""


def test_a_view_of_what_comes_with_it(day):
    applied(day, runs(slow=SLOW))
    wanted = runs("runtime", "host", slow="SELECT id, runtime, host FROM runs")
    text = applied(day, wanted)
    assert text_of(day, wanted) == ""
    run(day, text, "downgrade")
    assert text_of(day, runs(slow=SLOW)) == ""


def test_a_renamed_column_under_a_view(day):
    applied(day, runs(slow=SLOW))
    wanted = runs("runtime_ms", slow="SELECT id, runtime_ms FROM runs WHERE runtime_ms > 10")
    renames = renames_of((Change("rename", ("runs", "columns", "runtime"), "runtime", "runtime_ms"),))
    text = text_of(day, wanted, renames.setup)
    run(day, text, "upgrade")
    assert text_of(day, wanted) == ""
    run(day, text, "downgrade")
    assert text_of(day, runs(slow=SLOW)) == ""


def test_views_that_nobody_declares_and_tables_of_that_name_are_left_alone(day):
    with day.engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW own AS SELECT id FROM runs")
    assert text_of(day, runs()) == ""
    assert text_of(day, runs(runs="SELECT 1 AS one")) == ""


def test_a_declaration_that_is_none_says_what_it_should_be(day):
    metadata = runs()
    metadata.info["views"] = ["slow"]
    with pytest.raises(EnvironmentFailed, match="has to be a mapping"):
        day.generated(metadata, setups=(setup,))


def test_nothing_stays_of_the_comparison(day):
    applied(day, runs(slow=SLOW))
    text_of(day, runs(slow="SELECT no_such FROM runs"))
    with day.engine.connect() as connection:
        assert "mm_view" not in sa.inspect(connection).get_temp_view_names()
    assert names(day) == ["slow"]
