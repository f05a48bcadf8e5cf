"""Reading and ordering histories: `history`, `heads`, the order of an upgrade, and the memory it takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory

from migration_magics.engine.host.revision_map import script_directory
from migration_magics.engine.modules import load_module
from migration_magics.engine.scripts import ScriptReader

from .measure import Comparison, Row, peak_mb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from migration_magics.model.graph import Revision


def comparisons(project: Path, name: str, *, is_largest: bool) -> Iterator[Comparison]:
    """Return the questions about one history. Alembic reads all files for each command; so does our *first* one."""
    versions = [project / "versions"]
    config = Config(project / "alembic.ini")
    warm = ScriptReader()
    warm.read(versions)

    def stock_history() -> list[str]:
        return sorted(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())

    def our_history(reader: ScriptReader | None = None) -> list[str]:
        return sorted(revision.id for revision in (reader or ScriptReader()).read(versions).newest_first)

    def stock_heads() -> list[str]:
        return sorted(ScriptDirectory.from_config(config).get_heads())

    def stock_plan() -> list[str]:
        return _order(ScriptDirectory.from_config(config))

    def our_plan(reader: ScriptReader | None = None) -> list[str]:
        return _order(script_directory(config, (reader or ScriptReader()).read(versions), _module))

    yield Comparison("history, first", name, stock_history, our_history)
    yield Comparison("history, again", name, stock_history, lambda: our_history(warm), 50 if is_largest else None)
    yield Comparison("heads, first", name, stock_heads, lambda: sorted(ScriptReader().read(versions).heads))
    yield Comparison("heads, again", name, stock_heads, lambda: sorted(warm.read(versions).heads))
    yield Comparison("plan base to heads, first", name, stock_plan, our_plan)
    yield Comparison("plan base to heads, again", name, stock_plan, lambda: our_plan(warm), 50 if is_largest else None)


def ordering(project: Path, name: str) -> Iterator[Comparison]:
    """Return the questions with everything read beforehand on both sides: what ordering alone takes."""
    config = Config(project / "alembic.ini")
    stock = ScriptDirectory.from_config(config)
    graph = ScriptReader().read([project / "versions"])
    ours = script_directory(config, graph, _module)
    for directory in (stock, ours):
        directory.get_heads()  # fills the map
    yield Comparison("order alone, base to heads", name, lambda: _order(stock), lambda: _order(ours))


def memory(project: Path, name: str) -> Row:
    """Return how much the history adds to the peak memory of a process that has imported what it needs."""
    stock = peak_mb(
        "from alembic.script import ScriptDirectory\nimport sqlalchemy, alembic.op",
        f"d = ScriptDirectory({str(project)!r}); d.get_heads()",
    )
    ours = peak_mb(
        "from migration_magics.engine.scripts import ScriptReader\nfrom pathlib import Path",
        f"g = ScriptReader().read([Path({str(project / 'versions')!r})]); g.newest_first",
    )
    return Row("memory, peak", name, stock, ours, "MB", 1)


def _order(directory: ScriptDirectory) -> list[str]:
    """The order of an upgrade from nothing, reversed; no module is asked for."""
    return [script.revision for script in directory.iterate_revisions("heads", "base")]


def _module(revision: Revision) -> ModuleType:
    return load_module(Path(revision.path or ""))
