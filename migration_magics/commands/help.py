"""Help pages, the `%migrate?` docstring and did-you-mean, all from the table; and the long form of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageProblem
from ..redact import redact
from .table import CELLS, COMMANDS, SYNONYMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from ..results import HelpPage, Why
    from .declaration import Argument, Command

_INTRO = "Look at, write and run Alembic migrations."


def help(_ws: object = None, command: str | None = None) -> HelpPage:  # noqa: A001 - the command's name
    """Return the list of commands, or the page of *command* (`revision`, `%%revision`)."""
    if command is None:
        return _overview()
    name = command.lstrip("%")
    if command.startswith("%%") and name in CELLS:
        return help_page(CELLS[name])
    found = COMMANDS.get(name.replace("-", "_"))
    if found is None:
        raise unknown_command(name, COMMANDS, before="help ")
    return help_page(found)


def why(_ws: object = None, *, last_error: BaseException | None = None) -> Why:
    """Return how *last_error* came about: its traceback and those of its causes, without secrets."""
    import traceback

    from ..results import Why

    if last_error is None:
        return Why()
    told = traceback.TracebackException(type(last_error), last_error, _from_us(last_error.__traceback__))
    return Why(
        error=type(last_error).__name__,
        message=redact(getattr(last_error, "message", None) or str(last_error)),
        hint=getattr(last_error, "hint", None) or "",
        traceback=redact("".join(told.format())),
    )


def _from_us(trace: TracebackType | None) -> TracebackType | None:
    """Leave out the frames above ours: how a notebook runs a cell explains nothing."""
    package = __name__.partition(".")[0]
    ours = trace
    while ours is not None and ours.tb_frame.f_globals.get("__name__", "").partition(".")[0] != package:
        ours = ours.tb_next
    return ours or trace


def help_page(command: Command) -> HelpPage:
    """Return the page of one command: usage, what it does, its arguments and options, examples."""
    from ..results import HelpEntry, HelpPage

    entries = [
        *(_entry(argument, "arguments") for argument in command.positionals),
        *(_entry(option, "options") for option in command.options),
    ]
    return HelpPage(
        title=command.typed,
        usage=command.usage,
        summary=command.summary,
        entries=tuple(HelpEntry(name, summary, group, default) for name, summary, group, default in entries),
        examples=command.examples,
    )


def docstring() -> str:
    """Return the docstring of `%migrate`: every command in one line, by group."""
    lines = [_INTRO, "", "    %migrate [COMMAND] [ARGUMENTS] [--on CONNECTION]", ""]
    group = ""
    for command in _everything():
        if command.group != group:
            group = command.group
            lines.append(f"{group}:")
        lines.append(f"    {_short(command):<16} {command.summary}")
    return "\n".join([*lines, "", "%migrate alone is status. All about one command: %migrate help COMMAND"])


def cell_docstring(command: Command) -> str:
    """Return the docstring of a cell magic."""
    rows = [f"    {name:<34} {summary}" for name, summary, _, _ in map(_entry, command.arguments)]
    return "\n".join(
        [command.summary, "", *(f"    {line}" for line in "\n".join(command.examples).split("\n")), "", *rows]
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the name of *known* that *word* most likely means, or ""."""
    import difflib

    by_letters = {name.lstrip("-"): name for name in sorted(known)}  # dashes alike make no two options alike
    letters = word.lstrip("-")
    begun = [name for name in by_letters if letters and name.startswith(letters)]
    found = difflib.get_close_matches(letters, by_letters, n=1, cutoff=0.6) or begun
    return by_letters[found[0]] if found else ""


def unknown_command(name: str, commands: Mapping[str, Command], after: str = "", *, before: str = "") -> UsageProblem:
    """Return the error for a command that is not in the table, with the line that was probably meant.

    *before* and *after* are what stood around *name* in it, so that the hint can be typed as it is.
    """
    if "://" in name:
        return UsageProblem("A URL is no command.", hint=f"%migrate connect {name} {after}".rstrip())
    if name.startswith("-"):
        return UsageProblem(
            "The command comes first, then its options.", hint="for example: %migrate upgrade head -x key=value"
        )
    meant = SYNONYMS.get(name.replace("-", "_")) or nearest(name, commands)
    if meant == "downgrade" and not before:
        after = after or "-1"  # it wants a target
    line = f"%migrate {before}{meant} {after}".rstrip()
    hint = f"did you mean {line}?" if meant else "%migrate help lists the commands"
    return UsageProblem(f"There is no command {name!r}.", hint=hint)


def _overview() -> HelpPage:
    from ..results import HelpEntry, HelpPage

    return HelpPage(
        title="%migrate",
        usage="%migrate [COMMAND] [ARGUMENTS] [--on CONNECTION]",
        summary=f"{_INTRO} %migrate alone is status.",
        entries=tuple(HelpEntry(_short(command), command.summary, command.group) for command in _everything()),
        examples=("%migrate help upgrade", "%migrate upgrade --help"),
    )


def _everything() -> list[Command]:
    """Every command in the order of the table, each cell magic after its group's commands."""
    groups = dict.fromkeys(command.group for command in COMMANDS.values())
    everything = (*COMMANDS.values(), *CELLS.values())
    return [command for group in groups for command in everything if command.group == group]


def _short(command: Command) -> str:
    return command.typed.removeprefix("%migrate ")


def _entry(argument: Argument, group: str = "") -> tuple[str, str, str, str]:
    name = ", ".join(argument.flags) or argument.metavar
    if argument.flags and argument.kind != "flag":
        name += f" {argument.metavar}"
    if argument.repeatable:
        name += " ..."
    summary = f"{argument.help} Required." if argument.required else argument.help
    return name, summary, group, "" if argument.default is None else str(argument.default)
