"""What `alembic revision --autogenerate` finds, as Alembic's own operations; nothing is written.

`RevisionContext` does all of it (comparators, plugins, filters, `process_revision_directives`). It refuses a database that is
not at its heads; where that is somebody else's to tell, it hears that the database is.
"""

from __future__ import annotations

import warnings
from argparse import Namespace
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext, RevisionContext
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from mako.pygen import PythonPrinter

from ..ours import is_ours
from .comparators import plugged
from .user_types import importing
from .writing import revision_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alembic.config import Config
    from sqlalchemy import Table
    from sqlalchemy.engine import Dialect

    from .comparators import Setup

_ARGUMENTS: dict[str, Any] = {
    "message": None,
    "autogenerate": True,
    "sql": False,
    "head": "head",
    "splice": False,
    "branch_label": None,
    "version_path": None,
    "rev_id": None,
    "depends_on": None,
}


def pretend_revision(config: Config, arguments: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Let hooks of env.py find what `alembic revision --autogenerate` was called with; the caller puts it back.

    Alembic's own documentation has a hook that asks `config.cmd_opts.autogenerate`.
    """
    given = vars(config.cmd_opts) if config.cmd_opts is not None else {}
    called = {"cmd": (command.revision, ["message"], [*_ARGUMENTS][1:])}
    config.cmd_opts = Namespace(**{**_ARGUMENTS, **given, **arguments, **called})


@dataclass(slots=True)
class Findings:
    """What one run of env.py has found: feed it to env.py as Alembic's `fn`.

    *arguments* are those of `alembic revision`, by Alembic's names; *template_args* what env.py has for the template.
    *is_strict*: a database that is not at its heads is refused, with Alembic's CommandError. *setups* add comparators.
    *template* gives the text of script.py.mako. *homeless* are the types, by name, that no revision
    file could import, once they are rendered.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    template_args: dict[str, Any] = field(default_factory=dict)
    is_strict: bool = False
    setups: tuple[Setup, ...] = ()
    revision_context: RevisionContext | None = None
    migration_context: MigrationContext | None = None
    warned: list[str] = field(default_factory=list)
    metadatas: list[Any] = field(default_factory=list)
    template: Callable[[], str] = str
    homeless: set[str] = field(default_factory=set)

    def compare(self, heads: tuple[str, ...], context: MigrationContext) -> tuple[()]:
        """Compare the models with the database of *context*: the work of one `run_migrations()` call; it runs no step."""
        if self.revision_context is None:
            assert context.config is not None  # noqa: S101 - there is one whenever env.py runs
            assert context.script is not None  # noqa: S101
            arguments = {**_ARGUMENTS, **self.arguments}
            self.revision_context = revision_context(context.config, context.script, arguments)
        self.migration_context = context
        rev = heads if self.is_strict or context.script is None else tuple(context.script.get_heads())
        with warnings.catch_warnings(record=True) as caught, plugged(context.opts, self.setups), _ours_hidden(context):
            warnings.simplefilter("always")
            self.revision_context.run_autogenerate(rev, context)
        self.warned += (str(warning.message) for warning in caught)
        return ()

    def collect(self, _heads: tuple[str, ...], context: MigrationContext) -> tuple[()]:
        """Keep the models of one `run_migrations()` call; it runs no step."""
        given = context.opts.get("target_metadata")
        self.metadatas += (
            () if given is None else given if isinstance(given, (list, tuple, set, frozenset)) else (given,)
        )
        return ()

    @property
    def containers(self) -> tuple[ops.UpgradeOps, ...]:
        """The operations of every revision that would be written, one container per `run_migrations()` call."""
        scripts = self.revision_context.generated_revisions if self.revision_context is not None else []
        return tuple(container for script in scripts for container in script.upgrade_ops_list)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of the models that were compared last."""
        context = getattr(self.revision_context, "_last_autogen_context", None)
        return () if context is None else tuple(context.table_key_to_table.values())

    def rendered(self) -> tuple[str, tuple[str, ...]]:
        """Return the body of `upgrade()` as env.py's options would have it written, and the import lines it needs.

        Later renderings, the file's, then have the imports of types as well.
        """
        if self.revision_context is None or not hasattr(self.revision_context, "_last_autogen_context"):
            return "", ()
        context = self.revision_context._last_autogen_context
        context.opts["render_item"] = importing(context.opts.get("render_item"), self.homeless, self.template)
        context.imports = {line for script in self.revision_context.generated_revisions for line in script.imports}
        body = "\n".join(line for each in self.containers for part in each.ops for line in render_one(context, part))
        imports = tuple(sorted(line for entry in context.imports for line in entry.splitlines() if line.strip()))
        return body.strip(), imports


@contextmanager
def _ours_hidden(context: MigrationContext) -> Iterator[None]:
    """Let no table of ours be seen: it would be proposed for dropping."""
    theirs = context.opts.get("include_name")

    def include_name(name: str | None, kind: Any, parents: Any) -> bool:
        if kind == "table" and is_ours(name):
            return False
        return True if theirs is None else bool(theirs(name, kind, parents))

    context.opts["include_name"] = include_name
    try:
        yield
    finally:
        context.opts["include_name"] = theirs


def render_one(context: AutogenContext, operation: ops.MigrateOperation) -> list[str]:
    """Return the lines of *operation*; a comment where Alembic has no words for it (a hook can put in what it likes)."""
    buffer = StringIO()
    printer = PythonPrinter(buffer)  # Mako's, as in Alembic: it indents what stands in a `with`
    try:
        for line in render.render_op(context, operation):
            printer.writeline(line)
    except (NotImplementedError, ValueError) as error:
        return [f"# not written: {type(operation).__name__}: {' '.join(str(error).split())}".removesuffix(": ")]
    return buffer.getvalue().splitlines()


def diff_of(operation: ops.MigrateOperation) -> Any:
    """Return Alembic's own tuple for *operation*, or one of its class's name where it cannot make one."""
    try:
        return operation.to_diff_tuple()
    except (NotImplementedError, ValueError):
        return (type(operation).__name__,)


def flattened(containers: Sequence[ops.OpContainer]) -> Iterator[ops.MigrateOperation]:
    """Return the single operations in *containers*, in Alembic's order."""
    for container in containers:
        for each in container.ops:
            if isinstance(each, ops.OpContainer):
                yield from flattened((each,))
            else:
                yield each


def renderer(dialect: Dialect, render_item: Any) -> AutogenContext:
    """Return what renders operations for *dialect* without a project: `sa.` and `op.` in front, types by *render_item* first."""
    options = {
        "sqlalchemy_module_prefix": "sa.",
        "alembic_module_prefix": "op.",
        "user_module_prefix": None,
        "render_as_batch": False,
        "render_item": render_item,
    }
    context = AutogenContext(MigrationContext.configure(dialect=dialect), opts=options, autogenerate=False)
    context.imports = set()
    return context


def render_batch(context: AutogenContext, operation: ops.ModifyTableOps) -> list[str]:
    """Return the lines of *operation* as a batch: `with op.batch_alter_table(...) as batch_op:`."""
    context.opts["render_as_batch"] = True
    try:
        return render_one(context, operation)
    finally:
        context.opts["render_as_batch"] = False
