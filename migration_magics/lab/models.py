"""The schema that models describe, as a database spells it: they are created on a scratch copy, and that is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from ..engine import failures
from ..engine.autogenerate import create_models, models_against, tables_of
from ..engine.reflect import reflect
from ..engine.reflect.version_tables import version_tables, without
from ..errors import ModelsProblem
from . import scratch
from .replay import replay
from .scratch import NoScratch, without_name
from .timeline import At

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..engine.database import Database
    from ..engine.host.comparators import Setup
    from ..model.diff import SchemaDiff
    from .replay import History


def schema_of_models(history: History, like: Database | None, metadatas: Sequence[sa.MetaData] | None = None) -> At:
    """Return the schema that the models of env.py, or *metadatas* in their place, describe, on a copy like the database *like*.

    On SQLite in memory where no right to make one is there; the place says so. Raises NoModels, ModelsProblem for models
    that the database does not take, EnvironmentFailed.
    """
    try:
        with scratch.empty(like, is_furnished=True) as copy:
            return _on(history, copy, _tables(history, copy, metadatas))
    except NoScratch as refusal:
        with scratch.in_memory() as copy:
            try:
                found = _on(history, copy, _tables(history, copy, metadatas))
            except ModelsProblem as error:
                raise ModelsProblem(
                    f"{refusal.message} So SQLite in memory was tried. {error.message}", hint=refusal.hint
                ) from error
        return replace(found, notes=(f"{refusal.message} So the models were {found.place}.",))


def _on(history: History, copy: scratch.Scratch, metadatas: Sequence[sa.MetaData]) -> At:
    database = copy.database

    def create(connection: sa.Connection) -> None:
        create_models(connection, metadatas)
        connection.commit()

    try:
        database.run(create)
    except (exc.SQLAlchemyError, TypeError, ValueError) as error:
        raise ModelsProblem(
            f"The models cannot be created on {copy.place}: {without_name(failures.words(error))}",
            hint="%migrate why shows the whole traceback",
        ) from error
    schema = without(database.run(reflect), version_tables(history.calls(database)))
    return At(schema, f"created on {copy.place}", database.family)


def _tables(
    history: History, copy: scratch.Scratch, metadatas: Sequence[sa.MetaData] | None
) -> tuple[sa.MetaData, ...]:
    return tables_of(history.environment, copy.database, history.x, history.engine_name, metadatas)


def models_against_history(
    history: History,
    like: Database | None,
    metadatas: Sequence[sa.MetaData] | None = None,
    setups: tuple[Setup, ...] = (),
) -> SchemaDiff:
    """Return what the history lacks for the models, by Alembic's comparison on a copy upgraded to its heads.

    *setups* add comparators.

    Raises NoModels, EnvironmentFailed, ReplayFailed, NoScratch.
    """
    with scratch.empty(like) as copy:
        replay(history, copy, ("heads",), is_whole=True)
        environment, engine_name = history.environment, history.engine_name
        return models_against(environment, copy.database, history.x, engine_name, metadatas, setups=setups).diff
