"""Alembic in Jupyter: `%load_ext migration_magics` in a notebook, `migration_magics.open(...)` in Python.

Names only: nothing heavy is imported until the first command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .commands.api import Workspace

__all__ = ["Workspace", "__version__", "load_ipython_extension", "open", "unload_ipython_extension"]


def open(  # noqa: A001 - reads as `migration_magics.open(...)`, like gzip.open
    source: object = None,
    *,
    project: object = None,
    name: str | None = None,
    ini_section: str | None = None,
    protected: bool = False,
    attributes: Mapping[str, object] | None = None,
    engine: str | None = None,
) -> Workspace:
    """Return a workspace connected to *source*: a URL, or an SQLAlchemy engine, connection or session.

    Without *source* the project's own URL is used. *project* is its directory, ini or toml file, or an Alembic `Config`;
    *attributes* are what its `env.py` expects in `config.attributes`; *name*, *ini_section*, *protected* and *engine* are
    those of `%migrate connect`. Raises what `connect` raises: `ProjectNotFound`, `DriverMissing`, ...
    """
    from .commands.api import Workspace

    attributes = dict(attributes or {})
    workspace = Workspace(lookup=attributes.get)
    workspace.connect(
        source,
        name=name,
        project=project,
        ini_section=ini_section,
        protected=protected,
        attribute=tuple(f"{key}={key}" for key in attributes),
        engine=engine,
    )
    return workspace


def load_ipython_extension(shell: Any) -> None:
    """Register `%migrate`, `%migration` and `%%revision`: what `%load_ext migration_magics` calls."""
    from .magics.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take them back, and close what they opened."""
    from .magics.extension import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name == "Workspace":
        from .commands.api import Workspace

        return Workspace
    if name == "__version__":
        from importlib.metadata import version

        return version("migration_magics")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
