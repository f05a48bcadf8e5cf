"""A backfill as a value: assignments, keys that are kept, the size of the next batch."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.model.batches import LARGEST_SIZE, Assignment, Job, adapted, assignment, read, wait_s, written

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(),
    st.binary(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.datetimes(timezones=st.none() | st.timezones().map(lambda _zone: datetime.timezone.utc)),
    st.dates(),
    st.times(),
    st.timedeltas(),
)


@settings(max_examples=60)
@given(st.lists(VALUES, max_size=4).map(tuple))
def test_a_key_that_is_kept_comes_back_as_it_was(key):
    text = written(key)
    assert text is not None
    back = read(text)
    assert back == key
    assert [type(each) for each in back] == [type(each) for each in key]


def test_what_is_not_known_is_not_kept():
    assert written((1, object())) is None


@pytest.mark.parametrize(
    "text,column,expression",
    [
        ("status = 'new'", "status", "'new'"),
        ("a=b = c", "a", "b = c"),
        ('"a = ""b""" = 1', 'a = "b"', "1"),
        ("`a``b`=1", "a`b", "1"),
        ("two words = 1", "two words", "1"),
    ],
)
def test_an_assignment_is_read_at_its_first_sign(text, column, expression):
    assert assignment(text) == Assignment(column, expression)


@pytest.mark.parametrize("text", ["", "a", "= 1", "a =", "a == 1"])
def test_what_is_no_assignment_is_none(text):
    assert assignment(text) is None


@given(st.integers(1, LARGEST_SIZE), st.floats(0, 1e6), st.floats(0.001, 100))
def test_a_size_changes_at_most_by_half_or_double(size, took_s, target_s):
    after = adapted(size, took_s, target_s)
    assert max(1, size // 2) <= after <= min(LARGEST_SIZE, 2 * size)
    assert (after >= size) or took_s > target_s


@given(st.integers(1, 1000), st.floats(0, 1))
def test_waiting_grows_and_stays_bounded(tried, chance):
    assert 0 < wait_s(tried, 0.25, chance) <= 10


def test_another_table_value_or_condition_is_another_job():
    jobs = [Job("t", (Assignment("a", "1"),)), Job("u", (Assignment("a", "1"),)), Job("t", (Assignment("a", "2"),))]
    jobs.append(Job("t", (Assignment("a", "1"),), "b"))
    assert len({job.id for job in jobs}) == 4
    assert Job("t", (Assignment("a", "1"),)).id == jobs[0].id
