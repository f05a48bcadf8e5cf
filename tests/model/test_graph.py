"""The graph's answers, as laws over random graphs and as tables of cases. Alembic's own answers: tests/engine/host."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.errors import DuplicateRevision, ParentMissing, RevisionCycle
from migration_magics.model.graph import Graph, Revision
from tests.strategies import revision_lists


@st.composite
def graphs(draw):
    return Graph(draw(revision_lists()))


@st.composite
def graphs_and_applied(draw):
    """A graph and a set of revisions that a database may have: with each revision all it stands on."""
    graph = draw(graphs())
    return graph, graph.ancestors(id_ for id_ in graph.revisions if draw(st.booleans()))


def diamond():
    return Graph(
        [
            Revision("base", message="start"),
            Revision("left", ("base",), labels=("reports",)),
            Revision("right", ("base",)),
            Revision("merge", ("left", "right")),
            Revision("other", depends_on=("reports",)),
        ]
    )


@given(graphs())
def test_newest_first_has_each_revision_once_and_above_all_it_stands_on(graph):
    place = {revision.id: number for number, revision in enumerate(graph.newest_first)}
    assert sorted(place) == sorted(graph.revisions)
    assert len(graph.newest_first) == len(graph)
    for id_, upper in place.items():
        assert all(upper < place[lower] for lower in graph.below(id_))


@given(revision_lists(), st.randoms(use_true_random=False))
def test_answers_depend_on_the_revisions_not_on_their_order(revisions, random):
    graph = Graph(revisions)
    shuffled = list(revisions)
    random.shuffle(shuffled)
    other = Graph(shuffled)
    assert graph == other
    assert hash(graph) == hash(other)
    for name in ("newest_first", "heads", "effective_heads", "bases", "branch_points", "merges"):
        assert getattr(graph, name) == getattr(other, name)


@given(graphs())
def test_ancestors_and_descendants_mirror_each_other(graph):
    for upper in graph.revisions:
        assert upper in graph.ancestors([upper])
        for lower in graph.ancestors([upper]):
            assert upper in graph.descendants([lower])
            assert graph.ancestors([lower]) <= graph.ancestors([upper])


@given(graphs())
def test_all_ancestors_of_the_effective_heads_are_everything(graph):
    assert graph.ancestors(graph.effective_heads) == frozenset(graph.revisions)
    assert graph.descendants(id_ for id_ in graph.revisions if not graph.below(id_)) == frozenset(graph.revisions)


@given(graphs_and_applied())
def test_heads_of_a_set_stand_for_the_set(given_applied):
    """From its heads a database's whole set is known again, and none of them is below another."""
    graph, applied = given_applied
    heads = graph.heads_of(applied)
    assert graph.ancestors(heads) == applied
    assert all(head not in graph.ancestors([other]) for head in heads for other in heads if head != other)
    assert graph.heads_of(graph.revisions) == tuple(sorted(graph.effective_heads))


@given(graphs_and_applied())
def test_between_is_what_is_missing_newest_first(given_applied):
    graph, applied = given_applied
    missing = graph.between(graph.heads_of(applied), graph.effective_heads)
    assert missing == tuple(revision for revision in graph.newest_first if revision.id not in applied)


@given(graphs())
def test_a_revision_names_each_neighbour_once(graph):
    for id_ in graph.revisions:
        assert len(set(graph.below(id_))) == len(graph.below(id_))
        assert len(set(graph.above(id_))) == len(graph.above(id_))
        assert all(id_ in graph.above(lower) for lower in graph.below(id_))


def test_an_empty_graph_answers_everything():
    graph = Graph()
    assert (len(graph), graph.heads, graph.bases, graph.newest_first, graph.merges) == (0, (), (), (), ())
    assert (graph.heads_of(()), graph.between((), ()), graph.nearest("x")) == ((), (), ())
    assert "x" not in graph


def test_ten_thousand_revisions_deep_is_not_too_deep():
    graph = Graph(
        Revision(str(n), (str(n - 1),) if n else (), labels=("end",) if n == 9_999 else ()) for n in range(10_000)
    )
    assert len(graph.ancestors(graph.heads)) == len(graph.descendants(graph.bases)) == 10_000
    assert graph.labels_of("0") == ("end",)
    assert [revision.id for revision in graph.newest_first[:2]] == ["9999", "9998"]


def test_a_cycle_ten_thousand_revisions_long_is_found():
    revisions = [Revision(str(n), (str((n - 1) % 10_000),)) for n in range(10_000)]
    with pytest.raises(RevisionCycle, match=r"^Revisions build on each other in a circle: 0 <- 1 <- 2"):
        Graph(revisions)


def test_a_diamond_with_a_dependent():
    graph = diamond()
    assert graph.heads == graph.effective_heads == ("merge", "other")
    assert graph.bases == ("other", "base")
    assert graph.branch_points == ("base",)
    assert graph.merges == ("merge",)
    assert graph.children("base") == ("left", "right")
    assert graph.requires("other") == ("left",)
    assert graph.dependents("left") == ("other",)
    assert graph.labels_of("merge") == ("reports",)
    assert graph.labels_of("base") == ()
    assert dict(graph.labels) == {"reports": "left"}
    assert graph["base"].message == "start"
    assert [revision.id for revision in graph] == ["base", "left", "right", "merge", "other"]


def test_a_head_something_depends_on_is_no_row_of_the_version_table():
    graph = Graph([Revision("a"), Revision("b", depends_on=("a",))])
    assert sorted(graph.heads) == ["a", "b"]
    assert graph.effective_heads == ("b",)


def test_a_branch_is_told_to_its_end_before_the_next_begins():
    lines = [Revision(f"{line}{n}", (f"{line}{n - 1}",) if n else ("base",)) for line in "ab" for n in range(3)]
    graph = Graph([Revision("base"), *lines, Revision("merge", ("a2", "b2"))])
    assert [revision.id for revision in graph.newest_first] == ["merge", "a2", "a1", "a0", "b2", "b1", "b0", "base"]


def test_heads_are_ordered_by_date_the_latest_first():
    """A date without an offset counts as UTC, none as the oldest."""
    noon = datetime.fromisoformat("2024-01-01 12:00")
    zone = timezone(timedelta(hours=2))
    graph = Graph(
        [
            Revision("none"),
            Revision("naive", created_at=noon),
            Revision("later", created_at=noon.replace(hour=15, tzinfo=zone)),
            Revision("earlier", created_at=noon.replace(hour=13, tzinfo=zone)),
        ]
    )
    assert graph.heads == ("later", "naive", "earlier", "none")
    assert graph.bases == tuple(reversed(graph.heads))


def test_two_files_with_one_id_are_both_named():
    with pytest.raises(DuplicateRevision, match=r"'a'.*versions/one\.py.*versions/two\.py"):
        Graph([Revision("a", path="/p/versions/one.py"), Revision("a", path="/p/versions/two.py")])


@pytest.mark.parametrize("second", [Revision("b", labels=("x",)), Revision("x")])
def test_a_label_names_one_revision_only(second):
    with pytest.raises(DuplicateRevision, match="branch label 'x'"):
        Graph([Revision("a", labels=("x",)), second])


@pytest.mark.parametrize(
    "orphan, said",
    [
        (Revision("b", ("1a2b3c",), path="/p/versions/b.py"), "versions/b.py revises '1a2b3c'"),
        (Revision("b", depends_on=("1a2b3c",), path="/p/versions/b.py"), "versions/b.py depends on '1a2b3c'"),
    ],
)
def test_a_missing_parent_is_named_with_the_file_and_the_nearest_id(orphan, said):
    with pytest.raises(ParentMissing) as caught:
        Graph([Revision("1a2b3d"), orphan])
    assert said in str(caught.value)
    assert "Did you mean '1a2b3d'?" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "revisions",
    [
        [Revision("a", ("a",), path="/p/v/a.py")],
        [Revision("a", ("b",), path="/p/v/a.py"), Revision("b", ("a",)), Revision("c", ("a",))],
        [Revision("a", depends_on=("b",), path="/p/v/a.py"), Revision("b", ("a",)), Revision("base")],
    ],
)
def test_a_cycle_is_named_revision_by_revision(revisions):
    with pytest.raises(RevisionCycle, match=r"circle: a <- (b <- )?a \(files: v/a\.py"):
        Graph(revisions)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("le", ("left",)),
        ("Merge", ("merge",)),
        ("rigth", ("right",)),
        ("report", ("reports",)),
        ("qqqq", ()),
        ("", ()),
    ],
)
def test_the_nearest_names_are_those_begun_then_those_spelled_alike(text, expected):
    assert diamond().nearest(text) == expected


@given(graphs(), st.text(max_size=6))
def test_at_most_three_names_are_near_and_all_of_them_exist(graph, text):
    near = graph.nearest(text)
    assert len(near) <= 3
    assert all(name in graph or name in graph.labels for name in near)


def test_unknown_ids_are_key_errors():
    graph = diamond()
    for question in (graph.children, graph.requires, graph.below, graph.above, graph.labels_of, graph.__getitem__):
        with pytest.raises(KeyError):
            question("nowhere")
