"""What a revision throws away is read from its source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.losses import Loss, losses, losses_of_sql


def found(body: str, before: str = "") -> list[tuple[str, str]]:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return [(loss.how, loss.target) for loss in losses(f"{before}\ndef downgrade():\n{lines}\n", "downgrade")]


@pytest.mark.parametrize(
    "body, expected",
    [
        ("op.drop_table('a')", [("drop_table", "a")]),
        ("op.drop_table('a', schema='s')", [("drop_table", "s.a")]),
        ("op.drop_table(table_name='a')", [("drop_table", "a")]),
        ("op.drop_column('a', 'b')", [("drop_column", "a.b")]),
        ("op.drop_column(column_name='b', table_name='a')", [("drop_column", "a.b")]),
        ("with op.batch_alter_table('a') as batch:\n    batch.drop_column('b')", [("drop_column", "a.b")]),
        ("with op.batch_alter_table('a', schema='s') as x:\n    x.drop_column('b')", [("drop_column", "s.a.b")]),
        ("for t in ('a', 'b'):\n    op.drop_table(t)", [("drop_table", "a"), ("drop_table", "b")]),
        ("name = 'a'\nop.drop_table(name)", [("drop_table", "a")]),
        ("name = 'a'\nname = 'b'\nop.drop_table(name)", []),
        ("for t in ('a', 'b'):\n    op.execute(f'DROP TABLE {t}')", [("drop_table", "a"), ("drop_table", "b")]),
        ("op.execute('drop table if exists \"My Table\"')", [("drop_table", "My Table")]),
        ("op.execute(sa.text('DELETE FROM s.a WHERE x = 1'))", [("delete", "s.a")]),
        ("op.get_bind().execute(sa.text('TRUNCATE TABLE `a`'))", [("truncate", "a")]),
        ("op.execute('ALTER TABLE a DROP COLUMN b')", [("drop_column", "a.b")]),
        ("op.execute('ALTER TABLE a DROP CONSTRAINT b')", []),
        ("op.execute('SELECT 1 -- DROP TABLE a')", []),
        ("op.add_column('a', sa.Column('b'))\nop.drop_index('i')", []),
        ("op.drop_table(computed())", []),
        ("pass", []),
    ],
)
def test_what_is_written_out_is_found(body: str, expected: list[tuple[str, str]]) -> None:
    assert found(body) == expected


def test_a_helper_of_the_same_file_counts() -> None:
    assert found("tidy()", "def tidy():\n    op.drop_table('a')\n") == [("drop_table", "a")]


def test_a_constant_of_the_module_counts() -> None:
    assert found("op.drop_table(NAME)", "NAME = 'a'") == [("drop_table", "a")]


def test_the_other_direction_does_not_count() -> None:
    source = "def upgrade():\n    op.drop_table('a')\ndef downgrade():\n    op.drop_table('b')\n"
    assert [loss.table for loss in losses(source, "upgrade")] == ["a"]


def test_functions_for_one_of_several_databases_count() -> None:
    assert [loss.table for loss in losses("def upgrade_engine1():\n    op.drop_table('a')\n", "upgrade")] == ["a"]


def test_the_line_is_that_of_the_file() -> None:
    assert losses("\n\ndef upgrade():\n    op.drop_table('a')\n", "upgrade") == (Loss("drop_table", "a", line=4),)


def test_one_direction_may_run_the_other() -> None:
    source = "def upgrade():\n    downgrade()\ndef downgrade():\n    op.drop_table('a')\n"
    assert [loss.table for loss in losses(source, "upgrade")] == ["a"]


def test_functions_that_call_each_other_end() -> None:
    assert (
        losses("def upgrade():\n    f()\ndef f():\n    upgrade()\n    op.drop_table('a')\n", "upgrade")[0].table == "a"
    )


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert isinstance(losses(text, "upgrade"), tuple)
    assert isinstance(losses_of_sql(text), tuple)


@given(st.text(st.characters(codec="utf-8", exclude_characters='"\\\n\r\0'), min_size=1, max_size=20))
def test_a_quoted_name_comes_back_as_it_is(name: str) -> None:
    assert losses_of_sql(f'DROP TABLE "{name}"') == (Loss("drop_table", name),) or "--" in name or "/*" in name
