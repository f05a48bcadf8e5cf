"""What a revision's code names that a copy of the database does not hold back: files, programs, other servers."""

from __future__ import annotations

import dis
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILES, PROGRAMS, SERVERS = "opens files", "starts programs", "calls other servers"

_MODULES = {
    **dict.fromkeys(("shutil", "tempfile"), FILES),
    "subprocess": PROGRAMS,
    **dict.fromkeys(
        ("aiohttp", "boto3", "ftplib", "http", "httpx", "paramiko", "requests", "smtplib", "socket"), SERVERS
    ),
}
"""What is done by the functions of a module, by its first name."""

_NAMES = {
    **dict.fromkeys(("to_csv", "to_excel", "to_parquet", "write_bytes", "write_text"), FILES),
    **dict.fromkeys(("urlopen", "urlretrieve"), SERVERS),
}
"""What is done by methods and functions of these names, whosever they are."""

_OF_OS = {
    **dict.fromkeys(("makedirs", "mkdir", "remove", "rename", "replace", "rmdir", "unlink"), FILES),
    **dict.fromkeys(("execv", "popen", "posix_spawn", "startfile", "system"), PROGRAMS),
}


def not_confined(module: ModuleType) -> tuple[str, ...]:
    """Return what the functions of a revision's *module* seem to do beside the database, each once, in a fixed order.

    Read from the names in their code; nothing is run. What they reach through other modules of their own is not seen.
    """
    names = vars(module)
    functions = (each for each in names.values() if isinstance(each, FunctionType) and each.__globals__ is names)
    found = {deed for function in functions for code in _codes(function.__code__) for deed in _deeds(code, names)}
    return tuple(deed for deed in (FILES, PROGRAMS, SERVERS) if deed in found)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield *code* and that of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _deeds(code: CodeType, names: Mapping[str, Any]) -> Iterator[str]:
    for name in code.co_names:
        known = names.get(name)
        if name == "open" and known is None:
            yield FILES
        if name in _NAMES:
            yield _NAMES[name]
        if known is not None and (deed := _MODULES.get(_home(known))) is not None:
            yield deed
    imported = {each.argval for each in dis.get_instructions(code) if each.opname == "IMPORT_NAME"}
    yield from (deed for name in imported if (deed := _MODULES.get(name.partition(".")[0])) is not None)
    if "os" in imported or getattr(names.get("os"), "__name__", "") == "os":
        yield from (_OF_OS[name] for name in code.co_names if name in _OF_OS)


def _home(value: object) -> str:
    """Return the first name of the module that *value* is, or comes from."""
    name = getattr(value, "__name__", "") if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    return str(name or "").partition(".")[0]
