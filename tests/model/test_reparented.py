"""A revision file with other parents: that and nothing else is changed."""

from __future__ import annotations

import pytest

from migration_magics.model.reparented import NotPlain, reparented, requiring


@pytest.mark.parametrize(
    "before, parents, after",
    [
        ("down_revision = 'a'\n", ("b",), "down_revision = 'b'\n"),
        ('down_revision: Union[str, None] = "a"  # why\n', ("b",), "down_revision: Union[str, None] = 'b'  # why\n"),
        ("down_revision = None\n", ("b", "c"), "down_revision = ('b', 'c')\n"),
        ("down_revision = (\n    'a',\n    'b',\n)\nx = 1\n", (), "down_revision = None\nx = 1\n"),
        ("'é'; down_revision = 'a'; x = 1\n", ("b",), "'é'; down_revision = 'b'; x = 1\n"),
        ("down_revision = 'a'\r\nx = 'down_revision'\r\n", ("b",), "down_revision = 'b'\r\nx = 'down_revision'\r\n"),
        ('"""m\n\nRevises: a\n"""\ndown_revision = "a"\n', ("b",), '"""m\n\nRevises: b\n"""\ndown_revision = \'b\'\n'),
        ("x = 'Revises: a'\ndown_revision = 'a'\n", ("b",), "x = 'Revises: a'\ndown_revision = 'b'\n"),
    ],
)
def test_only_the_parents_change(before, parents, after):
    assert reparented(before, parents) == after


def test_dependencies_are_renamed_where_they_are_named():
    text = "down_revision = 'a'\ndepends_on = ('x', 'y')\n"
    assert requiring(text, {"x": "s"}) == "down_revision = 'a'\ndepends_on = ('s', 'y')\n"
    assert requiring("depends_on = 'x'\n", {"x": "s"}) == "depends_on = 's'\n"


@pytest.mark.parametrize(
    "text",
    ["", "down_revision = f()\n", "down_revision = 'a'\ndown_revision = 'b'\n", "if x:\n    down_revision = 'a'\n"],
)
def test_what_is_not_said_plainly_is_not_rewritten(text):
    with pytest.raises(NotPlain):
        reparented(text, ("b",))
