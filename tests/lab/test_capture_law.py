"""Law: what is counted of random changes is what Python counts of the rows before and after."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migration_magics.engine.database import Database
from migration_magics.lab import capture
from migration_magics.model.rowdiff import SAMPLES, TRANSITIONS_A_COLUMN

TEXTS = st.none() | st.sampled_from(["", "a", "A", "a ", "é", "%s", "'", "x" * 200])
NUMBERS = st.none() | st.integers(-3, 3)
ROWS = st.dictionaries(st.integers(0, 12), st.tuples(TEXTS, NUMBERS), max_size=10)
LOOSE = st.lists(st.tuples(NUMBERS, TEXTS, NUMBERS), max_size=8)


@dataclass(frozen=True)
class Case:
    before: dict
    after: dict
    is_anew: bool


CASES = st.builds(Case, ROWS, ROWS, st.booleans())


@pytest.fixture
def copy(database_url):
    """A database with a table of each sort; opened once for all examples."""
    database = Database.from_url("copy", database_url)
    send(database, "CREATE TABLE keyed (id INTEGER PRIMARY KEY, t VARCHAR(200), n INTEGER)")
    send(database, "CREATE TABLE loose (id INTEGER, t VARCHAR(200), n INTEGER)")
    yield database
    database.dispose()


def send(database, sql, rows=None):
    def work(connection):
        if rows is None:
            connection.execute(sa.text(sql))
        elif rows:
            connection.execute(sa.text(sql), rows)
        connection.commit()

    database.run(work)


def fill(database, table, rows):
    values = [{"id": key, "t": text, "n": number} for key, (text, number) in rows]
    send(database, f"INSERT INTO {table} (id, t, n) VALUES (:id, :t, :n)", values)


def change(database, case):
    """Make the rows *before* those *after*: row by row, or all at once."""
    if case.is_anew:
        send(database, "DELETE FROM keyed")
        fill(database, "keyed", case.after.items())
        return
    gone = [{"id": key} for key in case.before.keys() - case.after.keys()]
    send(database, "DELETE FROM keyed WHERE id = :id", gone)
    kept = [key for key in case.after if key in case.before and case.after[key] != case.before[key]]
    values = [{"id": key, "t": case.after[key][0], "n": case.after[key][1]} for key in kept]
    send(database, "UPDATE keyed SET t = :t, n = :n WHERE id = :id", values)
    fill(database, "keyed", [(key, row) for key, row in case.after.items() if key not in case.before])


MODEST = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@MODEST
@given(case=CASES)
def test_rows_with_a_key_are_counted_as_python_counts_them(copy, case):
    send(copy, "DELETE FROM keyed")
    fill(copy, "keyed", case.before.items())
    with capture.begin(copy, {"keyed"}) as before:
        change(copy, case)
        (diff,) = before.row_diffs()
    both = case.before.keys() & case.after.keys()
    changed = {key for key in both if case.before[key] != case.after[key]}
    assert diff.inserted == len(case.after.keys() - case.before.keys())
    assert diff.deleted == len(case.before.keys() - case.after.keys())
    assert (diff.updated, diff.unchanged) == (len(changed), len(both - changed))
    for at, column in enumerate(("t", "n")):
        pairs = Counter(
            (case.before[key][at], case.after[key][at]) for key in both if case.before[key][at] != case.after[key][at]
        )
        found = diff.column(column)
        assert (found.changed if found else 0) == pairs.total()
        assert (found.to_null if found else 0) == sum(count for (_, new), count in pairs.items() if new is None)
        assert (found.from_null if found else 0) == sum(count for (old, _), count in pairs.items() if old is None)
        counts = [each.count for each in diff.transitions if each.column == column]
        assert counts == sorted(pairs.values(), reverse=True)[:TRANSITIONS_A_COLUMN]
    assert len(diff.samples) <= SAMPLES
    assert {row.kind for row in diff.samples} == {
        kind for kind in ("inserted", "deleted", "updated") if getattr(diff, kind)
    }


@MODEST
@given(before=LOOSE, after=LOOSE)
def test_rows_without_a_key_are_counted_as_python_counts_them(copy, before, after):
    both = before[:4] + after  # some of the rows stay
    send(copy, "DELETE FROM loose")
    fill(copy, "loose", [(key, rest) for key, *rest in before])
    with capture.begin(copy, {"loose"}) as kept:
        send(copy, "DELETE FROM loose")
        fill(copy, "loose", [(key, rest) for key, *rest in both])
        (diff,) = kept.row_diffs()
    was, now = Counter(before), Counter(both)
    assert diff.how == "compared as multisets"
    assert (diff.inserted, diff.deleted) == ((now - was).total(), (was - now).total())
    assert diff.unchanged == (was & now).total()
