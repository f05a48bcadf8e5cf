"""Modules of a project that were changed on disk are loaded afresh for a run, and the notebook keeps those it has.

Only source files below the project's own folders are ever loaded again, and of those only what changed, what imports that,
and what defines models together with it. The fresh ones are kept aside between runs.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from . import registry
from .registry import Made

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from types import ModuleType

Stamp = tuple[int, int]
Modules = dict[str, "ModuleType"]


def _process_start_ns() -> int:
    """When this process began; where that cannot be read (proc(5): only Linux has it), when this module was imported."""
    with suppress(OSError, ValueError, IndexError):
        ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        age_s = float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0]) - ticks / _TICKS_PER_S
        return time.time_ns() - int(age_s * 1e9) - _SLACK_NS
    return time.time_ns()


_TICKS_PER_S = 100  # USER_HZ, as the kernel tells it to every program
_SLACK_NS = 1_000_000_000
_STARTED_NS = _process_start_ns()


class FreshModules:
    """What is known of one project's modules."""

    def __init__(self) -> None:
        self._aside: Modules = {}
        """The modules of its last run that differ from those the notebook has."""
        self._stamps: dict[int, tuple[ModuleType, Stamp]] = {}
        """What the file of a module, by identity, was like when it was loaded."""
        self.is_exchanged = False
        """A run goes on in which modules are other than those of the notebook."""

    @contextmanager
    def in_place(self, roots: Collection[Path]) -> Iterator[None]:
        """Let imports find every module below *roots* as it is on disk; put the notebook's own back afterwards."""
        importlib.invalidate_caches()
        for entry in [entry for entry in sys.path_importer_cache if not Path(entry).is_absolute()]:
            del sys.path_importer_cache[entry]  # it would look in the working directory of its first use
        before = _own(roots)
        parents = _attributes(before)
        gone = self._outdated({**before, **self._aside})
        kept = {name: each for name, each in self._aside.items() if name not in gone}
        displaced = {name: each for name, each in before.items() if name in gone or name in kept}
        if not displaced and not kept:
            yield
            self._remember(_own(roots))
            return
        old, new = _defined_in(displaced), _defined_in(kept)
        self.is_exchanged = True
        registry.take_out(old)
        registry.put_in(new)
        _exchange(displaced, kept)
        try:
            yield
        finally:
            now = _own(roots)
            fresh = {name: each for name, each in now.items() if before.get(name) is not each}
            registry.take_out(_defined_in(fresh))
            registry.put_in(old)
            _exchange(fresh, before)
            for (parent, name), value in parents.items():
                setattr(parent, name, value)
            self._remember(fresh)
            self._aside, self.is_exchanged = fresh, False

    def _remember(self, modules: Mapping[str, ModuleType]) -> None:
        for each in modules.values():
            stamp = _stamp(each)
            if stamp is not None:
                self._stamps.setdefault(id(each), (each, stamp))

    def _is_changed(self, module: ModuleType) -> bool:
        """Say whether the file of *module* is another than it was; of one first seen now, whether that may be so."""
        stamp, known = _stamp(module), self._stamps.get(id(module))
        if stamp is None:
            return False
        if known is not None and known[0] is module:
            return known[1] != stamp
        if stamp[0] < _STARTED_NS:
            self._stamps[id(module)] = (module, stamp)
            return False
        return True

    def _outdated(self, modules: Modules) -> set[str]:
        """Return the names of the *modules* to load again: the changed, their importers, those with models beside theirs."""
        gone = {name for name, each in modules.items() if self._is_changed(each)}
        if not gone:
            return set()
        for name in gone:
            _forget_bytecode(modules[name])
        imports = {name: _imports(each) for name, each in modules.items()}
        models = {name for name, each in modules.items() if _has_models(each)}
        while True:
            more = {name for name in modules if name not in gone and imports[name] & gone}
            if gone & models:
                more |= models - gone
            if not more:
                return gone
            gone |= more


def _own(roots: Collection[Path]) -> Modules:
    """Return the loaded modules whose source lies below *roots*, but for ours and the notebook itself."""
    ours = __name__.partition(".")[0]
    below = tuple(os.path.join(os.path.normpath(root), "") for root in roots)  # noqa: PTH118 - with a separator at its end
    return {
        name: each
        for name, each in list(sys.modules.items())
        if name != "__main__" and name.partition(".")[0] != ours and _is_source_below(each, below)
    }


def _is_source_below(module: ModuleType | None, folders: tuple[str, ...]) -> bool:
    file = getattr(module, "__file__", None)  # text, for there are thousands of modules and `Path` is slow
    is_source = isinstance(file, str) and file.endswith(".py") and "site-packages" not in file
    return is_source and str(file).startswith(folders)


def _stamp(module: ModuleType) -> Stamp | None:
    try:
        found = Path(str(module.__file__)).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _forget_bytecode(module: ModuleType) -> None:
    """Remove compiled code that would be taken for that of the changed file: it knows whole seconds and the size only."""
    cached = getattr(module, "__cached__", None)
    with suppress(OSError):
        if cached and int(Path(str(module.__file__)).stat().st_mtime) == int.from_bytes(
            Path(cached).read_bytes()[8:12], "little"
        ):
            Path(cached).unlink()


def _imports(module: ModuleType) -> set[str]:
    """Return the names that the source of *module* may import, packages of `from package import name` among them."""
    found: set[str] = set()
    try:
        tree = ast.parse(Path(str(module.__file__)).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return found
    package = module.__package__ or ""
    for each in ast.walk(tree):
        if isinstance(each, ast.Import):
            for alias in each.names:
                found.update(_prefixes(alias.name))
        elif isinstance(each, ast.ImportFrom):
            base = each.module or ""
            with suppress(ImportError):
                base = importlib.util.resolve_name("." * each.level + base, package) if each.level else base
            found.update(_prefixes(base), (f"{base}.{alias.name}" for alias in each.names))
    return found


def _prefixes(name: str) -> Iterable[str]:
    parts = name.split(".")
    return (".".join(parts[: count + 1]) for count in range(len(parts)))


def _has_models(module: ModuleType) -> bool:
    return any(isinstance(value, (sa.Table, sa.MetaData)) or _mapper(value) is not None for value in _values(module))


def _values(module: ModuleType) -> tuple[object, ...]:
    return tuple(vars(module).values())


def _mapper(value: object) -> Mapper[object] | None:
    found = vars(value).get("__mapper__") if isinstance(value, type) else None
    return found if isinstance(found, Mapper) else None


def _defined_in(modules: Mapping[str, ModuleType]) -> Made:
    """Return the tables and mapped classes of *modules*."""
    made, seen = Made(), set()
    for module in modules.values():
        for value in _values(module):
            mapper = _mapper(value)
            if mapper is not None and mapper.class_.__module__ in modules and id(mapper) not in seen:
                seen.add(id(mapper))
                made.mappers.append(mapper)
                tables = [table for table in mapper.tables if isinstance(table, sa.Table)]
            else:
                tables = [value] if isinstance(value, sa.Table) else []
            for table in tables:
                if id(table) not in seen:
                    seen.add(id(table))
                    made.tables.append(table)
    return made


def _attributes(modules: Mapping[str, ModuleType]) -> dict[tuple[ModuleType, str], object]:
    """Return what packages call their modules: an import sets it anew."""
    found: dict[tuple[ModuleType, str], object] = {}
    for name in modules:
        package, _, child = name.rpartition(".")
        parent = sys.modules.get(package)
        if parent is not None and child in vars(parent):
            found[parent, child] = vars(parent)[child]
    return found


def _exchange(out: Mapping[str, ModuleType], back: Mapping[str, ModuleType]) -> None:
    """Take modules out of where imports find them, which is in their packages, too, and put others there."""
    for name, each in out.items():
        package, _, child = name.rpartition(".")
        parent = sys.modules.get(package)
        if parent is not None and vars(parent).get(child) is each:
            delattr(parent, child)
    for name in out:
        sys.modules.pop(name, None)
    sys.modules.update(back)
    for name, each in back.items():
        package, _, child = name.rpartition(".")
        parent = sys.modules.get(package)
        if parent is not None and child not in vars(parent):
            setattr(parent, child, each)


_projects: dict[str, FreshModules] = {}


def of(key: str) -> FreshModules:
    """Return what is known of the project *key*."""
    return _projects.setdefault(key, FreshModules())


def lasting(metadatas: Iterable[sa.MetaData]) -> tuple[sa.MetaData, ...]:
    """Return *metadatas*, or copies where they may have the tables of now only while this run lasts."""
    is_exchanged = any(project.is_exchanged for project in _projects.values())
    return tuple(_copied(each) if is_exchanged else each for each in metadatas)


def _copied(metadata: sa.MetaData) -> sa.MetaData:
    copy = sa.MetaData(schema=metadata.schema, naming_convention=metadata.naming_convention, info=dict(metadata.info))
    for table in metadata.tables.values():
        table.to_metadata(copy)
    return copy
