"""A MariaDB becomes a `Schema`: each feature, by hand."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from migration_magics.engine.reflect import mysql, mysql_queries
from migration_magics.model.schema import (
    Check,
    Column,
    Computed,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Seen,
    Sequence,
    Trigger,
    Unique,
    View,
)

PARENT = "CREATE TABLE p (a INT, b INT, c INT, PRIMARY KEY (a, b), UNIQUE u (c))"


class Reading:
    """Run statements in a database and read it."""

    def __init__(self, url):
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)

    def run(self, *statements):
        with self.engine.begin() as connection:
            connection.execution_options(no_parameters=True)  # a percent sign is one
            for statement in statements:
                connection.exec_driver_sql(statement)

    def read(self, only=None):
        with self.engine.connect() as connection:
            return mysql.read(connection, only)

    def table(self, *statements):
        """Return the table `t` that the statements make."""
        self.run(*statements)
        return self.read().table("t")

    def column(self, definition):
        """Return the column `x` of this definition, after a column `n`."""
        return self.table("DROP TABLE IF EXISTS t", f"CREATE TABLE t (n INT, x {definition})").column("x")


@pytest.fixture
def db(mariadb_url):
    return Reading(mariadb_url)


@pytest.fixture(scope="module")
def used(mariadb):
    """One database for tables of cases, which replace its table `t`."""
    with mariadb.new_database() as url:
        yield Reading(url)


def test_an_empty_database_is_an_empty_schema(db):
    assert db.read() == Schema(dialect="mysql")
    assert db.read().is_empty
    assert db.read().seen == ()


def test_no_database_in_use_is_an_empty_schema(mariadb):
    url = re.sub(r"/mysql\?", "/?", mariadb.url("mysql"))
    assert Reading(url).read() == Schema(dialect="mysql")


@pytest.mark.parametrize(
    "definition, expected",
    [
        ("INT", Column("x", "int(11)", "integer")),
        ("INT NOT NULL", Column("x", "int(11)", "integer", is_nullable=False)),
        ("INT UNSIGNED DEFAULT 3", Column("x", "int(10) unsigned", "integer", default="3")),
        ("VARCHAR(9) DEFAULT NULL", Column("x", "varchar(9)", "text")),
        ("VARCHAR(9) DEFAULT 'NULL'", Column("x", "varchar(9)", "text", default="'NULL'")),
        (
            "VARCHAR(9) NOT NULL DEFAULT 'it''s'",
            Column("x", "varchar(9)", "text", is_nullable=False, default="'it''s'"),
        ),
        ("VARCHAR(9) DEFAULT (concat('a', 'b'))", Column("x", "varchar(9)", "text", default="concat('a','b')")),
        ("DECIMAL(5, 2) DEFAULT 1.5", Column("x", "decimal(5,2)", "decimal", default="1.50")),
        ("ENUM('a', 'b''c')", Column("x", "enum('a','b''c')", "enum")),
        ("VARCHAR(9) COLLATE utf8mb4_bin", Column("x", "varchar(9)", "text", collation="utf8mb4_bin")),
        ("VARCHAR(9) COLLATE utf8mb4_general_ci", Column("x", "varchar(9)", "text")),
        ("INT COMMENT 'it''s 100%'", Column("x", "int(11)", "integer", comment="it's 100%")),
        ("INT AUTO_INCREMENT UNIQUE", Column("x", "int(11)", "integer", is_nullable=False, is_autoincrement=True)),
        ("INT AS (n + 1) VIRTUAL", Column("x", "int(11)", "integer", computed=Computed("`n` + 1"))),
        ("INT AS (n + 1) STORED", Column("x", "int(11)", "integer", computed=Computed("`n` + 1", is_stored=True))),
        (
            "DATETIME(3) DEFAULT now(3) ON UPDATE now(3)",
            Column("x", "datetime(3)", "datetime", default="current_timestamp(3)", on_update="current_timestamp(3)"),
        ),
    ],
)
def test_columns(used, definition, expected):
    assert used.column(definition) == expected


def test_json_is_what_the_server_says(db):
    table = db.table("CREATE TABLE t (j JSON)")
    assert table.columns == (Column("j", "longtext", "text", collation="utf8mb4_bin"),)
    assert table.checks == (Check("json_valid(`j`)"),)


def test_columns_keep_their_order(db):
    db.run("CREATE TABLE t (z INT, a INT)", "ALTER TABLE t ADD m INT AFTER z")
    assert [column.name for column in db.read().table("t").columns] == ["z", "m", "a"]


def test_names_are_any_text(db):
    name = "a`b'c\"d.e%s:f\n\\g"
    quoted = "`" + name.replace("`", "``") + "`"
    table = f"{quoted} ({quoted} INT PRIMARY KEY, UNIQUE {quoted} ({quoted}))"
    db.run(f"CREATE TABLE {table}", f"CREATE VIEW `v\n%` AS SELECT * FROM {quoted}")
    schema = db.read()
    assert [(table.name, table.column(name).type, table.uniques) for table in schema.tables] == [
        (name, "int(11)", (Unique((name,), name),))
    ]
    assert schema.views == (View("v\n%", f"select {quoted}.{quoted} AS {quoted} from {quoted}"),)
    assert db.read(frozenset({schema.tables[0].key})).tables == schema.tables


def test_options_of_a_table(db):
    table = db.table(
        """CREATE TABLE t (a INT, b INT INVISIBLE, c INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING
           COLLATE latin1_bin COMMENT 'it''s'"""
    )
    assert table.comment == "it's"
    assert table.options == (
        ("collation", "latin1_bin"),
        ("engine", "InnoDB"),
        ("invisible", "b"),
        ("system versioning", "yes"),
        ("without system versioning", "c"),
    )


def test_keys_and_indexes(db):
    table = db.table(
        """CREATE TABLE t (a INT, b INT, s VARCHAR(50), x TEXT, p POINT NOT NULL, PRIMARY KEY (b, a),
           UNIQUE two (s, a), UNIQUE prefix (s(10)), UNIQUE down (a DESC), UNIQUE noted (b) COMMENT 'it''s', UNIQUE long_ (x),
           INDEX plain (s(5), a), INDEX down_too (a DESC, b) COMMENT 'c', INDEX unused (a, b) IGNORED,
           FULLTEXT words (x), SPATIAL place (p))"""
    )
    assert table.primary_key == PrimaryKey(("b", "a"))
    assert table.uniques == (
        Unique(("x",), "long_", options="USING HASH"),
        Unique(("b",), "noted", options="COMMENT 'it''s'"),
        Unique(("s", "a"), "two"),
    )
    assert table.indexes == (
        Index("down", (IndexPart("a", is_descending=True),), is_unique=True),
        Index("down_too", (IndexPart("a", is_descending=True), IndexPart("b")), options="COMMENT 'c'"),
        Index("place", (IndexPart("p"),), method="SPATIAL"),
        Index("plain", (IndexPart("s", options="(5)"), IndexPart("a"))),
        Index("prefix", (IndexPart("s", options="(10)"),), is_unique=True),
        Index("unused", (IndexPart("a"), IndexPart("b")), options="IGNORED"),
        Index("words", (IndexPart("x"),), method="FULLTEXT"),
    )


def test_a_primary_key_of_prefixes_is_told(db):
    table = db.table("CREATE TABLE t (a TEXT, b INT, PRIMARY KEY (a(10), b DESC))")
    assert table.primary_key == PrimaryKey(("a", "b"))
    assert ("primary key", "a(10), b DESC") in table.options


def test_foreign_keys(db):
    table = db.table(
        PARENT,
        """CREATE TABLE t (x INT, y INT, z INT,
           CONSTRAINT two FOREIGN KEY (y, x) REFERENCES p (a, b) ON DELETE CASCADE ON UPDATE SET NULL,
           CONSTRAINT usual FOREIGN KEY (z) REFERENCES p (c) ON DELETE RESTRICT ON UPDATE NO ACTION)""",
    )
    assert table.foreign_keys == (
        ForeignKey(("y", "x"), "p", ("a", "b"), "two", on_update="SET NULL", on_delete="CASCADE"),
        ForeignKey(("z",), "p", ("c",), "usual"),
    )
    assert [index.name for index in table.indexes] == ["two", "usual"]  # the server made them


def test_a_foreign_key_into_another_database_names_it(db, mariadb):
    with mariadb.new_database() as url:
        Reading(url).run(PARENT)
        name = sa.make_url(url).database
        table = db.table(f"CREATE TABLE t (x INT, CONSTRAINT out_ FOREIGN KEY (x) REFERENCES {name}.p (c))")
        assert table.foreign_keys == (ForeignKey(("x",), f"{name}.p", ("c",), "out_"),)
        db.run("DROP TABLE t")


def test_checks_of_columns_and_of_the_table(db):
    table = db.table("CREATE TABLE t (a INT CHECK (a > 0), b INT, CONSTRAINT k CHECK (a < b), CHECK (b <> 'it''s'))")
    assert table.checks == (
        Check("`a` > 0"),
        Check("`b` <> 'it\\'s'", "CONSTRAINT_1"),
        Check("`a` < `b`", "k"),
    )


@pytest.mark.parametrize(
    "written, expected",
    [
        ("HASH (a + b) PARTITIONS 4", "HASH (`a` + `b`) PARTITIONS 4"),
        ("KEY (a) PARTITIONS 2", "KEY (`a`) PARTITIONS 2"),
        (
            "RANGE (a) (PARTITION x VALUES LESS THAN (10) COMMENT 'c', PARTITION y VALUES LESS THAN MAXVALUE)",
            "RANGE (`a`) (PARTITION `x` VALUES LESS THAN (10) COMMENT 'c', PARTITION `y` VALUES LESS THAN MAXVALUE)",
        ),
        (
            "LIST (a) SUBPARTITION BY KEY (b) SUBPARTITIONS 2 (PARTITION x VALUES IN (1, 2), PARTITION y VALUES IN (3))",
            (
                "LIST (`a`) SUBPARTITION BY KEY (`b`) SUBPARTITIONS 2"
                " (PARTITION `x` VALUES IN (1,2), PARTITION `y` VALUES IN (3))"
            ),
        ),
    ],
)
def test_partitions(used, written, expected):
    """What is read can be written again, and is the same then."""
    tables = [
        used.table("DROP TABLE IF EXISTS t", f"CREATE TABLE t (a INT, b INT) PARTITION BY {partitions}")
        for partitions in (written, expected)
    ]
    assert dict(tables[0].options)["partition by"] == expected
    assert tables[0] == tables[1]


def test_a_history_in_partitions_is_the_same_at_any_time(db):
    table = db.table(
        """CREATE TABLE t (a INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 DAY
           (PARTITION p HISTORY, PARTITION n CURRENT)"""
    )
    assert dict(table.options)["partition by"] == "SYSTEM_TIME"


def test_triggers_in_the_order_in_which_they_fire(db):
    table = db.table(
        "CREATE TABLE t (a INT)",
        "CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
        "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW FOLLOWS z SET NEW.a = 2",
        "CREATE TRIGGER d AFTER DELETE ON t FOR EACH ROW BEGIN END",
    )
    assert table.triggers == (
        Trigger("a", "BEFORE INSERT ON `t` FOR EACH ROW FOLLOWS `z` SET NEW.a = 2"),
        Trigger("d", "AFTER DELETE ON `t` FOR EACH ROW BEGIN END"),
        Trigger("z", "BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = 1"),
    )


def test_views(db):
    db.run(
        "CREATE TABLE t (a INT, b VARCHAR(9))",
        "CREATE VIEW v (x) AS SELECT a FROM t WHERE a > 0 WITH LOCAL CHECK OPTION",
        "CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW w AS SELECT b FROM t",
    )
    assert db.read().views == (
        View("v", "select `t`.`a` AS `x` from `t` where `t`.`a` > 0 WITH LOCAL CHECK OPTION"),
        View("w", "/* ALGORITHM=MERGE SQL SECURITY INVOKER */ select `t`.`b` AS `b` from `t`"),
    )


def test_sequences(db):
    db.run(
        "CREATE SEQUENCE s",
        "CREATE SEQUENCE `:s%` START WITH 5 INCREMENT BY 2 MAXVALUE 100 CACHE 7 CYCLE",
        "CREATE SEQUENCE z INCREMENT BY -1",
        "CREATE TABLE t (a INT DEFAULT NEXT VALUE FOR s)",
    )
    schema = db.read()
    unusual = (("cache", "7"), ("cycle", "yes"), ("increment", "2"), ("maxvalue", "100"), ("start", "5"))
    assert schema.sequences == (
        Sequence(":s%", options=unusual),
        Sequence("s"),
        Sequence("z", options=(("increment", "-1"),)),
    )
    assert schema.table("t").column("a").default == "nextval(`s`)"
    assert [table.name for table in schema.tables] == ["t"]


def test_what_is_not_compared_is_seen(db):
    db.run(
        "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "CREATE PROCEDURE f() SELECT 1",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    )
    assert db.read().seen == (Seen("event", "e"), Seen("function", "f"), Seen("procedure", "f"))


EVERYTHING = (
    PARENT,
    "CREATE SEQUENCE s START WITH 3",
    """CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, x INT, y INT, n INT DEFAULT NEXT VALUE FOR s, j JSON,
       CONSTRAINT k FOREIGN KEY (x, y) REFERENCES p (a, b), INDEX (y), CHECK (n > 0)) COMMENT 'c'""",
    "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.n = (SELECT max(a) FROM p)",
    "CREATE FUNCTION f(v INT) RETURNS INT RETURN v",
    "CREATE VIEW v AS SELECT t.id, p.c, f(t.x) AS w, 'shop.' FROM t JOIN p ON (p.a = t.x), (SELECT 1 AS one) d WHERE t.id > 3",
    "CREATE VIEW w AS SELECT shop.id, f(shop.x) AS f, p.c FROM t AS shop JOIN p ON (p.a = shop.x)",
    "CREATE VIEW x AS SELECT shop.shop FROM (SELECT 1 AS shop) shop",
    "CREATE TABLE shop (shop INT)",
    "CREATE VIEW y AS SELECT shop.shop FROM shop WHERE EXISTS (SELECT 1 FROM p WHERE p.a = shop.shop)",
)


def test_equal_databases_are_equal_whatever_their_names(mariadb):
    """Also where the one is called as a table or an alias in a query is, and rows and counters differ."""
    admin = Reading(mariadb.url("mysql"))
    read = []
    for name in ("shop", "p", "`a'``.b`"):
        admin.run(f"CREATE DATABASE {name}")
        try:
            engine = sa.create_engine(
                admin.engine.url.set(database=name.strip("`").replace("``", "`")), poolclass=sa.NullPool
            )
            db = Reading(engine.url)
            db.run(*EVERYTHING)
            db.run("INSERT INTO t (x) VALUES (NULL)" if name == "p" else "SELECT 1")
            read.append(db.read())
        finally:
            admin.run(f"DROP DATABASE {name}")
    assert read[0] == read[1] == read[2]
    assert len(read[0].views) == 4


def test_a_change_of_anything_is_seen(db):
    db.run(*EVERYTHING)
    before = db.read()
    for change in (
        "ALTER TABLE t MODIFY n BIGINT DEFAULT NEXT VALUE FOR s",
        "ALTER TABLE t ALTER COLUMN y SET DEFAULT 4",
        "ALTER TABLE t COMMENT 'd'",
        "DROP TRIGGER r",
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "ALTER SEQUENCE s INCREMENT 2",
        "ALTER TABLE p DROP INDEX u",
    ):
        db.run(change)
        after = db.read()
        assert after != before, change
        before = after


def test_only_some_tables(db):
    db.run(
        *EVERYTHING,
        "CREATE TABLE `d.t` (a INT)",
        'CREATE TABLE `"d"` (a INT)',
        "CREATE TABLE `:n%s` (a INT)",
        "CREATE TABLE `T` (a INT)",
    )
    whole = db.read()
    for wanted in ({"t"}, {"t", "p"}, {'"d.t"', '"d"', ":n%s"}, {"missing", "p"}, {"v", "s"}, set()):
        read = db.read(frozenset(wanted))
        assert read == Schema("mysql", tuple(table for table in whole.tables if table.key in wanted))


def test_the_number_of_queries_is_fixed(db):
    sent = []
    db.run(*EVERYTHING)

    def read():
        with db.engine.connect() as connection:
            sa.event.listen(connection, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
            mysql.read(connection)
            count = len(sent)
            sent.clear()
        return count

    first = read()
    db.run(*(f"CREATE TABLE more{n} (a INT PRIMARY KEY REFERENCES t (id), b INT CHECK (b > 0))" for n in range(20)))
    assert read() == first <= 12


def test_a_user_of_few_rights_reads_what_it_may(mariadb, db):
    db.run(*EVERYTHING)
    name = db.engine.url.database
    db.run(
        "CREATE OR REPLACE USER few@localhost",
        f"GRANT SELECT ON {name}.t TO few@localhost",
        f"GRANT SELECT ON {name}.v TO few@localhost",
    )
    db.run(f"GRANT INSERT ON {name}.s TO few@localhost")
    whole = db.read().table("t")
    few = Reading(db.engine.url.set(username="few")).read()
    assert few.tables == (replace(whole, checks=(), triggers=()),)  # those take more than SELECT, too
    assert few.views == ()
    assert few.seen == (
        Seen("sequence, hidden from this user", "s"),
        Seen("actions of a foreign key, hidden from this user", "t.k"),
        Seen("view, its query hidden from this user", "v"),
    )
    db.run("DROP USER few@localhost")


def test_a_locked_table_is_an_error_and_not_left_out(db, monkeypatch):
    """RENAME holds the one table while it waits for the other."""
    monkeypatch.setattr(mysql_queries, "LOCK_WAIT_S", 0)
    db.run("CREATE TABLE a (id INT)", "CREATE TABLE b (id INT)")
    with db.engine.connect() as holder, ThreadPoolExecutor() as pool:
        holder.exec_driver_sql("SELECT * FROM b")
        renaming = pool.submit(db.run, "RENAME TABLE a TO a2, b TO b2")
        waiting = "state = 'Waiting for table metadata lock' AND db = DATABASE()"
        while not holder.exec_driver_sql(
            f"SELECT count(*) FROM information_schema.processlist WHERE {waiting}"
        ).scalar():
            assert not renaming.done()
        with pytest.raises(exc.OperationalError, match="Lock wait timeout"):
            db.read()
        holder.rollback()
        renaming.result()
    assert [table.name for table in db.read().tables] == ["a2", "b2"]
