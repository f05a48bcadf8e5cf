"""A command that is offered while another connection is in use says which one it means."""

from __future__ import annotations

import pytest

from migration_magics.commands.parser import parse
from migration_magics.commands.table import COMMANDS
from migration_magics.model.typed import WITHOUT_ON, on_connection


@pytest.mark.parametrize(
    "text,expected",
    [
        ("%migrate downgrade base --yes", "%migrate downgrade --on one base --yes"),
        ("look again: %migrate plan", "look again: %migrate plan --on one"),
        ("%migrate upgrade a or %migrate edit a", "%migrate upgrade --on one a or %migrate edit --on one a"),
        ("%migrate plan --on two, or %migrate plan", "%migrate plan --on two, or %migrate plan --on one"),
        ('%%revision -m "a"', '%%revision --on one -m "a"'),
        ("%migrate why shows it", "%migrate why shows it"),
        ("%migrate is no command", "%migrate is --on one no command"),
        ("no command here", "no command here"),
    ],
)
def test_every_command_gets_the_connection_once(text, expected):
    assert on_connection(text, "one") == expected
    assert on_connection(expected, "one") == expected
    assert on_connection(text, "") == text


def test_the_command_is_read_back_as_meant():
    parsed = parse(on_connection("%migrate downgrade -1 --dry-run", "my db").removeprefix("%migrate "))
    assert (parsed.on, parsed.arguments["target"], parsed.arguments["dry_run"]) == ("my db", "-1", True)


def test_what_takes_no_connection_is_known_from_the_table():
    assert {name for name, command in COMMANDS.items() if not command.takes_on} == WITHOUT_ON
