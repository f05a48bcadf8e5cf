"""What `alembic revision --autogenerate` would write, up to the template: compared and processed by env.py, nothing written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import AuthoringProblem, EnvironmentFailed, ModelsProblem
from . import autogenerate_order, drafts, values
from .autogenerate import Comparison, comparison_of
from .autogenerate_run import calls_with_models, reaches_all, run, run_on_all
from .host.comparing import Findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa
    from alembic.autogenerate.api import RevisionContext
    from sqlalchemy.engine import Dialect

    from .autogenerate_run import Metadatas
    from .autogenerate_without import Omission
    from .captured import Configured
    from .database import Database
    from .drafts import Order
    from .environment import Environment
    from .host.comparators import Setup


@dataclass(frozen=True, slots=True)
class Generated:
    """What autogenerate has found, ready for `drafts.compose`. *is_empty*: there is nothing to write.

    *is_dropped*: env.py's `process_revision_directives` left no revision. *tables* are those of the models; *notes* say what
    was decided on the way.
    """

    comparison: Comparison
    prepared: RevisionContext
    is_empty: bool
    is_dropped: bool
    tables: tuple[sa.Table, ...]
    dialect: Dialect
    notes: tuple[str, ...] = ()

    @property
    def orders(self) -> dict[str, tuple[str, ...]]:
        """The columns of the models by table, in their order."""
        dialect = self.dialect
        return {
            values.key_of(table.schema, table.name, dialect): tuple(str(column.name) for column in table.columns)
            for table in self.tables
        }

    @property
    def hints(self) -> dict[tuple[str, ...], str]:
        """What the models say was called otherwise (`info={"renamed_from": "name"}`): the old names, by path."""
        found: dict[tuple[str, ...], str] = {}
        for table in self.tables:
            key = values.key_of(table.schema, table.name, self.dialect)
            infos: dict[tuple[str, ...], Any] = {(key,): table.info}
            infos |= {(key, "columns", str(column.name)): column.info for column in table.columns}
            found |= {path: old for path, info in infos.items() if isinstance(old := info.get("renamed_from"), str)}
        return found

    def call_it(self, message: str) -> None:
        """Give the revision *message*, unless env.py gave it one."""
        for script in self.prepared.generated_revisions:
            if script.message == self.prepared.command_args["message"]:
                script.message = message


def generated(
    environment: Environment,
    database: Database,
    order: Order,
    *,
    x: Sequence[str] = (),
    engine_name: str | None = None,
    metadatas: Metadatas = None,
    setups: tuple[Setup, ...] = (),
    omission: Omission | None = None,
) -> Generated:
    """Return what makes *database*, and all others that env.py reaches with it, what the models say.

    *omission* has what a person leaves out, and is told what that was.

    That the database is at its heads is for the caller to see to. Raises as `autogenerate.models_against`, ModelsProblem
    for types that no file can import, and AuthoringProblem where another database of env.py is behind.
    """
    calls = calls_with_models(environment, database, x, engine_name, metadatas)
    every = environment.captured(x, database).calls
    is_one_of_them = bool(calls[0].siblings) and calls[0].identity == database.identity
    is_on_all = is_one_of_them and metadatas is None and reaches_all(every)
    calls = every if is_on_all else calls
    options, said = _options(calls, database)
    notes: tuple[str, ...] = ()
    if calls[0].siblings and not is_on_all:
        notes = (f"Only {calls[0].label} was compared, of the databases that env.py configures.",)
    without = () if omission is None else (omission.setup,)
    found = Findings(
        {**order.arguments, "autogenerate": True},
        is_strict=is_on_all,
        setups=(*without, autogenerate_order.setup, *setups, *without),
        template=lambda: drafts.template(environment.project),
    )
    if is_on_all:
        try:
            run_on_all(environment, calls, tuple(x), found, options)
        except EnvironmentFailed as error:
            raise _behind(error) from error
    else:
        run(environment, database, calls, tuple(x), found, metadatas=metadatas, options=options)
    comparison = comparison_of(found, calls, database, metadatas)
    if found.homeless:
        raise _homeless(sorted(found.homeless))
    prepared = found.revision_context
    if prepared is None:
        raise EnvironmentFailed(
            "env.py ran without calling context.run_migrations().", hint="see the env.py that %migrate init writes"
        )
    prepared.template_args.update(found.template_args)
    if "batch_alter_table" in comparison.code:
        notes = (*notes, *said)
    scripts = prepared.generated_revisions
    if database.family == "mysql":
        for script in scripts:
            for container in (*script.upgrade_ops_list, *script.downgrade_ops_list):
                autogenerate_order.without_needless_drops(container)
    is_empty = all(each.is_empty() for script in scripts for each in script.upgrade_ops_list)
    return Generated(
        comparison, prepared, is_empty, not scripts, found.tables, database.engine.dialect, (*notes, *comparison.notes)
    )


def _options(calls: Sequence[Configured], database: Database) -> tuple[dict[str, Any], tuple[str, ...]]:
    """SQLite can alter little but through batches, so they are the default there; env.py has the last word."""
    is_said = any("render_as_batch" in call.options for call in calls)
    backends = {call.url.get_backend_name() for call in calls if call.url is not None} if len(calls) > 1 else set()
    if database.family != "sqlite" or is_said or backends - {"sqlite"}:
        return {}, ()
    note = "Written in batches, as SQLite needs it; env.py can say otherwise: render_as_batch=False."
    return {"render_as_batch": True}, (note,)


def _homeless(names: Sequence[str]) -> ModelsProblem:
    are = "is a type" if len(names) == 1 else "are types"
    return ModelsProblem(
        f"{', '.join(names)} {are} of this notebook or of env.py, which no revision can import. Nothing was written.",
        hint="put the class into a module and import it from there, or let env.py write it: render_item",
    )


def _behind(error: EnvironmentFailed) -> Exception:
    if "not up to date" not in error.message:
        return error
    return AuthoringProblem(
        "A database of env.py is behind its heads, so models cannot be compared with it. Nothing was written.",
        hint="bring each of them to its heads first: %migrate upgrade heads on a connection to it",
    )
