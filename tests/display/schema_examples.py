"""The evaluation platform's schema and what commands say of it: further material of the golden files."""

from __future__ import annotations

from dataclasses import replace

from migration_magics.model.blame import Event, Life
from migration_magics.model.diagram import diagram, diagram_of_diff
from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.graph import Revision
from migration_magics.model.schema import (
    Check,
    Column,
    Computed,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Seen,
    Sequence,
    Table,
    Trigger,
    Unique,
    View,
)
from migration_magics.results import Blamed, Checked, Compared, Result, SchemaShown
from migration_magics.results.compare import BlamedRow

TITLE = Column("name", "character varying(80)", "text", is_nullable=False)
RUNTIME = Column("runtime_ms", "integer", "integer")
CPU = Column("cpu_usage_percent", "double precision", "float")
EVALUATIONS = Table(
    "evaluations",
    (
        Column("id", "bigint", "integer", is_nullable=False, identity=Identity()),
        TITLE,
        Column("status", "status", "enum", is_nullable=False, default="'queued'::status"),
        RUNTIME,
        Column("worker_id", "bigint", "integer"),
        Column("seconds", "numeric", "number", computed=Computed("runtime_ms / 1000.0", is_stored=True)),
        Column("created_at", "timestamp with time zone", "datetime", is_nullable=False, default="now()"),
    ),
    PrimaryKey(("id",), "evaluations_pkey"),
    (ForeignKey(("worker_id",), "workers", ("id",), "fk_evaluations_worker", on_delete="SET NULL"),),
    checks=(Check("runtime_ms >= 0", "runtime_is_positive"),),
    indexes=(
        Index("ix_evaluations_name", (IndexPart("lower(name)", is_expression=True),), is_unique=True),
        Index(
            "ix_evaluations_open",
            (IndexPart("created_at", is_descending=True),),
            where="status <> 'done'::status",
            included=("name",),
        ),
    ),
    triggers=(Trigger("touch", "CREATE TRIGGER touch BEFORE UPDATE ON evaluations\nEXECUTE FUNCTION touch()"),),
    comment="One row per run of a model",
)
METRICS = Table(
    "metrics",
    (
        Column("evaluation_id", "bigint", "integer", is_nullable=False),
        Column("name", "character varying(50)", "text", is_nullable=False),
        Column("value", "double precision", "float", comment="in the unit of its name"),
    ),
    PrimaryKey(("evaluation_id", "name"), "metrics_pkey"),
    (ForeignKey(("evaluation_id",), "evaluations", ("id",), "fk_metrics_evaluation", on_delete="CASCADE"),),
)
WORKERS = Table(
    "workers",
    (
        Column("id", "bigint", "integer", is_nullable=False),
        Column("host", "character varying(120)", "text", is_nullable=False),
        Column("parent_id", "bigint", "integer"),
    ),
    PrimaryKey(("id",), "workers_pkey"),
    (ForeignKey(("parent_id",), "workers", ("id",), "fk_workers_parent"),),
    (Unique(("host",), "uq_workers_host"),),
    exclusions=(Exclusion("EXCLUDE USING gist (host WITH =)", "one_host"),),
    options=(("partition by", "HASH (id)"), ("unlogged", "")),
)
SCHEMA = Schema(
    "postgresql",
    (EVALUATIONS, METRICS, WORKERS),
    (View("slow", "SELECT id, name\n  FROM evaluations\n WHERE runtime_ms > 60000"),),
    (Enum("status", ("queued", "running", "done")),),
    (Domain("percent", "double precision", checks=(Check("VALUE BETWEEN 0 AND 100"),)),),
    (Sequence("ticket", "bigint", (("INCREMENT BY", "10"),)),),
    (Seen("function", "touch"), Seen("extension", "btree_gist"), Seen("extension", "pg_trgm")),
)
SMALL = Schema("sqlite", (WORKERS,))

LEGACY = Table("legacy_runs", (Column("id", "integer"),))
BEFORE = Schema("postgresql", (EVALUATIONS, LEGACY, WORKERS))
OLD_TITLE = replace(TITLE, name="title", type="character varying(50)", is_nullable=True)
DIFF = SchemaDiff(
    (
        Change("rename", ("evaluations", "columns", "title"), "title", "name"),
        Change("alter", ("evaluations", "columns", "name"), replace(OLD_TITLE, name="name"), TITLE),
        Change("add", ("evaluations", "columns", "runtime_ms"), None, RUNTIME, 3),
        Change("drop", ("evaluations", "indexes", "ix_title"), Index("ix_title", (IndexPart("title"),)), None),
        Change("alter", ("evaluations", "comment"), "", EVALUATIONS.comment),
        Change("add", ("metrics",), None, METRICS),
        Change("drop", ("legacy_runs",), LEGACY, None),
        Change("alter", ("", "enums", "status"), Enum("status", ("queued", "done")), SCHEMA.enums[0]),
    )
)
DIFF_CODE = """op.alter_column("evaluations", "title", new_column_name="name", type_=sa.String(80), nullable=False)
op.add_column("evaluations", sa.Column("runtime_ms", sa.Integer()))
op.drop_index("ix_title", table_name="evaluations")
"""
DRIFT = SchemaDiff((Change("add", ("evaluations", "columns", "cpu_usage_percent"), None, CPU, 7),))


def examples(revisions: dict[str, Revision]) -> dict[str, Result]:
    """Return a result of every kind over the schema; *revisions* are those of the history, by id."""
    return {
        "schema": SchemaShown(SCHEMA, "head", place="replayed on PostgreSQL", next_command="%migrate diff head db"),
        "schema_empty": SchemaShown(Schema("sqlite"), "base"),
        "schema_table": SchemaShown(SCHEMA, "db", table="evaluations", next_command="%migrate blame evaluations"),
        "schema_diagram": SchemaShown(SCHEMA, "head", place="replayed on PostgreSQL", diagram=diagram(SCHEMA)),
        "schema_diagram_around": SchemaShown(
            SCHEMA, "db", table="metrics", diagram=diagram(SCHEMA, around="metrics", limit=1)
        ),
        "compared_diagram": Compared("1d5520", "head", DIFF, diagram=diagram_of_diff(BEFORE, SCHEMA, DIFF)),
        "compared": Compared(
            "1d5520",
            "head",
            DIFF,
            DIFF_CODE,
            place="replayed on PostgreSQL",
            not_compared=("2 extensions: btree_gist, pg_trgm.",),
            next_command="%migrate plan",
        ),
        "compared_same": Compared("head", "db", SchemaDiff(), place="replayed on PostgreSQL"),
        "checked": Checked(
            SchemaDiff(),
            DRIFT,
            None,
            not_checked=("objects of the kind function: slow()",),
            not_with_models=("views: slow", "CHECK constraints: evaluations.ck_positive"),
            at=("a41c9e",),
            behind=3,
            connection="eval",
            next_command="%migrate diff head db",
        ),
        "checked_clean": Checked(
            SchemaDiff(), SchemaDiff(), SchemaDiff(), at=("f07d21",), place="replayed on PostgreSQL", connection="eval"
        ),
        "blamed": Blamed(
            "evaluations",
            (
                BlamedRow(("evaluations",), "002a8f", "1d5520"),
                BlamedRow(("evaluations", "columns", "id"), "", "", "bigint NOT NULL"),
                BlamedRow(("evaluations", "columns", "name"), "002a8f", "1d5520", "character varying(80) NOT NULL"),
                BlamedRow(("evaluations", "columns", "runtime_ms"), "9b02c7", "9b02c7", "integer"),
                BlamedRow(("evaluations", "primary key"), "002a8f", "002a8f", "(id)"),
                BlamedRow(("evaluations", "indexes", "ix_title"), "002a8f", "002a8f", "(title)", "1d5520"),
            ),
            revisions=revisions,
            place="replayed on PostgreSQL",
            next_command="%migrate show 1d5520",
        ),
        "blamed_life": Blamed(
            "evaluations.name",
            (BlamedRow(("evaluations", "columns", "name"), "002a8f", "a41c9e", "character varying(80)", "f07d21"),),
            (
                Life(
                    ("evaluations", "columns", "name"),
                    "002a8f",
                    "a41c9e",
                    "f07d21",
                    (
                        Event("002a8f", Change("add", ("evaluations", "columns", "title"), None, OLD_TITLE, 1)),
                        Event("1d5520", Change("rename", ("evaluations", "columns", "title"), "title", "name")),
                        Event("a41c9e", DIFF.changes[1]),
                        Event("f07d21", Change("drop", ("evaluations", "columns", "name"), TITLE, None, 1)),
                    ),
                ),
            ),
            revisions=revisions,
        ),
        "blamed_unknown": Blamed("nothing", (), revisions=revisions),
    }
