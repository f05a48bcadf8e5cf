"""The playground, explanations and exercises: for the golden files."""

from __future__ import annotations

from dataclasses import replace

from migration_magics.model.explanation import DeedExplained, Demonstration, Facts, Moment, OperationExplained
from migration_magics.model.graph import Revision
from migration_magics.results import (
    Checkpoint,
    ConnectionShown,
    Course,
    Exercise,
    Explained,
    Lesson,
    Playground,
    ProjectShown,
    Result,
    RevisionExplained,
)


def examples() -> dict[str, Result]:
    """Return the results by the name of their golden files."""
    connection = ConnectionShown(
        "demo",
        "sqlite:////home/ada/demo/demo.db",
        "sqlite",
        "SQLite 3.45.1",
        is_current=True,
        current=("d51e96",),
        pending=2,
    )
    project = ProjectShown("/home/ada/demo/migrations", "/home/ada/demo/alembic.ini", 13, ("f07d21",), ("3f1a20",))
    rows = (("results", 2408), ("evaluations", 2000), ("workers", 40), ("metrics", 3))
    return {
        "playground": Playground(
            connection,
            "",
            project,
            ("Left as it was, since it is not the playground's: notes.ipynb.",),
            directory="demo",
            files=("alembic.ini", "models.py"),
            rows=rows,
            ahead="evaluations.note",
            next_commands=("%migrate history", "%migrate rehearse", "%migrate check"),
        ),
        "playground_there": Playground(connection, "", project, directory="learn", is_new=False, next_commands=()),
        "explained": explained(),
        **exercises(),
    }


def explained() -> Explained:
    """Return an explanation of two operations: one heard, one only read."""
    facts = {
        "sqlite": Facts("the whole file", "Other writers wait.", "until the transaction ends", source="SQLite 3.45"),
        "postgresql": Facts(
            "ACCESS EXCLUSIVE",
            "Everybody waits, readers too.",
            "while every row is read",
            scans=True,
            why="It fails where a NULL is left.",
            safe="# first <a check>\nop.create_check_constraint(...)",
            source="PostgreSQL 18 manual, ALTER TABLE",
        ),
        "mariadb": Facts("SHARED", "Writers wait.", "a while", "COPY", rewrites=True, scans=True),
    }
    deed = DeedExplained("alter_column_nullable", "Lets no NULL into <t>.status.", "yes", "nullable=True does.", facts)
    sql = {"postgresql": "ALTER TABLE t ALTER COLUMN status SET NOT NULL;", "mariadb": "ALTER TABLE t MODIFY ...;"}
    batch = OperationExplained("alter_column", "<t>.status", (deed,), sql, {"sqlite": "the table is not known here"})
    read = DeedExplained("drop_column", "Drops the column a of t with all its values.", "no", "A backup.", {})
    unheard = OperationExplained("drop_column", "t.a", (read,), {}, {}, 31, is_certain=False)
    revision = Revision("a0c7d4", ("6f83ab",), message="Every evaluation has a status")
    note = "Heard without a database up to here: it reads from the database."
    return Explained(
        (RevisionExplained(revision, (batch, unheard), (note,)),),
        ("sqlite", "postgresql", "mariadb"),
        demonstration=Demonstration(
            "op.alter_column <t>.status",
            "a copy on PostgreSQL 18.1",
            (
                Moment("migration", "makes the change", 0.0, 0.012),
                Moment("migration", "its transaction is open", 0.012, 0.45),
                Moment("a reader", "reads", 0.02, 0.46, is_waiting=True),
                Moment("a writer", "writes, which fails: no <t>", 0.02, 0.03),
            ),
            "A reader waited until the migration had ended its transaction; a writer went on.",
            ("t: AccessExclusiveLock",),
        ),
        next_command="%migrate rehearse a0c7d4",
    )


def exercises() -> dict[str, Result]:
    """Return the list of exercises and one of them: begun, hinted, solved, checked."""
    lessons = (Lesson(1, "Why not create_all?", "done"), Lesson(2, "Who did <it>?", "begun"), Lesson(3, "Drift", "new"))
    text = "Who renamed `evaluations.name`?\nAnswer with the id: `%migrate exercise 2 --answer ID`.\n\nTake your time."
    one = Exercise(2, "Who did <it>?", text, "exercises/02", "exercise2", next_command="%migrate exercise 2 --check")
    points = (
        Checkpoint("the revision", is_met=True),
        Checkpoint("one head", is_met=False, missing="There are 2 heads."),
    )
    return {
        "course": Course(lessons, "%migrate exercise 2"),
        "exercise": one,
        "exercise_hints": replace(one, hints=("`%migrate blame` tells.", "It is a rename."), hint_count=3),
        "exercise_solution": replace(one, solution=("%migrate blame t", '%%revision -m "x"\nop.drop_table("t")')),
        "exercise_checked": replace(one, checkpoints=points, next_command="%migrate exercise 2 --hint"),
        "exercise_done": replace(one, checkpoints=points[:1], next_command="%migrate exercise 3"),
    }
