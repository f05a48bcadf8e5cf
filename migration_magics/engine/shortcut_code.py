"""Values and functions of a project as values that are equal only where they mean the same, or not at all.

A function is known by its code where that reads nothing but its arguments and what is known itself; nothing is called.
"""

from __future__ import annotations

import dis
import functools
import re
import sys
import sysconfig
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLAIN = frozenset({bool, int, float, str, bytes, type(None)})

_LIBRARIES = frozenset({"alembic", "migration_magics", "sqlalchemy"})
_STANDARD = sysconfig.get_path("stdlib")
_MODULES = frozenset({"alembic", "fnmatch", "functools", "itertools", "operator", "re", "sqlalchemy", "string"})

_BUILTINS = frozenset(
    [
        "all",
        "any",
        "bool",
        "dict",
        "enumerate",
        "float",
        "frozenset",
        "int",
        "isinstance",
        "issubclass",
        "len",
        "list",
        "max",
        "min",
        "range",
        "set",
        "sorted",
        "str",
        "tuple",
        "type",
        "zip",
    ]
)

_ATTRIBUTES = frozenset(
    [
        "arg",
        "as_uuid",
        "asdecimal",
        "autoincrement",
        "c",
        "casefold",
        "collation",
        "columns",
        "comment",
        "count",
        "dialect",
        "endswith",
        "enums",
        "find",
        "fnmatch",
        "fnmatchcase",
        "format",
        "fullmatch",
        "fullname",
        "get",
        "impl",
        "index",
        "info",
        "intersection",
        "isdigit",
        "isdisjoint",
        "isidentifier",
        "issubset",
        "issuperset",
        "item_type",
        "items",
        "join",
        "key",
        "keys",
        "length",
        "lower",
        "lstrip",
        "match",
        "name",
        "native_enum",
        "nullable",
        "partition",
        "precision",
        "primary_key",
        "removeprefix",
        "removesuffix",
        "replace",
        "rpartition",
        "rsplit",
        "rstrip",
        "scale",
        "schema",
        "search",
        "split",
        "startswith",
        "strip",
        "table",
        "text",
        "timezone",
        "type",
        "union",
        "unique",
        "upper",
        "values",
    ]
)
"""What of an object may be asked: what `shortcut_models` knows of a table, and methods that change nothing."""

_UNKNOWABLE = re.compile(
    r"(STORE|DELETE)_(GLOBAL|ATTR|NAME|DEREF|SUBSCR)|IMPORT_|LOAD_(NAME|SUPER|BUILD_CLASS|CLASSDEREF)"
)


class Unknowable(Exception):
    """Nobody can say by its parts whether this is the same as something else."""


def is_library(module: str) -> bool:
    """Return whether what is defined in *module* stays as it is while this process runs."""
    return _is_library(module.partition(".")[0])


@functools.cache
def _is_library(top: str) -> bool:
    if top in _LIBRARIES:
        return True
    if top not in sys.stdlib_module_names - {"__main__"}:
        return False
    file = getattr(sys.modules.get(top), "__file__", None)  # a project may have a "test" or a "code" of its own
    return file is None or Path(file).is_relative_to(_STANDARD)


def signed(value: Any) -> Any:
    """Return a hashable value that equals that of another one only where both mean the same. Raises Unknowable."""
    return _signed(value, frozenset())


def _signed(value: Any, above: frozenset[int]) -> Any:
    kind = type(value)
    if kind in PLAIN:
        return kind.__name__, value
    if id(value) in above:
        return ("itself",)
    above |= {id(value)}
    if isinstance(value, (list, tuple)):
        return kind.__name__, tuple(_signed(each, above) for each in value)
    if isinstance(value, (set, frozenset)):
        return kind.__name__, frozenset(_signed(each, above) for each in value)
    if isinstance(value, dict):
        return "dict", tuple((_signed(name, above), _signed(each, above)) for name, each in value.items())
    if isinstance(value, str):  # SQLAlchemy's quoted_name, conv
        return kind.__name__, str(value)
    if isinstance(value, re.Pattern):
        return "pattern", value.pattern, value.flags
    return _code(value, above)


def _code(value: Any, above: frozenset[int]) -> Any:
    if isinstance(value, FunctionType):
        return _function(value, above)
    if isinstance(value, functools.partial):
        return "partial", *(_signed(each, above) for each in (value.func, value.args, value.keywords))
    if isinstance(value, ModuleType) and value.__name__.partition(".")[0] in _MODULES:
        return "module", value.__name__
    if isinstance(value, type) and is_library(value.__module__):
        return "class", value.__module__, value.__qualname__
    raise Unknowable(type(value).__name__)


def _function(function: FunctionType, above: frozenset[int]) -> Any:
    if is_library(function.__module__) and function.__closure__ is None:
        return "function", function.__module__, function.__qualname__
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return (
        "function",
        _body(function.__code__, function.__globals__, above),
        *(_signed(each, above) for each in (function.__defaults__, function.__kwdefaults__, cells)),
    )


def _body(code: CodeType, known: Mapping[str, Any], above: frozenset[int]) -> Any:
    names = []
    for name in dict.fromkeys(_globals(code)):
        if name in known:
            names.append((name, _signed(known[name], above)))
        elif name not in _BUILTINS:
            raise Unknowable(name)
    consts = tuple(
        _body(each, known, above) if isinstance(each, CodeType) else _signed(each, above)
        for each in code.co_consts
        if each is not Ellipsis
    )
    shape = (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags)
    words = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return code.co_code, shape, words, consts, tuple(names)


def _globals(code: CodeType) -> Iterator[str]:
    """Give the global names that *code* reads. Raises Unknowable where it does anything but look at what it is given."""
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_GLOBAL":
            yield step.argval
        elif step.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
            if step.argval not in _ATTRIBUTES and not step.argval[:1].isupper():
                raise Unknowable(step.argval)
        elif _UNKNOWABLE.match(step.opname):
            raise Unknowable(step.opname)
