"""What of this process a run must leave as it was."""

from __future__ import annotations

import asyncio
import contextlib
import logging.config
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import alembic.context
import alembic.op
import sqlalchemy
import sqlalchemy.ext.asyncio
from alembic.operations.base import AbstractOperations
from alembic.operations.batch import BatchOperationsImpl


def _state() -> dict[str, object]:
    return {
        "sys.path": list(sys.path),
        "working directory": Path.cwd(),
        "environment": dict(os.environ),
        "alembic.op": dict(vars(alembic.op)),
        "alembic.context": dict(vars(alembic.context)),
        "logging disabled below": logging.root.manager.disable,
        "streams": (sys.stdout, sys.stderr),
        "patched": (
            asyncio.run,
            logging.config.fileConfig,
            logging.config.dictConfig,
            sqlalchemy.create_engine,
            sqlalchemy.engine_from_config,
            sqlalchemy.Engine.connect,
            sqlalchemy.Engine.begin,
            sqlalchemy.ext.asyncio.create_async_engine,
            AbstractOperations.invoke,
            BatchOperationsImpl.flush,
        ),
    }


def _loggers() -> dict[str, tuple[object, ...]]:
    known = {
        name: logger for name, logger in logging.root.manager.loggerDict.items() if isinstance(logger, logging.Logger)
    }
    return {
        name: (logger.disabled, logger.level, logger.propagate, list(logger.handlers), list(logger.filters))
        for name, logger in {"root": logging.root, **known}.items()
    }


@contextlib.contextmanager
def left_as_it_was() -> Iterator[None]:
    """Assert that loggers, handlers, `sys.path`, `alembic.op` and whatever a run patches are as before, also after an error."""
    before, loggers = _state(), _loggers()
    try:
        yield
    finally:
        after, now = _state(), _loggers()
        assert after == before
        assert {name: now[name] for name in loggers} == loggers  # an import may bring new loggers
