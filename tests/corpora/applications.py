"""The five applications, each as a user of it would hand it to Alembic: an ini file that points into the package."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.corpora import fetched, installed

# What applications and their libraries warn of is not ours to mend; what is left open may be.
MARKS = [
    pytest.mark.corpora,
    pytest.mark.filterwarnings(
        "ignore::Warning", "error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning"
    ),
]

LOGGING = """
[loggers]
keys = root,alembic
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARN
handlers = console
[logger_alembic]
level = INFO
handlers =
qualname = alembic
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic
[formatter_generic]
format = %(message)s
"""

# What Alembic's own command needs where the package brings no env.py it could run.
SIMPLEST_ENV_PY = """\
from alembic import context
from sqlalchemy import engine_from_config, pool

section = context.config.get_section(context.config.config_ini_section)
options = {"version_table": section["version_table"]} if "version_table" in section else {}
with engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()
"""

PLACEHOLDER = "driver://user@localhost/nowhere"
ALL = ("sqlite", "postgresql", "mariadb")


@dataclass(frozen=True, slots=True)
class Application:
    """An application and what is known of its migrations (measured with stock Alembic 1.20.1)."""

    name: str
    revisions: int
    heads: tuple[str, ...]
    databases: tuple[str, ...]
    options: Callable[[], dict[str, str]]
    """The ini file's options besides the URL. Without `script_location` the package has no env.py we could run."""
    has_env_py: bool = False

    @property
    def target(self) -> str:
        return "head" if len(self.heads) == 1 else "heads"

    def ini(self, folder: Path, url: str, *, env_py: str = "", **more: str) -> Path:
        """Write an ini file for *url* into *folder*; *env_py* goes beside it where the package has none."""
        options = {"sqlalchemy.url": url, "path_separator": "os", **self.options(), **more}
        folder.mkdir(parents=True, exist_ok=True)
        if "script_location" not in options:
            scripts = folder / "scripts"
            scripts.mkdir(exist_ok=True)
            options["script_location"] = str(scripts)
            if env_py:
                (scripts / "env.py").write_text(env_py)
        path = folder / "alembic.ini"
        lines = "\n".join(f"{name} = {value.replace('%', '%%')}" for name, value in options.items())
        path.write_text(f"[alembic]\n{lines}\n{LOGGING}")
        return path


def _optuna() -> dict[str, str]:
    return {"script_location": str(installed("optuna") / "optuna/storages/_rdb/alembic")}


def _keystone() -> dict[str, str]:
    place = installed("keystone") / "keystone/common/sql/migrations"
    configure_keystone()
    return {
        "script_location": str(place),
        "version_locations": str(place / "versions"),
        "recursive_version_locations": "true",
    }


@functools.cache
def configure_keystone() -> None:
    """Do what keystone's commands do before they use Alembic: its models read the configuration when imported."""
    import keystone.conf

    keystone.conf.configure()
    keystone.conf.CONF([], project="keystone", default_config_files=[])


def _aim(part: str) -> dict[str, str]:
    return {"version_locations": str(fetched("aim") / f"aim/{part}/migrations/versions")}


def fab_package() -> Path:
    """Return the folder of the provider `fab`."""
    return fetched("apache-airflow-providers-fab") / "airflow/providers/fab"


def _fab() -> dict[str, str]:
    return {"version_locations": str(fab_package() / "migrations/versions")}


OPTUNA = Application("optuna", 10, ("v3.2.0.a",), ("sqlite", "postgresql"), _optuna, has_env_py=True)
KEYSTONE = Application("keystone", 10, ("742c857f1dfb", "c88cdce8f248"), ALL, _keystone, has_env_py=True)
AIM_STORAGE = Application("aim_storage", 6, ("46b89d830ad8",), ("sqlite", "postgresql"), lambda: _aim("storage"))
AIM_WEB = Application("aim_web", 5, ("3d5fd76e8485",), ("sqlite",), lambda: _aim("web"))
FAB = Application("fab", 2, ("02ca36b0235b",), ("sqlite", "postgresql"), _fab)

APPLICATIONS = (OPTUNA, KEYSTONE, AIM_STORAGE, AIM_WEB, FAB)


def airflow(engine: object, metadata: object) -> dict[str, types.ModuleType]:
    """Return the little of Airflow that fab's own env.py imports, as entries for `sys.modules`; Airflow is not installed."""
    names = ("airflow", "airflow.providers", "airflow.providers.fab", "airflow.providers.fab.auth_manager")
    modules = {name: types.ModuleType(name) for name in names}
    settings, models = (
        types.ModuleType("airflow.settings"),
        types.ModuleType("airflow.providers.fab.auth_manager.models"),
    )
    database = types.ModuleType("airflow.providers.fab.auth_manager.models.db")
    vars(settings)["engine"] = engine
    vars(modules["airflow"])["settings"] = settings
    vars(database)["FABDBManager"] = types.SimpleNamespace(version_table_name="alembic_version_fab", metadata=metadata)
    return {**modules, settings.__name__: settings, models.__name__: models, database.__name__: database}
