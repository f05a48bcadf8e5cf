"""The benchmarks compare like with like: small histories, both sides asked, the same answers."""

import pytest

from benchmarks import histories, history
from benchmarks.measure import Comparison, Row, compare, table
from migration_magics.engine.scripts import ScriptReader


@pytest.mark.parametrize("make, merges", [(histories.linear, 0), (histories.branchy, 3)])
def test_a_made_history_is_a_project_both_sides_read_alike(tmp_path, make, merges):
    """`compare` itself raises where an answer differs."""
    project = histories.write(make(35), tmp_path / "project")
    graph = ScriptReader().read([project / "versions"])
    assert (len(graph), len(graph.heads), len(graph.merges)) == (
        35,
        1 if make is histories.linear else len(graph.heads),
        merges,
    )
    comparisons = [*history.comparisons(project, "small", is_largest=False), *history.ordering(project, "small")]
    assert [compare(comparison).question for comparison in comparisons] == [c.question for c in comparisons]


def test_different_answers_are_no_comparison():
    with pytest.raises(AssertionError, match="heads, small: the answers differ"):
        compare(Comparison("heads", "small", lambda: ["a"], lambda: ["b"]))


def test_a_missed_target_is_named_in_the_table():
    rows = [Row("heads", "small", 1.0, 0.5, "s", 4), Row("memory", "small", 30, 10, "MB", 1)]
    assert table(rows).splitlines()[2:] == [
        "| heads | small | 1.0000 s | 0.5000 s | 2.0x | 4x MISSED |",
        "| memory | small | 30.0 MB | 10.0 MB | 3.0x | 1x |",
    ]
