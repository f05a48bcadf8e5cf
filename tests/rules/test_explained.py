"""The files of facts: complete, of one shape, and about every operation that Alembic has."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from alembic.operations import Operations, ops
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.engine import explained as engine
from migration_magics.engine.explained.deeds import KINDS
from migration_magics.model.explanation import DIALECTS, Deed
from migration_magics.rules import explained
from migration_magics.rules.explained import explain, kinds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILES = sorted(explained._FOLDER.glob("*.toml"))
FACTS = [path for path in FILES if path.stem != "locks"]
ENTRY = {"when", "lock", "waits", "lasts", "algorithm", "rewrites", "scans", "why", "safe", "source"}
LISTS = [listed for path in FACTS for listed in tomllib.loads(path.read_text()).values()]
VALUES = ("table", "name", "new", "type", "columns", "referred", "condition", "what")
TRAITS = sorted({trait for listed in LISTS for entry in listed for trait in entry.get("when", ())})


def classes(base):
    for each in base.__subclasses__():
        yield each
        yield from classes(each)


DIRECTIVES = [
    each
    for each in classes(ops.MigrateOperation)
    if each.__module__.startswith("alembic.")
    and any(hasattr(Operations, name) for name, held in vars(each).items() if isinstance(held, classmethod))
]


def test_alembics_directives_are_found():
    """Else the next test would pass by looking at nothing."""
    assert {ops.AddColumnOp, ops.ExecuteSQLOp, ops.DropConstraintOp} <= set(DIRECTIVES)
    assert len(DIRECTIVES) >= 18


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda each: each.__name__)
def test_every_directive_of_alembic_has_a_file(directive):
    assert KINDS[directive] in kinds()


@pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)
class TestEveryFile:
    def test_has_words_a_way_back_and_facts_on_each_database(self, path):
        held = tomllib.loads(path.read_text())
        assert set(held) == {"does", "undone", *DIALECTS}

    def test_says_something_in_every_case(self, path):
        """The last entry of each list is for every case, and no entry stands behind one that takes all of its cases."""
        for listed in tomllib.loads(path.read_text()).values():
            assert "when" not in listed[-1]
            for number, entry in enumerate(listed):
                assert all(not set(before.get("when", ())) <= set(entry.get("when", ())) for before in listed[:number])

    def test_has_entries_of_one_shape_with_a_source_and_a_known_lock(self, path):
        held = tomllib.loads(path.read_text())
        locks = tomllib.loads((path.parent / "locks.toml").read_text())
        for dialect in DIALECTS:
            for entry in held[dialect]:
                assert set(entry) <= ENTRY
                assert any(word in entry["source"] for word in ("PostgreSQL 18", "MariaDB 1", "SQLite 3", "Alembic 1"))
                assert entry.get("lock", "") in {"", *locks[dialect]}
                assert entry.get("rewrites", False) in {True, False, "depends"}
                assert ("algorithm" in entry) <= (dialect == "mariadb")
                assert not entry.get("lock") or entry.get("lasts")

    def test_has_sentences(self, path):
        held = tomllib.loads(path.read_text())
        for entry in (*held["does"], *held["undone"]):
            assert entry["text"][0].isupper() or entry["text"].startswith("op.")
            assert entry["text"].endswith((".", "{sql}"))
        assert {entry["can"] for entry in held["undone"]} <= {"yes", "partly", "no", "unknown"}

    def test_has_safer_code_that_is_python(self, path):
        held = tomllib.loads(path.read_text())
        values = explained._Values(
            dict.fromkeys(["table", "name", "new", "type", "columns", "referred", "condition", "what"], "a")
        )
        for dialect in DIALECTS:
            for entry in held[dialect]:
                compile(values.fill(entry.get("safe", "")), path.stem, "exec")


@given(
    st.sampled_from([*kinds(), "unheard_of"]),
    st.frozensets(st.sampled_from(TRAITS)),
    st.dictionaries(st.sampled_from(["table", "name", "sql", "columns", "new"]), st.text()),
)
def test_any_deed_is_told_whatever_its_names(kind, traits, values):
    """Names are filled in as they are: braces, quotes and percent signs in them mean nothing."""
    told = explain(Deed(kind, traits, values))
    assert told.does
    assert set(told.facts) == set(DIALECTS)
    if (
        "{table}" in str(explained._file(kind if kind in kinds() else "other")["does"][-1])
        and not traits
        and values.get("table")
    ):
        assert values["table"] in told.does


def test_every_trait_that_is_asked_for_can_come_up():
    """A trait that no operation has would be dead text."""
    code = "".join(path.read_text() for path in Path(engine.__file__).parent.glob("*.py"))
    assert [
        trait for trait in TRAITS if f'"{trait}"' not in code and trait not in {"foreignkey", "unique", "primary"}
    ] == []


@pytest.mark.parametrize("traits,rewrites,scans", [({"update", "every row"}, True, True), ({"update"}, None, None)])
def test_an_update_writes_the_same_rows_on_each_database(traits, rewrites, scans):
    told = explain(Deed("execute", frozenset(traits), {"table": "t"}))
    assert {(facts.rewrites, facts.scans) for facts in told.facts.values()} == {(rewrites, scans)}


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("name", ['"); import os; ("', "'" * 3, "a\nimport os", "#", "\\"])
def test_code_to_paste_is_what_it_is_for_whatever_names(kind, name):
    """A name from a database never becomes code of its own."""
    held = tomllib.loads((explained._FOLDER / f"{kind}.toml").read_text())
    for dialect in DIALECTS:
        for entry in held[dialect]:
            told = explain(Deed(kind, frozenset(entry.get("when", ())), dict.fromkeys(VALUES, name)))
            tree = ast.parse(told.facts[dialect].safe)
            assert not [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]


def test_a_name_that_is_code_stays_a_string():
    told = explain(Deed("drop_index", frozenset(), {"table": "t", "name": "x'); import os; ('"}))
    code = told.facts["postgresql"].safe
    assert repr("x'); import os; ('") in code
    compile(code, "safe", "exec")
