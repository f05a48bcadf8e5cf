"""Make small Alembic projects for the tests of running: each revision is a few lines of its own."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path

from migration_magics.commands.api import Workspace
from migration_magics.settings import Settings

HEADER = '''"""{message}"""
import sqlalchemy as sa
from alembic import context, op

revision = {id!r}
down_revision = {parents!r}
branch_labels = {labels!r}
depends_on = {depends_on!r}


def upgrade():
{up}

'''


def revision_file(folder, id_, up="pass", down=None, *, parents=(), labels=None, depends_on=None, message=None):
    """Write the revision *id_*; *down* None leaves `downgrade` out."""
    text = HEADER.format(
        message=message or f"message of {id_}",
        id=id_,
        parents=tuple(parents) if len(parents) > 1 else parents[0] if parents else None,
        labels=labels,
        depends_on=depends_on,
        up=textwrap.indent(textwrap.dedent(up).strip(), "    "),
    )
    if down is not None:
        text += "\ndef downgrade():\n" + textwrap.indent(textwrap.dedent(down).strip(), "    ") + "\n"
    path = Path(folder) / f"{id_}.py"
    path.write_text(text)
    return path


class Made:
    """A project in *root* as `%migrate init` writes it, and a workspace on it."""

    def __init__(self, root, url=None, *, template="generic", source=None, **settings):
        self.root = Path(root)
        self.ws = Workspace(settings=replace(Settings(), **settings))
        self.url = url
        self.ws.init(str(self.root / "migrations"), template=template)
        self.versions = self.root / "migrations" / "versions"
        if source is not None or url is not None:
            self.connected = self.ws.connect(source if source is not None else url)
        self._newest = ()

    def add(self, id_, up="pass", down="pass", *, parents=None, **more):
        """Write a revision on top of the one added before it, or on *parents*."""
        path = revision_file(self.versions, id_, up, down, parents=self._newest if parents is None else parents, **more)
        self._newest = (id_,)
        return path

    @property
    def env_py(self):
        return self.root / "migrations" / "env.py"

    def edit_env(self, old, new):
        text = self.env_py.read_text()
        assert old in text
        self.env_py.write_text(text.replace(old, new))


def operations(trace):
    """The operations of a trace in short: (revision, kind, target)."""
    return [(step.revision, operation.kind, operation.target) for step in trace.steps for operation in step.operations]
