"""A name that is plainly wrong is found before anything runs, and nothing else is."""

from __future__ import annotations

import pytest

from migration_magics.engine.misspelt import misspelt

HEAD = "from alembic import op\nimport sqlalchemy as sa\n"


@pytest.mark.parametrize(
    "body, said",
    [
        (
            "x = 1\nop.add_colum('t')",
            "line 4 of the cell: Alembic's op has no directive add_colum; did you mean op.add_column?",
        ),
        (
            "def upgrade():\n    op.add_column('t', sa.Column('n', sa.Intger))",
            "line 4 of the cell: SQLAlchemy has no Intger; did you mean sa.Integer?",
        ),
        ("op.zzz()", "line 3 of the cell: Alembic's op has no directive zzz"),
    ],
)
def test_a_wrong_name_is_told_with_its_line(body, said):
    assert misspelt(body, HEAD + body, 3) == (said,)


@pytest.mark.parametrize(
    "body",
    [
        "op.add_column('t', sa.Column('n', sa.Integer)); op.f('x'); op.get_bind(); op.get_context()",
        "with op.batch_alter_table('t') as batch_op:\n    batch_op.whatever()",
        "sa.dialects.postgresql.JSONB; sa.orm.Session; sa.func.now(); sa.text('x')",
        "if hasattr(op, 'own'):\n    op.own()",
        "try:\n    op.own()\nexcept AttributeError:\n    pass",
        "from ours import op\nop.own()",
        "op = object()\nop.own",
        "def helper(sa):\n    return sa.own",
        "SELECT op.own FROM t",
    ],
)
def test_what_may_be_right_is_left_alone(body):
    assert misspelt(body, HEAD + body) == ()


def test_without_alembics_op_in_the_file_nothing_is_known():
    assert misspelt("op.own()", "import ours as op\n") == ()
