"""An entity-relationship diagram as a value: boxes with lines, and the foreign keys between them; how it is drawn is not here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["", "add", "drop", "alter"]


@dataclass(frozen=True, slots=True)
class BoxLine:
    """A column in a box. *keys* are among "PK", "FK", "UQ"; *mark* says what a diff does to it."""

    name: str
    type: str
    keys: tuple[str, ...] = ()
    is_nullable: bool = True
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A table."""

    name: str
    lines: tuple[BoxLine, ...]
    mark: Mark = ""
    hidden: int = 0
    """How many columns were left out."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A foreign key from the table *source* to the table *target*."""

    source: str
    target: str
    columns: tuple[str, ...] = ()
    name: str = ""
    mark: Mark = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes by name, and edges between them. *hidden* counts the tables that were left out."""

    boxes: tuple[Box, ...] = ()
    edges: tuple[Edge, ...] = ()
    hidden: int = 0
