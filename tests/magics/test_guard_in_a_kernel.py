"""A question in a real kernel: first what it is about, then the error that stops "Run All"."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.kernel

CELLS = (
    "%load_ext migration_magics",
    "%migrate connect sqlite:///app.db --as live --protected;",
    "%migrate init;",
    '%%revision -m "make t" --rev-id a1\nop.create_table("t", sa.Column("id", sa.Integer))',
    "%migrate upgrade head --confirm live;",
)
FILL = (
    '%%revision -m "fill t" --rev-id b2\n'
    'def upgrade():\n    op.execute("INSERT INTO t VALUES (1), (2)")\n\ndef downgrade():\n    pass'
)
COMPUTED = (
    '%%revision -m "drop t" --rev-id c3\ndef upgrade():\n    op.drop_table("T".lower())\n\ndef downgrade():\n    pass'
)


def asked(kernel, command):
    """Run *command*, which must end in a question: the text of the plan shown before it, the lines of the error."""
    reply, shown = kernel.run(command)
    assert reply["ename"] == "ConfirmationRequired", reply
    plan, error = shown
    assert (plan.output_type, error.output_type) == ("display_data", "error")
    assert set(plan.data) == {"text/plain", "text/html"}
    return plan.data["text/plain"], [re.sub(r"\x1b\[[\d;]*m", "", line) for line in error.traceback]


def test_the_plan_comes_before_the_question(kernel):
    for cell in (*CELLS, FILL):
        kernel.ok(cell)

    # a protected connection: its name is wanted
    plan, error = asked(kernel, "%migrate upgrade head")
    assert plan.startswith("Plan: upgrade live to head (protected)")
    assert error == [
        "ConfirmationRequired: live is protected: upgrade to head would run 1 revision there. Nothing was changed.",
        "  Hint: %migrate upgrade head --confirm live",
    ]
    kernel.ok("%migrate upgrade head --confirm live")

    # rows would be lost, as the source says
    kernel.ok("%migrate disconnect live")
    kernel.ok("%migrate connect sqlite:///app.db --as dev")
    plan, error = asked(kernel, "%migrate downgrade base")
    assert "(! loses data)" in plan
    assert "drops table t with 2 rows" in plan
    assert error[-1] == "  Hint: %migrate downgrade base --yes, or try it first: --dry-run"

    # and as shows only when it runs
    kernel.ok(COMPUTED)
    plan, error = asked(kernel, "%migrate upgrade head")
    assert "drops table t with 2 rows" in plan
    assert error[0] == "ConfirmationRequired: Revision c3 drops table t with 2 rows, as shows only now that it runs."
    assert "nothing was changed" in error[1]
    assert "c3" in kernel.ok("%migrate upgrade head --yes")[0]["data"]["text/plain"]
