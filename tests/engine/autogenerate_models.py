"""Models made by chance, before and after a day's work, and a project whose env.py takes them from its configuration."""

from __future__ import annotations

import warnings

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import strategies as st

from migration_magics.engine import drafts
from migration_magics.engine.autogenerate_draft import generated
from migration_magics.engine.chain import Chain
from migration_magics.engine.database import Database
from migration_magics.engine.drafts import Order
from migration_magics.engine.environment import Environment
from migration_magics.engine.project import find
from tests.support.alembic_imports import forget_imports

ENV = """
import sqlalchemy as sa
from alembic import context

config = context.config
engine = config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=config.attributes["metadata"], **config.attributes["options"])
    with context.begin_transaction():
        context.run_migrations()
"""

SCRIPT = (
    '"""${message}"""\n${imports}\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = ${repr(up_revision)}\n'
    "down_revision = ${repr(down_revision)}\n\n\ndef upgrade():\n    ${upgrades}\n\n\ndef downgrade():\n    ${downgrades}\n"
)

TYPES = {
    "int": sa.Integer(),
    "short": sa.String(20),
    "long": sa.String(40),
    "money": sa.Numeric(10, 2),
    "day": sa.Date(),
    "yes": sa.Boolean(),
}
TABLES = ("workers", "evaluations", "metrics", "runs")
COLUMNS = ("title", "runtime_ms", "status", "note")

columns = st.fixed_dictionaries(
    {
        "type": st.sampled_from(sorted(TYPES)),
        "nullable": st.booleans(),
        "default": st.booleans(),
        "index": st.booleans(),
    }
)
tables = st.fixed_dictionaries(
    {
        "columns": st.dictionaries(st.sampled_from(COLUMNS), columns, max_size=3),
        "unique": st.booleans(),
        "target": st.sampled_from((None, *TABLES)),
        "comment": st.booleans(),
    }
)
models = st.dictionaries(st.sampled_from(TABLES), tables, max_size=3)


def metadata_of(drawn) -> sa.MetaData:
    """The models that were *drawn*. Foreign keys have names and may form circles."""
    metadata = sa.MetaData()
    for name, table in sorted(drawn.items()):
        parts = [sa.Column("id", sa.Integer, primary_key=True)]
        for column, how in sorted(table["columns"].items()):
            default = {"int": "0", "money": "1.50", "short": "new", "long": "new"}.get(how["type"])
            parts.append(
                sa.Column(
                    column,
                    TYPES[how["type"]],
                    nullable=how["nullable"],
                    server_default=default if how["default"] else None,
                    index=how["index"],
                )
            )
        if table["unique"] and table["columns"]:
            parts.append(sa.UniqueConstraint(min(table["columns"]), name=f"uq_{name}"))
        target = table["target"]
        if target in drawn:
            parts.append(
                sa.Column(
                    "other_id", sa.ForeignKey(f"{target}.id", name=f"fk_{name}_{target}"), index=True, key="other"
                )
            )
        sa.Table(name, metadata, *parts, comment="of a day" if table["comment"] else None)
    return metadata


class Day:
    """A project on the database at *url*: what Alembic would write for some models, and what we would."""

    def __init__(self, folder, url, template=SCRIPT):
        self.folder, self.url = folder, url
        (folder / "migrations" / "versions").mkdir(parents=True)
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n")
        (folder / "migrations" / "script.py.mako").write_text(template)
        (folder / "migrations" / "env.py").write_text(ENV)
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)
        self.database = Database.from_url("test", url)
        self.chain = Chain(find(str(folder)))
        self.environment = Environment(self.chain.project, lambda: self.chain.directory)

    def close(self):
        self.database.dispose()

    def fill(self, metadata):
        """Make the database what *metadata* says, whatever it was."""
        self.empty()
        metadata.create_all(self.engine)

    def empty(self):
        """Drop every table."""
        with self.engine.begin() as connection:
            inspector = sa.inspect(connection)
            for view in inspector.get_view_names():
                connection.exec_driver_sql(f"DROP VIEW {view}")
            if self.engine.dialect.name != "sqlite":
                for table in inspector.get_table_names():
                    for key in inspector.get_foreign_keys(table):
                        what = "FOREIGN KEY" if self.engine.dialect.name in {"mysql", "mariadb"} else "CONSTRAINT"
                        connection.exec_driver_sql(f"ALTER TABLE {table} DROP {what} {key['name']}")
            for table in inspector.get_table_names():
                connection.exec_driver_sql(f"DROP TABLE {table}")

    def generated(self, metadata, options=None, setups=(), **order):
        """What we find for the models *metadata*."""
        attributes = self.chain.project.config.attributes
        attributes.update(engine=self.engine, metadata=metadata, options=options or {})
        self.environment = Environment(self.chain.project, lambda: self.chain.directory)
        return generated(self.environment, self.database, Order("a day", rev_id="r1", **order), setups=setups)

    def ours(self, metadata, options=None):
        """The text of the file that we would write."""
        found = self.generated(metadata, options)
        return drafts.compose(self.chain, Order("a day", rev_id="r1"), prepared=found.prepared).text

    def theirs(self, metadata, options=None):
        """The text of the file that `alembic revision --autogenerate` writes; it is gone afterwards."""
        config = Config(str(self.folder / "alembic.ini"))
        config.attributes.update(engine=self.engine, metadata=metadata, options=options or {})
        forget_imports()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # foreign keys in a circle
            command.revision(config, message="a day", autogenerate=True, rev_id="r1")
        (file,) = (self.folder / "migrations" / "versions").glob("*.py")
        text = file.read_text()
        file.unlink()
        with self.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
        return text
