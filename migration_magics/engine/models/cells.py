"""The models cells of one notebook: each run replaces what the cell had defined, and a run that fails changes nothing."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm

from ...errors import ModelsProblem
from . import registry
from .problems import check_tables, explained, mapped, misnamed
from .registry import Made, Snapshot
from .sources import metadatas_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy.engine import Dialect

    from .reading import Text

_DEFINITIONS = (type, sa.MetaData, sa.Table, orm.registry)
"""What another cell may build on: where one of these is another than before, that cell runs again."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One models cell. *without* are names that a later cell has taken over.

    *base* names what of it is compared, and *chosen* is that; where it is (), all MetaData that its tables are in.

    In force, it has what its last run *made*, what its names were bound to after it (*values*), and what the names it reads
    were bound to (*needed*).
    """

    id: str
    text: Text
    base: str = ""
    without: frozenset[str] = frozenset()
    chosen: tuple[sa.MetaData, ...] = ()
    made: Made = field(default_factory=Made)
    values: Mapping[str, Any] = field(default_factory=dict)
    needed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Defined:
    """What a run made: *cell*, and beside it the other cells that had to run *again* as they build on it.

    *replaced* are the models that had been defined before, *removed* those of the cell that are no more, *taken_over* those
    that had been defined elsewhere.
    """

    cell: Cell
    again: tuple[Cell, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    taken_over: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    """Classes that relationships name and that no cell has defined yet."""

    @property
    def tables(self) -> tuple[sa.Table, ...]:
        """The tables that the cell defines, in its order."""
        return tuple(self.cell.made.tables)


@dataclass(frozen=True, slots=True)
class _Plan:
    """*earlier* is the last run of the cell, *again* the other cells to run again, *taken* what is taken from elsewhere."""

    earlier: Cell | None
    again: tuple[Cell, ...]
    reduced: Mapping[int, Cell]
    """Cells of which something is taken over, by the identity of what they were."""
    taken: Made
    waited: frozenset[int]
    """Those to run again only because their classes wait for others, by the identity of their text."""

    @property
    def gone(self) -> tuple[Made, ...]:
        """All that makes room."""
        old = (self.taken, *(cell.made for cell in self.again))
        return old if self.earlier is None else (*old, self.earlier.made)


class ModelCells:
    """The models cells of a notebook, in the order of their first run."""

    def __init__(self) -> None:
        self.cells: tuple[Cell, ...] = ()

    @property
    def metadatas(self) -> tuple[sa.MetaData, ...]:
        """Every MetaData that the cells are about: that of their bases, or those that their tables are in."""
        return registry.unique(
            metadata
            for cell in self.cells
            for metadata in cell.chosen or [table.metadata for table in cell.made.tables]
        )

    def run(
        self,
        text: Text,
        namespace: dict[str, Any],
        id_: str = "",
        base: tuple[str, tuple[sa.MetaData, ...]] = ("", ()),
        dialect: Dialect | None = None,
    ) -> Defined:
        """Run a cell in *namespace*, in place of what it, or a cell with the same definitions, had made.

        *id_* is the front end's name for the cell, "" where it has none; *base* is the name of a base, looked up in
        *namespace* afterwards, and what it is where it is not there. Models that SQLAlchemy does not map, or whose
        tables *dialect* cannot have, are CellInvalid and ModelsProblem with their line; what the cell itself raises is
        raised. Then definitions and *namespace* are as before.
        """
        plan = self._planned(text, namespace, id_)
        drafts = _in_order(self._drafts(plan, Cell(id_, text, base[0], chosen=base[1])))
        before = dict(namespace)
        made_all = (*plan.gone, *(cell.made for cell in self.cells))
        snapshot = Snapshot(_metadatas(before, made_all), _registries(before, made_all))
        new: list[Made] = []
        try:
            for made in plan.gone:
                registry.take_out(made)
            for cell in plan.again if plan.earlier is None else (plan.earlier, *plan.again):
                _unbind(cell, namespace)
            done = [_executed(draft, text, namespace, new) for draft in drafts]
            waiting = _configure(done, text)
            check_tables(done, dialect)
        except BaseException:
            snapshot.restore(new)
            namespace.clear()
            namespace.update(before)
            raise
        return replace(self._in_force(plan, drafts, done), waiting=waiting)

    def _planned(self, text: Text, namespace: Mapping[str, Any], id_: str) -> _Plan:
        defined = text.defined
        sharing = [cell for cell in self.cells if cell.made.names & defined.keys()]
        earlier = next((cell for cell in self.cells if id_ and cell.id == id_), None)
        if earlier is None:
            same = (cell for cell in sharing if not (id_ and cell.id) and not _is_another(cell, text, namespace))
            earlier = next(same, None)
        taken, reduced = _strays(defined, namespace, self.cells), {}
        for cell in sharing:
            if cell is not earlier:
                part, rest = _split(cell.made, defined)
                _refuse_two_models(part, text, cell)
                taken = Made([*taken.tables, *part.tables], [*taken.mappers, *part.mappers])
                reduced[id(cell)] = replace(cell, made=rest, without=cell.without | part.names)
        gone, bound = [taken], set(text.bound)
        if earlier is not None:
            gone.append(earlier.made)
            bound |= earlier.text.bound
        others = [reduced.get(id(cell), cell) for cell in self.cells if cell is not earlier]
        again = _again(others, gone, bound, namespace, can_define=text.can_define)
        waited = frozenset(id(each.text) for each in again if _waits(each) and not _builds_on(each, bound, namespace))
        return _Plan(earlier, again, reduced, taken, waited)

    def _drafts(self, plan: _Plan, mine: Cell) -> list[Cell]:
        """The cells to run, in the order of the notebook's first run."""
        drafts: list[Cell] = []
        again = {id(cell): cell for cell in plan.again}
        for cell in self.cells:
            now = plan.reduced.get(id(cell), cell)
            if cell is plan.earlier:
                drafts.append(mine)
            elif id(now) in again:
                drafts.append(Cell(now.id, now.text, now.base, now.without, now.chosen))
        return drafts if plan.earlier is not None else [*drafts, mine]

    def _in_force(self, plan: _Plan, drafts: list[Cell], done: list[Cell]) -> Defined:
        """Keep what was *done*, and say what became of what was there before."""
        by_text = {id(draft.text): cell for draft, cell in zip(drafts, done, strict=True)}
        kept = []
        for cell in self.cells:
            now = plan.reduced.get(id(cell), cell)
            if cell is plan.earlier:
                kept.append(next(each for each in done if id(each.text) not in {id(c.text) for c in plan.again}))
            elif id(now.text) in by_text:
                kept.append(by_text[id(now.text)])
            elif now.made.names or now is cell:
                kept.append(now)
        own = {id(cell.text) for cell in plan.again}
        mine = next(each for each in done if id(each.text) not in own)
        self.cells = tuple(kept) if plan.earlier is not None else (*kept, mine)
        metadatas = [table.metadata for cell in self.cells for table in cell.made.tables]
        registry.forget_targets(metadatas, [table for made in plan.gone for table in made.tables])
        was = plan.earlier.made.names if plan.earlier is not None else frozenset()
        return Defined(
            mine,
            tuple(each for each in done if each is not mine and id(each.text) not in plan.waited),
            _sorted(mine.made, mine.made.names & was),
            _sorted(plan.earlier.made, was - mine.made.names) if plan.earlier is not None else (),
            _sorted(plan.taken, plan.taken.names),
        )


def _sorted(made: Made, names: Collection[str]) -> tuple[str, ...]:
    """Those of *names* that are tables, in the order they were made."""
    return tuple(table.key for table in made.tables if table.key in names)


def _strays(defined: Mapping[str, int], namespace: Mapping[str, Any], cells: Iterable[Cell]) -> Made:
    """What ordinary cells of the notebook have defined under the same names: the cell was one of them before."""
    ours = {id(thing) for cell in cells for thing in (*cell.made.classes, *cell.made.tables)}
    found = Made()
    for name in defined:
        value = namespace.get(name)
        if id(value) in ours:
            continue
        if isinstance(value, type) and value.__module__ == namespace.get("__name__"):
            mapper: Any = sa.inspect(value, raiseerr=False)
            if mapper is not None:
                found.mappers.append(mapper)
                found.tables += [mapper.local_table] if isinstance(mapper.local_table, sa.Table) else []
        elif isinstance(value, sa.Table) and value.metadata.tables.get(value.key) is value:
            found.tables.append(value)
    return found


def _split(made: Made, defined: Mapping[str, int]) -> tuple[Made, Made]:
    """Return what of *made* is defined again, with the tables of its classes, and the rest."""
    mappers = [one for one in made.mappers if {one.class_.__name__, _table_of(one)} & defined.keys()]
    tables = {_table_of(one) for one in mappers} | defined.keys()
    return (
        Made([table for table in made.tables if table.key in tables], mappers),
        Made(
            [table for table in made.tables if table.key not in tables],
            [one for one in made.mappers if one not in mappers],
        ),
    )


def _table_of(mapper: Any) -> str:
    return str(getattr(mapper.local_table, "key", ""))


def _is_another(cell: Cell, text: Text, namespace: Mapping[str, Any]) -> bool:
    """Say whether *text* is not that of *cell*: nothing but a table is in both, and it has a class of another name.

    A class that is no longer in *namespace* was given up for the other name.
    """
    return not cell.text.bound & text.bound and any(
        namespace.get(mapper.class_.__name__) is mapper.class_ for mapper in _renamed(cell.made, text.defined)
    )


def _renamed(made: Made, defined: Mapping[str, int]) -> list[Any]:
    """The mappers of *made* whose table is defined again, and their class is not."""
    return [one for one in made.mappers if _table_of(one) in defined and one.class_.__name__ not in defined]


def _refuse_two_models(part: Made, text: Text, other: Cell) -> None:
    """Raise ModelsProblem for a table that a class of another name has in another cell."""
    defined = text.defined
    for mapper in _renamed(part, defined):
        table, name = _table_of(mapper), mapper.class_.__name__
        instead = "take it out of its cell and run that first" if other.id else f"run del {name} first"
        raise ModelsProblem(
            f"Line {defined[table]} of the cell: the table {table} is that of {name} already, "
            f"line {other.text.classes.get(name, other.text.first_line)} of another cell.",
            hint=f"two models for one table: define {name} here, or {instead}",
        )


def _waits(cell: Cell) -> bool:
    """Say whether *cell* is not related yet, for the sake of a class that is still to come."""
    return not all(mapper.configured for mapper in cell.made.mappers)


def _again(
    cells: Iterable[Cell],
    gone: Iterable[Made],
    bound: set[str],
    namespace: Mapping[str, Any],
    *,
    can_define: bool,
) -> tuple[Cell, ...]:
    """Return the *cells* that hold on to something *gone*, or build on a name that is *bound* anew; and theirs in turn.

    With *can_define*, those that wait for a class, too: perhaps it comes now.
    """
    left, lost = list(cells), list(gone)
    found: list[Cell] = []
    while True:
        all_lost = Made([t for made in lost for t in made.tables], [m for made in lost for m in made.mappers])
        more = [
            cell
            for cell in left
            if ((can_define or all_lost.names) and _waits(cell))
            or _builds_on(cell, bound, namespace)
            or registry.refers_to(cell.made, all_lost)
        ]
        if not more:
            return tuple(found)
        for cell in more:
            left.remove(cell)
            found.append(cell)
            lost.append(cell.made)
            bound = bound | cell.text.bound


def _builds_on(cell: Cell, bound: Collection[str], namespace: Mapping[str, Any]) -> bool:
    return any(
        (name in bound or namespace.get(name) is not value) and isinstance(value, _DEFINITIONS)
        for name, value in cell.needed.items()
    )


def _in_order(drafts: list[Cell]) -> list[Cell]:
    """Return *drafts* so that each comes after those whose names it reads, otherwise as they are."""
    left, done = list(drafts), []
    while left:
        ready = next(
            (one for one in left if not any(one.text.needed & other.text.bound for other in left if other is not one)),
            left[0],
        )
        left.remove(ready)
        done.append(ready)
    return done


def _metadatas(namespace: Mapping[str, Any], made: Iterable[Made]) -> list[sa.MetaData]:
    found = [table.metadata for each in made for table in each.tables]
    for value in namespace.values():
        given = value if isinstance(value, sa.MetaData) else vars(value).get("metadata") if _is_class(value) else None
        found += [given] if isinstance(given, sa.MetaData) else []
    return found


def _registries(namespace: Mapping[str, Any], made: Iterable[Made]) -> list[orm.registry]:
    found = [mapper.registry for each in made for mapper in each.mappers]
    for value in namespace.values():
        own = vars(value) if _is_class(value) else {}
        given = value if isinstance(value, orm.registry) else own.get("registry") or own.get("_sa_registry")
        found += [given] if isinstance(given, orm.registry) else []
    return found


def _is_class(value: object) -> bool:
    return isinstance(value, type)


def _unbind(cell: Cell, namespace: dict[str, Any]) -> None:
    for name, value in cell.values.items():
        if name not in cell.without and namespace.get(name) is value:
            del namespace[name]


def _executed(draft: Cell, asked: Text, namespace: dict[str, Any], new: list[Made]) -> Cell:
    """Run *draft*, perhaps for the sake of the cell *asked* for, and return it with what it made: in *new* if it fails, too."""
    code = draft.text.code(draft.without)
    with registry.watched(draft.text.filename) as made:
        new.append(made)
        with explained(draft.text, asked):
            exec(code, namespace)  # noqa: S102 - the user's own cell in the user's own kernel
    named = namespace.get(draft.base)
    return replace(
        draft,
        made=made,
        chosen=metadatas_of(named, draft.base) if named is not None else draft.chosen,
        values={name: namespace[name] for name in draft.text.bound if name in namespace},
        needed={name: namespace[name] for name in draft.text.needed if name in namespace},
    )


def _configure(cells: list[Cell], asked: Text) -> tuple[str, ...]:
    """Let SQLAlchemy relate the classes of *cells* to each other now, so that what is wrong is told here.

    Return the names of classes that are still to be defined; then nothing is related yet. A name in the cell *asked* for
    that is nearly one of those there are is a mistake: CellInvalid. In another cell it is the next thing to edit.
    """
    mappers = [mapper for cell in cells for mapper in cell.made.mappers]
    missing = registry.missing_names(mappers)
    known = [
        class_.__name__ for each in registry.unique(m.registry for m in mappers) for class_ in registry.classes_of(each)
    ]
    own = {class_ for cell in cells if cell.text is asked for class_ in cell.made.classes}
    for name, (class_, attribute) in missing.items():
        near = difflib.get_close_matches(name, known, 1)
        if near and class_ in own:
            raise misnamed(cells, class_, attribute, name, near[0])
    if not missing:
        for each in registry.unique(mapper.registry for mapper in mappers):
            with mapped(cells):
                each.configure(cascade=True)
    return tuple(missing)
