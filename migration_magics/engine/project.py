"""An Alembic project on disk: finding it, reading its configuration, making a new one."""

from __future__ import annotations

import copy
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.util import CommandError

from ..errors import ProjectNotFound, ProjectProblem
from . import ini

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - Python 3.10 has no tomllib; Alembic installs tomli there
    import tomli as tomllib

_SCRIPT_DIRECTORIES = ("migrations", "alembic")


@dataclass(frozen=True, slots=True)
class Project:
    """A project: Alembic's *config*, the script *directory*, and *source*, the file or variable it was found by.

    *working_directory* is set where the configuration's relative paths are meant from another folder than the kernel's;
    env.py and revisions then run there.
    """

    config: Config
    directory: Path
    source: str
    working_directory: Path | None = None
    is_ours: bool = False
    """We read *config* from its files, so it may be read again when they change; a user's own may hold more than they do."""
    _read: dict[str, tuple[Any, ...]] = field(default_factory=dict, repr=False, compare=False)

    def refresh(self) -> tuple[Any, ...]:
        """Read the configuration files again where they changed, and return what tells their versions apart."""
        files = (self.config.config_file_name, self.config.toml_file_name)
        stats = [Path(str(file)).stat() for file in files if file and Path(str(file)).is_file()]
        stamps = tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)
        if self.is_ours and stamps and self._read.setdefault("stamps", stamps) != stamps:
            self._read["stamps"] = stamps
            for name in ("file_config", "toml_alembic_config"):  # Alembic keeps what it read under these names
                vars(self.config).pop(name, None)
        return stamps

    @contextmanager
    def config_as_it_was(self) -> Iterator[None]:
        """Forget what env.py sets in the configuration (`config.set_main_option("sqlalchemy.url", ...)`)."""
        with ini.reading(self.source):
            before = self.config.file_config
        vars(self.config)["file_config"] = copy.deepcopy(before)
        try:
            yield
        finally:
            vars(self.config)["file_config"] = before

    @property
    def env_py(self) -> Path | None:
        """The project's env.py, or None where it has none."""
        path = self.directory / "env.py"
        return path if path.is_file() else None

    @property
    def version_locations(self) -> tuple[Path, ...]:
        """The folders with revision files, absolute."""
        self.refresh()
        with self.at_home(), ini.reading(self.source):
            listed = self.config.get_version_locations_list()
            return tuple(_resource(item).absolute() for item in listed) if listed else (self.directory / "versions",)

    @property
    def is_recursive(self) -> bool:
        """Revision files are looked for in sub-folders, too."""
        with ini.reading(self.source):
            return self.config.get_alembic_boolean_option("recursive_version_locations")

    @property
    def is_sourceless(self) -> bool:
        """Compiled revision files count."""
        with ini.reading(self.source):
            return self.config.get_alembic_boolean_option("sourceless")

    @property
    def url(self) -> str | None:
        """`sqlalchemy.url` as configured, placeholders included; None where there is none.

        Raises ProjectProblem, which quotes nothing: where a % is not doubled it could only quote a password.
        """
        with ini.reading(self.source):
            return self.config.get_main_option("sqlalchemy.url") or None

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """Work in the folder the configuration's relative paths are meant from, and come back."""
        if self.working_directory is None:
            yield
            return
        before = Path.cwd()
        os.chdir(self.working_directory)
        try:
            yield
        finally:
            os.chdir(before)


def from_config(
    config: Config, source: str, *, attributes: Mapping[str, Any] | None = None, is_ours: bool = False
) -> Project:
    """Return the project of an Alembic *config*.

    Raises ProjectNotFound where its script directory is not there, ProjectProblem where the file cannot be read.
    """
    config.attributes.update(attributes or {})
    with ini.reading(source):
        location = config.get_alembic_option("script_location")
    if not location:
        raise ProjectNotFound(
            f"{source} names no script_location.",
            hint="add `script_location = migrations`, or start a project: %migrate init",
        )
    home = Path(config.config_file_name or config.toml_file_name or "x").absolute().parent
    directory, working_directory = _resource(location), None
    if not directory.is_absolute() and not directory.is_dir() and (home / directory).is_dir():
        directory, working_directory = home / directory, home
    if not directory.is_dir():
        raise ProjectNotFound(
            f"{source} points at {location!r}, which is no folder.", hint="start a project: %migrate init"
        )
    found = Project(config, directory.absolute(), source, working_directory, is_ours)
    found.refresh()
    return found


def find(
    path: str | Path | None = None, *, section: str = "alembic", attributes: Mapping[str, Any] | None = None
) -> Project:
    """Return the project at *path*: an ini file, a pyproject.toml, a folder with one of these, or a script directory.

    Without *path*: `$ALEMBIC_CONFIG`, then the working directory and the folders above it, as far as the file system or
    repository root. Raises ProjectNotFound, naming where it looked.
    """
    if path is None:
        given = os.environ.get("ALEMBIC_CONFIG")
        return find(given, section=section, attributes=attributes) if given else _search(section, attributes)
    place = Path(path).expanduser()
    if not place.exists():
        raise ProjectNotFound(f"There is no {place}.", hint=f"start a project there: %migrate init {place}")
    found = _at(place, section, attributes)
    if found is None:
        raise ProjectNotFound(
            f"{place} is no Alembic project: no alembic.ini, no [tool.alembic] in pyproject.toml, no env.py or versions folder.",
            hint=f"start one: %migrate init {place / 'migrations'}",
        )
    return found


def _search(section: str, attributes: Mapping[str, Any] | None) -> Project:
    here = Path.cwd()
    for folder in (here, *here.parents):
        found = _at(folder, section, attributes, is_search=True)
        if found is not None:
            return found
        if (folder / ".git").exists():
            break
    raise ProjectNotFound(
        f"No Alembic project in {here} or above it.",
        hint="start one: %migrate init, or name it: %migrate connect --project PATH",
    )


def _at(place: Path, section: str, attributes: Mapping[str, Any] | None, *, is_search: bool = False) -> Project | None:
    if place.is_file():
        config = Config(toml_file=str(place), ini_section=section) if place.suffix == ".toml" else _ini(place, section)
        return from_config(config, _short(place), attributes=attributes, is_ours=True)
    ini = place / "alembic.ini"
    if ini.is_file():
        return from_config(_ini(ini, section), _short(ini), attributes=attributes, is_ours=True)
    toml = place / "pyproject.toml"
    if toml.is_file() and _has_alembic_table(toml):
        return from_config(
            Config(toml_file=str(toml), ini_section=section), _short(toml), attributes=attributes, is_ours=True
        )
    if not is_search and _is_script_directory(place):
        return _by_script_directory(place, section, attributes)
    for name in _SCRIPT_DIRECTORIES:
        if _is_script_directory(place / name) and (place / name / "env.py").is_file():
            return _by_script_directory(place / name, section, attributes)
    return None


def _ini(path: Path, section: str) -> Config:
    toml = path.parent / "pyproject.toml"
    config = Config(str(path), toml_file=str(toml) if toml.is_file() else None, ini_section=section)
    with ini.reading(_short(path)):
        has_section = config.file_config.has_section(section)
    if not has_section:
        sections = ", ".join(config.file_config.sections())
        raise ProjectNotFound(
            f"{_short(path)} has no section [{section}].", hint=f"its sections: {sections}; choose one with --name"
        )
    with ini.reading(_short(path)):
        location = config.get_alembic_option("script_location")
    if not location and (path.parent / "env.py").is_file():  # Flask-Migrate's lies so, and is completed when it runs
        config.set_main_option("script_location", str(path.absolute().parent).replace("%", "%%"))
    return config


def _by_script_directory(place: Path, section: str, attributes: Mapping[str, Any] | None) -> Project:
    """A bare script directory: the ini file beside or above it that points there, else a configuration of its own."""
    for folder in (place, place.absolute().parent):
        ini = folder / "alembic.ini"
        if ini.is_file():
            found = from_config(_ini(ini, section), _short(ini), attributes=attributes, is_ours=True)
            if found.directory.resolve() == place.resolve():
                return found
    config = Config()
    config.set_main_option("script_location", str(place.absolute()).replace("%", "%%"))
    return from_config(config, _short(place), attributes=attributes, is_ours=True)


def _is_script_directory(place: Path) -> bool:
    return (place / "env.py").is_file() or (place / "versions").is_dir()


def _has_alembic_table(path: Path) -> bool:
    try:
        return "alembic" in tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise ProjectProblem(
            f"{_short(path)} is no valid TOML: {error}.", hint="mend the file, then run the command again"
        ) from error


def _resource(location: str | Path) -> Path:
    """A script or version location as a path; `package:folder` is looked up in the package, as Alembic does."""
    from alembic.util import coerce_resource_to_filename

    try:
        return Path(coerce_resource_to_filename(str(location)))
    except (ImportError, CommandError) as error:
        raise ProjectNotFound(
            f"The location {str(location)!r} is in a package that cannot be imported: {error}.",
            hint="install the package",
        ) from error


def _short(path: Path) -> str:
    """*path* relative to the working directory where it lies below it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


__all__ = ["Config", "Project", "find", "from_config"]
