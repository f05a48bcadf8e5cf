"""Columns of text: nothing is lost, nothing is wider than asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migration_magics.display.layout import GAP, column_widths, pad, width, wrap

texts = st.text("ab /_.é表格\u0301", max_size=80)


@given(texts, st.integers(4, 40), st.sampled_from(["", "  "]))
def test_wrapping_loses_nothing_and_stays_within(text: str, columns: int, indent: str) -> None:
    lines = wrap(text, columns, indent=indent)
    assert "".join("".join(lines).split()) == "".join(text.split())
    if not text.startswith(" "):
        assert all(width(line) <= columns for line in lines)


@given(texts, st.integers(0, 30), st.booleans())
def test_padding_only_adds_spaces(text: str, columns: int, is_number: bool) -> None:  # noqa: FBT001 - drawn
    padded = pad(text, columns, is_number=is_number)
    assert width(padded) == max(columns, width(text))
    assert (padded.endswith(text) if is_number else padded.startswith(text)) is True


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert (width("ab"), width("表格"), width("e\u0301")) == (2, 4, 1)


def test_a_path_is_broken_after_a_separator() -> None:
    assert wrap("migrations/versions/f07d21_track.py", 22) == ["migrations/versions/", "f07d21_track.py"]


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), min_size=1, max_size=6))
def test_columns_that_may_wrap_give_way_first_and_all_find_room(columns: list[tuple[int, bool]]) -> None:
    natural = [wanted for wanted, _ in columns]
    widths = column_widths(natural, [is_narrow for _, is_narrow in columns], 100)
    assert all(got <= wanted for got, wanted in zip(widths, natural, strict=True))
    assert sum(widths) + len(GAP) * (len(widths) - 1) <= 100
    if any(got < wanted for got, (wanted, is_narrow) in zip(widths, columns, strict=True) if is_narrow):
        assert all(got <= 6 or is_narrow for got, (_, is_narrow) in zip(widths, columns, strict=True))


@given(st.text(" abc/", max_size=60), st.integers(-300, 12), st.sampled_from(["", "  "]))
def test_a_text_is_wrapped_whole_however_little_room_there_is(text: str, columns: int, indent: str) -> None:
    assert "".join("".join(wrap(text, columns, indent=indent)).split()) == "".join(text.split())
