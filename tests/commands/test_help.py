"""Help is the table, read out."""

from __future__ import annotations

import pytest

from migration_magics.commands.help import cell_docstring, docstring, help, why  # noqa: A004 - the command's name
from migration_magics.commands.parser import execute, parse
from migration_magics.commands.table import CELLS, COMMANDS
from migration_magics.errors import NotConnected, UsageProblem


def test_the_list_has_every_command_with_its_group():
    entries = {entry.name: entry for entry in help(None).entries}
    assert sorted(entries) == sorted([*COMMANDS, *(f"%%{name}" for name in CELLS)])
    assert all(entries[name].group == command.group for name, command in COMMANDS.items())


def test_groups_stay_together():
    groups = [entry.group for entry in help(None).entries]
    assert list(dict.fromkeys(groups)) == [
        group for group, before in zip(groups, [None, *groups], strict=False) if group != before
    ]


@pytest.mark.parametrize("name", [*COMMANDS, *(f"%%{name}" for name in CELLS)])
def test_the_page_of_a_command_has_every_argument(name):
    page = help(None, name)
    command = CELLS[name[2:]] if name.startswith("%%") else COMMANDS[name]
    assert page.title == command.typed
    assert page.summary == command.summary
    assert len(page.entries) == len(command.positionals) + len(command.options)
    for argument in (*command.positionals, *command.options):
        assert any(argument.name in entry.name and argument.help in entry.summary for entry in page.entries)


def test_a_page_tells_usage_default_and_examples():
    page = help(None, "plan")
    assert page.usage == "%migrate plan [TARGET] [-x KEY=VALUE...] [--tag TEXT] [--on NAME] [-h]"
    assert page.entries[0].default == "heads"
    assert page.examples == COMMANDS["plan"].examples


def test_what_is_required_stands_without_brackets():
    assert help(None, "downgrade").usage.startswith("%migrate downgrade TARGET [--yes]")
    assert help(None, "stamp").usage.startswith("%migrate stamp REVS... [--purge]")
    assert " -m MESSAGE " in help(None, "revision").usage


@pytest.mark.parametrize("name", ["%upgrade", "ensure-version"])
def test_a_command_may_be_asked_for_in_other_spellings(name):
    assert help(None, name).title.endswith(name.lstrip("%").replace("-", "_"))


def test_an_unknown_command_is_told_apart():
    with pytest.raises(UsageProblem) as caught:
        help(None, "upgrde")
    assert caught.value.hint == "did you mean %migrate help upgrade?"


@pytest.mark.parametrize(
    "line, hint",
    [
        ("upgrad head", "did you mean %migrate upgrade head?"),
        ("upgrad {{ target }} -x 'a=b c';", "did you mean %migrate upgrade {{target}} -x 'a=b c'?"),
        ("help upgrad", "did you mean %migrate help upgrade?"),
        ("rollback", "did you mean %migrate downgrade -1?"),
        ("rollback base", "did you mean %migrate downgrade base?"),
        ("help rollback", "did you mean %migrate help downgrade?"),
        ("sqlite:///a.db --as a", "%migrate connect sqlite:///a.db --as a"),
        ("qqq head", "%migrate help lists the commands"),
    ],
)
def test_the_hint_is_the_whole_line_that_was_meant(line, hint):
    with pytest.raises(UsageProblem) as caught:
        execute(None, parse(line, evaluate=str))
    assert caught.value.hint == hint


def test_docstrings_name_everything():
    assert all(command.summary in docstring() for command in (*COMMANDS.values(), *CELLS.values()))
    assert all(argument.name in cell_docstring(CELLS["revision"]) for argument in CELLS["revision"].arguments)


def test_why_shows_causes_and_hides_secrets():
    error = NotConnected("No connection.", hint="%migrate connect URL")
    error.__cause__ = OSError("could not connect: password=hunter22 host=db")
    told = why(None, last_error=error)
    assert (told.error, told.message, told.hint) == ("NotConnected", "No connection.", "%migrate connect URL")
    assert told.traceback.index("OSError") < told.traceback.index("NotConnected")
    assert "hunter22" not in repr(told.to_dict())


def test_why_has_nothing_to_tell_without_an_error():
    assert why(None).records() == []
