"""Every error of migration_magics, named after the user's situation.

    MigrationError                      what is wrong, and `hint`: the next command to type
    ├── UsageProblem                    a command line that cannot be read (ValueError)
    ├── ProjectProblem
    │   ├── ProjectNotFound             no Alembic project here (LookupError)
    │   ├── RevisionFileBroken          a revision file that cannot be read: syntax, no id, import fails (ValueError)
    │   ├── DuplicateRevision           two files, one revision id (ValueError)
    │   ├── ParentMissing               a file revises or depends on a revision that has no file (LookupError)
    │   ├── RevisionCycle               revisions that are their own ancestors (ValueError)
    │   ├── EnvironmentFailed           the project's env.py raised, exited, or never configured a database
    │   ├── NoModels                    env.py names no models to compare (LookupError)
    │   ├── ModelsProblem               models that a database does not take, or two for one table
    │   └── ReplayFailed                the history does not run on a scratch copy; at which revision, and why
    ├── TargetProblem
    │   ├── RevisionNotFound            no such revision, the nearest named (LookupError)
    │   ├── RevisionAmbiguous           a prefix or relative step that fits several (LookupError)
    │   ├── ObjectNotFound              no table, column or index of that name, now or ever (LookupError)
    │   ├── SeveralHeads                `head` when there are several: both ways out are named (LookupError)
    │   ├── TargetUnreachable           a range or target that is not on the way (ValueError)
    │   └── NotReversible               a downgrade over a revision that has none; nothing ran
    ├── ConnectionProblem
    │   ├── NotConnected                no connection yet
    │   ├── ConnectionNotFound          no connection of that name (LookupError)
    │   ├── DriverMissing               the pip line that installs the driver (ImportError)
    │   ├── DatabaseUnreachable         the server or file does not answer (OSError)
    │   ├── DatabaseReadOnly            it answers, and takes no writes
    │   ├── DatabaseLocked              somebody else holds the lock we waited for (TimeoutError)
    │   └── AnotherMigrator             another migration runs on this database; its holder is named (TimeoutError)
    ├── ReplayInterrupted               stopped by the user while a scratch copy was worked on; nothing else was touched
    ├── Busy                            another command of this notebook runs, begun by a button (RuntimeError)
    ├── DatabaseAhead                   the database stands at a revision that the project does not know (LookupError)
    ├── CheckFailed                     a check that was asked for found something (`current --check-heads`)
    ├── GuardProblem                    nothing was changed
    │   ├── ConfirmationRequired        would lose data or touch a protected connection; how to confirm
    │   ├── PlanStale                   the fingerprint no longer fits what would run
    │   └── Refused                     cannot be done this way on this database
    ├── MoveFailed                      a revision failed; `.trace`, `.before`, `.after`: what state the database is in
    │   ├── BrownfieldBase              the first revision expects tables that are not there: create and stamp
    │   └── MoveInterrupted             stopped by the user (the kernel's interrupt)
    ├── BackfillFailed                  a batch failed and was rolled back; `.passed`, `.changed`: what is done and kept
    │   └── BackfillInterrupted         stopped by the user; the same command goes on
    └── AuthoringProblem
        ├── RehearsalFailed             what the cell says goes wrong on a copy; `.rehearsed`: what happened there
        ├── CellInvalid                 a %%revision or %%models cell that cannot be what it is to be (ValueError)
        ├── QuestionsOpen               autogenerate needs an answer: `.questions`, each with the option that gives it
        ├── RevisionApplied             the cell's revision is already applied: `--reapply`
        └── RevisionBuiltOn             the cell's revision has descendants and may not be rewritten

They draw themselves in a few lines in a notebook and say the same as text, are real `error` outputs (so "Run All"
stops), and keep the first cause
in `__cause__` for `%migrate why`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .clean import clean
from .redact import redact

if TYPE_CHECKING:
    from .model.question import Question
    from .model.trace import Trace
    from .results import Planned, Rehearsed

_RED, _DIM, _OFF = "\x1b[31m", "\x1b[2m", "\x1b[0m"


class MigrationError(Exception):
    """What is wrong, in the user's words, and the next command to type.

    All three texts are cleaned and redacted here, so that no caller can forget to, and once more when they are shown,
    since what is learnt later is added to them. `details` are further lines (which operations are done, which are not).
    """

    def __init__(self, message: str, *, hint: str | None = None, details: tuple[str, ...] = ()) -> None:
        self.message = _shown(message)
        self.hint = _shown(hint) if hint else None
        self.details = tuple(_shown(line) for line in details)
        super().__init__(self.message)

    def __str__(self) -> str:
        """Message, details and hint, a line each: all that a log of plain Python will ever show."""
        lines = [_shown(self.message), *(f"  {_shown(line)}" for line in self.details)]
        return "\n".join([*lines, f"  Hint: {_shown(self.hint)}"] if self.hint else lines)

    def _render_traceback_(self) -> list[str]:
        """The short form, as IPython and ipykernel ask for it (IPython 8 and 9)."""
        lines = [f"{_RED}{type(self).__name__}{_OFF}: {_shown(self.message)}"]
        lines += [f"  {_shown(line)}" for line in self.details]
        if self.hint:
            lines.append(f"  {_DIM}Hint:{_OFF} {_shown(self.hint)}")
        return lines


def _shown(text: str) -> str:
    """Cleaned first: what cannot be seen may stand in the middle of the word that gives a secret away."""
    return redact(clean(text))


class UsageProblem(MigrationError, ValueError):
    """A command line that cannot be read: unknown command or option, a missing value."""


class ProjectProblem(MigrationError):
    """Something about the Alembic project's files."""


class ProjectNotFound(ProjectProblem, LookupError):
    """No Alembic project where one was looked for."""


class RevisionFileBroken(ProjectProblem, ValueError):
    """A revision file that cannot be read: a syntax error, no id, an import that fails."""


class DuplicateRevision(ProjectProblem, ValueError):
    """Two files carry one revision id."""


class ParentMissing(ProjectProblem, LookupError):
    """A revision names a parent or dependency that has no file."""


class RevisionCycle(ProjectProblem, ValueError):
    """Revisions that are their own ancestors."""


class EnvironmentFailed(ProjectProblem):
    """The project's env.py raised, exited, or configured no database."""


class NoModels(ProjectProblem, LookupError):
    """env.py gives no models: its `target_metadata` is None, or there is no env.py."""


class ModelsProblem(ProjectProblem):
    """Models that can be imported and that a database does not take, or that contradict each other."""


class ReplayFailed(ProjectProblem):
    """The history does not run on a scratch copy: *revision* fails at *place*, "SQLite in memory"; *why*."""

    def __init__(
        self,
        message: str,
        *,
        revision: str = "",
        place: str = "",
        why: str = "",
        hint: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.revision = revision
        self.place = place
        self.why = _shown(why)


class ReplayInterrupted(MigrationError):
    """The user stopped a replay; its copy is dropped, and the database in use was not touched."""


class TargetProblem(MigrationError):
    """A revision identifier, range or target that does not lead anywhere."""


class RevisionNotFound(TargetProblem, LookupError):
    """No revision fits the identifier."""


class RevisionAmbiguous(TargetProblem, LookupError):
    """Several revisions fit the identifier."""


class ObjectNotFound(TargetProblem, LookupError):
    """No table, column, index or constraint has that name, or ever had."""


class SeveralHeads(TargetProblem, LookupError):
    """One head was asked for and there are several."""


class TargetUnreachable(TargetProblem, ValueError):
    """The target does not lie in the direction asked for."""


class NotReversible(TargetProblem):
    """A downgrade would pass a revision that cannot be undone; nothing ran."""


class ConnectionProblem(MigrationError):
    """Something about reaching a database."""


class NotConnected(ConnectionProblem):
    """A command needs a database and none is connected."""


class ConnectionNotFound(ConnectionProblem, LookupError):
    """No connection, variable or setting has that name."""


class DriverMissing(ConnectionProblem, ImportError):
    """The URL's driver is not installed."""


class DatabaseUnreachable(ConnectionProblem, OSError):
    """The server or file does not answer."""


class DatabaseReadOnly(ConnectionProblem):
    """The database answers but takes no writes."""


class DatabaseLocked(ConnectionProblem, TimeoutError):
    """A lock was not to be had in the time the settings allow."""


class AnotherMigrator(ConnectionProblem, TimeoutError):
    """Another migration holds this database's advisory lock."""


class Busy(MigrationError, RuntimeError):
    """Another command of this notebook runs, begun by a button."""


class DatabaseAhead(MigrationError, LookupError):
    """The database stands at a revision that has no file in the project."""


class CheckFailed(MigrationError):
    """A check the user asked for did not hold."""


class GuardProblem(MigrationError):
    """The guard said no, before anything was changed."""


class ConfirmationRequired(GuardProblem):
    """It would lose data, or the connection is protected: a person must say yes.

    `planned` is the result of `plan` for what was asked, to be looked at first.
    """

    def __init__(
        self, message: str, *, planned: Planned | None = None, hint: str | None = None, details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.planned = planned


class PlanStale(GuardProblem):
    """The plan's fingerprint no longer fits."""


class Refused(GuardProblem):
    """It cannot be done this way on this database."""


class MoveFailed(MigrationError):
    """A revision failed.

    `trace` tells what ran and what became of it; `before` and `after` are the database's heads, read back from it.
    `after` is None where they could not be read: then the state is unknown, and the message says so.
    """

    def __init__(
        self,
        message: str,
        *,
        trace: Trace | None = None,
        before: tuple[str, ...] = (),
        after: tuple[str, ...] | None = None,
        hint: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.trace = trace
        self.before = before
        self.after = after


class BrownfieldBase(MoveFailed):
    """The first revision expects tables that an empty database does not have."""


class MoveInterrupted(MoveFailed):
    """The user stopped the run."""


class BackfillFailed(MigrationError):
    """A batch of a backfill failed and was rolled back; those before it are kept.

    `passed` and `changed` count the rows that the job has dealt with so far, also in runs before this one.
    """

    def __init__(
        self, message: str, *, passed: int = 0, changed: int = 0, hint: str | None = None, details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.passed = passed
        self.changed = changed


class BackfillInterrupted(BackfillFailed):
    """The user stopped a backfill between two batches, or in one, which was rolled back."""


class AuthoringProblem(MigrationError):
    """A revision that cannot be written as asked; no file was changed."""


class RehearsalFailed(AuthoringProblem):
    """A revision that goes wrong on a copy. `rehearsed` is the whole rehearsal."""

    def __init__(
        self,
        message: str,
        *,
        rehearsed: Rehearsed | None = None,
        hint: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.rehearsed = rehearsed


class CellInvalid(AuthoringProblem, ValueError):
    """The body of a %%revision cell is none of its forms, or classes in a %%models cell do not map."""


class QuestionsOpen(AuthoringProblem):
    """Only a person knows whether it is a rename or a loss: *questions* are open, and nothing was written."""

    def __init__(
        self,
        message: str,
        *,
        questions: tuple[Question, ...] = (),
        hint: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.questions = questions


class RevisionApplied(AuthoringProblem):
    """The cell's revision is applied somewhere; rewriting it would part file and database."""


class RevisionBuiltOn(AuthoringProblem):
    """Other revisions build on the cell's revision."""
