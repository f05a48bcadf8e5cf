"""Comparators of ours beside Alembic's, for one run: through its plugin API (1.18), and nothing of it stays registered."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.plugins import Plugin
from alembic.util import sqla_compat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Dialect

    Setup = Callable[[Plugin], None]
    """Adds comparators to a plugin."""

_DEFAULT = ("alembic.autogenerate.*",)
_NUMBERS = count(1)


@contextmanager
def plugged(options: dict[str, Any], setups: Sequence[Setup]) -> Iterator[None]:
    """Let a run with the *options* of a migration context use what *setups* add, beside the plugins that env.py wants."""
    if not setups:
        yield
        return
    wanted = options.get("autogenerate_plugins")
    plugin = Plugin(f"migration_magics.run{next(_NUMBERS)}")
    try:
        for setup in setups:
            setup(plugin)
        options["autogenerate_plugins"] = [*(wanted or _DEFAULT), plugin.name]
        yield
    finally:
        plugin.remove()
        options.pop("autogenerate_plugins", None)  # Alembic keeps one such dictionary for all databases of an env.py
        if wanted is not None:
            options["autogenerate_plugins"] = wanted


def comparators_of(context: MigrationContext) -> Iterator[Callable[..., Any]]:
    """Give the functions that compare in *context*, those of the plugins that it wants included."""
    for listed in AutogenContext(context).comparators._registry.values():
        yield from (function for function, _subgroup in listed)


def primary_key_of(context: AutogenContext, table: str, schema: str | None) -> str | None:
    """Return the name of a table's primary key as the database keeps it, or None."""
    name: str | None = context.inspector.get_pk_constraint(table, schema=schema).get("name")
    return name


def call_prefix(context: AutogenContext) -> tuple[str, bool]:
    """Return what stands before a directive ("op.", "batch_op."), and whether it is written in a batch."""
    return render._alembic_autogenerate_prefix(context), context._has_batch


def final_name(constraint: Any, dialect: Dialect) -> str | None:
    """Return the name that a constraint gets in the database, naming conventions applied, or None."""
    name: str | None = sqla_compat._get_constraint_final_name(constraint, dialect)
    return None if name is None else str(name)


def with_f(name: str, prefix: str) -> str:
    """Return *name* as it stands in code: finished, so that no naming convention is applied to it again."""
    return f"{prefix}f({name!r})"
