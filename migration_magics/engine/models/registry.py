"""Tables and mapped classes taken out of where SQLAlchemy keeps them, and put back. Every private name of it is here.

SQLAlchemy can forget one table (`MetaData.remove`) and all classes of a registry (`registry.dispose`), never one class, and
it puts nothing back (2.0 and 2.1).
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.orm import Mapper, clsregistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import orm

# 2.1 made both private; 2.0 has them without the underscore
_add_class: Callable[[str, type, Any], None] = getattr(clsregistry, "_add_class", None) or clsregistry.add_class  # type: ignore[attr-defined]
_remove_class: Callable[[str, type, Any], None] = (
    getattr(clsregistry, "_remove_class", None) or clsregistry.remove_class  # type: ignore[attr-defined]
)


@dataclass(slots=True)
class Made:
    """The tables and mapped classes that some code made, in the order it made them."""

    tables: list[sa.Table] = field(default_factory=list)
    mappers: list[Mapper[Any]] = field(default_factory=list)

    @property
    def classes(self) -> tuple[type, ...]:
        """The mapped classes."""
        return tuple(mapper.class_ for mapper in self.mappers)

    @property
    def names(self) -> frozenset[str]:
        """The names of the mapped classes and the keys of the tables."""
        return frozenset((*(class_.__name__ for class_ in self.classes), *(table.key for table in self.tables)))


@contextmanager
def watched(filename: str) -> Iterator[Made]:
    """Collect what the top level of *filename* makes meanwhile, also through functions; not what its imports make."""
    made = Made()

    def on_table(table: sa.Table, parent: Any) -> None:
        if isinstance(parent, sa.MetaData) and _is_made_by(filename):
            made.tables.append(table)

    def on_class(mapper: Mapper[Any], _class: type) -> None:
        if _is_made_by(filename):
            made.mappers.append(mapper)

    event.listen(sa.Table, "after_parent_attach", on_table)
    event.listen(Mapper, "instrument_class", on_class)
    try:
        yield made
    finally:
        event.remove(sa.Table, "after_parent_attach", on_table)
        event.remove(Mapper, "instrument_class", on_class)


def _is_made_by(filename: str) -> bool:
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename == filename


@dataclass(frozen=True, slots=True)
class _MetaDataWas:
    metadata: sa.MetaData
    tables: dict[str, sa.Table]
    kept: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _RegistryWas:
    registry: orm.registry
    classes: frozenset[type]
    managers: dict[Any, Any]


class Snapshot:
    """What some MetaData and registries hold, to be put back exactly, in its order."""

    def __init__(self, metadatas: Iterable[sa.MetaData], registries: Iterable[orm.registry]) -> None:
        self._metadatas = tuple(
            _MetaDataWas(metadata, dict(metadata.tables), _kept(metadata)) for metadata in unique(metadatas)
        )
        # `_managers`: every mapped class of the registry; `registry.mappers` is made of it
        self._registries = tuple(
            _RegistryWas(each, classes_of(each), dict(each._managers)) for each in unique(registries)
        )

    def restore(self, made: Iterable[Made]) -> None:
        """Put all of it back, and make plain classes of those that were *made* since: a broken mapper breaks its registry."""
        for each in made:
            for mapper in each.mappers:
                dispose(mapper)
            for table in each.tables:
                _drop(table)
        for was in self._metadatas:
            _put_back(was)
        for one in self._registries:
            # `_class_registry`: by these names relationships find classes
            now = classes_of(one.registry)
            for class_ in now - one.classes:
                _remove_class(class_.__name__, class_, one.registry._class_registry)
            for class_ in sorted(one.classes - now, key=lambda class_: class_.__name__):
                _add_class(class_.__name__, class_, one.registry._class_registry)
            one.registry._managers.update(one.managers)


def _kept(metadata: sa.MetaData) -> dict[str, Any]:
    """What a MetaData has beside its tables: keys waiting for their target, schemas, sequences, types of its own."""
    kept: dict[str, Any] = {
        "_fk_memos": {key: list(waiting) for key, waiting in metadata._fk_memos.items()},
        "_schemas": set(metadata._schemas),
        "_sequences": dict(metadata._sequences),
    }
    if hasattr(metadata, "_objects"):  # since 2.1
        kept["_objects"] = set(metadata._objects)
    return kept


def _put_back(was: _MetaDataWas) -> None:
    dict.clear(was.metadata.tables)  # a `FacadeDict`: read-only by its own methods
    dict.update(was.metadata.tables, was.tables)
    for name, value in was.kept.items():
        held = getattr(was.metadata, name)
        held.clear()
        held.update(value)


def classes_of(registry: orm.registry) -> frozenset[type]:
    """Return the classes that relationships of *registry* find by name."""
    found: set[type] = set()
    for name, value in list(registry._class_registry.items()):
        if name == "_sa_module_registry":
            continue
        if isinstance(value, type):
            found.add(value)
        elif isinstance(value, clsregistry._MultipleClassMarker):
            found.update(class_ for class_ in value if class_ is not None)
    return frozenset(found)


def take_out(made: Made) -> None:
    """Make room for other definitions of the same names. What was taken out goes on working for whoever holds it."""
    for mapper in made.mappers:
        registry = mapper.registry
        _remove_class(mapper.class_.__name__, mapper.class_, registry._class_registry)
        registry._managers.pop(mapper.class_manager, None)
        identity = mapper.polymorphic_identity
        if mapper.inherits is not None and mapper.polymorphic_map.get(identity) is mapper:
            del mapper.polymorphic_map[identity]  # shared by the whole hierarchy
    for table in reversed(made.tables):
        _drop(table)


def put_in(made: Made) -> None:
    """Put back what `take_out` took, where nothing of the same name has come since."""
    for table in made.tables:
        metadata = table.metadata
        if table.key not in metadata.tables:
            metadata._add_table(table.name, table.schema, table)
            for key in table.foreign_keys:
                # keys wait here for their target, by its table and column
                _, table_key, column = key._resolve_col_tokens()
                metadata._fk_memos[table_key, column].append(key)
    for mapper in made.mappers:
        registry = mapper.registry
        if mapper.class_ not in classes_of(registry):
            _add_class(mapper.class_.__name__, mapper.class_, registry._class_registry)
        registry._managers[mapper.class_manager] = True
        if mapper.inherits is not None and mapper.polymorphic_identity is not None:
            mapper.polymorphic_map.setdefault(mapper.polymorphic_identity, mapper)


def _drop(table: sa.Table) -> None:
    metadata = table.metadata
    if metadata.tables.get(table.key) is table:
        metadata.remove(table)
    for column in table.columns:  # since 2.1 an Enum without a MetaData of its own joins that of its table
        if hasattr(metadata, "_objects"):
            metadata._objects.discard(column.type)


def dispose(mapper: Mapper[Any]) -> None:
    """Make a plain class of a mapped one, or of one whose mapping failed half-way."""
    manager = getattr(mapper, "class_manager", None)
    if manager is not None and manager.registry is not None:
        manager.registry._dispose_manager_and_mapper(manager)
        manager.registry._managers.pop(manager, None)


def forget_targets(metadatas: Iterable[sa.MetaData], gone: Iterable[sa.Table]) -> None:
    """Let foreign keys that found a column in one of the tables *gone* look for it again by name."""
    lost = set(map(id, gone))
    for metadata in unique(metadatas):
        for table in metadata.tables.values():
            for key in table.foreign_keys:
                column = key.__dict__.get("column")  # memoized by SQLAlchemy
                if column is not None and id(column.table) in lost and isinstance(key._colspec, str):
                    del key.__dict__["column"]


def refers_to(made: Made, gone: Made) -> bool:
    """Say whether anything in *made* holds on to something in *gone*: by relationship, inheritance or foreign key."""
    if not gone.mappers and not gone.tables:
        return False
    mappers, tables = set(gone.mappers), set(gone.tables)
    keys = {(id(table.metadata), table.key) for table in gone.tables}
    for table in made.tables:
        for key in table.foreign_keys:
            name = key.target_fullname.rpartition(".")[0]
            own = f"{table.metadata.schema}.{name}"
            if {(id(table.metadata), name), (id(table.metadata), own)} & keys:
                return True
    try:
        related = [each for mapper in made.mappers for each in mapper.relationships]
    except exc.SQLAlchemyError:  # a class outside of all this does not map: then nobody knows
        return True
    return any(each.mapper in mappers or each.secondary in tables for each in related) or any(
        parent in mappers for mapper in made.mappers for parent in mapper.iterate_to_root()
    )


def open_keys(table: sa.Table) -> tuple[tuple[sa.ForeignKey, str], ...]:
    """Return the foreign keys of *table* whose table no model defines yet, each with the column they name."""
    found = []
    for column in table.columns:
        for key in column.foreign_keys:
            try:
                key.column  # noqa: B018 - asking looks it up
            except exc.NoReferenceError:
                found.append((key, key.target_fullname))
    return tuple(found)


def missing_names(mappers: Iterable[Mapper[Any]]) -> dict[str, tuple[type, str]]:
    """Return the classes that relationships name and their registry has not, each with who asks: a class and its attribute.

    Asked before `configure()`, which leaves a class broken for good where it fails.
    """
    found: dict[str, tuple[type, str]] = {}
    for mapper in mappers:
        known = {class_.__name__ for class_ in classes_of(mapper.registry)}
        for key, prop in mapper._init_properties.items():  # `relationships` would configure
            named = getattr(prop, "argument", None)
            if isinstance(named, str) and named.isidentifier() and named not in known:
                found.setdefault(named, (mapper.class_, key))
    return found


def failed_mapper(mappers: Iterable[Mapper[Any]]) -> Mapper[Any] | None:
    """Return the mapper that `registry.configure()` stumbled over."""
    return next((mapper for mapper in mappers if mapper.__dict__.get("_configure_failed")), None)


def unique(items: Iterable[Any]) -> tuple[Any, ...]:
    """Return *items* in their order, each once, by identity."""
    return tuple({id(item): item for item in items}.values())
