"""What is wrong with models, with the line of the cell."""

from __future__ import annotations

import re
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.schema import CreateColumn, CreateTable

from ...errors import CellInvalid, ModelsProblem
from .. import failures
from . import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Dialect

    from .cells import Cell
    from .reading import Text

_QUOTED = re.compile(r"'([^']+)'")
_COMPILER = re.compile(r"Compiler <[^>]*> ")
_DEFINED = re.compile(r"Table '([^']+)' is already defined")


@contextmanager
def explained(text: Text, asked: Text) -> Iterator[None]:
    """Raise CellInvalid, with the line of the cell, for what SQLAlchemy or a library raises in it.

    What the cell itself raises stays as it is: its traceback leads into the cell. Another cell than that *asked* for is
    named by its classes.
    """
    try:
        yield
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        inside = [frame.lineno or 0 for frame in frames if frame.filename == text.filename]
        if not inside or frames[-1].filename == text.filename:
            raise
        said = failures.words(error)
        twice = _DEFINED.search(said)
        if twice is not None:
            raise _twice(text, twice[1], inside[-1]) from error
        raise CellInvalid(
            f"Line {inside[-1]} of the cell{'' if text is asked else _with(text)}: {said}",
            hint="correct the cell and run it again; all is as before",
        ) from error


def _twice(text: Text, table: str, line: int) -> ModelsProblem:
    first = text.line_in(table, table)
    where = f"line {first} has one" if first and first != line else "it was defined outside of %%models"
    return ModelsProblem(
        f"Line {line} of the cell: two models for the table {table}: {where}.",
        hint="give one of them another __tablename__"
        if first and first != line
        else "define it in one place; a table that a module or another cell has made stays until the kernel restarts",
    )


@contextmanager
def mapped(cells: Iterable[Cell]) -> Iterator[None]:
    """Raise CellInvalid, with the line of the class, where classes cannot be related to each other."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        said = failures.words(error)
        for cell in cells:
            mapper = registry.failed_mapper(cell.made.mappers)
            if mapper is not None:
                name = mapper.class_.__name__
                words = [word for word in _QUOTED.findall(said) if word != name]
                lines = [cell.text.line_in(name, word) for word in words]
                line = max(lines, default=0) or cell.text.line_in(name, "")
                raise CellInvalid(
                    f"Line {line} of the cell{_with(cell.text)}: {name} does not map: {said}",
                    hint="correct the cell and run it again; all is as before",
                ) from error
        raise ModelsProblem(f"The classes do not map: {said}", hint="%migrate why shows the whole traceback") from error


def _with(text: Text) -> str:
    names = ", ".join(list(text.classes)[:3])
    return f" with {names}" if names else ""


def misnamed(cells: Iterable[Cell], class_: type, attribute: str, name: str, near: str) -> CellInvalid:
    """Return the error for a relationship that names no class, where there is one of nearly that name."""
    cell = next(cell for cell in cells if class_ in cell.made.classes)
    line = cell.text.line_in(class_.__name__, name)
    return CellInvalid(
        f"Line {line} of the cell{_with(cell.text)}: {class_.__name__}.{attribute} is a relationship to {name}, "
        "and there is no such class.",
        hint=f"did you mean {near}?",
    )


def check_tables(cells: Iterable[Cell], dialect: Dialect | None) -> None:
    """Raise ModelsProblem, with the line, for a table that *dialect* has no words for: a type it does not know."""
    if dialect is None:
        return
    for cell in cells:
        for table in cell.made.tables:
            try:
                for statement in _statements(table):
                    str(statement.compile(dialect=dialect))
            except (exc.SQLAlchemyError, AttributeError, TypeError, ValueError) as error:
                said = _COMPILER.sub("it ", failures.words(error))
                words = [word for word in _QUOTED.findall(said) if word != table.name]
                owner = next((m.class_.__name__ for m in cell.made.mappers if m.local_table is table), table.name)
                line = max((cell.text.line_in(owner, word) for word in words), default=0)
                line = line or cell.text.line_in(owner, "") or cell.text.line_in(str(table.name), "")
                at = f"Line {line} of the cell: " if line else ""
                raise ModelsProblem(
                    f"{at}{dialect.name} cannot have the table {table.key}: {said}",
                    hint="correct the cell and run it again; all is as before",
                ) from error


def _statements(table: sa.Table) -> Iterable[CreateTable | CreateColumn]:
    """What would create *table*; where keys wait for a table of a later cell, the columns that have no type through them."""
    waiting = {key.parent for key, _target in registry.open_keys(table)}
    if not waiting:
        return (CreateTable(table),)
    return tuple(
        CreateColumn(each)
        for each in table.columns
        if each not in waiting or not isinstance(each.type, sa.types.NullType)
    )


__all__ = ["check_tables", "explained", "mapped", "misnamed"]
