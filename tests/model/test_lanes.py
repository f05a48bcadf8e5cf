"""Laws of the layout: what a drawing of it may rely on."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.graph import Graph, Revision
from migration_magics.model.lanes import Edge, LaneRow, lanes
from tests.strategies import revision_lists


@st.composite
def laid_out(draw):
    """A graph and a part of it, newest first."""
    graph = Graph(draw(revision_lists()))
    shown = [revision for revision in graph.newest_first if draw(st.integers(0, 5))]
    return graph, shown, lanes(graph, shown)


@given(laid_out())
def test_there_is_one_row_per_revision_in_the_order_given(drawn):
    _, shown, rows = drawn
    assert [row.revision for row in rows] == [revision.id for revision in shown]


@given(laid_out())
def test_every_line_leads_from_a_child_to_its_parent_and_all_lines_are_there(drawn):
    """A line is followed from gap to gap by its parent's name."""
    graph, shown, rows = drawn
    ids = {revision.id for revision in shown}
    lane_of = {row.revision: row.lane for row in rows}
    for place, row in enumerate(rows):
        started = [edge for edge in row.edges if edge.starts]
        assert {edge.parent for edge in started} == set(graph.below(row.revision))
        assert len(started) == len(graph.below(row.revision))
        for edge in started:
            assert edge.is_dangling == (edge.parent not in ids)
            assert edge.is_dependency == (edge.parent not in graph[row.revision].parents)
            if edge.is_dangling:
                continue
            at, gap = edge.to_lane, place + 1
            while rows[gap].revision != edge.parent:
                (follows,) = [
                    e for e in rows[gap].edges if e.parent == edge.parent and e.from_lane == at and not e.starts
                ]
                at, gap = follows.to_lane, gap + 1
            assert at == lane_of[edge.parent]


@given(laid_out())
def test_no_line_runs_through_the_mark_of_another_revision(drawn):
    _, _, rows = drawn
    for row in rows:
        assert all((edge.from_lane == row.lane) == edge.starts for edge in row.edges)
    for row, following in itertools.pairwise(rows):
        for edge in row.edges:
            if edge.to_lane == following.lane:
                assert edge.parent == following.revision
                assert not edge.is_dangling


@given(laid_out())
def test_a_lane_holds_lines_to_one_parent_only(drawn):
    _, _, rows = drawn
    for row in rows:
        ends = {}
        for edge in row.edges:
            assert ends.setdefault(edge.to_lane, edge.parent) == edge.parent or edge.is_dangling


@given(laid_out())
def test_the_width_is_what_row_and_gap_use(drawn):
    _, _, rows = drawn
    for row in rows:
        used = [row.lane, *(lane for edge in row.edges for lane in (edge.from_lane, edge.to_lane))]
        assert row.width == max(used) + 1


@given(laid_out())
def test_lanes_are_reused(drawn):
    """Never more lanes than lines that are open at once, and one for the revision itself, and one for dangling ends."""
    _, _, rows = drawn
    open_at_once = max((len({edge.parent for edge in row.edges if not edge.is_dangling}) for row in rows), default=0)
    assert max((row.width for row in rows), default=0) <= open_at_once + 2


def test_a_line_stays_in_one_lane():
    revisions = [Revision(str(n), (str(n - 1),) if n else ()) for n in range(2000)]
    graph = Graph(revisions)
    assert {(row.lane, row.width) for row in lanes(graph, graph.newest_first)} == {(0, 1)}


def test_a_branch_and_its_merge_take_two_lanes():
    graph = Graph([Revision("base"), Revision("a", ("base",)), Revision("b", ("base",)), Revision("m", ("a", "b"))])
    assert lanes(graph, graph.newest_first) == (
        LaneRow("m", 0, (Edge(0, 0, "a", starts=True), Edge(0, 1, "b", starts=True)), 2),
        LaneRow("a", 0, (Edge(0, 0, "base", starts=True), Edge(1, 1, "b")), 2),
        LaneRow("b", 1, (Edge(0, 0, "base"), Edge(1, 0, "base", starts=True)), 2),
        LaneRow("base", 0, (), 1),
    )


def test_lines_out_of_the_range_dangle():
    graph = Graph([Revision("base"), Revision("a", ("base",)), Revision("b", ("a",))])
    shown = [graph["b"], graph["a"]]
    assert lanes(graph, shown)[-1] == LaneRow("a", 0, (Edge(0, 0, "base", starts=True, is_dangling=True),), 1)


def test_a_dependency_is_marked_until_a_child_joins_it():
    graph = Graph([Revision("base"), Revision("a", ("base",)), Revision("other", (), ("base",))])
    rows = lanes(graph, [graph["other"], graph["a"], graph["base"]])
    assert [edge.is_dependency for edge in rows[0].edges] == [True]
    assert [(edge.starts, edge.is_dependency) for edge in rows[1].edges] == [(False, True), (True, False)]


@pytest.mark.parametrize("order", ["base a", "a a base"])
def test_another_order_than_newest_first_is_refused(order):
    graph = Graph([Revision("base"), Revision("a", ("base",))])
    with pytest.raises(ValueError, match=r"newest first|twice"):
        lanes(graph, [graph[id_] for id_ in order.split()])
