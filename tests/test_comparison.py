"""docs/comparison.md claims nothing that no test holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    line for line in (ROOT / "docs/comparison.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")
]
ANSWERS = [[cell.strip() for cell in line.strip("|").split("|")] for line in ROWS if not line.startswith("| What |")]


def names_in(path: Path) -> set[str]:
    """The names of the tests in *path*, also of those in classes."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_expectation_is_answered_in_each_column():
    assert len(ANSWERS) >= 24
    assert all(len(cells) == 6 and all(cells) for cells in ANSWERS)
    assert len({cells[0] for cells in ANSWERS}) == len(ANSWERS)


@pytest.mark.parametrize("cells", ANSWERS, ids=lambda cells: cells[0])
def test_each_answer_names_tests_that_are_there(cells):
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", cells[-1])
    assert named, "an answer that no test holds"
    assert re.sub(r"`[^`]*`|[, ]", "", cells[-1]) == ""
    for path, name in named:
        assert name in names_in(ROOT / path), f"{path} has no {name}"


def test_each_command_that_is_named_exists():
    from migration_magics.commands.table import COMMANDS

    named = {word for cells in ANSWERS for word in re.findall(r"`%migrate (\w+)", cells[4])} - {"COMMAND"}
    assert named
    assert named <= set(COMMANDS)
