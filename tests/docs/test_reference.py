"""The reference covers everything: commands, options, results with their fields, settings, keys, errors, methods."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

import migration_magics
from docs.hooks import described, reference
from migration_magics import errors
from migration_magics.commands.api import Workspace
from migration_magics.commands.table import CELLS, COMMANDS
from migration_magics.engine import configuration
from migration_magics.settings import Settings

EVERYTHING = [*COMMANDS.values(), *CELLS.values()]


def section(text: str, begin: str, level: str = "##") -> str:
    """The part of a page below the heading that has *begin* in it, as far as the next one of its level."""
    parts = [part for part in text.split(f"\n{level} ") if begin in part.splitlines()[0]]
    assert len(parts) == 1, begin
    return parts[0]


@pytest.mark.parametrize("command", EVERYTHING, ids=lambda command: command.typed)
def test_a_command_has_its_usage_options_and_result(command, site):
    part = section(reference.commands(), f"{{ #{reference.anchor(command)} }}", "###")
    assert command.summary in part
    assert command.usage in part
    for argument in (*command.positionals, *command.options):
        assert argument.help in part
        assert all(f"`{spelling}`" in part for spelling in argument.flags or (argument.metavar,))
    assert reference.anchor(command) in site["reference/commands.html"].ids


def test_a_command_links_to_the_result_that_it_returns():
    assert "[`Moved`](results.md#Moved)" in section(reference.commands(), "{ #upgrade }", "###")
    linked = [command.name for command in COMMANDS.values() if "results.md#" not in reference._command(command)]
    assert linked == ["why"], "a method of Workspace that says what it returns is missing"


@pytest.mark.parametrize("result", described.results(), ids=lambda result: result.__name__)
def test_each_field_of_a_result_is_described(result, site):
    """Where this fails: a docstring below the field, its name as *name* in the class's docstring, or docs/hooks/fields.toml."""
    assert result.__name__ in site["reference/results.html"].ids
    part = section(reference.results(), f"{{ #{result.__name__} }}")
    plain = re.sub(r"`[^`\n]*`", lambda found: found[0].replace("|", "or"), part)
    cells = [line.split("|") for line in plain.splitlines() if line.startswith("| `")]
    rows = {row[1].strip(" `"): row[3].strip() for row in cells}
    own = {field.name for field in fields(result)} - {field.name for field in fields(described.Result)}
    assert own <= set(rows)
    assert [name for name, text in rows.items() if not text] == []


def test_nothing_is_said_of_fields_that_are_not_there_or_say_it_themselves():
    said = {f"{class_}.{field}" for class_, field in reference.written()}
    assert said == set(described.undescribed(described.results()))


def test_the_values_that_fields_hold_are_there(site):
    names = {value.__name__ for value in described.values()}
    assert {"Plan", "Trace", "Step", "SchemaDiff", "Change", "RowDiff", "Finding", "Revision", "Schema"} <= names
    anchors = [reference.value_anchor(value) for value in described.values()]
    assert len(anchors) == len(set(anchors))
    assert set(anchors) <= site["reference/values.html"].ids


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_a_setting_has_its_default_and_what_it_does(field, site):
    row = next(line for line in reference.settings().splitlines() if f'id="{field.name}"' in line)
    assert f"`{field.default}`" in row
    assert len(row.rstrip(" |").split("|")[-1]) > 20
    assert field.name in site["reference/settings.html"].ids


def test_the_keys_of_pyproject_are_those_that_are_read():
    assert set(reference.PYPROJECT) == set(configuration._OWN_KEYS)
    assert set(reference.CONNECTION) == set(configuration._CONNECTION_KEYS)


def test_the_environment_variables_are_those_that_are_read():
    package = Path(migration_magics.__file__).parent
    sources = [path.read_text(encoding="utf-8") for path in package.rglob("*.py") if "playground" not in path.parts]
    read = {name for text in sources for name in re.findall(r"environ(?:ment)?(?:\.get\(|\[)\"([A-Z_]+)\"", text)}
    assert read == set(reference.ENVIRONMENT)


def test_every_error_is_in_the_tree(site):
    named = {
        value.__name__
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.MigrationError)
    }
    assert named <= site["reference/errors.html"].ids


def test_every_method_is_there():
    page = reference.python()
    methods = [
        name
        for class_ in Workspace.__mro__[:-1]
        for name, value in vars(class_).items()
        if callable(value) and name[0] != "_"
    ]
    assert [name for name in methods if f"| `{name}(" not in page] == []
