"""What operations do, in words, and what they mean on each database: the facts are in the files beside this one.

One file per kind of deed. Each of its lists (`does`, `undone`, and one per database) is read from the top: the first entry
all of whose traits the deed has is the one that counts.
"""

from __future__ import annotations

import re
import string
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...model.explanation import DIALECTS, DeedExplained, Facts

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - Python 3.10 has no tomllib; Alembic installs tomli there
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...model.explanation import Deed

_FOLDER = Path(__file__).parent
_LOCKS = "locks"
_CALLED = re.compile(r"\bop\.(?P<name>\w+)\(")
_KEYWORDS = {"schema": {"schema": "schema"}, "keys": {"source_schema": "schema", "referent_schema": "referred_schema"}}
_PLAIN = re.compile(r"[\w$.]+")


def kinds() -> tuple[str, ...]:
    """Return the kinds that have a file, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml") if path.stem != _LOCKS))


def explain(deed: Deed, dialects: Sequence[str] = DIALECTS) -> DeedExplained:
    """Return *deed* in words, with the facts for each of *dialects*; one that nobody knows is told as "other"."""
    kind = deed.kind if deed.kind in kinds() else "other"
    held = _file(kind)
    undone = _chosen(held["undone"], deed.traits)
    values = _Values(deed.values)
    return DeedExplained(
        deed.kind,
        values.fill(_chosen(held["does"], deed.traits)["text"]),
        undone["can"],
        values.fill(_with_schema(undone["text"])),
        {dialect: _facts(held, dialect, deed.traits, values) for dialect in dialects if dialect in held},
    )


def entries(kind: str, dialect: str) -> tuple[Mapping[str, Any], ...]:
    """Return the facts of *kind* on *dialect* as the file has them, in order."""
    return tuple(_file(kind).get(dialect, ()))


def _facts(held: Mapping[str, Any], dialect: str, traits: frozenset[str], values: _Values) -> Facts:
    entry = _chosen(held[dialect], traits)
    lock = entry.get("lock", "")
    return Facts(
        lock=lock,
        waits=entry.get("waits") or (_file(_LOCKS)[dialect][lock] if lock else "Nobody waits."),
        lasts=values.fill(entry.get("lasts", "")),
        algorithm=entry.get("algorithm", ""),
        rewrites=_told(entry.get("rewrites", False)),
        scans=_told(entry.get("scans", False)),
        why=values.fill(entry.get("why", "")),
        safe=_Code(values.known).fill(_with_schema(entry.get("safe", ""))).strip("\n"),
        source=entry.get("source", ""),
    )


def _told(value: bool | str) -> bool | None:  # noqa: FBT001 - as the file has it: true, false, "depends"
    return value if isinstance(value, bool) else None


def _chosen(listed: Sequence[Mapping[str, Any]], traits: frozenset[str]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(entry for entry in listed if traits.issuperset(entry.get("when", ())))
    return found


@lru_cache(maxsize=64)
def _file(kind: str) -> Mapping[str, Any]:
    held: Mapping[str, Any] = tomllib.loads((_FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))
    return held


def _with_schema(template: str) -> str:
    """Give each call of an operation the table without its schema, and that by keyword, as Alembic wants it."""
    made, at = [], 0
    for call in _CALLED.finditer(template):
        end, depth = call.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(template[end], 0)
            end += 1
        inner = template[call.end() : end - 1]
        if "{table!r}" in inner:
            keyword = "{keys}" if call["name"] == "create_foreign_key" else "{schema}"
            bare = inner.replace("{table!r}", "{bare!r}").replace("{referred!r}", "{bare_referred!r}")
            made += [template[at : call.end()], bare, keyword, ")"]
            at = end
    return "".join([*made, template[at:]])


class _Values(string.Formatter):
    """Fills `{name}` and, for code, `{name!r}`; what is not known becomes "..."."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.known = values

    def fill(self, text: str) -> str:
        return self.format(text)

    def get_value(self, key: int | str, *_given: Any) -> Any:
        if key in _KEYWORDS:
            given = {keyword: self.known.get(name) for keyword, name in _KEYWORDS[str(key)].items()}
            return _Keywords("".join(f", {keyword}={name!r}" for keyword, name in given.items() if name))
        whole = str(key).replace("bare_referred", "referred").replace("bare", "table")
        return self.known.get(str(key)) or self.known.get(whole) or "..."


class _Keywords(str):
    """Arguments that are code by now."""

    __slots__ = ()


class _Code(_Values):
    """Fills code that a person will paste: a name stands there as it is only where it can end no string and no comment."""

    def convert_field(self, value: Any, conversion: Any) -> Any:
        if conversion is None and not isinstance(value, _Keywords) and not _PLAIN.fullmatch(str(value)):
            return "..."
        return super().convert_field(value, conversion)
