"""Try: rows of one's own for rehearsals, in place of those that a table has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.reflect import reflect
from ..errors import ObjectNotFound, UsageProblem
from ..lab.own_rows import OwnRows
from ..lab.sample_load import fitting, is_frame
from ..results import Samples, SampleShown

if TYPE_CHECKING:
    from ..lab.sample_load import Frame
    from .workspace import WorkspaceState


def sample(ws: WorkspaceState, *, table: str | None = None, source: object = None, forget: bool = False) -> Samples:
    """Let every later rehearsal of the connection in use have the rows of *source* in *table*; return what is remembered.

    *source* is a DataFrame, the name of a variable that holds one, or the path of a CSV file; it is read again for each
    rehearsal. With *forget* the table's own rows are copied again. Raises NotConnected, ObjectNotFound for a table or column
    that the database does not have, UsageProblem for rows that do not fit.
    """
    if table is None:
        if forget:
            raise UsageProblem("Which sample is to be forgotten?", hint="%migrate sample TABLE --forget")
        return _shown(ws)
    if forget:
        if source is not None:
            raise UsageProblem("--forget takes a table only.", hint=f"%migrate sample {table} --forget")
        return _shown(ws, forgotten=_forgotten(ws, table))
    if source is None:
        raise UsageProblem(
            f"Which rows is {table} to have?", hint=f"%migrate sample {table} FRAME, or the path of a CSV file"
        )
    given, said = _given(ws, source)
    loaded = fitting(ws.database.read(reflect), table, given)
    ws.samples[loaded.table] = OwnRows(loaded.table, given, said, loaded.rows, loaded.columns)
    return _shown(ws, remembered=loaded.table)


def _shown(ws: WorkspaceState, *, remembered: str = "", forgotten: str = "") -> Samples:
    found = tuple(SampleShown(each.table, each.source, each.rows, each.columns) for each in ws.samples.values())
    return Samples(ws.database.name, found, remembered, forgotten, "%migrate rehearse" if remembered else "")


def _forgotten(ws: WorkspaceState, table: str) -> str:
    name = table if table in ws.samples else next((each for each in ws.samples if each.lower() == table.lower()), None)
    if name is None:
        known = f"remembered are: {', '.join(ws.samples)}" if ws.samples else "none is remembered"
        raise ObjectNotFound(f"There is no sample of {table}.", hint=known)
    del ws.samples[name]
    return name


def _given(ws: WorkspaceState, source: object) -> tuple[Frame | Path, str]:
    """What *source* stands for, and what it is called: a variable comes before a file of the same name."""
    said = f"a {type(source).__name__}"
    if isinstance(source, str):
        value = ws.lookup(source)
        if value is not None:
            source, said = value, f"variable {source}"
        elif not Path(source).expanduser().is_file():
            raise UsageProblem(
                f"There is no variable and no file {source!r}.",
                hint="give a DataFrame, or the path of a CSV file",
            )
    if isinstance(source, (str, Path)):
        path = Path(source).expanduser().resolve()
        return path, path.name
    if not is_frame(source):
        raise UsageProblem(
            f"{said[0].upper()}{said[1:]} holds no rows: it is a {type(source).__name__}.",
            hint="call .collect() on it first"
            if hasattr(source, "collect")
            else "give a DataFrame, or the path of a CSV file",
        )
    return source, said
