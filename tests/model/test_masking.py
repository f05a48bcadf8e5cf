"""Masks are permutations that keep the form of what they mask."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.model.masking import Mask, can_mask, limit, permuted

SECRET = st.text(max_size=5)


@given(size=st.integers(1, 300), key=st.binary(min_size=1, max_size=32))
@settings(max_examples=40)
def test_a_permutation_takes_every_place_once(size, key):
    assert sorted(permuted(number, size, key) for number in range(size)) == list(range(size))


@given(number=st.integers(0, 10**60), size=st.integers(1, 10**60))
def test_a_permutation_of_a_large_range_stays_in_it(number, size):
    assert 0 <= permuted(number % size, size, b"k") < size


@given(texts=st.lists(st.text(max_size=20), unique_by=str.casefold, max_size=20), secret=SECRET)
def test_texts_that_differ_stay_different_and_as_long(texts, secret):
    mask = Mask(secret)
    found = [mask(text) for text in texts]
    assert len(set(found)) == len(texts)
    assert [len(text) for text in found] == [len(text) for text in texts]
    assert found == [Mask(secret)(text) for text in texts]


@given(st.text(alphabet="abXY", min_size=1, max_size=3), st.text(alphabet="abXY", min_size=1, max_size=3))
def test_texts_are_equal_without_case_exactly_when_they_were(one, other):
    """A unique column of MariaDB does not tell cases apart."""
    mask = Mask("s")
    assert (mask(one).lower() == mask(other).lower()) == (one.lower() == other.lower())


@given(st.text(max_size=30))
def test_each_sign_stays_of_its_kind_and_as_many_bytes(text):
    for before, after in zip(text, Mask("s")(text), strict=True):
        assert (before.isalpha(), before.isdecimal()) == (after.isalpha(), after.isdecimal())
        assert before.isupper() == after.isupper() or not before.isascii()
        if not (before.isalpha() or before.isdecimal()):
            assert before == after
        assert len(before.encode("utf-8", "surrogatepass")) == len(after.encode("utf-8", "surrogatepass"))


def test_a_long_text_is_masked_whole():
    text = "lorem ipsum " * 500
    found = Mask("s")(text)
    assert len(found) == len(text)
    assert len(set(found.split())) > 500


@pytest.mark.parametrize("digits", [1, 2, 3])
@pytest.mark.parametrize("sign", ["", "-"])
def test_numbers_of_one_length_change_places(digits, sign):
    first = 10 ** (digits - 1) if digits > 1 or sign else 0
    numbers = [f"{sign}{number}" for number in range(first, 10**digits)]
    mask = Mask("s", "integer")
    found = [mask(number) for number in numbers]
    assert sorted(found) == sorted(numbers)
    assert [mask(int(number)) for number in numbers] == [int(number) for number in found]


@given(st.sets(st.integers(10000, 99999), max_size=50))
def test_numbers_stay_below_what_the_columns_hold(numbers):
    """Two columns of one foreign key: one holds less."""
    mask = Mask("s", "integer", (32767, 65535))
    found = {number: mask(number) for number in numbers}
    assert len(set(found.values())) == len(numbers)
    for before, after in found.items():
        assert [before <= most for most in mask.limits] == [after <= most for most in mask.limits]


@given(
    st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3, max_value=9999, min_value=-9999), max_size=20)
)
def test_decimals_are_equal_exactly_when_they_were(numbers):
    mask = Mask("s", "decimal")
    found = [mask(f"{number:f}") for number in numbers]
    assert len({Decimal(each) for each in found}) == len({*numbers})
    assert [len(each) for each in found] == [len(f"{number:f}") for number in numbers]
    for number in numbers:
        assert Decimal(mask(f"{number:f}")) == Decimal(mask(f"{number.normalize():f}"))


@given(days=st.sets(st.dates(date(1000, 2, 1), date(9998, 12, 1)), max_size=20), secret=SECRET)
def test_days_move_together(days, secret):
    mask = Mask(secret, "date", first_year=1000)
    found = {day: date.fromisoformat(mask(day.isoformat())) for day in days}
    assert len(set(found.values())) == len(days)
    assert all(before != after for before, after in found.items())
    assert mask("2024-01-01") != "2024-01-01"


@given(st.uuids(), SECRET)
def test_a_uuid_stays_one_of_its_version(value, secret):
    found = uuid.UUID(Mask(secret, "uuid")(str(value)))
    assert (found.version, found.variant) == (value.version, value.variant)
    assert len(Mask(secret)(str(value).upper())) == 36


@pytest.mark.parametrize(
    "family, value, kept",
    [
        ("text", "ada@example.com", lambda found: (found[3], found[11], len(found)) == ("@", ".", 15)),
        ("datetime", "2024-02-29 12:34:56.789+02", lambda found: found[10:] == " 12:34:56.789+02"),
        ("time", "23:59:59.5", lambda found: found.endswith(".5") and found < "24"),
        ("datetime", "infinity", lambda found: found == "infinity"),
        ("date", "0000-00-00", lambda found: found == "0000-00-00"),
        ("float", 1.5e300, lambda found: found != 1.5e300 and 1e300 < found < 1e301),
        ("float", "NaN", lambda found: found == "NaN"),
        ("json", '{"a": [1, "xy", null, true]}', lambda found: found.startswith('{"a": [') and "xy" not in found),
        ("json", "not json", lambda found: found == "not json"),
        ("binary", b"\x00\xff", lambda found: len(found) == 2),
        ("binary", "\\x00ff", lambda found: found[:2] == "\\x" and len(found) == 6),
        ("boolean", "true", lambda found: found in {"true", "false"}),
        ("boolean", 1, lambda found: found in {0, 1}),
        ("boolean", True, lambda found: found in {True, False}),
        ("text", "", lambda found: found == ""),
        ("text", "日本", lambda found: found != "日本" and len(found) == 2),
    ],
)
def test_forms_are_kept(family, value, kept):
    found = Mask("s", family)(value)
    assert type(found) is type(value)
    assert kept(found)
    assert Mask("s", family)(None) is None


def test_labels_of_an_enumerated_type_change_places():
    labels = ("new", "it's", "done")
    mask = Mask("s", "enum", labels=labels)
    assert {mask(label) for label in labels} == set(labels)
    assert mask("gone") == "gone"


def test_what_can_be_masked_is_known():
    assert can_mask("text")
    assert not can_mask("array")
    assert (limit("tinyint(3) unsigned"), limit("bigint"), limit("numeric(3)")) == (255, 2**63 - 1, None)
