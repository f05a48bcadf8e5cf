"""An operation that a person typed, run for a listener."""

from __future__ import annotations

from typing import Any


def run_typed(text: str) -> None:
    """Run *text*, an expression as it stands in a revision: `op`, `sa` and the PostgreSQL and MySQL types are at hand."""
    import alembic.op
    import sqlalchemy
    from sqlalchemy.dialects import mysql, postgresql

    names: dict[str, Any] = {"op": alembic.op, "sa": sqlalchemy, "postgresql": postgresql, "mysql": mysql}
    exec(compile(text, "<operation>", "exec", dont_inherit=True), names)  # noqa: S102 - what the user typed, as in a cell
