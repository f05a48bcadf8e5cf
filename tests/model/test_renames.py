"""Which drop and add may be a rename: the laws, and names that people do and do not mean the same by."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.model.diff import Change, SchemaDiff, diff, invert
from migration_magics.model.matching import matching
from migration_magics.model.name_tokens import likeness
from migration_magics.model.rename import with_column_renamed, with_table_renamed
from migration_magics.model.renames import candidates
from migration_magics.model.schema import (
    Column,
    Computed,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)
from tests.schemas import schemas

some = settings(max_examples=40, deadline=None)

TRUE = """
name=full_name email=email_address created=created_at usr_id=user_id cust_id=customer_id qty=quantity descr=description
isActive=is_active zip=postal_code phone=phone_number price_cents=price_minor state=status amount=total_amount
addr1=address_line1 fname=first_name user_name=username dob=date_of_birth item_status=status categories=category
colour=color lastLogin=last_login_at img_url=image_url org_id=organization_id num_items=item_count hash=password_hash
dept=department
"""
FALSE = """
legacy_flag=email_verified notes=phone created_at=deleted_at first_name=last_name tmp=country old_price=sku width=height
start_date=end_date is_admin=is_active user_id=order_id city=country score=theme min_age=max_age src_host=dst_host
date_from=date_to address_1=address_2 is_valid=is_not_valid visible=invisible x=y created_by=updated_by
billing_city=shipping_city tmp=theme name=code
"""
TYPES = {
    "is_admin": "BOOLEAN",
    "is_active": "BOOLEAN",
    "legacy_flag": "INTEGER",
    "email_verified": "BOOLEAN",
    "theme": "JSON",
}


def pairs(text):
    return [tuple(each.split("=")) for each in text.split()]


def table(*columns, name="items"):
    """A table with an id, a price, and these columns: names, or name and type."""
    found = [each if isinstance(each, Column) else Column(each, TYPES.get(each, "VARCHAR(50)")) for each in columns]
    return Table(
        name, (Column("id", "INTEGER", is_nullable=False), *found, Column("rate", "FLOAT")), PrimaryKey(("id",))
    )


def schema(*tables):
    return Schema("sqlite", tuple(sorted(tables, key=lambda each: each.key)))


def found(before, after, **options):
    return candidates(before, after, diff(before, after), **options)


def short(every):
    return {(each.path_before[-1], each.path_after[-1]): each.is_likely for each in every}


@pytest.mark.parametrize("old,new", pairs(TRUE))
def test_a_renamed_column_is_likely(old, new):
    assert short(found(schema(table("a", old, "b")), schema(table("a", new, "b")))) == {(old, new): True}


@pytest.mark.parametrize("old,new", pairs(FALSE))
def test_a_column_dropped_and_another_added_at_the_end_is_not_likely(old, new):
    every = short(found(schema(table("a", old, "b")), schema(table("a", "b", new))))
    assert every in ({}, {(old, new): False})


OPPOSITES = [pair for pair in pairs(FALSE) if likeness(*pair).is_opposite]


def test_opposites_are_known():
    assert len(OPPOSITES) >= 13
    assert not any(likeness(*pair).is_opposite for pair in pairs(TRUE))


@pytest.mark.parametrize("old,new", OPPOSITES)
def test_opposites_are_not_likely_even_where_all_else_is_the_same(old, new):
    only, *rest = found(schema(table("a", old, "b")), schema(table("a", new, "b")))
    assert (only.is_opposite, only.is_likely, rest) == (True, False, [])
    assert "are opposites" in only.reasons[0]


def test_a_column_in_place_of_another_is_worth_a_question_whatever_the_names_unless_more_changed():
    before, after = schema(table("a", "tmp", "b")), schema(table("a", "country", "b"))
    assert short(found(before, after)) == {("tmp", "country"): True}
    after = schema(table("a", "country", "b", "more"))
    assert short(found(before, after)) == {("tmp", "country"): False}


def test_the_whole_set_fits_best_where_the_best_single_pair_would_not():
    """Taking name -> full_name, the pair most alike, would leave short_name to nobody."""
    before, after = schema(table("name", "nm")), schema(table("full_name", "name_short"))
    assert set(short(found(before, after))) == {("name", "full_name"), ("nm", "name_short")}
    assert matching({("a", "x"): 9, ("a", "y"): 8, ("b", "x"): 7, ("b", "y"): 1}) == (("a", "y"), ("b", "x"))


def test_it_is_said_why():
    index = Index("ix", (IndexPart("name"),))
    before = schema(replace(table("a", "name"), indexes=(index,)))
    after = schema(replace(table("a", "full_name"), indexes=(replace(index, parts=(IndexPart("full_name"),)),)))
    (only,) = found(before, after)
    assert only.path_before == ("items", "columns", "name")
    assert only.reasons == (
        "name: full_name contains name",
        "same type VARCHAR(50)",
        "same nullability and default",
        "same place in the table",
        "in the same keys and indexes",
        "no other column went or came",
    )


def test_the_others_that_came_are_alternatives():
    before, after = schema(table("name")), schema(table("full_name", "nickname"))
    (only,) = found(before, after)
    assert only.path_after[-1] == "full_name"
    assert [each.path_after[-1] for each in only.alternatives] == ["nickname"]
    assert only.score >= only.alternatives[0].score


def test_a_generated_column_is_hardly_a_rename_of_a_stored_one():
    generated = Column("names", "VARCHAR(50)", computed=Computed("upper(a)"))
    plain, other = (
        found(schema(table("name")), schema(table("names"))),
        found(schema(table("name")), schema(table(generated))),
    )
    assert plain[0].score - other[0].score >= 0.25


def test_a_table_is_found_by_its_columns_and_a_column_through_it():
    people = table(Column("person_id", "INTEGER"), name="tasks")
    old = replace(table("email", "city", "street", "zip", name="people"), uniques=(Unique(("email",)),))
    before = schema(old, replace(people, foreign_keys=(ForeignKey(("person_id",), "people", ("id",)),)))
    after = with_column_renamed(with_table_renamed(before, "people", "humans"), "humans", "zip", "postal_code")
    assert short(found(before, after)) == {("people", "humans"): True, ("zip", "postal_code"): True}
    column = found(before, after)[1]
    assert (column.path_before[0], column.path_after[0]) == ("people", "humans")


def test_tables_with_little_in_common_are_no_candidates():
    before = schema(table("a", "b", "c", "d", "e", "f", name="logs"), table("z", name="stays"))
    after = schema(table("u", "v", "w", "x", "y", name="logs_archive"), table("z", name="stays"))
    assert found(before, after) == ()


def test_a_settled_rename_is_not_asked_about_again():
    before, after = schema(table("a", "name", "b")), schema(table("title", "name2", "b", name="articles"))
    renames = (
        Change("rename", ("items", "columns", "name"), "name", "name2"),
        Change("rename", ("items",), "items", "articles"),
    )
    every = candidates(before, after, diff(before, after, renames))
    assert [each.path_before for each in every] == [("items", "columns", "a")]
    assert every[0].path_after == ("articles", "columns", "title")


def test_a_hint_of_the_models_is_certain_whatever_the_names():
    before, after = schema(table("first_name", "name")), schema(table("last_name", Column("title", "INTEGER")))
    hints = {("items", "columns", "last_name"): "first_name", ("items", "columns", "rate"): "gone", ("x",): "y"}
    one, *_ = found(before, after, hints=hints)
    assert (one.path_after[-1], one.score, one.is_certain, one.is_likely) == ("last_name", 1.0, True, True)
    assert one.reasons[0] == "the models say that it was first_name"


def test_a_hint_for_a_table_is_certain():
    before, after = schema(table("a", name="ones")), schema(Table("others", (Column("q", "DATE"),)))
    (only, *_) = found(before, after, hints={("others",): "ones"})
    assert (only.path_before, only.path_after, only.is_certain) == (("ones",), ("others",), True)


# -- laws --------------------------------------------------------------------------------------------------------------


@some
@given(schemas(), schemas(), st.randoms(use_true_random=False))
def test_each_object_is_in_one_candidate_whatever_the_order_of_changes(before, after, chance):
    changes = list(diff(before, after).changes)
    every = candidates(before, after, SchemaDiff(tuple(changes)))
    chance.shuffle(changes)
    assert candidates(before, after, SchemaDiff(tuple(changes))) == every
    assert len({each.path_before for each in every}) == len({each.path_after for each in every}) == len(every)
    for each in every:
        assert 0 <= each.score < 1
        assert not exists(
            after, (*each.path_after[:1], *each.path_before[1:]) if each.path_before[1:] else each.path_before
        )
        assert exists(before, each.path_before)
        assert exists(after, each.path_after)


def exists(schema, path):
    found = schema.table(path[0])
    return found is not None and (len(path) == 1 or found.column(path[2]) is not None)


@some
@given(schemas(), schemas())
def test_the_way_back_has_the_same_candidates(before, after):
    forth = diff(before, after)
    there = {(each.path_before, each.path_after, each.score) for each in candidates(before, after, forth)}
    back = {(each.path_after, each.path_before, each.score) for each in candidates(after, before, invert(forth))}
    assert there == back


@some
@given(schemas())
def test_without_both_a_drop_and_an_add_there_is_nothing(schema):
    empty = Schema(schema.dialect)
    assert candidates(schema, empty, diff(schema, empty)) == candidates(empty, schema, diff(empty, schema)) == ()
    assert candidates(schema, schema, SchemaDiff()) == ()


WORDS = ("name", "title", "qty", "Ünï", 'quo"te', "do.t", "new\nline", "50%", "", "created_at", "x" * 300)


@some
@given(st.permutations(WORDS).map(lambda words: words[:4]), st.sampled_from(WORDS), st.data())
def test_the_one_column_renamed_is_always_found(columns, new, data):
    old = data.draw(st.sampled_from(columns))
    if new in columns:
        return
    before = schema(table(*columns))
    after = with_column_renamed(before, "items", old, new)
    (only,) = found(before, after)
    assert (only.path_before[-1], only.path_after[-1]) == (old, new)


def test_matching_is_as_good_as_trying_all():
    chance = random.Random(5)  # noqa: S311  # no secret
    for _ in range(200):
        lefts, rights = chance.randint(1, 4), chance.randint(1, 4)
        weights = {(f"l{i}", f"r{j}"): chance.randint(0, 9) for i in range(lefts) for j in range(rights)}
        few, many = (range(lefts), range(rights)) if lefts <= rights else (range(rights), range(lefts))
        ways = (
            [(i, j) if lefts <= rights else (j, i) for i, j in zip(few, way, strict=False)]
            for way in permutations(many)
        )
        best = max(sum(weights[f"l{i}", f"r{j}"] for i, j in way) for way in ways)
        assert sum(weights[pair] for pair in matching(weights)) == best
