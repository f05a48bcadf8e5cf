"""Derived downgrades: up and down again leaves the schema as it was, and what cannot be undone is said."""

from __future__ import annotations

import textwrap
import types

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from migration_magics.engine.derive import derive
from migration_magics.engine.project import from_config
from migration_magics.model.body import indented


@pytest.fixture
def project(tmp_path):
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    return from_config(config, "test")


def module_of(upgrade, downgrade="pass", imports=()):
    lines = [
        "from alembic import op",
        "import sqlalchemy as sa",
        "from sqlalchemy.dialects import postgresql",
        *imports,
    ]
    text = "\n".join(lines) + f"\ndef upgrade():\n{indented(upgrade)}\n\ndef downgrade():\n{indented(downgrade)}\n"
    module = types.ModuleType("revision")
    exec(compile(text, "revision", "exec"), module.__dict__)  # noqa: S102 - what importing it does
    return module


def derived(project, upgrade, dialect="sqlite", **options):
    from sqlalchemy.dialects import registry

    return derive(project, module_of(textwrap.dedent(upgrade)), "upgrade", registry.load(dialect)(), options)


# -- the law -------------------------------------------------------------------------------------------------------

START = """
op.create_table("worker", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
op.create_table(
    "evaluation",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("status", sa.String(20), nullable=True),
    sa.Column("worker_id", sa.Integer),
    sa.Column("cost", sa.Integer, server_default="0"),
)
"""

REVERSIBLE = {
    "a table": """
        t = op.create_table("metric", sa.Column("id", sa.Integer), sa.Column("kind", sa.Enum("a", "b", name="kind")))
        op.create_index("ix_metric_kind", "metric", ["kind"])
        op.bulk_insert(t, [{"id": 1, "kind": "a"}])
    """,
    "a table that refers to another": """
        op.create_table(
            "metric",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("worker_id", sa.Integer, sa.ForeignKey("worker.id")),
        )
        op.create_index("ix_metric_worker", "metric", ["worker_id"])
    """,
    "a table that is renamed at once": """
        op.create_table("metric", sa.Column("id", sa.Integer, primary_key=True))
        op.rename_table("metric", "measure")
        op.add_column("measure", sa.Column("x", sa.Integer))
    """,
    "a table that comes and goes": """
        op.create_table("metric", sa.Column("id", sa.Integer, primary_key=True))
        op.drop_table("metric")
    """,
    "columns": """
        op.add_column("evaluation", sa.Column("runtime_ms", sa.Integer, nullable=True))
        op.add_column("evaluation", sa.Column("note", sa.String(9), index=True))
    """,
    "an index": 'op.create_index("ix_status", "evaluation", ["status", "cost"], unique=True)',
    "names": """
        op.rename_table("worker", "machine")
        op.add_column("machine", sa.Column("x", sa.Integer))
    """,
    "a column, in a batch": """
        with op.batch_alter_table("evaluation") as batch:
            batch.add_column(sa.Column("runtime_ms", sa.Integer))
            batch.create_index("ix_runtime", ["runtime_ms"])
    """,
    "constraints, in a batch": """
        with op.batch_alter_table("evaluation") as batch:
            batch.create_unique_constraint("uq_status", ["status"])
            batch.create_foreign_key("fk_worker", "worker", ["worker_id"], ["id"])
            batch.create_check_constraint("ck_cost", "cost >= 0")
    """,
    "alterations, in a batch": """
        with op.batch_alter_table("evaluation") as batch:
            batch.alter_column("status", nullable=False, existing_nullable=True, existing_type=sa.String(20))
            batch.alter_column("cost", server_default="1", existing_server_default="0", existing_type=sa.Integer())
            batch.alter_column("worker_id", new_column_name="machine_id", existing_type=sa.Integer(), existing_nullable=True)
    """,
    "a type, in a batch": """
        with op.batch_alter_table("evaluation") as batch:
            batch.alter_column("status", type_=sa.String(50), existing_type=sa.String(20), existing_nullable=True)
    """,
}


def run(connection, function):
    with Operations.context(MigrationContext.configure(connection)):
        function()


def schema(connection):
    """Return the database's tables, columns, keys, indexes and enum types, in an order of their own."""
    inspector = sa.inspect(connection)
    found = {}
    for table in inspector.get_table_names():
        found[table] = {
            "columns": sorted(
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            ),
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "keys": sorted((key["name"], *key["constrained_columns"]) for key in inspector.get_foreign_keys(table)),
            "indexes": sorted((index["name"], *index["column_names"]) for index in inspector.get_indexes(table)),
            "unique": sorted((each["name"], *each["column_names"]) for each in inspector.get_unique_constraints(table)),
            "checks": sorted(each["name"] for each in inspector.get_check_constraints(table)),
        }
    enums = inspector.get_enums() if hasattr(inspector, "get_enums") else []
    return found, enums


@pytest.mark.parametrize("case", REVERSIBLE)
def test_up_and_down_leaves_the_schema_as_it_was(project, database_url, case):
    engine = sa.create_engine(database_url)
    upgrade = textwrap.dedent(REVERSIBLE[case])
    found = derive(project, module_of(upgrade), "upgrade", engine.dialect, {})
    assert found.problem == ""
    module = module_of(upgrade, found.statements, found.imports)
    try:
        with engine.connect() as connection:
            run(connection, module_of(START).upgrade)
            connection.commit()
            before = schema(connection)
            for _ in range(2):
                run(connection, module.upgrade)
                connection.commit()
                assert schema(connection) != before or case == "a table that comes and goes"
                run(connection, module.downgrade)
                connection.commit()
                assert schema(connection) == before
    finally:
        engine.dispose()


def test_a_foreign_key_column_goes_with_its_named_key(project, mariadb_url):
    engine = sa.create_engine(mariadb_url)
    upgrade = 'op.add_column("evaluation", sa.Column("w", sa.Integer, sa.ForeignKey("worker.id", name="fk_w")))'
    found = derive(project, module_of(upgrade), "upgrade", engine.dialect, {})
    module = module_of(upgrade, found.statements)
    with engine.connect() as connection:
        run(connection, module_of(START).upgrade)
        before = schema(connection)
        run(connection, module.upgrade)
        run(connection, module.downgrade)
        assert schema(connection) == before
    engine.dispose()


def test_nothing_is_left_bound_to_alembic_op(project):
    import alembic.op

    before = dict(vars(alembic.op))
    derived(project, "op.create_index('i', 't', ['a'])")
    derived(project, "1 / 0")
    assert vars(alembic.op) == before


# -- how it reads --------------------------------------------------------------------------------------------------


def test_a_batch_comes_back_as_a_batch(project):
    found = derived(
        project,
        """
        with op.batch_alter_table("t", schema="s", naming_convention={"uq": "uq_%(table_name)s"}) as batch:
            batch.add_column(sa.Column("x", sa.Integer))
            batch.create_unique_constraint("uq_x", ["x"])
        op.create_index("i", "u", ["a"])
        """,
    )
    assert found.statements.splitlines() == [
        "# Derived from upgrade(): its operations, reversed.",
        "op.drop_index(op.f('i'), table_name='u')",
        "with op.batch_alter_table('t', schema='s', naming_convention={'uq': 'uq_%(table_name)s'}) as batch_op:",
        "    batch_op.drop_constraint('uq_x', type_='unique')",
        "    batch_op.drop_column('x')",
    ]


def test_an_upgrade_that_does_nothing_has_a_downgrade_that_does_nothing(project):
    assert derived(project, "pass").statements.endswith("\npass")


def test_types_of_a_dialect_bring_their_import(project):
    upgrade = 'op.alter_column("t", "x", type_=sa.Text(), existing_type=postgresql.CITEXT(), existing_nullable=True)'
    assert derived(project, upgrade, "postgresql").imports == ("from sqlalchemy.dialects import postgresql",)


def test_names_come_from_the_project_s_naming_convention(project):
    metadata = sa.MetaData(
        naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_name)s_%(table_name)s"}
    )
    options = {"target_metadata": metadata}
    assert "'uq_t_x'" in derived(project, "op.create_unique_constraint(None, 't', ['x'])", "postgresql", **options).code
    assert "'ix_x_t'" in derived(project, "op.add_column('t', sa.Column('x', sa.Integer, index=True))", **options).code


def test_an_upgrade_may_ask_which_database_it_runs_on(project):
    upgrade = "if op.get_bind().dialect.name == 'sqlite': op.add_column('t', sa.Column('x', sa.Integer))"
    assert derived(project, upgrade).code == "op.drop_column('t', 'x')"


# -- what is refused -----------------------------------------------------------------------------------------------

REFUSED = {
    "SQL": ("op.execute('DELETE FROM t')", "op.execute"),
    "rows": ("op.bulk_insert(sa.table('t', sa.column('x', sa.Integer)), [{'x': 1}])", "bulk_insert('t')"),
    "a dropped table": ("op.drop_table('t')", "drop_table('t')"),
    "a dropped column": ("op.drop_column('t', 'x')", "drop_column('t', 'x')"),
    "a dropped index": ("op.drop_index('i', 't')", "drop_index('t', 'i')"),
    "a dropped constraint": ("op.drop_constraint('c', 't')", "drop_constraint('t', 'c')"),
    "an unknown old NOT NULL": ("op.alter_column('t', 'x', nullable=False)", "existing_nullable"),
    "an unknown old type": ("op.alter_column('t', 'x', type_=sa.Text())", "existing_type"),
    "an unknown old default": ("op.alter_column('t', 'x', server_default='1')", "existing_server_default"),
    "an unknown old comment": ("op.alter_column('t', 'x', comment='1')", "existing_comment"),
    "two unknowns": ("op.alter_column('t', 'x', comment='1', nullable=True)", "existing_nullable and existing_comment"),
    "an unknown table comment": ("op.create_table_comment('t', 'x')", "existing_comment"),
    "a maybe table": (
        "op.create_table('t', sa.Column('x', sa.Integer), if_not_exists=True)",
        "may have been there before",
    ),
    "a maybe index": ("op.create_index('i', 't', ['x'], if_not_exists=True)", "may have been there before"),
    "a maybe column": (
        "op.add_column('t', sa.Column('x', sa.Integer), if_not_exists=True)",
        "may have been there before",
    ),
    "a constraint without a name": ("op.create_unique_constraint(None, 't', ['x'])", "no name"),
    "a copy": (
        "with op.batch_alter_table('t', copy_from=sa.Table('t', sa.MetaData())) as b: b.add_column(sa.Column('x', sa.Integer))",
        "copy_from",
    ),
    "reading": ("op.get_bind().execute(sa.text('SELECT 1')).scalar()", "database connection"),
    "reading, and going on": ("try:\n    op.get_bind().scalar(1)\nexcept Exception:\n    pass", "database connection"),
    "inspecting": ("sa.inspect(op.get_bind()).get_table_names()", "database connection"),
    "leaving the transaction": ("with op.get_context().autocommit_block(): pass", "autocommit_block"),
    "failing": ("1 / 0", "ZeroDivisionError: division by zero"),
    "exiting": ("raise SystemExit(3)", "SystemExit: 3"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_undone_is_said(project, case):
    upgrade, words = REFUSED[case]
    found = derived(project, f"op.create_index('before', 'other', ['x'])\n{upgrade}")
    assert words in found.problem
    assert found.code == ""
    with pytest.raises(NotImplementedError, match="cannot be undone"):
        module_of("pass", found.statements).downgrade()


def test_postgresql_casts_back_only_what_it_can(project):
    to_text = "op.alter_column('t', 'x', type_=sa.Text(), existing_type=sa.Integer())"
    to_number = "op.alter_column('t', 'x', type_=sa.Integer(), existing_type=sa.Text(), postgresql_using='x::int')"
    longer = "op.alter_column('t', 'x', type_=sa.BigInteger(), existing_type=sa.Integer())"
    assert "USING" in derived(project, to_text, "postgresql").problem
    assert "postgresql_using" in derived(project, to_number, "postgresql").problem
    assert derived(project, to_text, "mysql").problem == derived(project, longer, "postgresql").problem == ""


def test_a_nameless_key_is_in_the_way_on_mysql(project):
    upgrade = "op.add_column('t', sa.Column('x', sa.Integer, sa.ForeignKey('u.id')))"
    assert "no name" in derived(project, upgrade, "mysql").problem
    assert derived(project, upgrade, "postgresql").code == "op.drop_column('t', 'x')"
