"""Random schemas for Hypothesis: two of them share enough names to differ in every way, and names are hostile."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from migration_magics.model.diff import Change, diff
from migration_magics.model.parts import ordered
from migration_magics.model.schema import (
    Check,
    Column,
    Computed,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Seen,
    Sequence,
    Table,
    Trigger,
    Unique,
    View,
)
from migration_magics.model.timeline import Entry, Timeline

NAMES = ("a", "b", "c", "order", "Ünï", 'quo"te', "do.t", "hash #2", "new\nline", "50%", "<b>", "it's")
TYPES = (
    ("INTEGER", "integer"),
    ("VARCHAR(50)", "text"),
    ("character varying(50)", "text"),
    ("numeric(10,2)", "decimal"),
    ("enum('a','b')", "enum"),
    ("", ""),
)
EXPRESSIONS = ("a > 0", '"a" < "b"', "lower(c) = 'a'", "", "b + a")

names = st.sampled_from(NAMES)
name_lists = st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)
expressions = st.sampled_from(EXPRESSIONS)
optional_names = st.one_of(st.just(""), names)
pairs = st.dictionaries(names, st.sampled_from(("", "1", "x")), max_size=2).map(
    lambda each: tuple(sorted(each.items()))
)


@st.composite
def columns(draw, name):
    """A column of that name: mostly plain, so that two of one name are often equal."""
    type_, family = draw(st.sampled_from(TYPES))
    if draw(st.integers(0, 2)):
        return Column(name, type_, family)
    return Column(
        name,
        type_,
        family,
        is_nullable=draw(st.booleans()),
        default=draw(st.sampled_from((None, "0", "'x'"))),
        identity=draw(st.sampled_from((None, Identity(), Identity(is_always=True, options=(("start", "5"),))))),
        computed=draw(st.one_of(st.none(), st.builds(Computed, expressions, st.booleans()))),
        is_autoincrement=draw(st.booleans()),
        collation=draw(st.sampled_from(("", "NOCASE"))),
        comment=draw(optional_names),
        on_update=draw(st.sampled_from(("", "current_timestamp()"))),
    )


index_parts = st.builds(IndexPart, st.one_of(names, expressions), st.booleans(), st.booleans(), st.just(""))
primary_keys = st.builds(PrimaryKey, name_lists, optional_names)
uniques = st.builds(Unique, name_lists, optional_names, st.sampled_from(("", "DEFERRABLE")))
checks = st.builds(Check, expressions, optional_names, st.booleans())
exclusions = st.builds(Exclusion, st.sampled_from(("EXCLUDE USING gist (a WITH &&)", "x #3")), optional_names)


@st.composite
def foreign_keys(draw):
    """A foreign key to a table that may be there."""
    count = draw(st.integers(1, 2))
    lists = st.lists(names, min_size=count, max_size=count, unique=True).map(tuple)
    on_delete = draw(st.sampled_from(("", "CASCADE")))
    return ForeignKey(draw(lists), draw(names), draw(lists), draw(optional_names), on_delete=on_delete)


def by_name(values):
    """A tuple of *values*, each name once."""
    return st.lists(values, max_size=2, unique_by=lambda each: each.name).map(tuple)


indexes = st.builds(
    Index,
    names,
    st.lists(index_parts, min_size=1, max_size=2).map(tuple),
    st.booleans(),
    st.sampled_from(("", "gin")),
    expressions,
    st.one_of(st.just(()), name_lists),
)
triggers = st.builds(Trigger, names, st.sampled_from(("AFTER INSERT ON a BEGIN SELECT a; END", "x")))


@st.composite
def tables(draw, name="a", schema=""):
    """A table of that name."""
    column_names = draw(st.lists(names, max_size=5, unique=True))
    return Table(
        name,
        tuple(draw(columns(each)) for each in column_names),
        draw(st.one_of(st.none(), primary_keys)),
        draw(st.lists(foreign_keys(), max_size=2).map(tuple)),
        draw(st.lists(uniques, max_size=3).map(tuple)),
        draw(st.lists(checks, max_size=3).map(tuple)),
        draw(st.lists(exclusions, max_size=1).map(tuple)),
        draw(by_name(indexes)),
        draw(by_name(triggers)),
        draw(optional_names),
        draw(pairs),
        schema,
    )


views = st.builds(View, names, expressions, st.booleans(), by_name(indexes), optional_names)
enums = st.builds(Enum, names, name_lists, optional_names)
domains = st.builds(
    Domain, names, st.just("text"), st.booleans(), st.none(), st.lists(checks, max_size=1).map(tuple), st.just("")
)
sequences = st.builds(Sequence, names, st.just("bigint"), pairs, st.sampled_from(("", "a.b", "do.t.c")))


@st.composite
def schemas(draw):
    """A schema in the order in which `diff.apply` keeps one."""
    called = draw(st.lists(st.tuples(st.sampled_from(("", "", "s", "s.t")), names), max_size=4, unique=True))
    found = Schema(
        draw(st.sampled_from(("sqlite", "postgresql", "mysql", ""))),
        tuple(draw(tables(name, schema)) for schema, name in called),
        draw(by_name(views)),
        draw(by_name(enums)),
        draw(by_name(domains)),
        draw(by_name(sequences)),
        draw(st.sampled_from(((), (Seen("function", "f"),)))),
    )
    return ordered(found)


@st.composite
def renames(draw):
    """A rename that may fit a schema, or not."""
    before, after = draw(names), draw(names)
    if draw(st.booleans()):
        return Change("rename", (before,), before, after)
    return Change("rename", (draw(names), "columns", before), before, after)


@st.composite
def timelines(draw):
    """A timeline of a few revisions, each from one random schema to the next, with renames where they fit."""
    found = draw(st.lists(schemas(), min_size=1, max_size=4))
    entries = tuple(
        Entry(f"r{number}", diff(before, after, draw(st.lists(renames(), max_size=2))))
        for number, (before, after) in enumerate(pairwise(found))
    )
    return Timeline("sqlite", entries, found[0], draw(name_lists), draw(names), draw(name_lists))
