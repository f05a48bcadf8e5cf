"""The playground, explanations and exercises: for the golden files."""

from __future__ import annotations

from migration_magics.results import ConnectionShown, Playground, ProjectShown, Result


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
    }
