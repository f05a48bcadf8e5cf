"""A typed line to a `Parsed` command, and a `Parsed` command to its result.

The line is split as a POSIX shell would, on every platform, and read by the table alone. Why not argparse: it refuses
`stamp a --purge b`, and takes `history -r -3:current` and `sql -2:-1` only after a change to a private attribute of it
(Python 3.10 to 3.13); and its messages name its own mechanism.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..errors import ConfirmationRequired, MigrationError, UsageProblem
from ..model.typed import on_connection
from .braces import Evaluate, Line, read
from .declaration import HELP, ON, Argument, Command
from .help import help_page, nearest, unknown_command
from .table import CELLS, COMMANDS

if TYPE_CHECKING:
    from ..results import Result
    from .turns import Turns

R = TypeVar("R", bound="Result")
S = TypeVar("S", str, "tuple[str, ...]")

_OPTION = re.compile(r"--[A-Za-z][\w-]*(=.*)?\Z|-[A-Za-z]\S*\Z", re.DOTALL)
"""What is meant as an option. `-1`, `-3:current`, `-` and "-with spaces" are values: no option starts with a digit."""


class SwitchesConnection(Protocol):
    """All that running a command asks of a workspace."""

    def using(self, name: str, /) -> AbstractContextManager[object]:
        """Use the connection *name* for a while, then the one before again."""

    @property
    def turns(self) -> Turns:
        """Who may use it now."""

    @property
    def protected_name(self) -> str:
        """The name of the connection in use where it is a protected one, else ""."""

    @property
    def elsewhere_name(self) -> str:
        """The name of the connection that is used for a while where another one was in use, else ""."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command line that has been read: nothing has run yet.

    *arguments* has every dest of the command, defaults filled in (empty where *wants_help*). *on* names the connection to
    use instead of the current one.
    """

    command: Command
    arguments: Mapping[str, Any]
    on: str | None = None
    wants_help: bool = False


def parse(text: str, *, evaluate: Evaluate | None = None, commands: Mapping[str, Command] = COMMANDS) -> Parsed:
    """Return what *text*, the part after `%migrate`, asks for; nothing is `status`.

    With *evaluate*, `{{expression}}` is replaced by its value, which is one value whatever it contains; `{x}` and `$x`
    stay as they are. Raises `UsageProblem` with the nearest command or option in its hint.
    """
    line, words = _split(text, evaluate)
    if not words:
        return _parse(commands["status"], line, [])
    name, *rest = words
    if name in HELP.flags:
        return Parsed(commands["help"], {"command": None})
    command = commands.get(name) or commands.get(name.replace("-", "_"))
    if command is None:
        after = line.text.split(maxsplit=1)[1:]
        raise unknown_command(line.shown(name), commands, line.shown("".join(after)))
    return _parse(command, line, rest)


def parse_cell(
    name: str, line: str, *, evaluate: Evaluate | None = None, cells: Mapping[str, Command] = CELLS
) -> Parsed:
    """Return what the first line of the cell magic *name* asks for; *line* is the part after the name.

    The message may be given bare, as words, or by `-m`, not both; it arrives as "message".
    """
    command = cells[name]
    parsed = _parse(command, *_split(line, evaluate))
    if parsed.wants_help:
        return parsed
    if "words" not in parsed.arguments:
        return parsed
    arguments = dict(parsed.arguments)
    bare = " ".join(arguments.pop("words"))
    if bare and arguments["message"]:
        raise _problem(command, f"There are two messages: {arguments['message']!r} and {bare!r}.")
    arguments["message"] = arguments["message"] or bare
    if not arguments["message"]:
        raise _problem(command, "It needs a message.", hint='for example: %%revision -m "add status column"')
    return Parsed(command, MappingProxyType(arguments), on=parsed.on)


def bind(
    name: str,
    values: Sequence[object] = (),
    options: Mapping[str, object] = MappingProxyType({}),
    commands: Mapping[str, Command] = COMMANDS,
) -> Parsed:
    """Return the same for a call from Python: `bind("upgrade", ("head",), {"yes": True})`.

    *values* fill the positionals in order, *options* are dests (and "on"); they are taken as they are, so that an engine
    can be passed. A repeatable one takes a string or any iterable of values.
    """
    command = commands[name]
    given = dict(options)
    on = given.pop("on", None) if command.takes_on else None
    collected: dict[str, object] = {}
    left = list(values)
    for argument in command.positionals:
        if left:
            collected[argument.dest] = tuple(left) if argument.repeatable else left.pop(0)
            if argument.repeatable:
                left.clear()
    dests = {argument.dest: argument for argument in command.arguments if argument.dest}
    if left:
        raise UsageProblem(f"{name} takes no further value: {left[0]!r}.", hint=f"help({name!r})")
    for dest, value in given.items():
        if dest in collected:
            raise UsageProblem(f"{name}: {dest!r} is given twice.", hint=f"help({name!r})")
        if dest not in dests:
            hint = _did_you_mean(dest, dests) or f"help({name!r})"
            raise UsageProblem(f"{name}: {dest!r} is no argument of it.", hint=hint)
        collected[dest] = _several(value) if dests[dest].repeatable else value
    return _complete(command, collected, on=None if on is None else str(on))


def execute(workspace: SwitchesConnection | None, parsed: Parsed, **context: object) -> Result:
    """Run *parsed* on *workspace* and return its result; only now is the command's module imported.

    Of *context* (what only a notebook knows) the command gets what it declares. `--help` never runs anything.
    """
    command = parsed.command
    if parsed.wants_help:
        return help_page(command)
    function = _function(command.run)
    known = {name: context[name] for name in command.context if name in context}
    with ExitStack() as stack:
        if workspace is not None:
            stack.enter_context(workspace.turns.take(command.typed))
            if parsed.on:
                stack.enter_context(workspace.using(parsed.on))
        try:
            result = function(workspace, **parsed.arguments, **known)
        except MigrationError as error:
            _mark(workspace, error)
            raise
        return _marked(workspace, result)


def _marked(workspace: SwitchesConnection | None, result: R) -> R:
    """Note in *result* which connection it is about: here, once, for every command that uses one.

    Where that is a protected one it says so; where another one is in use, each command it offers names the connection.
    """
    if workspace is None or not result.is_about_one_connection:
        return result
    changed: dict[str, Any] = {}
    if workspace.protected_name:
        changed["protected"] = workspace.protected_name
    if elsewhere := workspace.elsewhere_name:
        changed["elsewhere"] = elsewhere
        for name in ("next_command", "notes", "problems"):
            said = getattr(result, name, None)
            if said:
                changed[name] = _on(said, elsewhere)
        moved = getattr(result, "moved", None)
        if moved is not None:
            changed["moved"] = _marked(workspace, moved)
    return replace(result, **changed) if changed else result


def _mark(workspace: SwitchesConnection | None, error: MigrationError) -> None:
    """Note the same in *error*, and in the plan it shows."""
    elsewhere = workspace.elsewhere_name if workspace is not None else ""
    error.hint = error.hint and on_connection(error.hint, elsewhere)
    error.details = _on(error.details, elsewhere)
    if isinstance(error, ConfirmationRequired) and error.planned is not None:
        error.planned = _marked(workspace, error.planned)


def _on(said: S, name: str) -> S:
    """*said*, one text or several, with the connection *name* in its commands."""
    if isinstance(said, str):
        return on_connection(said, name)
    return tuple(on_connection(line, name) for line in said)


def _function(run: str) -> Callable[..., Result]:
    module, _, name = run.partition(":")
    found = import_module(module if "." in module else f"{__package__}.{module}")
    function: Callable[..., Result] = getattr(found, name)
    return function


def _split(text: str, evaluate: Evaluate | None) -> tuple[Line, list[str]]:
    # IPython silences the output of a line that ends with a semicolon, but leaves the semicolon in the line.
    line = read(text.strip().rstrip(";"), evaluate)
    try:
        words = shlex.split(line.text)
    except ValueError as error:
        is_quote = "quotation" in str(error)
        message = "A quote is opened and never closed." if is_quote else "The line ends with a backslash."
        hint = 'put text with an apostrophe in double quotes: -m "don\'t store emails"'
        raise UsageProblem(message, hint=hint) from error
    return line, words


def _parse(command: Command, line: Line, words: list[str]) -> Parsed:
    """Return what *words*, those of *line* after the command's name, ask of *command*."""
    collected: dict[Argument, list[str]] = {}
    values: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            values += left
            break
        if not _OPTION.match(word):
            values.append(word)
            continue
        option, value = _option(command, line, word, left)
        if option.flags == HELP.flags:
            return Parsed(command, {}, wants_help=True)
        if option in collected and not option.repeatable and option.kind != "flag":
            raise _problem(command, f"{line.shown(word)} is given twice.")
        collected.setdefault(option, []).append(value)
    _place(command, line, values, collected)
    arguments = {
        argument.dest: _read(command, argument, [line.value(word) for word in given])
        for argument, given in collected.items()
    }
    on = arguments.pop(ON.dest, None)
    return _complete(command, arguments, on=None if on is None else str(on))


def _option(command: Command, line: Line, word: str, left: list[str]) -> tuple[Argument, str]:
    """Return the option that *word* spells and its value, taken from *left* where it stands there."""
    if word.startswith("--"):
        flag, joined, value = word.partition("=")
    else:  # one letter: `-x=a` and `-xa` have a value, `-vr a` is a flag and an option
        flag, value = word[:2], word[2:].removeprefix("=")
        joined = word[2:]
    option = command.option(flag)
    if option is None:
        raise _unknown_option(command, line.shown(word).partition("=")[0])
    if option.kind == "flag":
        if word.startswith("--") and joined:
            raise _problem(command, f"{flag} takes no value.")
        if joined:
            left.insert(0, f"-{joined}")
        return option, ""
    if joined:
        return option, value
    if not left or _OPTION.match(left[0]):
        long = option.flags[-1]
        hint = f"{long} {option.metavar}" + (f", or {long}={line.shown(left[0])} if that is the value" if left else "")
        raise UsageProblem(f"{command.typed}: {flag} needs a value.", hint=hint)
    return option, left.pop(0)


def _place(command: Command, line: Line, values: list[str], collected: dict[Argument, list[str]]) -> None:
    for argument in command.positionals:
        if values:
            collected[argument] = values[:] if argument.repeatable else values[:1]
            del values[: len(collected[argument])]
    if values:
        hint = None
        if message := command.option("--message"):
            hint = f'put a message of several words in quotes: {message.flags[0]} "add status column"'
        raise _problem(command, f"It takes no further argument: {line.shown(values[0])!r}.", hint=hint)


def _read(command: Command, argument: Argument, given: list[str]) -> str | int | bool | tuple[str, ...]:
    if argument.kind == "flag":
        return True
    if argument.repeatable:
        return tuple(given)
    if argument.kind == "number":
        try:
            return int(given[0])
        except ValueError as error:
            raise _problem(command, f"{argument.name} takes a whole number, not {given[0]!r}.") from error
    return given[0]


def _complete(command: Command, collected: Mapping[str, object], *, on: str | None) -> Parsed:
    """Fill in what was not given; required arguments must be there."""
    for argument in command.arguments:
        if argument.required and collected.get(argument.dest) in (None, ()):
            example = command.examples[0] if command.examples else command.usage
            raise _problem(command, f"{argument.name} is missing.", hint=f"for example: {example}")
    everything = {argument.dest: collected.get(argument.dest, argument.initial) for argument in command.arguments}
    everything.pop("", None)
    return Parsed(command, MappingProxyType(everything), on=on)


def _several(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)


def _unknown_option(command: Command, flag: str) -> UsageProblem:
    elsewhere = dict(command.redirects).get(flag)
    if elsewhere:
        return _problem(command, f"{flag} is a command of its own here.", hint=elsewhere)
    if flag in ON.flags:
        return _problem(command, f"It takes no {flag}: it chooses the connection itself.")
    spellings = [spelling for option in command.options for spelling in option.flags]
    return _problem(command, f"There is no option {flag}.", hint=_did_you_mean(flag, spellings))


def _did_you_mean(word: str, known: Iterable[str]) -> str | None:
    found = nearest(word, known)
    return f"did you mean {found}?" if found else None


def _problem(command: Command, message: str, *, hint: str | None = None) -> UsageProblem:
    return UsageProblem(f"{command.typed}: {message}", hint=hint or f"{command.typed} --help")
