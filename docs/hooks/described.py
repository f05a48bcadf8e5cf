"""What the code says of itself: dataclasses, their fields and properties, with the words of their docstrings."""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import re
import sys
import textwrap
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import migration_magics.model
import migration_magics.results
from migration_magics.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OFTEN: Mapping[str, str] = {
    "connection": "The name of the connection that it is about.",
    "diff": "What changes in the schema.",
    "findings": "What was noticed: each with `rule`, `severity`, `confidence`, `message` and `remedy`.",
    "notes": "Sentences worth knowing: what was assumed, what could not be read.",
    "direction": "`upgrade` or `downgrade`.",
    "next_command": "The next sensible line to type, or an empty text.",
    "place": "Where the history was replayed, in words: SQLite in memory, a scratch database of the server.",
    "verbose": "Whether `-v` was given.",
}
"""Fields that mean the same wherever they are."""


@dataclass(frozen=True, slots=True)
class Member:
    """A field or property: *type* as it is written in the code, *default* as Python would write it, "" where it has none."""

    name: str
    type: str
    text: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A class: *text* is its docstring as Markdown, *members* its public fields and then its properties."""

    name: str
    text: str
    members: tuple[Member, ...]
    refers_to: tuple[type, ...] = ()
    """The dataclasses and enums of this package that its fields are made of."""


def results() -> list[type[Result]]:
    """Return the class of every result, in the order of the modules they are in."""
    found = [value for value in map(migration_magics.results.__dict__.get, migration_magics.results.__all__) if value]
    return [each for each in found if isinstance(each, type) and issubclass(each, Result) and each is not Result]


def values() -> list[type]:
    """Return every dataclass and enum that a result is made of, directly or through another, by name."""
    known: dict[type, None] = {}
    waiting = [each for result in results() for each in described(result).refers_to]
    while waiting:
        each = waiting.pop()
        if each not in known:
            known[each] = None
            waiting += described(each).refers_to
    mine = set(results())
    return sorted((each for each in known if each not in mine), key=lambda each: each.__name__)


def described(class_: type) -> Described:
    """Return what the code says of *class_*, a dataclass or an enum."""
    name = f"{class_.__module__}.{class_.__qualname__}"
    if name not in _known:
        _known[name] = _described(class_)
    return _known[name]


_known: dict[str, Described] = {}


def _described(class_: type) -> Described:
    text = textwrap.dedent(inspect.getdoc(class_) or "")
    if issubclass(class_, enum.Enum):
        members = tuple(Member(each.name, repr(each.value), "") for each in class_)
        return Described(class_.__name__, text, members)
    below, names = _documented(class_), _names(class_)
    inherited = tuple(
        member for base in class_.__bases__ if base not in (object, Result) for member in described(base).members
    )
    members = inherited + tuple(
        Member(name, type_, below.get(name) or _said(text, name) or OFTEN.get(name, ""), default)
        for name, type_, default in _fields(class_)
    )
    referred = [_found(names, word) for member in members for word in re.findall(r"\w+", member.type)]
    classes = tuple(dict.fromkeys(each for each in referred if each is not None))
    return Described(class_.__name__, text, (*members, *_properties(class_)), classes)


def undescribed(classes: Iterable[type]) -> list[str]:
    """Return the fields and properties of *classes* that nobody has said a word about: `Current.ids`."""
    return [
        f"{class_.__name__}.{member.name}"
        for class_ in classes
        if not issubclass(class_, enum.Enum)
        for member in described(class_).members
        if not member.text and not _is_inherited(class_, member.name)
    ]


def _is_inherited(class_: type, name: str) -> bool:
    return any(is_dataclass(base) and name in {field.name for field in fields(base)} for base in class_.__mro__[1:])


def _fields(class_: type) -> list[tuple[str, str, str]]:
    """Name, type and default of each public field that is the class's own."""
    if not is_dataclass(class_):
        return []
    inherited = {field.name for base in class_.__mro__[1:] if is_dataclass(base) for field in fields(base)}
    return [
        (field.name, str(field.type), _default(field.default, field.default_factory))
        for field in fields(class_)
        if not field.name.startswith("_") and field.name not in inherited
    ]


def _default(value: object, factory: object) -> str:
    if value is not MISSING:
        return str(value) if isinstance(value, enum.Enum) else repr(value)
    return "" if factory is MISSING else f"{getattr(factory, '__name__', 'made')}()"


def _properties(class_: type) -> list[Member]:
    found = [(name, value) for name, value in vars(class_).items() if isinstance(value, property)]
    return [
        Member(name, str(value.fget.__annotations__.get("return", "")), inspect.getdoc(value) or "", "property")
        for name, value in found
        if not name.startswith("_") and value.fget is not None
    ]


def _documented(class_: type) -> dict[str, str]:
    """The string below each field."""
    body: Any = ast.parse(textwrap.dedent(inspect.getsource(class_))).body[0]
    return {
        node.target.id: inspect.cleandoc(str(after.value.value))
        for node, after in zip(body.body, body.body[1:], strict=False)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }


def _said(text: str, name: str) -> str:
    """The sentences of a docstring that speak of `*name*`."""
    sentences = re.split(r"(?<=[.:])\s+(?=[A-Z*`])", " ".join(text.split()))
    return " ".join(each for each in sentences if re.search(rf"\*{re.escape(name)}\*", each))


def _names(class_: type) -> dict[str, Any]:
    """The names that annotations of the class's module may use, those it imports for type checking included."""
    module = sys.modules[class_.__module__]
    names = dict(vars(module))
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and node.level:
            source = importlib.import_module("." * node.level + (node.module or ""), module.__package__)
            names |= {alias.asname or alias.name: getattr(source, alias.name, None) for alias in node.names}
    return names


def _found(names: Mapping[str, Any], word: str) -> type | None:
    value = names.get(word)
    if not isinstance(value, type) or not value.__module__.startswith("migration_magics."):
        return None
    return value if is_dataclass(value) or issubclass(value, enum.Enum) else None
