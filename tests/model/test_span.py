"""What one revision can stand for: a part of the history with one way in and one way out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.errors import AuthoringProblem
from migration_magics.model.graph import Graph, Revision
from migration_magics.model.span import Span, span


def graph(*edges, **requires):
    """`a`, `b<a`, `d<b+c`: each revision and what it builds on; *requires* by id."""
    made = []
    for edge in edges:
        id_, _, parents = edge.partition("<")
        made.append(Revision(id_, tuple(parents.split("+")) if parents else (), tuple(requires.get(id_, "").split())))
    return Graph(made)


DIAMOND = graph("a", "b<a", "c<a", "d<b+c", "e<d")


@pytest.mark.parametrize(
    "start, end, ids, parents, children",
    [
        (None, "d", {"a", "b", "c", "d"}, (), ("e",)),
        ("a", "e", {"a", "b", "c", "d", "e"}, (), ()),
        ("d", "e", {"d", "e"}, ("b", "c"), ()),
    ],
)
def test_a_closed_range(start, end, ids, parents, children):
    found = span(DIAMOND, start, end)
    assert (set(found.ids), found.parents, found.end, found.children) == (ids, parents, end, children)


@pytest.mark.parametrize(
    "start, end, why",
    [
        ("a", "b", "c is outside"),
        ("b", "d", "two ways in"),
        ("b", "e", "two ways in"),
        ("e", "a", "not below"),
        ("b", "c", "not below"),
        ("e", "e", "one revision"),
    ],
)
def test_a_range_that_is_open_somewhere(start, end, why):
    with pytest.raises(AuthoringProblem, match=why):
        span(DIAMOND, start, end)


def test_what_it_depends_on_outside_goes_over_and_what_stands_between_is_inside():
    assert span(graph("x", "a", "b<a", b="x"), "a", "b").requires == ("x",)
    assert set(span(graph("a", "b<a", "x", "c<b", x="b", c="x"), "a", "c").ids) == {"a", "b", "x", "c"}


@st.composite
def graphs(draw):
    made = []
    for number in range(draw(st.integers(2, 9))):
        below = [each.id for each in made]
        parents = draw(st.lists(st.sampled_from(below), max_size=2, unique=True)) if below else []
        made.append(Revision(f"r{number}", tuple(parents)))
    return Graph(made)


@settings(max_examples=150)
@given(graphs(), st.data())
def test_one_revision_can_take_the_place_of_a_span(graph, data):
    """With the squash in their place there is a graph, in which what is above stands on what was below."""
    ids = sorted(graph.revisions)
    start, end = data.draw(st.sampled_from([None, *ids])), data.draw(st.sampled_from(ids))
    try:
        found = span(graph, start, end)
    except AuthoringProblem:
        return
    assert isinstance(found, Span)
    rest = [each for each in graph if each.id not in found.ids]
    moved = [
        Revision(each.id, tuple("squash" if name == found.end else name for name in each.parents)) for each in rest
    ]
    after = Graph([*moved, Revision("squash", found.parents)])
    for each in rest:
        before = graph.ancestors((each.id,))
        seen = after.ancestors((each.id,))
        assert seen - {"squash"} == before - set(found.ids)
        assert ("squash" in seen) == (found.end in before) == bool(before & set(found.ids))
