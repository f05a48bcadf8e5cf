"""What Alembic would write for a new revision: its own checks, template, file name and date, but nothing written.

`ScriptDirectory.generate_revision` does it all up to the template; there we take over (Alembic 1.18 to 1.20). Post-write
hooks are run as Alembic runs them, except that what they print is caught.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from alembic.autogenerate.api import RevisionContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory, write_hooks
from mako.template import Template

if TYPE_CHECKING:
    from datetime import datetime

    from alembic.config import Config
    from alembic.operations.ops import MigrationScript

Render = Callable[[Callable[[Mapping[str, Any]], str], Mapping[str, Any]], str]
"""Gets the function that renders the template with given arguments, and Alembic's arguments; returns the file's text."""


class TemplateFailed(Exception):
    """The project's script.py.mako cannot be rendered; the cause is Mako's error."""


class Dropped(Exception):
    """env.py's `process_revision_directives` left not one revision, but *count*."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class _Rendered(BaseException):
    """Leaves `generate_revision` at the point where it would write."""

    def __init__(self, path: Path, text: str, arguments: Mapping[str, Any]) -> None:
        super().__init__(path)
        self.path, self.text, self.arguments = path, text, arguments


@dataclass(frozen=True, slots=True)
class Rendered:
    """The file Alembic would write: *text* at *path*."""

    id: str
    path: Path
    text: str
    created: datetime
    parents: tuple[str, ...]
    depends_on: tuple[str, ...]
    labels: tuple[str, ...]
    message: str


def revision_context(config: Config, directory: ScriptDirectory, wanted: Mapping[str, Any]) -> RevisionContext:
    """Return what Alembic makes a revision file with; *wanted* are the arguments of `alembic revision` by its names.

    Each script gets a set of imports of its own: Alembic 1.20 gives all of a process the same one, so that what a hook of one
    project adds would stand in the files of the next.
    """
    context = RevisionContext(config, directory, dict(wanted))
    for script in context.generated_revisions:
        script.imports = set()
    return context


def rendered(
    config: Config,
    directory: ScriptDirectory,
    wanted: Mapping[str, Any],
    render: Render,
    *,
    environments: tuple[tuple[str, Mapping[str, Any]], ...] = (),
    with_directives: bool = True,
    path: Path | None = None,
    created: datetime | None = None,
    prepared: RevisionContext | None = None,
) -> Rendered:
    """Return what `alembic revision` would write; *wanted* are its arguments by Alembic's names.

    *directory* is used up by it. *environments* are dialect and options of each `configure()` call where the project
    wants its env.py to take part (`revision_environment`); *path* and *created* replace an earlier file's. *prepared* is
    what env.py's part has come to already, in place of *wanted*. Raises Alembic's CommandError, TemplateFailed, Dropped.
    """
    context = revision_context(config, directory, wanted) if prepared is None else prepared
    context.script_directory = directory
    for dialect, options in environments:
        _take_part(context, directory, dialect, options, with_directives=with_directives)
    if len(context.generated_revisions) != 1:
        raise Dropped(len(context.generated_revisions))
    script: MigrationScript = context.generated_revisions[0]

    def generate(src: Path, dest: Path, **arguments: Any) -> None:
        raise _Rendered(Path(dest), render(lambda changed: _from_template(Path(src), changed), arguments), arguments)

    directory._generate_template = generate  # type: ignore[method-assign]
    directory._ensure_directory = lambda path: None  # type: ignore[method-assign]  # noqa: ARG005 - named as Alembic does
    if path is not None:
        directory._rev_path = lambda *_: path  # type: ignore[method-assign]
    if created is not None:
        directory._generate_create_date = lambda: created  # type: ignore[method-assign]
    try:
        context._to_script(script)
    except _Rendered as done:
        given = done.arguments
        return Rendered(
            given["up_revision"], done.path, done.text, given["create_date"],
            _names(given["down_revision"]), _names(given["depends_on"]), _names(given["branch_labels"]), str(given["message"]),
        )  # fmt: skip
    raise AssertionError("generate_revision wrote nothing")  # pragma: no cover


def _take_part(
    context: RevisionContext,
    directory: ScriptDirectory,
    dialect: str,
    options: Mapping[str, Any],
    *,
    with_directives: bool,
) -> None:
    """Let env.py's options have their say, as a run of env.py would, without a database."""
    environment = EnvironmentContext(context.config, directory, as_sql=True, template_args=context.template_args)
    kept = {
        name: value
        for name, value in options.items()
        if name not in {"dialect_name", "output_buffer", "on_version_apply"}
    }
    environment.configure(dialect_name=dialect, **kept)
    if with_directives:
        context.run_no_autogenerate((), environment.get_context())


def _names(value: Any) -> tuple[str, ...]:
    return (
        ()
        if value is None
        else (value,)
        if isinstance(value, str)
        else tuple(name for name in value if name is not None)
    )


def _from_template(source: Path, arguments: Mapping[str, Any]) -> str:
    try:
        text: str = Template(filename=str(source)).render_unicode(**arguments)  # noqa: S702 - it makes Python, not HTML
    except Exception as error:  # whatever the template's own code raises
        raise TemplateFailed(str(source)) from error
    return text


def run_hooks(path: Path, hooks: list[Any]) -> tuple[str, ...]:
    """Run the post-write *hooks* on the file at *path*; return a sentence for each program that failed.

    As in Alembic a program's exit code stops nothing. Raises Alembic's CommandError for a hook that cannot be run at all,
    and whatever a hook in Python raises.
    """
    said: list[str] = []

    def run(file: str, options: dict[str, Any], _ignore_output: bool, command: list[str]) -> None:  # noqa: FBT001 - Alembic's
        words = write_hooks._parse_cmdline_options(options.get("options", ""), file)
        done = subprocess.run([*command, *words], cwd=options.get("cwd"), capture_output=True, check=False)  # noqa: S603 - the project's own command
        if done.returncode:
            output = (done.stderr or done.stdout).decode(errors="replace").strip()
            last = f": {output.splitlines()[-1][:200]}" if output else "."
            said.append(
                f"The post-write hook {options.get('_hook_name', '')!r} ended with code {done.returncode}{last}"
            )

    with mock.patch.object(write_hooks, "_run_hook", run):
        write_hooks._run_hooks(str(path), hooks)
    return tuple(said)
