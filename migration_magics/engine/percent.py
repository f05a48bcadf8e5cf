"""Percent signs in SQL, which some drivers take doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


def as_written(sql: str, dialect: Dialect) -> str:
    """Return *sql*, which was sent through *dialect*, as a person would write it: with single percent signs.

    Drivers that put values in by `%s` want every other sign doubled (PEP 249, paramstyles format and pyformat); SQLAlchemy
    doubles them in what it compiles.
    """
    return sql.replace("%%", "%") if dialect.paramstyle in {"format", "pyformat"} else sql
