"""What is wrong with a history: everything at once, and nothing where a graph can be made."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.errors import DuplicateRevision, ParentMissing, RevisionCycle
from migration_magics.model.ailments import of_files, of_heads, of_length
from migration_magics.model.bodies import Bodies, bodies
from migration_magics.model.graph import Graph, Revision

NAMES = st.sampled_from("abcdef")


@st.composite
def revisions(draw):
    """Files that may be a graph and often are none."""
    ids = draw(st.lists(NAMES, min_size=1, max_size=6, unique=draw(st.booleans())))
    made = []
    for number, id_ in enumerate(ids):
        below = st.sampled_from(ids[:number]) if number and draw(st.booleans()) else NAMES
        parents = tuple(draw(st.lists(below, max_size=2, unique=True)))
        requires = tuple(draw(st.lists(NAMES, max_size=draw(st.integers(0, 1)), unique=True)))
        labels = tuple(draw(st.lists(st.sampled_from(("main", "a")), max_size=draw(st.integers(0, 1)))))
        made.append(Revision(id_, parents, requires, labels, path=f"versions/{number}.py"))
    return made


@settings(max_examples=400)
@given(revisions())
def test_a_history_is_ill_exactly_where_no_graph_can_be_made_of_it(made):
    try:
        Graph(made)
    except (DuplicateRevision, ParentMissing, RevisionCycle):
        is_graph = False
    else:
        is_graph = True
    assert (of_files(made) == ()) == is_graph
    assert all(each.remedies and each.why for each in of_files(made))


def test_each_circle_is_told_once():
    made = [Revision("a", ("b",)), Revision("b", ("a",)), Revision("c", ("c",)), Revision("d", ("a",)), Revision("e")]
    cycles = [each.what for each in of_files(made) if each.rule == "cycle"]
    assert [what.partition(" (")[0].rpartition(": ")[2] for what in cycles] == ["a -> b -> a", "c -> c"]


def test_a_revision_that_is_applied_somewhere_is_not_to_be_moved():
    graph = Graph([Revision("a"), Revision("b", ("a",)), Revision("c", ("a",))])
    (found,) = of_heads(graph, {"one": frozenset("ab"), "two": frozenset("a")})
    assert found.remedies == (
        '%migrate merge heads -m "join the branches"',
        "%migrate doctor --reparent c --onto b",
    )


def test_labelled_branches_that_never_met_are_meant():
    apart = [Revision("a", labels=("x",)), Revision("b", labels=("y",))]
    (found,) = of_heads(Graph(apart), {})
    assert (found.severity.value, found.remedies) == ("info", ())


def test_an_id_of_just_the_length_fits():
    made = [Revision("x" * 32), Revision("y" * 33)]
    assert [each.revision for each in of_length(made, 32, is_enforced=True)] == ["y" * 33]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", Bodies("missing", "missing")),
        ("def upgrade(): pass\ndef downgrade(): raise X\n", Bodies("nothing", "raises")),
        ("def upgrade():\n    '''Doc.'''\n    ...\ndef downgrade():\n    x()\n", Bodies("nothing", "something")),
        ("upgrade = make()\nfrom x import downgrade\n", Bodies("something", "something")),
        ("def upgrade_one(): x()\ndef upgrade_two(): pass\n", Bodies("something", "missing")),
        ("def upgrade(name):\n    globals()['upgrade_%s' % name]()\n", Bodies("nothing", "missing")),
        ("async def upgrade(): x()\ndef downgrader(): x()\n", Bodies("something", "missing")),
    ],
)
def test_what_functions_do(text, expected):
    assert bodies(text) == expected
