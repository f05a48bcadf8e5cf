"""Every error of the tree, provoked for real: its words, its hint, its two lines, its builtin base, its place."""

from __future__ import annotations

import builtins
import inspect
import re
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from migration_magics import errors
from migration_magics.commands.api import Workspace
from migration_magics.commands.parser import Parsed, execute
from migration_magics.commands.table import CELLS
from migration_magics.engine.lock import key
from tests.engine.making import Made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLE = "op.create_table('t', sa.Column('id', sa.Integer))"
INTERRUPT = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nwhile True:\n    len('x')"
BASES = {errors.MigrationError, errors.GuardProblem}
"""Only ever raised as one of their children."""


@dataclass(frozen=True)
class Case:
    """What provokes an error, and what it must say."""

    provoke: Callable[..., Any]
    message: str
    hint: str


CASES: dict[type[errors.MigrationError], Case] = {}


def engine(url: str) -> sa.Engine:
    """An engine that keeps nothing open."""
    return sa.create_engine(url, poolclass=sa.NullPool)


def provokes(cls: type[errors.MigrationError], message: str, hint: str) -> Callable[[Any], Any]:
    """Register a function that gets a project and makes *cls* happen; *message* and *hint* are patterns."""

    def register(function: Any) -> Any:
        assert cls not in CASES
        CASES[cls] = Case(function, message, hint)
        return function

    return register


@provokes(errors.Busy, r"%migrate rehearse is running in this notebook", r"wait until .* run this cell again")
def _(made: Made) -> None:
    begun, end = threading.Event(), threading.Event()

    def work() -> None:
        with made.ws.turns.take("%migrate rehearse"):
            begun.set()
            end.wait(20)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(5)
    try:
        made.ws.status()
    finally:
        end.set()
        thread.join()


@provokes(errors.UsageProblem, r"--yess", r"--yes\b")
def _(made: Made) -> None:
    made.ws.run("upgrade head --yess")


@provokes(
    errors.ProjectProblem, r"migrations exists and is not empty\. Nothing was changed", r"%migrate connect --project"
)
def _(made: Made) -> None:
    made.ws.init(str(made.root / "migrations"))


@provokes(errors.ProjectNotFound, r"No Alembic project in", r"%migrate init")
def _(made: Made, tmp_path_factory: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("nothing_here"))
    Workspace().history()


@provokes(errors.RevisionFileBroken, r"a1\.py, line 12", r"\w")
def _(made: Made) -> None:
    made.add("a1", "op.create_table(")
    made.ws.upgrade("head")


@provokes(errors.DuplicateRevision, r"Two files carry the revision id 'a1': .*a1\.py", r"Remove the copy")
def _(made: Made) -> None:
    path = made.add("a1")
    path.with_name("copy.py").write_text(path.read_text())
    made.ws.history()


@provokes(errors.ParentMissing, r"b2\.py.*'gone'.*no file", r"Restore the missing file")
def _(made: Made) -> None:
    made.add("b2", parents=("gone",))
    made.ws.history()


@provokes(errors.RevisionCycle, r"in a circle: .*a1.*b2", r"Correct down_revision")
def _(made: Made) -> None:
    made.add("a1", parents=("b2",))
    made.add("b2", parents=("a1",))
    made.ws.history()


@provokes(errors.EnvironmentFailed, r"env\.py failed.*line \d+.*ValueError: no such setting", r"%migrate why")
def _(made: Made) -> None:
    made.env_py.write_text("raise ValueError('no such setting')\n")
    made.ws.current()


@provokes(errors.NoModels, r"env\.py has no models", r"target_metadata = Base\.metadata")
def _(made: Made) -> None:
    made.ws.diff("models", "db")


@provokes(errors.ModelsProblem, r"cannot be created on SQLite in memory: .*ARRAY", r"%migrate why")
def _(made: Made) -> None:
    models = "import sqlalchemy as sa\nm = sa.MetaData()\nsa.Table('t', m, sa.Column('c', sa.ARRAY(sa.Integer)))\n"
    made.env_py.write_text(models + made.env_py.read_text().replace("target_metadata = None", "target_metadata = m"))
    made.ws.schema("models")


@provokes(errors.ReplayInterrupted, r"stopped in revision a1\. Its copy is gone; nothing of your database", r"again")
def _(made: Made) -> None:
    made.add("a1", INTERRUPT)
    made.ws.blame("t")


@provokes(
    errors.ReplayFailed,
    r"cannot be replayed from an empty database: revision a1 .*no such table",
    r"%migrate stamp head",
)
def _(made: Made) -> None:
    made.add("a1", "op.drop_table('t')")
    made.ws.blame("t")


@provokes(errors.ObjectNotFound, r"never made anything called tt", r"did you mean t\?")
def _(made: Made) -> None:
    made.add("a1", "op.create_table('t', sa.Column('id', sa.Integer))")
    made.ws.blame("tt")


@provokes(errors.TargetProblem, r"'@' means no single revision here", r"%migrate history")
def _(made: Made) -> None:
    made.ws.plan("@")


@provokes(errors.RevisionNotFound, r"no revision 'a11'", r"a1")
def _(made: Made) -> None:
    made.add("a1")
    made.ws.upgrade("a11")


@provokes(errors.RevisionAmbiguous, r"abcd", r"write more of the id")
def _(made: Made) -> None:
    made.add("abcd1")
    made.add("abcd2")
    made.ws.upgrade("abcd")


@provokes(errors.SeveralHeads, r"has 2 heads", r"heads|merge")
def _(made: Made) -> None:
    made.add("a1")
    made.add("b2")
    made.add("c3", parents=("a1",))
    made.ws.upgrade("head")


@provokes(errors.TargetUnreachable, r"No way leads down from a1 to b2", r"%migrate history -r a1:b2")
def _(made: Made) -> None:
    made.add("a1")
    made.add("b2")
    made.ws.history(range="b2:a1")


@provokes(
    errors.NotReversible,
    r"1 of 1 revisions cannot be undone: a1 has no downgrade\(\)\. Nothing was changed",
    r"%migrate edit a1",
)
def _(made: Made) -> None:
    made.add("a1", TABLE, None)
    made.ws.upgrade("head")
    made.ws.downgrade("base")


@provokes(errors.ConnectionProblem, r"names a schema, which only PostgreSQL", r"put the database's name into the URL")
def _(made: Made) -> None:
    table = "[tool.migration_magics.connections.app]\nurl = 'sqlite:///x.db'\nschema = 's'\n"
    (made.root / "pyproject.toml").write_text(table)
    made.ws.connect("app")


@provokes(errors.NotConnected, r"No database is connected", r"%migrate connect sqlite")
def _(made: Made) -> None:
    made.ws.disconnect()
    made.ws.current()


@provokes(errors.ConnectionNotFound, r"no connection 'appp'", r"connected are|did you mean|%migrate connect")
def _(made: Made) -> None:
    made.ws.run("current --on appp")


@provokes(errors.DriverMissing, r"driver 'pymssql' for .* is not installed", r"%pip install pymssql")
def _(made: Made) -> None:
    made.ws.connect("mssql+pymssql://app@localhost/app")


@provokes(errors.DatabaseUnreachable, r"app does not answer", r"server up")
def _(made: Made) -> None:
    made.ws.connect("postgresql+psycopg://u:s3cr3t-pw@127.0.0.1:1/app", name="app")


@provokes(errors.DatabaseReadOnly, r"takes no writes.*Nothing was changed", r"may write")
def _(made: Made) -> None:
    made.add("a1", TABLE)
    with engine(made.url).connect() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 1")
    made.ws.connect(f"sqlite:///file:{made.root}/test.db?mode=ro&uri=true", name="ro")
    made.ws.upgrade("head")


@provokes(errors.DatabaseLocked, r"locked by somebody else", r"lock_timeout_s|migrator_wait_s")
def _(made: Made) -> None:
    made.add("a1", TABLE)
    with engine(made.url).connect() as holder:
        holder.exec_driver_sql("BEGIN EXCLUSIVE")
        made.ws.upgrade("head")


@provokes(
    errors.AnotherMigrator,
    r"Another migration runs on this database: .*process \d+.*waited 0\.2 s\. Nothing was changed",
    r"wait",
)
def _(made: Made, postgresql_url: str) -> None:
    made.add("a1", TABLE)
    made.ws.connect(postgresql_url)
    with engine(postgresql_url).connect() as holder:
        holder.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": key("alembic_version")})
        made.ws.upgrade("head")


@provokes(
    errors.DatabaseAhead, r"stands at b2, for which this project has no file\. Nothing was changed", r"newer code"
)
def _(made: Made) -> None:
    made.add("a1")
    path = made.add("b2")
    made.ws.upgrade("head")
    path.unlink()
    made.ws.upgrade("head")


@provokes(errors.CheckFailed, r"is not at the head: it stands at base, 1 revision behind", r"%migrate plan")
def _(made: Made) -> None:
    made.add("a1")
    made.ws.current(check_heads=True)


@provokes(errors.ConfirmationRequired, r"loses data\. Nothing was changed", r"--yes")
def _(made: Made) -> None:
    made.add("a1", f"{TABLE}\nop.execute('INSERT INTO t VALUES (1)')", "op.drop_table('t')")
    made.ws.upgrade("head")
    made.ws.downgrade("base")


@provokes(errors.PlanStale, r"Plan abcdef is not what would run now.*Nothing was changed", r"%migrate plan head")
def _(made: Made) -> None:
    made.add("a1")
    made.ws.upgrade("head", plan="abcdef")


@provokes(errors.Refused, r"ends the transaction by itself \(COMMIT\).*nothing was changed", r"take it out")
def _(made: Made) -> None:
    made.add("a1", f"{TABLE}\nop.execute('COMMIT')")
    made.ws.upgrade("head", dry_run=True)


@provokes(
    errors.MoveFailed,
    r"Revision a1 \(message of a1\) failed \(a1\.py, line 13\): .*syntax error",
    r"mend a1\.py, then %migrate upgrade head",
)
def _(made: Made) -> None:
    made.add("a1", f"{TABLE}\nop.execute('nonsense')")
    made.ws.upgrade("head")


@provokes(errors.BrownfieldBase, r"a1 expects tables that this database does not have", r"%migrate stamp head")
def _(made: Made) -> None:
    made.add("a1", "op.add_column('users', sa.Column('name', sa.String(10)))")
    made.ws.upgrade("head")


@provokes(errors.MoveInterrupted, r"Stopped by you in revision a1", r"%migrate upgrade head")
def _(made: Made) -> None:
    made.add("a1", INTERRUPT)
    made.ws.upgrade("head")


def _numbers(made: Made) -> None:
    with made.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n < 2))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, NULL), (2, NULL)")


@provokes(errors.BackfillFailed, r"backfill of t failed: CHECK constraint failed", r"it goes on where it stopped")
def _(made: Made) -> None:
    _numbers(made)
    made.ws.backfill("t", set="n = id", where="n IS NULL", batch=1)


@provokes(errors.BackfillInterrupted, r"The backfill of t was interrupted", r"it goes on where it stopped")
def _(made: Made) -> None:
    _numbers(made)
    made.ws.on_step = lambda passed, *_more: signal.raise_signal(signal.SIGINT) if passed == 1 else None
    made.ws.backfill("t", set="n = 1", where="n IS NULL", batch=1, pause=60)


@provokes(errors.AuthoringProblem, r"There is a revision a1 already", r"leave --rev-id out")
def _(made: Made) -> None:
    made.add("a1")
    made.ws.revision(message="another", rev_id="a1")


@provokes(errors.RehearsalFailed, r"rehearsal on SQLite in memory.*Nothing was written", r"--force")
def _(made: Made) -> None:
    made.ws.revision("op.drop_table('nowhere')", message="drop what is not there")


@provokes(errors.CellInvalid, r"\w", r"\w")
def _(made: Made) -> None:
    made.ws.revision("def downgrade():\n    pass\n", message="only down")


@provokes(errors.QuestionsOpen, r"question is open.*Nothing was written", r"revision --autogenerate .*--rename t.a=b")
def _(made: Made) -> None:
    made.edit_env("target_metadata = None", "import sqlalchemy as sa\ntarget_metadata = sa.MetaData()\nsa.Table('t', "
                  "target_metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column('b', sa.String(9)))")  # fmt: skip
    with made.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(9))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'x')")
    made.ws.revision(message="another day", autogenerate=True)


@provokes(errors.RevisionApplied, r"is applied on .*Nothing was changed", r"--reapply")
def _(made: Made) -> None:
    made.ws.revision(TABLE, message="make t", apply=True)
    made.ws.revision(TABLE.replace("'id'", "'key'"), message="make t")


@provokes(errors.RevisionBuiltOn, r"may not be rewritten: b2 builds on it\. Nothing was changed", r"another message")
def _(made: Made) -> None:
    made.ws.revision(TABLE, message="make t", rev_id="a1")
    made.ws.revision("pass", message="more", rev_id="b2")
    made.ws.revision(TABLE.replace("'id'", "'key'"), message="make t")


# -- the tests


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty project on a SQLite file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    project = Made(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", migrator_wait_s=0.2, lock_timeout_s=0.2)
    yield project
    project.ws.close()


def classes() -> list[type[errors.MigrationError]]:
    """Every class of the tree, in the order of the file."""
    found = [cls for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, errors.MigrationError)]
    return [cls for cls in found if cls.__module__ == errors.__name__]


def drawn_bases() -> dict[str, str]:
    """The tree in the module's docstring: each class with the builtin it names, "" where it names none."""
    lines = re.findall(r"^    [│├└─ ]*(\w+)(?: {2,}(.*))?$", errors.__doc__ or "", re.MULTILINE)
    found = {name: re.search(r"\((\w+)\)$", about) for name, about in lines}
    return {name: match[1] if match else "" for name, match in found.items()}


def raised(cls: type[errors.MigrationError], made: Made, request: pytest.FixtureRequest) -> errors.MigrationError:
    provoke = CASES[cls].provoke
    wanted = [name for name in inspect.signature(provoke).parameters if name != "made"]
    with pytest.raises(errors.MigrationError) as caught:
        provoke(made, *(request.getfixturevalue(name) for name in wanted))
    return caught.value


@pytest.mark.parametrize("cls", CASES, ids=lambda cls: cls.__name__)
def test_each_error_says_what_is_wrong_and_what_to_type(
    cls: type[errors.MigrationError], made: Made, request: pytest.FixtureRequest
) -> None:
    error = raised(cls, made, request)
    assert type(error) is cls
    assert re.search(CASES[cls].message, error.message, re.DOTALL), error.message
    assert error.hint is not None
    assert re.search(CASES[cls].hint, error.hint), error.hint
    assert "s3cr3t-pw" not in f"{error}{error.hint}{error.details}"
    builtin = drawn_bases()[cls.__name__]
    assert not builtin or isinstance(error, getattr(builtins, builtin))
    drawn = [re.sub(r"\x1b\[\d*m", "", line) for line in error._render_traceback_()]
    assert drawn[0] == f"{cls.__name__}: {error.message}"
    assert drawn[-1] == f"  Hint: {error.hint}"
    assert drawn[1:-1] == [f"  {line}" for line in error.details]


def test_no_error_of_the_tree_is_left_out() -> None:
    assert set(classes()) - set(CASES) == BASES


def test_the_drawn_tree_is_the_real_one() -> None:
    assert set(drawn_bases()) == {cls.__name__ for cls in classes()}


@pytest.mark.parametrize("cls", [cls for cls in classes() if issubclass(cls, errors.GuardProblem) and cls in CASES])
def test_a_refusal_says_that_nothing_was_changed(
    cls: type[errors.MigrationError], made: Made, request: pytest.FixtureRequest
) -> None:
    assert "nothing was changed" in raised(cls, made, request).message.lower()


def test_a_question_carries_the_plan(made: Made, request: pytest.FixtureRequest) -> None:
    error = raised(errors.ConfirmationRequired, made, request)
    assert isinstance(error, errors.ConfirmationRequired)
    assert error.planned is not None
    assert error.planned.plan.direction == "downgrade"


def test_a_failed_move_carries_trace_and_heads(made: Made, request: pytest.FixtureRequest) -> None:
    error = raised(errors.MoveFailed, made, request)
    assert isinstance(error, errors.MoveFailed)
    assert error.trace is not None
    assert (error.before, error.after, error.trace.outcome.value) == ((), (), "failed")


# -- where it went wrong


def cell(made: Made, body: str, **options: Any) -> errors.MigrationError:
    """Run *body* as the cell `In[7]`, where it begins at line 2."""
    command = CELLS["revision"]
    known: dict[str, Any] = {
        a.dest: () if a.repeatable else False if a.kind == "flag" else None for a in command.arguments
    }
    arguments = {
        name: value for name, value in {**known, "message": "a cell", **options}.items() if name not in {"words", "out"}
    }
    with pytest.raises(errors.MigrationError) as caught:
        execute(made.ws, Parsed(command, arguments, on=None), body=body, filename="In[7]", first_line=2)
    return caught.value


@pytest.mark.parametrize(
    "body, said",
    [
        ("x = 1\nop.drop_table('t'\n", r"Line 3 of the cell: '\(' was never closed"),
        ("def upgrade():\n    pass\n\ndef upgrade():\n    pass\n", r"Line 5 of the cell: upgrade is defined twice"),
    ],
)
def test_an_error_in_a_body_points_at_the_cells_line(made: Made, body: str, said: str) -> None:
    error = cell(made, body)
    assert type(error) is errors.CellInvalid
    assert re.search(said, error.message), error.message
    assert re.match(r"\d \| ", error.details[0])
    assert not list(made.versions.glob("*.py"))


@pytest.mark.parametrize("body", ["x = 1\nx / 0\n", "def upgrade():\n    x = 1\n    x / 0\n"])
def test_an_error_while_a_cell_runs_points_at_its_line_in_cell_and_file(made: Made, body: str) -> None:
    tried = cell(made, body)
    assert type(tried) is errors.RehearsalFailed
    assert any("ZeroDivisionError" in line for line in tried.details)
    assert f"Line {2 + body.splitlines().index(body.splitlines()[-1])} of the cell: x / 0" in tried.details
    error = cell(made, body, apply=True, force=True)
    assert f"Line {2 + body.splitlines().index(body.splitlines()[-1])} of the cell: x / 0" in error.details
    assert type(error) is errors.MoveFailed
    (name, number) = re.search(r"\((\w+\.py), line (\d+)\): ZeroDivisionError", error.message).groups()  # type: ignore[union-attr] # asserted by its use
    assert (made.versions / name).read_text().splitlines()[int(number) - 1].strip() == "x / 0"


def test_an_error_while_a_cell_is_read_points_at_its_line(made: Made) -> None:
    error = cell(made, "def upgrade():\n    pass\n\nraise ValueError(3)\n\ndef downgrade():\n    pass\n")
    assert type(error) is errors.RevisionFileBroken
    assert error.details[-1] == "Line 5 of the cell: raise ValueError(3)"


@pytest.mark.parametrize(
    "up, kind, said",
    [
        ("x = 1\nx / 0", errors.MoveFailed, "ZeroDivisionError"),
        ("op.execute('nonsense')", errors.MoveFailed, "syntax error"),
        ("import no_such_module_at_all", errors.MoveFailed, "ModuleNotFoundError"),
        ("x = (", errors.RevisionFileBroken, "never closed"),
    ],
)
def test_an_error_in_a_file_points_at_the_files_line(
    made: Made, up: str, kind: type[errors.MigrationError], said: str
) -> None:
    path = made.add("a1", up)
    with pytest.raises(kind, match=said) as caught:
        made.ws.upgrade("head")
    number = int(re.search(r"a1\.py, line (\d+)", caught.value.message)[1])  # type: ignore[index] # asserted by its use
    assert path.read_text().splitlines()[number - 1].strip() == up.splitlines()[-1]
