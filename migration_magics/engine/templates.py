"""New projects, by Alembic's own `init` and its templates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from ..errors import ProjectProblem, UsageProblem
from . import quiet
from .project import Project, find


@dataclass(frozen=True, slots=True)
class Created:
    """A project that was just written, and its new files, relative to the working directory where they lie below it."""

    project: Project
    files: tuple[str, ...]
    notes: tuple[str, ...]


def available() -> tuple[str, ...]:
    """Return the names of Alembic's templates, sorted."""
    place = Path(Config().get_template_directory())
    return tuple(sorted(folder.name for folder in place.iterdir() if (folder / "env.py").is_file()))


def create(directory: Path, template: str, *, url: str | None = None) -> Created:
    """Write a standard project at *directory* with its configuration file beside it, and return it.

    *url* becomes `sqlalchemy.url`. Raises ProjectProblem where something is in the way (nothing is overwritten) and
    UsageProblem for an unknown template.
    """
    if template not in available():
        raise UsageProblem(f"There is no template {template!r}.", hint=f"templates: {', '.join(available())}")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ProjectProblem(
            f"{directory} exists and is not empty. Nothing was changed.",
            hint=f"open it: %migrate connect --project {directory}, or choose another folder",
        )
    home = directory.absolute().parent
    uses_toml = template.startswith("pyproject")
    ini = home / "alembic.ini"
    if ini.exists():
        raise ProjectProblem(
            f"{ini.name} exists in {home}. Nothing was changed.",
            hint="open that project: %migrate connect, or start in another folder",
        )
    before = {path for path in home.rglob("*") if path.is_file()} if home.is_dir() else set()
    home.mkdir(parents=True, exist_ok=True)
    config = Config(str(ini), toml_file=str(home / "pyproject.toml") if uses_toml else None)
    try:
        with quiet.printed():
            command.init(config, str(directory), template=template)
    except CommandError as error:
        raise ProjectProblem(f"{error}. Nothing was changed.") from error
    notes = _adjusted(ini, directory, home, url)
    files = tuple(
        sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and path not in before)
    )
    return Created(find(ini), files, notes)


def _adjusted(ini: Path, directory: Path, home: Path, url: str | None) -> tuple[str, ...]:
    """Make the configuration fit its place: the folder relative to it, and the URL that is connected."""
    text = ini.read_text(encoding="utf-8")
    relative = directory.absolute().relative_to(home).as_posix()
    lines, notes = [], []
    for line in text.splitlines(keepends=True):
        if line.startswith("script_location ="):
            lines.append(f"script_location = %(here)s/{relative}\n")
        elif url is not None and line.startswith("sqlalchemy.url ="):
            lines.append(f"sqlalchemy.url = {url.replace('%', '%%')}\n")
        else:
            lines.append(line)
    ini.write_text("".join(lines), encoding="utf-8")
    if url is None:
        notes.append(
            f"{ini.name} has a placeholder as sqlalchemy.url: set it for the alembic command, "
            "or read it from the environment in env.py."
        )
    return tuple(notes)
