"""Estimates: what grows with the rows is scaled by them, with a range, and nothing else is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migration_magics.model.estimate import estimates
from migration_magics.model.finding import Confidence
from migration_magics.model.sampling import Sampled, SampledTable
from migration_magics.model.trace import Operation, Statement, Step


def sampled(chosen=10_000, total=1_000_000):
    return Sampled((SampledTable("t", chosen, total, is_exact=False),), chosen)


def step(*operations):
    return Step("a1", "x", "upgrade", operations)


def execute(sql):
    return Operation("execute", statements=(Statement(sql, 0.1),), duration_s=0.1)


def test_a_rewrite_grows_with_the_rows():
    (found,) = estimates([step(Operation("alter_column", "t", "n", duration_s=0.1))], sampled())
    assert (found.low_s, found.high_s) == pytest.approx((6.5, 13.5))
    assert (found.measured_s, found.sample_rows, found.total_rows) == (0.1, 10_000, 1_000_000)
    assert (found.revision, found.operation, found.table) == ("a1", "alter_column", "t")
    assert found.confidence is Confidence.ESTIMATED


def test_an_index_may_take_longer_for_it_is_sorted():
    (found,) = estimates([step(Operation("create_index", "t", "i", duration_s=0.1))], sampled())
    assert (found.low_s, found.high_s) == pytest.approx((6.5, 26.0))


def test_a_small_sample_has_a_wider_range_and_never_less_than_was_measured():
    (wide,) = estimates([step(Operation("add_column", "t", "n", duration_s=0.1))], sampled(1_000, 100_000))
    assert (wide.low_s, wide.high_s) == pytest.approx((2.0, 20.0))
    (least,) = estimates([step(Operation("add_column", "t", "n", duration_s=0.1))], sampled(1_000, 1_001))
    assert least.low_s == 0.1


@pytest.mark.parametrize("sql", ['UPDATE "t" SET n = 1', "  update t set n = 1", "DELETE FROM t WHERE n = 1"])
def test_a_change_of_rows_is_told_by_its_table(sql):
    assert [each.table for each in estimates([step(execute(sql))], sampled())] == ["t"]


UNTOLD = {
    "no table": execute("SELECT 1"),
    "another table": execute("UPDATE u SET n = 1"),
    "a name": Operation("rename_table", "t", "u", duration_s=0.1),
    "not run": Operation("alter_column", "t", "n"),
}


@pytest.mark.parametrize("what", UNTOLD)
def test_what_does_not_grow_is_not_told(what):
    assert estimates([step(UNTOLD[what])], sampled()) == ()


def test_tables_that_are_whole_or_have_other_rows_are_left_out():
    steps = [step(Operation("alter_column", "t", "n", duration_s=0.1))]
    assert estimates(steps, sampled(10, 10)) == ()
    assert estimates(steps, sampled(), without=("t",)) == ()


def test_the_slowest_comes_first():
    steps = [step(execute("UPDATE t SET n = 1"), Operation("alter_column", "t", "n", duration_s=0.3))]
    assert [each.operation for each in estimates(steps, sampled())] == ["alter_column", "execute"]


CHANGES = {
    "all of the sample, chosen from all": (Statement("UPDATE t SET n = 1", 0.1, rows=1_000), (983_673, 1_000_000)),
    "none of it": (Statement("UPDATE t SET n = 1", 0.1, rows=0), (0, 16_327)),
    "not told by the driver": (Statement("UPDATE t SET n = 1", 0.1), None),
    "more than there are, by a trigger": (Statement("UPDATE t SET n = 1", 0.1, rows=1_001), None),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_number_of_changed_rows_is_a_range_that_the_sample_allows(what):
    statement, expected = CHANGES[what]
    table = SampledTable("t", 1_000, 1_000_000, is_exact=True, parents=10, forced=26)
    made = step(Operation("execute", statements=(statement,), duration_s=0.1))
    (found,) = estimates([made], Sampled((table,), 1_000))
    if expected is None:
        assert found.changes is None
    else:
        assert found.changes == pytest.approx(expected, abs=1)


def test_nothing_is_said_of_rows_that_were_not_chosen_by_chance():
    table = SampledTable("t", 100, 1_000_000, is_exact=True, forced=100)
    for each in (table, replace(table, forced=0, is_exact=False)):
        made = step(Operation("execute", statements=(Statement("UPDATE t SET n = 1", 0.1, rows=7),), duration_s=0.1))
        (found,) = estimates([made], Sampled((each,), 100))
        assert found.changes is None
