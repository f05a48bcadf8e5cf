"""a condition that binds something else"""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

revision = "aa18"
down_revision = "aa17"
lookup = {"revision": revision}


def upgrade():
    revision = "a local name"
    print(revision)


def downgrade():
    pass
