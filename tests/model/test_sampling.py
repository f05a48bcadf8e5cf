"""The choice of rows: bounded, the same for the same seed, with the rare values first; and what masks reach."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.sampling import MOST_VALUES, Candidate, Sampled, SampledTable, choose, references, tied
from migration_magics.model.schema import Column, ForeignKey, PrimaryKey, Schema, Table

VALUES = st.one_of(st.none(), st.integers(0, 3), st.sampled_from("ab"))
POOLS = st.lists(st.tuples(VALUES, VALUES), max_size=40).map(
    lambda strata: [Candidate(at, each) for at, each in enumerate(strata)]
)


@given(pool=POOLS, rows=st.integers(0, 45), seed=st.integers())
def test_as_many_are_chosen_as_asked_for_the_same_ones_for_a_seed(pool, rows, seed):
    found = choose(pool, rows, seed)
    assert len(found) == len(set(found)) == min(rows, len(pool))
    assert set(found) <= {one.key for one in pool}
    assert choose(reversed(pool), rows, seed) == found


@given(pool=POOLS, seed=st.integers())
def test_every_value_of_a_column_with_few_is_there(pool, seed):
    """With two columns of at most seven values, fourteen rows are enough for one of each."""
    found = {*choose(pool, 14, seed)}
    chosen = [one for one in pool if one.key in found]
    for at in range(2):
        assert {one.strata[at] for one in chosen} == {one.strata[at] for one in pool}


@given(seed=st.integers())
def test_there_are_three_of_a_rare_value_where_there_is_room(seed):
    pool = [Candidate(at, ("rare" if at < 5 else "usual",)) for at in range(1000)]
    found = choose(pool, 50, seed)
    assert Counter(pool[at].strata[0] for at in found)["rare"] >= 3


def test_of_a_column_with_many_values_only_null_is_looked_for():
    pool = [Candidate(at, (None if at == 7 else at,)) for at in range(MOST_VALUES * 50)]
    assert all(7 in choose(pool, 3, seed) for seed in range(5))


def test_seeds_choose_differently():
    pool = [Candidate(at) for at in range(100)]
    assert len({choose(pool, 10, seed) for seed in range(10)}) == 10


def table(name, *columns, links=()):
    return Table(
        name,
        tuple(Column(each, "integer", "integer") for each in columns),
        PrimaryKey((columns[0],)),
        tuple(ForeignKey(own, target, others) for own, target, others in links),
    )


SCHEMA = Schema(
    "sqlite",
    (
        table("a", "id", "code", links=[(("id",), "b", ("id",))]),
        table("b", "id", "up", links=[(("up",), "B", ("id",)), (("up",), "gone", ("id",))]),
        table("c", "id", "ref", "bad", links=[(("ref",), "a", ()), (("bad",), "a", ("nothing",))]),
        table("d", "id"),
    ),
)


def test_references_find_their_targets_as_sqlite_does():
    """In any case, without columns by the primary key; what points nowhere is left out."""
    found = {
        each.key: [(fk.columns, target.key, columns) for fk, target, columns in references(SCHEMA, each)]
        for each in SCHEMA.tables
    }
    assert found == {
        "a": [(("id",), "b", ("id",))],
        "b": [(("up",), "b", ("id",))],
        "c": [(("ref",), "a", ("id",))],
        "d": [],
    }


def test_a_mask_reaches_all_that_foreign_keys_tie_together():
    group = (("a", "id"), ("b", "id"), ("b", "up"), ("c", "ref"))
    for one in group:
        assert tied(SCHEMA, [one]) == dict.fromkeys(group, group)
    assert tied(SCHEMA, [("d", "id")]) == {("d", "id"): (("d", "id"),)}
    assert tied(SCHEMA, []) == {}


def test_a_sample_counts_all_its_rows():
    assert (
        Sampled((SampledTable("a", 3, 10, is_exact=True), SampledTable("b", 4, 4, is_exact=True, parents=4))).chosen
        == 7
    )
