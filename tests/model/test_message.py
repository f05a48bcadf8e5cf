"""Messages made from what changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.message import LONGEST, is_generic, suggestion
from migration_magics.model.schema import Column, Table

ADD = Change("add", ("evaluations", "columns", "runtime_ms"), after=Column("runtime_ms", "integer"))
TITLE = ("evaluations", "columns", "name")
INDEXES = tuple(Change("drop", ("evaluations", "indexes", name)) for name in ("a", "b"))


@pytest.mark.parametrize(
    "changes, said",
    [
        ((ADD,), "add runtime_ms to evaluations"),
        ((Change("add", ("workers",), after=Table("workers")),), "create workers"),
        ((Change("drop", ("audit.workers",)),), "drop audit.workers"),
        ((Change("rename", TITLE, "name", "title"),), "rename name to title in evaluations"),
        (
            (Change("alter", TITLE, Column("name", "text"), Column("title", "json")),),
            "rename name to title in evaluations",
        ),
        ((Change("alter", TITLE, Column("name", "text"), Column("name", "json")),), "change name in evaluations"),
        ((ADD, *INDEXES), "add runtime_ms to evaluations, drop 2 indexes"),
        ((ADD, INDEXES[0]), "add runtime_ms to evaluations, drop index of evaluations"),
        ((Change("rename", ("evals",), "evals", "evaluations"),), "rename evals to evaluations"),
        ((Change("alter", ("evaluations", "primary key")),), "change primary key of evaluations"),
        ((Change("alter", ("", "operations", "execute")),), "change the schema"),
        (tuple(Change("add", (f"table_number_{n}",), after=Table("t")) for n in range(9)), "create 9 tables"),
        ((), ""),
    ],
)
def test_it_says_what_changed(changes, said):
    assert suggestion(SchemaDiff(changes)) == said


def test_what_does_not_fit_is_counted():
    changes = tuple(
        Change("add", (f"t{n}", "columns", "a_long_name"), after=Column("a_long_name", "x")) for n in range(5)
    )
    assert suggestion(SchemaDiff(changes)) == "add a_long_name to t0 and 4 more changes"


names = st.text(min_size=1, max_size=40)
changes_ = st.lists(
    st.one_of(
        names.map(lambda name: Change("add", (name, "columns", name), after=Column(name, "x"))),
        names.map(lambda name: Change("drop", (name, "indexes", name))),
        names.map(lambda name: Change("add", (name,), after=Table(name))),
    ),
    max_size=6,
)


@given(changes_)
def test_it_is_one_line_not_too_long(changes):
    said = suggestion(SchemaDiff(tuple(changes)))
    assert bool(said) == bool(changes)
    assert len(said) <= 2 * LONGEST + len(" and 99 more changes")
    assert len(said.splitlines()) <= 1


@pytest.mark.parametrize(
    "text", ["", "update", "Changes", "wip", "fix", "migration", "auto", "schema changes", "fix 2", "..."]
)
def test_messages_that_say_nothing(text):
    assert is_generic(text)


@pytest.mark.parametrize("text", ["add status", "initial", "fix evaluations", "índice nuevo", "drop old workers"])
def test_messages_that_say_something(text):
    assert not is_generic(text)


def test_a_suggestion_is_never_generic():
    assert not is_generic(suggestion(SchemaDiff((ADD,))))
