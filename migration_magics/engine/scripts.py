"""Revision files into a `Graph`, without importing them and without reading an unchanged file twice.

Which files count is Alembic's decision, repeated here (Alembic 1.20, script/base.py: `Script._list_py_dir`,
`_from_path`, `_load_revisions`); what a file says is `headers`' work.
"""

from __future__ import annotations

import ast
import os
import re
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RevisionFileBroken
from ..model.collecting import collection_paused
from ..model.graph import Graph, Revision
from . import headers
from .modules import broken, load_module, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

_SOURCE = re.compile(r"(?!\.\#|__init__)(.*\.py)$")
_SOURCE_OR_BYTECODE = re.compile(r"(?!\.\#|__init__)(.*\.py)(c|o)?$")
_LEGACY_NAME = re.compile(r"([a-f0-9]+)\.py$")
_ILLEGAL = re.compile(r"[@\-+:]")
_CREATED = re.compile(
    r"^[ \t]*Create Date:[ \t]*(\d{4})-(\d\d)-(\d\d)"
    r"(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?[ \t]*(Z|[+-]\d\d:?\d\d)?)?",
    re.MULTILINE,
)

_State = tuple[int, int, int, int]
"""What tells that a file changed: modification and change time in nanoseconds, size in bytes, inode."""


@dataclass(frozen=True, slots=True)
class _File:
    """A candidate file: *path* with symbolic links resolved, and its *state*."""

    path: str
    state: _State


class ScriptReader:
    """Reads revision files and remembers what it read, by path and state of the file; one per workspace.

    *load* imports the files whose header only running them could tell; the caller provides the project's `sys.path`.
    What such a file computes from other files is read again only when the file itself changes.
    """

    def __init__(self, load: Callable[[Path], ModuleType] = load_module) -> None:
        self._load = load
        self._known: dict[str, tuple[_State, Revision]] = {}
        self._last: tuple[list[Revision], Graph] = ([], Graph())

    def read(self, locations: Sequence[Path], *, recursive: bool = False, sourceless: bool = False) -> Graph:
        """Return the graph of all revision files in *locations*, in Alembic's order of reading.

        The same object as last time while no file came, went or changed. A location that does not exist is empty.
        Raises `RevisionFileBroken` (with file and line), `DuplicateRevision`, `ParentMissing`, `RevisionCycle`.
        """
        with collection_paused():
            return self._read(locations, recursive=recursive, sourceless=sourceless)

    def _read(self, locations: Sequence[Path], *, recursive: bool, sourceless: bool) -> Graph:
        pattern = _SOURCE_OR_BYTECODE if sourceless else _SOURCE
        revisions = []
        seen = set()
        for location in locations:
            for file in _files(Path(location), pattern, recursive=recursive, sourceless=sourceless):
                if file.path not in seen:
                    seen.add(file.path)
                    revisions.append(self._revision(file))
        if len(self._known) > len(seen):
            self._known = {path: known for path, known in self._known.items() if path in seen}
        last, graph = self._last
        if revisions != last:
            graph = Graph(revisions)
            self._last = (revisions, graph)
        return graph

    def each(
        self, locations: Sequence[Path], *, recursive: bool = False, sourceless: bool = False
    ) -> tuple[tuple[Revision, ...], tuple[RevisionFileBroken, ...]]:
        """Return the revisions of all files that can be read, and what is wrong with the others; no graph is made of them."""
        pattern = _SOURCE_OR_BYTECODE if sourceless else _SOURCE
        files = {
            file.path: file
            for location in locations
            for file in _files(Path(location), pattern, recursive=recursive, sourceless=sourceless)
        }
        revisions, problems = [], []
        for file in files.values():
            try:
                revisions.append(self._revision(file))
            except RevisionFileBroken as error:
                problems.append(error)
        return tuple(revisions), tuple(problems)

    def _revision(self, file: _File) -> Revision:
        known = self._known.get(file.path)
        if known is not None and known[0] == file.state:
            return known[1]
        revision = read_revision(file.path, self._load)
        self._known[file.path] = (file.state, revision)
        return revision


class Fixed(ScriptReader):
    """Reads nothing: the graph is *graph*, whatever the files are. For a history as it would be."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph

    def read(self, _locations: Sequence[Path], *, recursive: bool = False, sourceless: bool = False) -> Graph:  # noqa: ARG002
        """Return the graph; it has nothing to do with *recursive* and *sourceless*."""
        return self._graph


def read_revision(path: str, load: Callable[[Path], ModuleType] = load_module) -> Revision:
    """Return the revision in the file at *path*; raises `RevisionFileBroken`."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - twice as fast as through a Path
            data = file.read()
        header = headers.header(data) if path.endswith(".py") else None
        if header is not None and not header.values.keys() >= {"revision", "down_revision"}:
            ast.parse(data)  # that it is no Python is worth more than what it lacks
    except (SyntaxError, ValueError, OSError) as error:
        raise broken(Path(path), error) from error
    if header is None:
        header = _imported_header(load(Path(path)))
    digest = blake2b(data, digest_size=16).hexdigest()
    has_upgrade = headers.has_upgrade(data) if path.endswith(".py") else None
    return _revision_of(header, path, digest, has_upgrade)


def _imported_header(module: ModuleType) -> headers.Header:
    values = {name: getattr(module, name) for name in headers.NAMES if hasattr(module, name)}
    return headers.Header(values, (module.__doc__ or "").strip(), hasattr(module, "downgrade"))


def _revision_of(header: headers.Header, path: str, digest: str, has_upgrade: bool | None) -> Revision:  # noqa: FBT001 - a fact
    values, doc = header.values, header.doc
    id_ = values["revision"] if "revision" in values else _legacy_id(path)
    if not isinstance(id_, str) or not id_ or _ILLEGAL.search(id_):
        raise RevisionFileBroken(
            f"{place(Path(path))}: {id_!r} cannot be a revision id.",
            hint="A revision id is a string without '@', '-', '+' and ':'.",
        )
    if "down_revision" not in values:
        raise RevisionFileBroken(
            f"{place(Path(path))} has no variable 'down_revision'.",
            hint="Add down_revision = '<the parent's id>', or None if it is the first; or move the file elsewhere.",
        )
    depends_on = _names(values.get("depends_on"), "depends_on", path)
    return Revision(
        id_,
        _names(values["down_revision"], "down_revision", path),
        depends_on if depends_on != ("",) else (),  # Alembic takes depends_on = "" for none
        _names(values.get("branch_labels"), "branch_labels", path),
        doc.partition("\n\n")[0],
        doc,
        path,
        _created_at(doc),
        header.has_downgrade,
        digest,
        has_upgrade,
    )


def _legacy_id(path: str) -> str:
    """Return the id that a file of Alembic 0.1 carries in its name."""
    match = _LEGACY_NAME.match(os.path.basename(path))  # noqa: PTH119 - a string in, a string out
    if match is None:
        raise RevisionFileBroken(
            f"{place(Path(path))} has no variable 'revision'.",
            hint="Add revision = '<id>'; if the file is no revision, move it out of the versions folder.",
        )
    return match.group(1)


def _names(value: Any, variable: str, path: str) -> tuple[str, ...]:
    """Return one name, several or none as a tuple."""
    if value is None:
        return ()
    names = (
        (value,)
        if isinstance(value, str)
        else tuple(value)
        if isinstance(value, (tuple, list, set, frozenset))
        else None
    )
    if names is None or not all(isinstance(name, str) for name in names):
        raise RevisionFileBroken(
            f"{place(Path(path))}: {variable} is {value!r}.",
            hint=f"{variable} is None, a string, or a tuple of strings.",
        )
    return names


def _created_at(doc: str) -> datetime | None:
    match = _CREATED.search(doc)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        return datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0").ljust(6, "0")), _offset(offset),
        )  # fmt: skip
    except ValueError:
        return None


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text == "Z":
        return timezone.utc
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _files(location: Path, pattern: re.Pattern[str], *, recursive: bool, sourceless: bool) -> Iterator[_File]:
    """Find candidate files, folder by folder, each folder's sorted by name; a link counts as the file it leads to."""
    todo = [os.path.realpath(location)]
    while todo:
        folder = todo.pop()
        if folder.endswith("__pycache__"):
            continue
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        folders = [entry for entry in found if entry.is_dir()]
        files = [entry for entry in found if not entry.is_dir()]
        if sourceless:
            files += _cached_bytecode(folder, {entry.name.partition(".")[0] for entry in files})
        for entry in files:
            match = pattern.match(entry.name)
            if match and not (sourceless and _has_better_twin(entry.path, match)) and (file := _file(entry)):
                yield file
        if recursive:
            todo += [entry.path for entry in reversed(folders) if not entry.is_symlink()]


def _file(entry: os.DirEntry[str]) -> _File | None:
    is_link = entry.is_symlink()
    try:
        found = os.stat(entry.path) if is_link else entry.stat()  # noqa: PTH116 - no Path per file: this is the hot loop
    except FileNotFoundError:  # removed meanwhile, or a dangling link
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    path = os.path.realpath(entry.path) if is_link else entry.path
    return _File(path, (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino))


def _cached_bytecode(folder: str, names: set[str]) -> list[os.DirEntry[str]]:
    """Return the files of `__pycache__` that have no source beside it."""
    try:
        with os.scandir(os.path.join(folder, "__pycache__")) as entries:  # noqa: PTH118 - a string in, a string out
            return sorted(
                (entry for entry in entries if entry.name.partition(".")[0] not in names), key=lambda e: e.name
            )
    except FileNotFoundError:
        return []


def _has_better_twin(path: str, match: re.Match[str]) -> bool:
    """Source is preferred to bytecode, and `.pyc` to `.pyo`."""
    source = Path(path).with_name(match.group(1))
    if match.group(2) == "c":
        return source.exists()
    return match.group(2) == "o" and (source.exists() or source.with_suffix(".pyc").exists())
