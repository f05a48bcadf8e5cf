"""`python -m benchmarks [--quick]`: print the table of benchmarks/README.md, measured now."""

from __future__ import annotations

import argparse
import contextlib
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from . import (
    autogenerating,
    backfilling,
    completion,
    estimating,
    exploring,
    histories,
    history,
    moving,
    rehearsing,
    rendering,
    rows,
    sampling,
    schemas,
)
from .measure import compare, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .measure import Row

_SIZES = (100, 1_000, 5_000, 10_000)
_SHAPES = {"linear": histories.linear, "branchy": histories.branchy}


def history_rows(directory: Path, sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure the reading of histories of all *sizes* and shapes."""
    for size in sizes:
        for shape, make in _SHAPES.items():
            name = f"{shape} {size:,}"
            project = histories.write(make(size), directory / f"{shape}_{size}")
            is_largest = shape == "branchy" and size == _SIZES[-1]
            for comparison in history.comparisons(project, name, is_largest=is_largest):
                yield _told(compare(comparison))
            for comparison in history.ordering(project, name):
                yield _told(compare(comparison))
            if size == sizes[-1]:
                yield _told(history.memory(project, name))


def command_rows(directory: Path, sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure whole commands: reading where a database stands, moving it, loading the extension."""
    yield _told(moving.loading())
    for comparison in moving.current_comparisons(directory, min(5_000, sizes[-1])):
        yield _told(compare(comparison))
    yield _told(compare(moving.upgrade_comparison(directory, 1_000)))
    yield _told(compare(moving.plan_comparison(directory, sizes[-1])))


def completion_rows(directory: Path, sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure Tab on the longest history."""
    yield from map(_told, completion.rows(directory, sizes[-1]))


def rendering_rows(directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure the drawing of a history."""
    yield from map(_told, rendering.rows(directory))


def explore_rows(directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure the explorer in a browser."""
    yield from map(_told, exploring.rows(directory))


def schema_rows(directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure schemas: reading, comparing, replaying."""
    yield from map(_told, schemas.rows(directory, 1_000))


def autogenerate_rows(directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure comparing models with a database in which nothing has changed."""
    yield from map(_told, autogenerating.rows(directory))


def backfill_rows(directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure a backfill against the same batches written by hand."""
    yield from map(_told, backfilling.rows(directory))


def row_diff_rows(_directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure what looking at rows costs a migration of a million of them on PostgreSQL."""
    with _postgresql() as url:
        yield from map(_told, rows.rows(url, 1_000_000)) if url else ()


def sampling_rows(directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure samples of ten million rows, on SQLite and, where there is one, PostgreSQL."""
    with _postgresql() as url:
        yield from map(_told, sampling.rows(directory, url))


def rehearsal_rows(directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure the copy and the rehearsal of a SQLite file."""
    yield from map(_told, rehearsing.rows(directory))


def estimate_rows(directory: Path, _sizes: tuple[int, ...]) -> Iterator[Row]:
    """Measure operations on a whole table beside what a rehearsal of a sample had said."""
    with _postgresql() as url:
        yield from map(_told, estimating.rows(directory, url)) if url else ()


@contextlib.contextmanager
def _postgresql() -> Iterator[str | None]:
    """Give the URL of an empty database on a server of its own, None where there is no PostgreSQL."""
    from tests.support.databases import postgresql_server

    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(postgresql_server())
        except LookupError as error:
            print(f"not measured: {error}", file=sys.stderr)
            yield None
            return
        yield stack.enter_context(server.new_database())


SECTIONS = (
    command_rows,
    history_rows,
    completion_rows,
    rendering_rows,
    explore_rows,
    schema_rows,
    autogenerate_rows,
    backfill_rows,
    rehearsal_rows,
    sampling_rows,
    estimate_rows,
    row_diff_rows,
)
"""What is measured: functions of a directory to write to and the sizes asked for, giving rows. Add a section here."""


def _told(row: Row) -> Row:
    """Say on standard error how far it is: the whole takes minutes."""
    print(f"{row.question}, {row.history}: {row.ratio:.1f}x", file=sys.stderr)
    return row


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="histories of 100 and 1,000 revisions only")
    parser.add_argument("--only", metavar="SECTION", help=f"one of {', '.join(each.__name__ for each in SECTIONS)}")
    given = parser.parse_args()
    sizes = _SIZES[:2] if given.quick else _SIZES
    sections = [each for each in SECTIONS if given.only in {None, each.__name__}]
    with tempfile.TemporaryDirectory() as folder:
        measured = [row for section in sections for row in section(Path(folder), sizes)]
    print(f"Python {platform.python_version()}, Alembic {version('alembic')}, SQLAlchemy {version('sqlalchemy')}\n")
    print(table(measured))
    if any(row.target is not None and row.ratio < row.target for row in measured):
        sys.exit("a target was missed")


if __name__ == "__main__":
    main()
