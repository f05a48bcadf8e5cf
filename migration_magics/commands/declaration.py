"""What a command declaration is made of: `Argument` and `Command`. Values only; the table itself is `table.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "revision",
    "revisions",
    "range",
    "connection",
    "command",
    "path",
    "text",
    "number",
    "flag",
    "dialect",
    "template",
    "variable",
    "table",
    "rows",
    "side",
]
"""What a value is: completion offers candidates by it, and the parser turns a "number" into an int."""

Value = str | int | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Argument:
    """One positional argument (no *flags*) or option of a command.

    *dest* is the keyword the command function gets it by; "" means accepted for Alembic's sake and not passed on.
    A *repeatable* one arrives as a tuple, empty where it was not given; a repeatable positional is the last of its command.
    """

    dest: str
    kind: Kind
    help: str
    flags: tuple[str, ...] = ()
    default: Value = None
    metavar: str = ""
    repeatable: bool = False
    required: bool = False

    @property
    def name(self) -> str:
        """What the usage line calls it: `--dry-run`, or `TARGET` for a positional."""
        return self.flags[-1] if self.flags else self.metavar

    @property
    def initial(self) -> Value:
        """The value where the user gave none."""
        if self.repeatable:
            return ()
        return False if self.kind == "flag" else self.default


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it is called, what it answers or does, and the function that does it.

    *run* is "module:function"; a module without a dot lies in `migration_magics.commands`. The function is called as
    `function(workspace, **arguments)` with the dests of *arguments* as keywords, and with those of *context* where the
    caller has them. *redirects* names, for options the `alembic` CLI has here, the command that does it with us. Where
    *uses_workspace* is False the workspace may be None.
    """

    name: str
    group: str
    summary: str
    run: str
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    redirects: tuple[tuple[str, str], ...] = ()
    takes_on: bool = True
    uses_workspace: bool = True
    magic: str = "%migrate "

    @property
    def positionals(self) -> tuple[Argument, ...]:
        """The arguments without flags, in the order they are typed."""
        return tuple(argument for argument in self.arguments if not argument.flags)

    @property
    def options(self) -> tuple[Argument, ...]:
        """The command's own options, then those every command takes."""
        own = tuple(argument for argument in self.arguments if argument.flags)
        return (*own, ON, HELP) if self.takes_on else (*own, HELP)

    def option(self, flag: str) -> Argument | None:
        """Return the option that *flag* ("-v", "--verbose") spells, or None."""
        return next((option for option in self.options if flag in option.flags), None)

    @property
    def typed(self) -> str:
        """What a person types to call it: `%migrate upgrade`, `%%revision`."""
        return f"{self.magic}{self.name}"

    @property
    def usage(self) -> str:
        """The line that shows how it is typed: `%migrate upgrade [TARGET] [--yes] ...`."""
        return " ".join((self.typed, *(_usage(argument) for argument in (*self.positionals, *self.options))))


def _usage(argument: Argument) -> str:
    if not argument.flags:
        text = f"{argument.metavar}..." if argument.repeatable else argument.metavar
    else:
        text = argument.flags[0] if argument.kind == "flag" else f"{argument.flags[0]} {argument.metavar}"
        text += "..." if argument.repeatable else ""
    return text if argument.required else f"[{text}]"


def flag(help_: str, *flags: str, dest: str | None = None) -> Argument:
    """An option without a value; *dest* is made of its last spelling where none is given."""
    return Argument(dest=_dest(flags) if dest is None else dest, kind="flag", help=help_, flags=flags)


def option(
    help_: str,
    *flags: str,
    metavar: str,
    kind: Kind = "text",
    dest: str | None = None,
    repeatable: bool = False,
    required: bool = False,
) -> Argument:
    """An option with a value; *dest* is made of its last spelling where none is given."""
    return Argument(
        dest=_dest(flags) if dest is None else dest,
        kind=kind,
        help=help_,
        flags=flags,
        metavar=metavar,
        repeatable=repeatable,
        required=required,
    )


def _dest(flags: tuple[str, ...]) -> str:
    return flags[-1].lstrip("-").replace("-", "_")


ON = option("Use this connection without switching to it.", "--on", metavar="NAME", kind="connection")
HELP = flag("Show this help; nothing is run.", "-h", "--help", dest="")
