"""Our revision map against Alembic's own, on random graphs: every answer the same, in the same order, or the same error."""

import sys
import warnings

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import Revision as StockRevision
from alembic.script.revision import RevisionMap
from hypothesis import example, given
from hypothesis import strategies as st

from migration_magics.engine.host.revision_map import FastRevisionMap, LazyScript, from_graph, script_directory
from migration_magics.engine.scripts import ScriptReader
from migration_magics.model.graph import Graph, Revision
from tests.strategies import IDS, LABELS, revision_lists


def never(revision):
    pytest.fail(f"{revision.id} was imported")


def stock_map(revisions):
    return RevisionMap(
        lambda: [
            StockRevision(each.id, each.parents, each.depends_on or None, each.labels or None) for each in revisions
        ]
    )


@st.composite
def twins(draw, **shape):
    """One history twice: our map and Alembic's."""
    revisions = draw(revision_lists(**shape))
    return from_graph(Graph(revisions), never), stock_map(revisions)


@st.composite
def identifiers(draw):
    """Everything a person may type (notes: ids, prefixes, labels, head, heads, base, relative steps, label@...)."""
    symbol = draw(st.sampled_from([*IDS, *LABELS, "a1b2c", "bbbb", "012", "zz", "nope", "head", "heads", "base"]))
    steps = draw(st.sampled_from(["", "", "+1", "+2", "-1", "-2", "-9", "+9"]))
    branch = draw(st.sampled_from(["", "", "", *(f"{label}@" for label in (*LABELS, "a1b2", "zeta", "nope"))]))
    return draw(st.sampled_from([f"{branch}{symbol}{steps}", f"{branch}{steps or '+1'}", f"{branch}{symbol}"]))


def answer(question):
    """What was answered, as ids in order, or with which error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "downgrade -1 from multiple heads is ambiguous", on both sides
        try:
            return plain(question())
        except Exception as error:  # noqa: BLE001 - whatever Alembic raises, ours must raise as well
            return type(error), str(error)


def plain(value):
    if isinstance(value, StockRevision):
        return value.revision
    if isinstance(value, (set, frozenset)):
        return {plain(each) for each in value}
    if isinstance(value, (str, type(None))):
        return value
    return [plain(each) for each in value]


PLACES = ("heads", "_real_heads", "bases", "_real_bases")


@given(twins())
def test_heads_bases_and_scripts_are_the_same(maps):
    ours, stock = maps
    for name in PLACES:
        assert getattr(ours, name) == getattr(stock, name)
    assert list(ours._revision_map)[: len(ours._graph)] == list(stock._revision_map)[: len(ours._graph)]
    assert set(ours._revision_map) == set(stock._revision_map)
    for id_, script in stock._revision_map.items():
        if script is None:
            assert ours._revision_map[id_] is None
            continue
        mine = ours._revision_map[id_]
        assert isinstance(mine, LazyScript)
        for name in (
            "revision", "down_revision", "branch_labels", "nextrev", "_all_nextrev", "_all_down_revisions",
            "_versioned_down_revisions", "_normalized_down_revisions", "_normalized_resolved_dependencies",
            "is_head", "is_base", "is_branch_point", "is_merge_point", "_is_real_head",
            "_is_real_base", "_is_real_branch_point",
        ):  # fmt: skip
            assert getattr(mine, name) == getattr(script, name), name
        assert set(mine._resolved_dependencies) == set(script._resolved_dependencies)


@given(twins())
def test_the_graph_agrees_with_alembic(maps):
    ours, stock = maps
    graph = ours._graph
    assert sorted(graph.heads) == sorted(stock.heads)
    assert sorted(graph.effective_heads) == sorted(stock._real_heads)
    assert sorted(graph.bases) == sorted(stock.bases)
    scripts = [stock._revision_map[id_] for id_ in graph.revisions]
    assert sorted(graph.branch_points) == sorted(each.revision for each in scripts if each.is_branch_point)
    assert sorted(graph.merges) == sorted(each.revision for each in scripts if each.is_merge_point)
    for each in scripts:
        assert set(graph.labels_of(each.revision)) == each.branch_labels
        assert set(graph.children(each.revision)) == each.nextrev
        assert graph.ancestors([each.revision]) == {node.revision for node in stock._get_ancestor_nodes([each])}


@given(twins(), identifiers())
def test_every_identifier_means_the_same(maps, identifier):
    ours, stock = maps
    for ask in ("get_revisions", "get_revision", "_resolve_revision_number"):
        assert answer(lambda: getattr(ours, ask)(identifier)) == answer(lambda: getattr(stock, ask)(identifier))  # noqa: B023


def current_heads(graph, data):
    """The rows of a version table that may exist: heads of a set that is whole below."""
    chosen = data.draw(st.lists(st.sampled_from(sorted(graph.revisions)), max_size=3)) if len(graph) else []
    return graph.heads_of(graph.ancestors(chosen))


@given(twins(), identifiers(), st.data())
def test_an_upgrade_runs_in_the_same_order(maps, target, data):
    ours, stock = maps
    heads = current_heads(ours._graph, data)
    for inclusive in (False, True):
        assert answer(lambda: ours.iterate_revisions(target, heads, implicit_base=True, inclusive=inclusive)) == answer(  # noqa: B023
            lambda: stock.iterate_revisions(target, heads, implicit_base=True, inclusive=inclusive)  # noqa: B023
        )


@given(twins(), identifiers(), st.data())
def test_a_downgrade_runs_in_the_same_order(maps, target, data):
    ours, stock = maps
    heads = current_heads(ours._graph, data)
    assert answer(lambda: ours.iterate_revisions(heads, target, select_for_downgrade=True)) == answer(
        lambda: stock.iterate_revisions(heads, target, select_for_downgrade=True)
    )


@given(twins(), identifiers(), identifiers(), st.booleans())
def test_a_range_of_the_history_is_the_same(maps, upper, lower, inclusive):
    ours, stock = maps
    assert answer(
        lambda: ours.iterate_revisions(upper, lower, inclusive=inclusive, assert_relative_length=False)
    ) == answer(lambda: stock.iterate_revisions(upper, lower, inclusive=inclusive, assert_relative_length=False))


@given(twins(), st.data())
def test_any_set_is_sorted_alike_whole_or_with_holes(maps, data):
    """`_topological_sort` on sets no command would ask for: with gaps, not below the heads given."""
    ours, stock = maps
    ids = sorted(ours._graph.revisions)
    todo = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    heads = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []

    def order(map_):
        return map_._topological_sort(
            [map_._revision_map[id_] for id_ in todo], [map_._revision_map[id_] for id_ in heads]
        )

    assert answer(lambda: order(ours)) == answer(lambda: order(stock))


@given(twins(), st.data())
def test_the_current_revisions_are_filtered_alike(maps, data):
    ours, stock = maps
    heads = current_heads(ours._graph, data)
    assert answer(lambda: ours._get_all_current(heads)) == answer(lambda: stock._get_all_current(heads))


@given(revision_lists(), st.data())
def test_a_revision_added_later_is_found_as_in_alembic(revisions, data):
    """`alembic revision` adds the new file's script to the map it has."""
    heads = Graph(revisions).heads
    parents = data.draw(st.lists(st.sampled_from(heads), unique=True)) if heads else []
    maps = from_graph(Graph(revisions), never), stock_map(revisions)
    for map_ in maps:
        map_.add_revision(StockRevision("newest", tuple(parents)))
    ours, stock = maps
    for name in PLACES:
        assert getattr(ours, name) == getattr(stock, name)
    assert answer(lambda: ours.iterate_revisions("heads", "base")) == answer(
        lambda: stock.iterate_revisions("heads", "base")
    )


def ladder(rungs):
    """Two long lines that merge into each other again and again: the stock order changes lines at each rung."""
    revisions = [Revision("start")]
    left = right = "start"
    for rung in range(rungs):
        revisions += [Revision(f"l{rung}", (left,)), Revision(f"r{rung}", (right,))]
        revisions.append(Revision(f"m{rung}", (f"r{rung}", f"l{rung}")))
        left, right = f"m{rung}", f"r{rung}"
    return revisions


@example(ladder(5))
@given(revision_lists(dependencies=False))
def test_everything_is_ordered_alike_from_top_to_bottom(revisions):
    ours, stock = from_graph(Graph(revisions), never), stock_map(revisions)
    assert answer(lambda: ours.iterate_revisions("heads", "base")) == answer(
        lambda: stock.iterate_revisions("heads", "base")
    )


def test_a_hundred_merges_between_two_lines_are_ordered_as_alembic_orders_them():
    revisions = ladder(100)
    ours, stock = from_graph(Graph(revisions), never), stock_map(revisions)
    assert plain(ours.iterate_revisions("heads", "base")) == plain(stock.iterate_revisions("heads", "base"))


def test_dependencies_that_come_with_an_ancestor_are_left_out_as_in_alembic():
    targets = [Revision(f"t{number}") for number in range(12)]
    names = tuple(target.id for target in targets)
    line = [
        Revision("a", (), names[:4]),
        Revision("b", ("a",), names[3:5]),
        Revision("c", ("b",), names),
        Revision("d", ("c",), (names[0], names[11])),
    ]
    ours, stock = from_graph(Graph([*targets, *line]), never), stock_map([*targets, *line])
    for id_ in "abcd":
        assert ours._revision_map[id_]._normalized_down_revisions == stock._revision_map[id_]._normalized_down_revisions


def test_a_module_is_imported_when_it_is_first_asked_for_and_once():
    asked = []

    def load(revision):
        asked.append(revision.id)
        return sys

    map_ = FastRevisionMap(Graph([Revision("a", message="first", doc="first\n\nmore", path="/p/a.py")]), load)
    script = map_.get_revision("a")
    assert (script.doc, script.longdoc, script.path, asked) == ("first", "first\n\nmore", "/p/a.py", [])
    assert script.module is script.module is sys
    assert asked == ["a"]


def test_a_script_directory_has_our_map_and_leaves_sys_path_alone(tmp_path):
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "one.py").write_text(
        '"""first thing"""\nrevision = "aaaa"\ndown_revision = None\n\ndef upgrade():\n    pass\n'
    )
    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option("path_separator", "os")
    config.set_main_option("prepend_sys_path", str(tmp_path))
    before = list(sys.path)
    directory = script_directory(config, ScriptReader().read([versions]), never)
    assert sys.path == before
    assert isinstance(directory, ScriptDirectory)
    assert [str(script) for script in directory.walk_revisions()] == ["<base> -> aaaa (head), first thing"]
    assert directory.get_heads(consider_depends_on=True) == ["aaaa"]
