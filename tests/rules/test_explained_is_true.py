"""What `explain` says of locks, rewrites and scans is what the servers do: each case is run on an empty table and measured.

An empty table gives the server's verdict as well as a full one (PostgreSQL: 41 of 41 operations alike, MariaDB: 30 of 30).
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from migration_magics.engine.explained import heard, written
from migration_magics.engine.explained.deeds import Reader
from migration_magics.engine.explained.typed import run_typed
from migration_magics.rules.explained import explain

POSTGRESQL = """
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id bigint, customer_id bigint, n integer, code varchar(20), note text, amount numeric(10, 2),
  created timestamp, st varchar(10) NOT NULL DEFAULT 'new', CONSTRAINT uqc UNIQUE (code), CONSTRAINT ck1 CHECK (n < 100),
  CONSTRAINT fk1 FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE INDEX ixn ON orders (n);
"""
MARIADB = """
CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(50) NOT NULL) CHARSET utf8mb4;
CREATE TABLE orders (id bigint, customer_id bigint, n integer, code varchar(20), note text, amount decimal(10, 2),
  created datetime, st varchar(10) NOT NULL DEFAULT 'new', e enum('a', 'b'),
  v20 varchar(20), v31 varchar(31), v32 varchar(32), v40 varchar(40), v60 varchar(60), v63 varchar(63), v64 varchar(64),
  v80 varchar(80), INDEX ixn (n), CONSTRAINT uqc UNIQUE (code),
  CONSTRAINT ck1 CHECK (n < 100), CONSTRAINT fk1 FOREIGN KEY (customer_id) REFERENCES customers (id)) CHARSET utf8mb4;
"""

BOTH = (
    "op.add_column('orders', sa.Column('a', sa.Integer))",
    "op.add_column('orders', sa.Column('a', sa.Integer, nullable=False, server_default='5'))",
    "op.add_column('orders', sa.Column('a', sa.DateTime, server_default=sa.func.now()))",
    "op.add_column('orders', sa.Column('a', sa.Integer, sa.Computed('n * 2', persisted=True)))",
    "op.drop_column('orders', 'note')",
    "op.alter_column('orders', 'n', type_=sa.BigInteger, existing_type=sa.Integer)",
    "op.alter_column('orders', 'code', type_=sa.String(40), existing_type=sa.String(20))",
    "op.alter_column('orders', 'code', type_=sa.String(15), existing_type=sa.String(20))",
    "op.alter_column('orders', 'customer_id', nullable=False, existing_type=sa.BigInteger)",
    "op.alter_column('orders', 'st', nullable=True, existing_type=sa.String(10), existing_server_default='new')",
    "op.alter_column('orders', 'n', server_default='3', existing_type=sa.Integer)",
    "op.alter_column('orders', 'n', comment='x', existing_type=sa.Integer)",
    "op.alter_column('orders', 'amount', new_column_name='sum', existing_type=sa.Numeric(10, 2))",
    "op.create_table_comment('orders', 'x')",
    "op.rename_table('orders', 'orders2')",
    "op.create_index('ix2', 'orders', ['amount'])",
    "op.create_index('ix2', 'orders', ['amount'], unique=True)",
    "op.drop_index('ixn', table_name='orders')",
    "op.create_unique_constraint('u2', 'orders', ['n'])",
    "op.create_check_constraint('ck2', 'orders', 'n > 0')",
    "op.create_foreign_key('fk2', 'orders', 'customers', ['id'], ['id'])",
    "op.drop_constraint('fk1', 'orders', type_='foreignkey')",
    "op.drop_constraint('ck1', 'orders', type_='check')",
    "op.drop_constraint('uqc', 'orders', type_='unique')",
)
ONLY_POSTGRESQL = (
    "op.add_column('orders', sa.Column('a', sa.Uuid, server_default=sa.text('gen_random_uuid()')))",
    "op.add_column('orders', sa.Column('a', sa.DateTime, server_default=sa.text('clock_timestamp()')))",
    "op.add_column('orders', sa.Column('a', sa.BigInteger, sa.Identity()))",
    "op.alter_column('orders', 'code', type_=sa.Text, existing_type=sa.String(20))",
    "op.alter_column('orders', 'note', type_=sa.String(100), existing_type=sa.Text)",
    "op.alter_column('orders', 'amount', type_=sa.Numeric(12, 2), existing_type=sa.Numeric(10, 2))",
    "op.alter_column('orders', 'amount', type_=sa.Numeric(12, 3), existing_type=sa.Numeric(10, 2))",
    "op.create_check_constraint('ck2', 'orders', sa.text('n > 0'), postgresql_not_valid=True)",
    "op.create_foreign_key('fk2', 'orders', 'customers', ['n'], ['id'], postgresql_not_valid=True)",
    "op.create_primary_key('pk', 'orders', ['id'])",
    "op.drop_table('orders')",
    "op.execute('TRUNCATE orders')",
    "op.execute('UPDATE orders SET n = 1')",
    "op.execute('WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x')",
    "op.execute('SELECT * FROM orders FOR UPDATE')",
    "op.execute('LOCK TABLE orders')",
    "op.execute('LOCK TABLE orders IN SHARE MODE')",
    "op.execute('CLUSTER orders USING ixn')",
    "op.execute('REINDEX TABLE orders')",
    "op.execute('CREATE INDEX ix2 ON orders (n)')",
    "op.execute('CREATE VIEW v AS SELECT * FROM orders')",
    "op.execute('CREATE TRIGGER tr BEFORE UPDATE ON orders EXECUTE FUNCTION suppress_redundant_updates_trigger()')",
    "op.execute(\"COMMENT ON TABLE orders IS 'x'\")",
    "(op.create_check_constraint('c', 'orders', 'n IS NOT NULL'), op.alter_column('orders', 'n', nullable=False))",
)
ONLY_MARIADB = (
    "op.add_column('orders', sa.Column('a', sa.String(36), server_default=sa.text('(uuid())')))",
    "op.add_column('orders', sa.Column('a', sa.Integer, nullable=False))",
    "op.add_column('orders', sa.Column('a', sa.Integer, sa.Computed('n * 2')))",
    *(
        f"op.alter_column('orders', 'v{old}', type_=sa.String({new}), existing_type=sa.String({old}))"
        for old, new in ((20, 30), (31, 200), (32, 200), (40, 60), (40, 100), (60, 64), (63, 64), (64, 65), (80, 255))
    ),
    "op.alter_column('orders', 'code', type_=sa.Text, existing_type=sa.String(20))",
    "op.alter_column('orders', 'e', type_=sa.Enum('a', 'b', 'c'), existing_type=sa.Enum('a', 'b'))",
    "op.alter_column('orders', 'e', type_=sa.Enum('a', 'x', 'b'), existing_type=sa.Enum('a', 'b'))",
    "op.alter_column('orders', 'amount', type_=sa.Numeric(12, 2), existing_type=sa.Numeric(10, 2))",
    "op.create_primary_key('pk', 'customers2', ['id'])",
    "op.create_primary_key('pk', 'orders', ['id'])",
    "op.add_column('orders', sa.Column('a', sa.Integer, sa.Identity()))",
    "op.execute('CREATE UNIQUE INDEX ix2 ON orders (n)')",
    "op.create_index('ix2', 'orders', ['note'], mariadb_prefix='FULLTEXT')",
    "op.execute('CREATE FULLTEXT INDEX ix2 ON orders (note)')",
)


def told(text, dialect):
    """Return the SQL of the last of the operations *text*, the SQL before it, and the facts that are told of it."""
    made = written.dialect_named(dialect)
    hearing = heard.hear(None, lambda: run_typed(text), made, {})
    assert not hearing.problem
    reader = Reader(made)
    *_before, (deed, *_) = [reader.deeds(operation) for operation in hearing.operations]
    sql = [written.sql(operation, dialect, {}, None) for operation in hearing.operations]
    return sql[-1], sql[:-1], explain(deed, (dialect,)).facts[dialect]


LOCKS = [
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
]


FILE = "SELECT oid, pg_relation_filenode(oid) FROM pg_class WHERE "
READ = re.compile(r"(rewriting|verifying) table|validating foreign key|building index \"(?!pg_toast)")


def spelled(mode):
    return re.sub(r"(?<!^)(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()


@pytest.fixture(scope="module")
def orders_on_postgresql(postgresql):
    with postgresql.new_database() as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(POSTGRESQL)
        yield engine


@pytest.mark.parametrize("text", [*BOTH, *ONLY_POSTGRESQL])
def test_on_postgresql(orders_on_postgresql, text):
    """The strongest lock on the table, whether its file is another one, whether its rows were read (by DEBUG1 messages)."""
    sql, before, facts = told(text, "postgresql")
    notices = []
    with orders_on_postgresql.connect() as connection:
        connection.connection.driver_connection.add_notice_handler(lambda said: notices.append(said.message_primary))
        for each in before:
            connection.exec_driver_sql(each)
        oid, file = connection.exec_driver_sql(
            "SELECT oid, pg_relation_filenode(oid) FROM pg_class WHERE relname = 'orders'"
        ).one()
        connection.exec_driver_sql("SET LOCAL client_min_messages = debug1")
        notices.clear()
        connection.exec_driver_sql(sql)
        connection.exec_driver_sql("SET LOCAL client_min_messages = notice")
        held = locks(connection, oid)
        after = (connection.exec_driver_sql(f"{FILE} oid = {oid}").one_or_none() or (oid, None))[1]
        connection.rollback()
    is_known = facts.waits != "Not known."
    strongest = spelled(max(held, key=LOCKS.index))
    assert facts.lock == (strongest if is_known and strongest != "ACCESS SHARE" else "")
    is_update = sql.startswith(("UPDATE", "WITH", "SELECT"))
    if facts.rewrites is not None and not is_update:
        assert facts.rewrites == (after is not None and after != file)
    if facts.scans is not None and not is_update and "TRUNCATE" not in sql:
        is_read = any(READ.match(one) for one in notices)
        is_swapped = after is not None and after != file
        assert facts.scans == (is_read or is_swapped)


def locks(connection, oid):
    return list(
        connection.exec_driver_sql(
            f"SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = {oid}"
        ).scalars()
    )


@pytest.fixture(scope="module")
def on_mariadb(mariadb):
    with mariadb.new_database() as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection


def renew(connection):
    connection.exec_driver_sql("DROP TABLE IF EXISTS orders2, orders, customers2, customers")
    for statement in MARIADB.split(";")[:-1]:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("CREATE TABLE customers2 (id bigint NOT NULL)")


@pytest.mark.parametrize("text", [*BOTH, *ONLY_MARIADB])
def test_on_mariadb(on_mariadb, text):
    """The best algorithm and lock that the server accepts."""
    sql, _before, facts = told(text, "mariadb")
    sql = re.sub(r"DROP INDEX (\w+) ON (\w+)", r"ALTER TABLE \2 DROP INDEX \1", sql)  # which takes no ALGORITHM itself
    comma = "," if sql.startswith("ALTER") else ""
    for algorithm in ("INSTANT", "NOCOPY", "INPLACE", "COPY"):
        for lock in ("NONE", "SHARED", "EXCLUSIVE"):
            renew(on_mariadb)
            try:
                on_mariadb.exec_driver_sql(f"{sql.rstrip(';')}{comma} ALGORITHM={algorithm}{comma} LOCK={lock}")
            except sa.exc.DBAPIError:
                continue
            assert (facts.algorithm, facts.lock) == (algorithm, lock)
            assert facts.rewrites is (algorithm in {"COPY", "INPLACE"})
            return
    pytest.fail("the server accepts no algorithm")


SQLITE = (
    ("op.add_column('orders', sa.Column('a', sa.Integer))", True),
    ("op.add_column('orders', sa.Column('a', sa.Integer, nullable=False, server_default='5'))", True),
    ("op.add_column('orders', sa.Column('a', sa.Integer, nullable=False))", False),
    ("op.add_column('orders', sa.Column('a', sa.Integer, sa.Identity()))", False),
    ("op.add_column('orders', sa.Column('a', sa.DateTime, server_default=sa.func.now()))", False),
    ("op.add_column('orders', sa.Column('a', sa.Integer, server_default=sa.text('(random())')))", False),
    ("op.add_column('orders', sa.Column('a', sa.Integer, sa.Computed('n * 2', persisted=True)))", False),
    ("op.add_column('orders', sa.Column('a', sa.Integer, sa.Computed('n * 2', persisted=False)))", True),
    ("op.drop_column('orders', 'note')", True),
    ("op.alter_column('orders', 'n', new_column_name='m')", True),
    ("op.rename_table('orders', 'orders2')", True),
    ("op.create_index('ix2', 'orders', ['n'], unique=True)", True),
)


@pytest.mark.parametrize("text, is_possible", SQLITE)
def test_on_sqlite(text, is_possible):
    """What a table with a row takes without being built anew, and what it refuses."""
    sql, _before, facts = told(text, "sqlite")
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE orders (id integer PRIMARY KEY, n integer, note text)")
        connection.exec_driver_sql("INSERT INTO orders VALUES (1, 2, 'x')")
        try:
            connection.exec_driver_sql(sql)
        except sa.exc.DBAPIError:
            assert not is_possible
            assert "batch" in facts.why + facts.safe
        else:
            assert is_possible
            assert facts.rewrites is (text == "op.drop_column('orders', 'note')")
    engine.dispose()


def test_locks_are_held_until_the_transaction_ends(orders_on_postgresql):
    """A weaker lock that is taken later, in the same operation or in another one, lets nobody through."""
    with orders_on_postgresql.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE orders ADD COLUMN a bigint")
        connection.exec_driver_sql("ALTER TABLE orders ADD FOREIGN KEY (a) REFERENCES customers (id)")
        connection.exec_driver_sql("UPDATE orders SET a = NULL")
        oid = connection.exec_driver_sql("SELECT 'orders'::regclass::oid::bigint").scalar_one()
        held = locks(connection, oid)
        connection.rollback()
    assert {"AccessExclusiveLock", "RowExclusiveLock"} <= set(held)


@pytest.mark.parametrize("text", ["op.drop_table('orders')", "op.drop_column('orders', 'customer_id')"])
def test_what_a_foreign_key_refers_to_is_locked_with_it(orders_on_postgresql, text):
    sql, _before, facts = told(text, "postgresql")
    with orders_on_postgresql.connect() as connection:
        oid = connection.exec_driver_sql("SELECT 'customers'::regclass::oid::bigint").scalar_one()
        connection.exec_driver_sql(sql)
        held = locks(connection, oid)
        connection.rollback()
    assert facts.lock == spelled(max(held, key=LOCKS.index))
    assert "refer" in facts.why


def test_sqlite_adds_a_column_without_a_default_to_an_empty_table():
    sql, _before, facts = told("op.add_column('t', sa.Column('a', sa.Integer, nullable=False))", "sqlite")
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id integer)")
        connection.exec_driver_sql(sql)
        assert connection.exec_driver_sql("SELECT count(a) FROM t").scalar_one() == 0
    engine.dispose()
    assert "as soon as the table has a row" in facts.why


@pytest.mark.parametrize("action, left", [("", None), ("ON DELETE CASCADE", []), ("ON DELETE SET NULL", [(None,)])])
def test_sqlite_drops_a_table_as_the_keys_to_it_say(action, left):
    engine = sa.create_engine("sqlite://")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for sql in (
            "PRAGMA foreign_keys = ON",
            "CREATE TABLE t (id integer PRIMARY KEY)",
            f"CREATE TABLE c (t integer REFERENCES t (id) {action})",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO c VALUES (1)",
        ):
            connection.exec_driver_sql(sql)
        if left is None:
            with pytest.raises(sa.exc.IntegrityError):
                connection.exec_driver_sql("DROP TABLE t")
        else:
            connection.exec_driver_sql("DROP TABLE t")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            assert [tuple(row) for row in connection.exec_driver_sql("SELECT t FROM c")] == left
    engine.dispose()


def test_a_true_auto_increment_column_on_mariadb(on_mariadb):
    renew(on_mariadb)
    on_mariadb.exec_driver_sql(
        "ALTER TABLE orders ADD COLUMN a integer NOT NULL AUTO_INCREMENT UNIQUE, ALGORITHM=INPLACE, LOCK=SHARED"
    )
    renew(on_mariadb)
    with pytest.raises(sa.exc.DBAPIError):
        on_mariadb.exec_driver_sql(
            "ALTER TABLE orders ADD COLUMN a integer NOT NULL AUTO_INCREMENT UNIQUE, ALGORITHM=INPLACE, LOCK=NONE"
        )
