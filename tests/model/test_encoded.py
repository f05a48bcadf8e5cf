"""Timelines as JSON: nothing is lost, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.model.diff import diff
from migration_magics.model.encoded import decode, encode
from migration_magics.model.schema import Column, Schema, Table
from migration_magics.model.timeline import Entry, Timeline
from tests.schemas import timelines

some = settings(max_examples=50, deadline=None)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 20), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


@some
@given(timelines())
def test_a_timeline_comes_back_from_json_as_it_was(timeline):
    found = decode(json.loads(json.dumps(encode(timeline))))
    assert found == timeline
    assert found.start.seen == timeline.start.seen


def test_what_is_equal_is_written_once():
    one = Schema("sqlite", tuple(Table(f"t{n}", (Column("id", "INTEGER"),)) for n in range(9)))
    two = Schema("sqlite", tuple(Table(f"t{n}", (Column("id", "INTEGER"),)) for n in range(9)))
    entries = (Entry("a", diff(Schema("sqlite"), one)), Entry("b", diff(two, Schema("sqlite"))))
    text = json.dumps(encode(Timeline("sqlite", entries, Schema("sqlite"))))
    assert text.count("INTEGER") == 1
    assert text.count('"t5"') == 3  # the table, and the two paths to it


@some
@given(timelines(), st.data())
def test_wrong_data_is_a_value_error_or_a_timeline(timeline, data):
    """Any one value of an encoded timeline is replaced by another; no other error may come out."""
    encoded = json.loads(json.dumps(encode(timeline)))
    places = list(_places(encoded))
    *path, last = data.draw(st.sampled_from(places))
    holder = encoded
    for step in path:
        holder = holder[step]
    holder[last] = data.draw(anything)
    with contextlib.suppress(ValueError):
        assert isinstance(decode(encoded), Timeline)


def _places(data, path=()):
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _places(value, (*path, key))


@pytest.mark.parametrize(
    "data",
    [None, [], {}, "x", {"format": "other", "version": 1}, {"format": "migration_magics timeline", "version": 1}],
)
def test_foreign_data_is_a_value_error(data):
    with pytest.raises(ValueError, match="timeline"):
        decode(data)
