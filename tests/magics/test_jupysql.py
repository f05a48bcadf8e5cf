"""`%migrate connect jupysql` finds what `%sql` uses without importing JupySQL, which need not be there."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from migration_magics.magics.jupysql import connection

SHOP = SimpleNamespace(alias="shop")
OTHER = SimpleNamespace(alias=None)


@pytest.fixture
def in_use(monkeypatch):
    """JupySQL as it lies in a kernel that has loaded it: connections by alias or URL, one of them in use."""
    module = ModuleType("sql.connection")
    module.ConnectionManager = SimpleNamespace(current=OTHER, connections={"shop": SHOP, "sqlite:///x.db": OTHER})
    monkeypatch.setitem(sys.modules, "sql.connection", module)
    return module


@pytest.mark.parametrize(
    "name, found",
    [("jupysql", OTHER), ("jupysql:shop", SHOP), ("jupysql:none", None), ("jupysq", None), ("shop", None)],
)
def test_a_connection_is_found_by_its_alias_or_is_the_one_in_use(in_use, name, found):
    assert connection(name) is found


@pytest.mark.parametrize("name", ["jupysql", "jupysql:shop"])
def test_without_jupysql_there_is_none(monkeypatch, name):
    monkeypatch.delitem(sys.modules, "sql.connection", raising=False)
    assert connection(name) is None


def test_other_extensions_of_that_name_are_no_trouble(monkeypatch):
    """ipython-sql has a module of that name, too, without a manager."""
    monkeypatch.setitem(sys.modules, "sql.connection", ModuleType("sql.connection"))
    assert connection("jupysql") is None
    assert connection("jupysql:shop") is None


def test_it_is_not_imported_by_us():
    asked = "import sys; import migration_magics.magics.jupysql as ours; ours.connection('jupysql'); print('sql' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
