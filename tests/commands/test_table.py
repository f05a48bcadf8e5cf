"""The table keeps its own promises, so that parser, help and completion can rely on them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from migration_magics.commands.parser import parse, parse_cell
from migration_magics.commands.table import CELLS, COMMANDS, SYNONYMS

EVERYTHING = [*COMMANDS.values(), *CELLS.values()]
EXAMPLES = [example for command in EVERYTHING for example in command.examples]

EXPECTED = (
    "connect connections use disconnect init demo status current heads branches history show explain schema blame diff check "
    "revision merge edit squash doctor plan upgrade downgrade stamp undo ensure_version rehearse sample backfill explore review "
    "step sql report exercise help why"
)


def test_every_command_of_the_design_is_there():
    assert sorted(COMMANDS) == sorted(EXPECTED.split())


@pytest.mark.parametrize("command", EVERYTHING, ids=lambda command: command.typed)
class TestEveryCommand:
    def test_spells_each_option_once(self, command):
        flags = [flag for option in command.options for flag in option.flags]
        assert sorted(flags) == sorted(set(flags))

    def test_has_one_dest_per_argument(self, command):
        dests = [argument.dest for argument in command.arguments if argument.dest]
        assert sorted(dests) == sorted(set(dests))
        assert not set(dests) & {"on", *command.context}

    def test_has_at_most_one_repeatable_positional_and_it_is_last(self, command):
        assert all(not argument.repeatable for argument in command.positionals[:-1])

    def test_says_what_each_thing_is(self, command):
        for argument in (*command.positionals, *command.options):
            assert argument.help.endswith((".", ")."))
            assert bool(argument.metavar) == (argument.kind != "flag")
        assert command.summary.endswith(".")

    def test_is_found_by_its_key(self, command):
        assert (CELLS if command.magic == "%%" else COMMANDS)[command.name] is command


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_typed(example):
    line = example.split("\n")[0]
    if line.startswith("%%"):
        name, _, rest = line[2:].partition(" ")
        parsed = parse_cell(name, rest)
    else:
        parsed = parse(line.removeprefix("%migrate"))
    assert line.startswith(parsed.command.typed)


def test_a_synonym_leads_to_a_command_and_is_none():
    assert set(SYNONYMS.values()) <= set(COMMANDS)
    assert not set(SYNONYMS) & set(COMMANDS)


def test_the_table_needs_only_the_standard_library():
    code = (
        "import sys, migration_magics.commands.parser\n"
        "ours = {'migration_magics', *sys.stdlib_module_names}\n"
        "print({name.partition('.')[0] for name in sys.modules if not name.startswith('__')} - ours)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
