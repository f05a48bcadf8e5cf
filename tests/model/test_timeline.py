"""The schema after each revision of a replay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from migration_magics.model.diff import apply, invert
from migration_magics.model.timeline import (
    Timeline,
    index_of,
    last_schema,
    schema_after,
    schema_before,
    schemas,
)
from tests.schemas import timelines

some = settings(max_examples=30, deadline=None)


@some
@given(timelines())
def test_each_revision_leads_from_the_schema_before_it_to_the_one_after_it(timeline):
    walked = list(schemas(timeline))
    assert [revision for revision, _ in walked] == [entry.revision for entry in timeline.entries]
    for at, (revision, schema) in enumerate(walked):
        assert index_of(timeline, revision) == at
        assert schema_after(timeline, revision) == schema
        assert schema_before(timeline, revision) == apply(schema, invert(timeline.entries[at].diff))
    assert last_schema(timeline) == (walked[-1][1] if walked else timeline.start)


@some
@given(timelines())
def test_what_a_revision_does_not_touch_is_kept_as_it_is(timeline):
    """Untouched tables are the same objects: a thousand snapshots cost little more than one."""
    schema = timeline.start
    for entry, (_, after) in zip(timeline.entries, schemas(timeline), strict=True):
        if not any(change.kind == "rename" for change in entry.diff.changes):
            touched = {change.path[0] for change in entry.diff.changes}
            for table in after.tables:
                assert table.key in touched or table is schema.table(table.key)
        schema = after


def test_an_unknown_revision_is_a_key_error():
    with pytest.raises(KeyError):
        schema_after(Timeline("sqlite", ()), "nope")
    with pytest.raises(KeyError):
        schema_before(Timeline("sqlite", ()), "nope")
