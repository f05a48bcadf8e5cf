"""Tab in a real kernel: what a front end is sent."""

from __future__ import annotations

import pytest

from tests.magics.test_completion import readable

pytestmark = pytest.mark.kernel

SET_UP = """
%load_ext migration_magics
import sqlite3
with sqlite3.connect("app.db") as connection:
    connection.execute("CREATE TABLE evaluations (id INTEGER PRIMARY KEY, runtime_ms INTEGER)")
connection.close()
%migrate init migrations;
%migrate connect sqlite:///app.db --project migrations;
%migrate revision -m "create evaluations" --rev-id a1;
"""


def test_a_kernel_completes(kernel):
    kernel.ok(SET_UP)
    reply = kernel.complete("rows = %migrate show a")
    assert reply["status"] == "ok"
    assert (reply["matches"], reply["cursor_start"], reply["cursor_end"]) == (["a1"], 21, 22)
    beside = reply["metadata"]["_jupyter_types_experimental"]
    assert readable(beside[0]["type"]).startswith("revision: ")
    assert readable(beside[0]["type"]).endswith("create evaluations")

    assert kernel.complete("%migrate upgrade --dry")["matches"] == ["--dry-run"]
    cell = "%%revision -m x --app\nop.drop_table('evaluations')"
    assert kernel.complete(cell, len("%%revision -m x --app"))["matches"] == ["--apply"]
    assert kernel.complete("%%revision -m x\nop.drop_tab")["matches"] == ["drop_table", "drop_table_comment"]
    assert kernel.complete("%%revision -m x\nop.drop_column('evaluations', 'run")["matches"] == ["runtime_ms"]
