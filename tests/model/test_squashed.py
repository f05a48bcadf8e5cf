"""A squash says what it replaces, and what it says is read back."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.graph import Revision
from migration_magics.model.squashed import replaced_by, replaced_ids, with_replaces

IDS = st.lists(st.text("abcdef0123456789_", min_size=1, max_size=32), min_size=1, max_size=60, unique=True).map(tuple)
TEMPLATE = '"""m\n\nRevision ID: s1\nRevises: a\nCreate Date: 2026\n\n"""\nrevision = "s1"\n'


@pytest.mark.parametrize("text", [TEMPLATE, '"""Only a message."""\nx = 1\n', "'''One\n\ntwo\n'''\nx = 1\n", "x = 1\n"])
@given(ids=IDS)
def test_what_is_written_is_read_back(text, ids):
    written = with_replaces(text, ids)
    tree = ast.parse(written)
    assert replaced_ids(ast.get_docstring(tree, clean=False)) == ids
    before = [ast.dump(node) for node in ast.parse(text).body if not isinstance(node, ast.Expr)]
    assert [ast.dump(node) for node in tree.body if not isinstance(node, ast.Expr)] == before


def test_the_fields_of_the_template_come_first():
    assert with_replaces(TEMPLATE, ("b", "c")).startswith(
        '"""m\n\nRevision ID: s1\nRevises: a\nCreate Date: 2026\nReplaces: b, c\n\n"""\n'
    )


def test_who_replaced_a_revision_is_found():
    squash = Revision("s1", doc="m\n\nReplaces: a1,\n    a2\n")
    others = [Revision("x", doc="It replaces a2."), squash]
    assert (replaced_by(others, "a2"), replaced_by(others, "a3")) == ("s1", None)
