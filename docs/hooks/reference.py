"""The reference pages, made of the table of commands, the results, the settings and the errors."""

from __future__ import annotations

import inspect
import re
import sys
import typing
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import TYPE_CHECKING

import migration_magics
from migration_magics import errors
from migration_magics.commands.api import Workspace
from migration_magics.commands.table import CELLS, COMMANDS, SYNONYMS
from migration_magics.magics import traits
from migration_magics.results import Result
from migration_magics.settings import Settings

from . import described as code

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - Python 3.10 has no tomllib; Alembic installs tomli there
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from migration_magics.commands.declaration import Argument, Command

GENERATED = "Made of the code itself whenever the documentation is built."

PYPROJECT = {
    "models": "Where the models are, as `package.module:attribute`, or a list of these.",
    "connections": "Named connections: a table for each, with the keys below.",
}
"""The keys of `[tool.migration_magics]` beside the settings."""

CONNECTION = {
    "url": "SQLAlchemy's URL, or `env:NAME`, or `keyring:service/user`. Required.",
    "password": "The password, better as `env:NAME` or `keyring:service/user`: it is read when it is needed, never before.",
    "connect_args": 'A table of arguments for the driver, such as `{ sslmode = "require" }`.',
    "schema": "The schema to work in: PostgreSQL's search path.",
    "protected": "Whether everything that changes this database wants `--confirm NAME`.",
}
"""The keys of `[tool.migration_magics.connections.NAME]`."""


ENVIRONMENT = {
    "ALEMBIC_CONFIG": "The project's ini file, where `connect` names none: as for the `alembic` command.",
    "DATABASE_URL": "The database, where neither `connect` nor the project names one.",
    "MIGRATION_MAGICS_CACHE": "The folder for replayed histories and restore points, in place of the user's own.",
}
"""The environment variables that are read."""


def pages() -> dict[str, str]:
    """Return the Markdown of each page by its path below docs/."""
    return {
        "reference/commands.md": commands(),
        "reference/results.md": results(),
        "reference/values.md": values(),
        "reference/settings.md": settings(),
        "reference/errors.md": error_tree(),
        "reference/python.md": python(),
    }


def commands() -> str:
    """Return the page of all commands, by group; each is an anchor: `commands.md#upgrade`."""
    everything = (*COMMANDS.values(), *CELLS.values())
    parts = [
        "# Commands",
        GENERATED,
        "`%migrate` alone is `%migrate status`. `%migrate help COMMAND` shows the same in a notebook, and Tab completes "
        "commands, options, revisions, tables and connections. `x = %migrate ...` keeps the [result](results.md).",
    ]
    for group in dict.fromkeys(command.group for command in everything):
        parts.append(f"## {group.capitalize()}")
        parts += [_command(command) for command in everything if command.group == group]
    words = ", ".join(f"`{word}` (`{meant}`)" for word, meant in sorted(SYNONYMS.items()))
    parts += ["## Other names", f"Words that other tools use are answered with ours: {words}. They run nothing."]
    return _page(parts)


def anchor(command: Command) -> str:
    """Return the anchor of a command on its page: `upgrade`, `cell-revision`."""
    return f"cell-{command.name}" if command.magic == "%%" else command.name


def results() -> str:
    """Return the page of all results."""
    parts = [
        "# Results",
        GENERATED,
        "Every command returns one of these. They are frozen, and show themselves as text (`str(result)`) and as HTML.",
        "## What all of them have { #Result }",
        _members(
            (
                code.Member(
                    "to_frame()", "pandas.DataFrame", "The table of the result, complete whatever the display limit."
                ),
                code.Member("to_dict()", "dict", "All of it as JSON-ready data."),
                code.Member("records()", "list[dict]", "The rows of the table."),
                *code.described(Result).members,
            )
        ),
    ]
    said = written()
    for result in code.results():
        about = code.described(result)
        names = [class_.__name__ for class_ in result.__mro__]
        members = tuple(
            each
            if each.text
            else replace(each, text=next((said[at] for name in names if (at := (name, each.name)) in said), ""))
            for each in about.members
        )
        parts += [f"## {about.name} {{ #{about.name} }}", _prose(about.text), _members(members, about.refers_to)]
    return _page(parts)


def written() -> dict[tuple[str, str], str]:
    """Return what `fields.toml` says of fields, by class and name."""
    from importlib.resources import files

    table = tomllib.loads(files("docs.hooks").joinpath("fields.toml").read_text(encoding="utf-8"))
    return {(name, field): str(text) for name, fields in table.items() for field, text in fields.items()}


def values() -> str:
    """Return the page of what results are made of."""
    parts = ["# Values", GENERATED, "What the fields of [results](results.md) hold. All of them are frozen."]
    for each in code.values():
        about = code.described(each)
        parts += [
            f"## {about.name} {{ #{value_anchor(each)} }}",
            _prose(about.text),
            _members(about.members, about.refers_to),
        ]
    return _page(parts)


def value_anchor(value: type) -> str:
    """Return the anchor of a class on the page of values: its name, with the module's where several have that name."""
    alike = [each for each in code.values() if each.__name__ == value.__name__]
    return value.__name__ if len(alike) == 1 else f"{value.__module__.rpartition('.')[2]}.{value.__name__}"


def settings() -> str:
    """Return the page of settings and of pyproject.toml."""
    hints = typing.get_type_hints(Settings)
    helps = traits._documentation()  # noqa: SLF001 - the one place that reads them
    rows = [
        (
            f"`{field.name}` {{ #{field.name} }}",
            f"`{_type(hints[field.name])}`",
            f"`{field.default}`",
            helps[field.name],
        )
        for field in dataclass_fields(Settings)
    ]
    return _page(
        [
            "# Settings",
            GENERATED,
            "Set in a notebook by `%config MigrateMagics.display_limit = 100`, in Python by `ws.settings`, or for everybody "
            "who works on the project in pyproject.toml, where a key that nobody knows is an error with the nearest one:",
            '```toml title="pyproject.toml"\n[tool.migration_magics]\nlock_timeout_s = 5\nmodels = "app.models:Base"\n\n'
            "[tool.migration_magics.connections.staging]\n"
            'url = "postgresql+psycopg://app@db.example/app"\npassword = "env:STAGING_PASSWORD"\nprotected = true\n```',
            "`%config` wins over pyproject.toml.",
            "## All settings",
            _table(("setting", "type", "default", "what it does"), [(_anchored(a), b, c, d) for a, b, c, d in rows]),
            "## More keys of `[tool.migration_magics]` { #keys }",
            _table(("key", "what it is"), [(f"`{key}`", text) for key, text in PYPROJECT.items()]),
            "## Keys of a connection { #connections }",
            _table(("key", "what it is"), [(f"`{key}`", text) for key, text in CONNECTION.items()]),
            "## Environment variables { #environment }",
            _table(
                ("variable", "what it does"),
                [(f"`{name}`", text) for name, text in ENVIRONMENT.items()],
            ),
        ]
    )


def error_tree() -> str:
    """Return the page of errors, each below the one it is a kind of."""
    parts = [
        "# Errors",
        GENERATED,
        "An error is two lines: what is wrong, and the next command to type. It is a real error: it stops Run All and fails "
        "a headless run. `%migrate why` shows how it came about. In Python they are in `migration_magics.errors`; each has "
        "`.message`, `.hint`, and what its row says.",
    ]
    rows = [
        (
            _anchored(f"`{error.__name__}` {{ #{error.__name__} }}"),
            _kinds(error),
            _cell(_prose(inspect.getdoc(error) or "")),
        )
        for error in _errors(errors.MigrationError)
    ]
    return _page([*parts, _table(("error", "is a", "when"), rows)])


def python() -> str:
    """Return the page of the Python object."""
    methods = [
        (name, value)
        for class_ in reversed(Workspace.__mro__[:-1])
        for name, value in vars(class_).items()
        if not name.startswith("_") and inspect.isfunction(value)
    ]
    commands_, rest = _split(methods, lambda item: item[0] in (*COMMANDS, *CELLS, "run"))
    return _page(
        [
            "# Python",
            GENERATED,
            "Every command without a magic, for scripts, tests and other notebooks.",
            _signature("migration_magics.open", migration_magics.open),
            _prose(inspect.getdoc(migration_magics.open) or ""),
            "## Workspace",
            _prose(inspect.getdoc(Workspace) or ""),
            "### Commands as methods { #methods }",
            _table(("method", "returns", "what it does"), [_method(*each) for each in commands_]),
            "### Beside the commands { #beside }",
            _table(("method", "returns", "what it does"), [_method(*each) for each in rest]),
        ]
    )


def _command(command: Command) -> str:
    parts = [
        f"### `{command.typed}` {{ #{anchor(command)} }}",
        command.summary,
        f"```text\n{command.usage}\n```",
    ]
    if command.positionals:
        parts.append(_table(("argument", "what it is", "default"), [_argument(each) for each in command.positionals]))
    parts.append(_table(("option", "what it does", "default"), [_argument(each) for each in command.options]))
    returned = _returned(command)
    if returned:
        parts.append("Returns " + " or ".join(f"[`{name}`](results.md#{name})" for name in returned) + ".")
    if command.redirects:
        told = ", ".join(f"`{option}`: `{line}`" for option, line in command.redirects)
        parts.append(f"What Alembic has as an option here is a command of its own: {told}.")
    if command.examples:
        parts.append("```ipython\n" + "\n".join(command.examples) + "\n```")
    return "\n\n".join(parts)


def _argument(argument: Argument) -> tuple[str, str, str]:
    name = ", ".join(f"`{flag}`" for flag in argument.flags) or f"`{argument.metavar}`"
    if argument.flags and argument.kind != "flag":
        name += f" `{argument.metavar}`"
    text = (
        argument.help
        + (" More than once." if argument.repeatable else "")
        + (" Required." if argument.required else "")
    )
    return name, text, "" if argument.default is None else f"`{argument.default}`"


def _returned(command: Command) -> list[str]:
    method = getattr(Workspace, command.name, None)
    known = {result.__name__ for result in code.results()}
    named = re.findall(r"\w+", str(method.__annotations__.get("return", ""))) if method else []
    return [name for name in named if name in known]


def _members(members: Sequence[code.Member], classes: Sequence[type] = ()) -> str:
    rows = [(f"`{each.name}`", _linked(each.type, classes), _cell(each.text)) for each in members]
    return _table(("field", "type", "what it is"), rows) if rows else ""


def _linked(type_: str, classes: Sequence[type]) -> str:
    """Write a type as code, with links to those of *classes* that it names."""
    named = [each for each in classes if re.search(rf"\b{each.__name__}\b", type_)]
    links = (f" [{each.__name__}]({_place(each)})" for each in named)
    return f"`{' '.join(type_.split())}`{''.join(links)}" if type_ else ""


def _place(class_: type) -> str:
    is_result = issubclass(class_, Result)
    return f"results.md#{class_.__name__}" if is_result else f"values.md#{value_anchor(class_)}"


def _errors(error: type[errors.MigrationError]) -> list[type[errors.MigrationError]]:
    below = [each for each in error.__subclasses__() if each.__module__ == errors.__name__]
    return [error, *(found for each in below for found in _errors(each))]


def _kinds(error: type) -> str:
    return ", ".join(
        f"[`{base.__name__}`](#{base.__name__})" if base.__module__ == errors.__name__ else f"`{base.__name__}`"
        for base in error.__bases__
    )


def _method(name: str, function: Callable[..., object]) -> tuple[str, str, str]:
    signature = inspect.signature(function)
    shown = ", ".join(str(each) for each in list(signature.parameters.values())[1:])
    shown = re.sub(r": '([^']*)'", r": \1", shown)
    returned = str(function.__annotations__.get("return", ""))
    return f"`{name}({shown})`", _linked(returned, code.results()), _cell(_prose(inspect.getdoc(function) or ""))


def _signature(name: str, function: Callable[..., object]) -> str:
    shown = re.sub(r"'([^']*)'", r"\1", str(inspect.signature(function)))
    return f"```text\n{name}{shown}\n```"


def _split(
    items: Iterable[tuple[str, Callable[..., object]]], belongs: Callable[[tuple[str, Callable[..., object]]], bool]
) -> tuple[list[tuple[str, Callable[..., object]]], list[tuple[str, Callable[..., object]]]]:
    kept = list(items)
    return [each for each in kept if belongs(each)], [each for each in kept if not belongs(each)]


def _type(hint: object) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _prose(text: str) -> str:
    """Make a docstring Markdown: paragraphs stay, `*name*` becomes the code that it means."""
    return re.sub(r"(?<![\w*`])\*(\w+)\*(?![\w*`])", r"`\1`", text)


def _anchored(cell: str) -> str:
    """Turn "`name` { #id }" into a cell that can be linked to."""
    found = re.fullmatch(r"(.*) \{ #(\S+) \}", cell)
    return f'<span id="{found[2]}"></span>{found[1]}' if found else cell


def _cell(text: str) -> str:
    """Put text into one cell of a table; between backticks a | is itself."""
    parts = re.split(r"(`[^`]*`)", _prose(" ".join(text.split())))
    return "".join(part if part.startswith("`") else part.replace("|", "&#124;") for part in parts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a table as Markdown; a last column with nothing in it is left out."""
    rows = list(rows)
    if not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(" ".join(cell.split()) for cell in row) + " |" for row in rows)])


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
